"""Fixtures of the page's tests."""

from pathlib import Path

import pytest

from tests.web.site import Site, open_site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A page's parts with one imported list in facility h1."""
    site = open_site(tmp_path)
    site.add_list()
    return site
