"""The mark of tests that take long or need a package index."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes several seconds or needs a package index")
