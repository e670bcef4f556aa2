"""What all unit tests share."""

import gc

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Keep the collector from walking the shipped names, which stay to the end, again and again."""
    gc.collect()
    gc.freeze()
