"""Running `jlac-mapper master ...` in a test, with a database of its own."""

import os
from pathlib import Path

import pytest

from jlac_mapper.cli.main import main
from jlac_mapper.master.starter import load_starter
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.master import SqlMasterStore


def alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set the environment to a database under *folder* and nothing else; return its path."""
    path = folder / "data" / "j.sqlite3"
    for name in [name for name in os.environ if name.startswith("JLAC_MAPPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("COLUMNS", "200")
    return path


def stored(database: Path) -> SqlMasterStore:
    """Open what the verbs kept."""
    return SqlMasterStore(Database(f"sqlite:///{database}"), lambda: load_starter().edition)


def run(*arguments: object) -> int:
    """Run a verb of `master`; return the exit code."""
    return main(["master", *(str(argument) for argument in arguments)])
