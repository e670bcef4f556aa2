"""
A real PostgreSQL for the contract suites: started for the session, on a socket of its own.

And the stores of review on both databases.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from jlac_mapper.review.model import Action
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.storage.users import SqlUserStore
from tests.support.review_office import Office
from tests.support.review_values import ONE, TWO, a_draft


def _postgres_binaries() -> Path | None:
    """Return the folder with initdb: beside the one on the PATH, or the newest of Debian's folders."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(folders, key=lambda folder: int(folder.parent.name), default=None)


def _as_ordinary_user() -> list[str]:
    """Return the words before a command: PostgreSQL refuses to run as root."""
    return ["setpriv", "--reuid=nobody", "--clear-groups", "--"] if os.geteuid() == 0 else []


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a database that is empty before and after a test."""
    yield postgres_server
    engine = create_engine(postgres_server.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server that only this session uses."""
    binaries = _postgres_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL on this machine (initdb not found)")
    pytest.importorskip("psycopg", reason="the postgres extra is not installed")
    # A short path: a socket's name may have about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="jm-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        run = _as_ordinary_user()
        data = folder / "data"
        subprocess.run(
            [
                *run,
                binaries / "initdb",
                "-D",
                data,
                "-U",
                "jlac",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-locale",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        control = [*run, binaries / "pg_ctl", "-D", data, "-w", "-t", "600"]
        subprocess.run(
            [*control, "-l", folder / "log", "-o", options, "start"],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        try:
            yield f"postgresql://jlac@/postgres?host={folder}"
        finally:
            subprocess.run(
                [*control, "-m", "immediate", "stop"], check=False, cwd=folder, stdout=subprocess.DEVNULL
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def review_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    if request.param == "sqlite":
        found = Database(f"sqlite:///{tmp_path / 'review.sqlite3'}")
    else:
        found = Database(request.getfixturevalue("postgres_url"))
    yield found
    found.close()


@pytest.fixture
def users(review_database: Database) -> SqlUserStore:
    """A store of users, with the facilities h1 and h2."""
    store = SqlUserStore(review_database)
    for facility in (ONE, TWO):
        store.save_facility(facility, a_draft(Action.FACILITY, request_id=f"make {facility.key}"))
    return store


@pytest.fixture
def store(review_database: Database, users: SqlUserStore) -> SqlReviewStore:  # noqa: ARG001  # makes the facilities
    """A store of review, with the facilities h1 and h2."""
    return SqlReviewStore(review_database)


@pytest.fixture
def office(review_database: Database, store: SqlReviewStore, users: SqlUserStore) -> Office:
    """The service of review with people who use it."""
    return Office(review_database, store, users)
