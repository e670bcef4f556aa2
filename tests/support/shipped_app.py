"""The composed product over the starter, built once for the tests that ask it."""

from datetime import date
from functools import cache
from tempfile import mkdtemp

from jlac_mapper.bootstrap import App, build_app
from jlac_mapper.config import Settings

DAY = date(2025, 12, 1)


@cache
def shipped_app() -> App:
    """Return the app over the starter, with a database of its own."""
    return build_app(Settings(f"sqlite:///{mkdtemp()}/editions.sqlite3"), master="starter", as_of=DAY)
