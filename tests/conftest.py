"""Fixtures that several test packages share."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent


def shared_data_dir() -> Path | None:
    """Return the folder with the published files, None where this machine has none."""
    configured = os.environ.get("JLACTEST_SHARED")
    folder = Path(configured) if configured else REPOSITORY.parent / "shared" / "data"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def official_dir() -> Path:
    """The folder with the official master files."""
    folder = shared_data_dir()
    if folder is None or not (folder / "official").is_dir():
        pytest.skip("the official master files are not on this machine (set JLACTEST_SHARED)")
    return folder / "official"


@pytest.fixture(scope="session")
def dev_dir() -> Path:
    """The folder with real test names to measure with."""
    folder = shared_data_dir()
    if folder is None or not (folder / "dev").is_dir():
        pytest.skip("the measuring data are not on this machine (set JLACTEST_SHARED)")
    return folder / "dev"
