"""What the verbs of `jlac-mapper review` share: the service, who asks, and how lines are printed."""

from __future__ import annotations

import getpass
import os
import uuid
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.language import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jlac_mapper.config import Settings
    from jlac_mapper.review.model import User
    from jlac_mapper.review.people import PeopleService
    from jlac_mapper.review.service import OpenedReview

UserName = Annotated[
    str, typer.Option("--user", help="Who asks, by sign-in name; the system's accounts guard the database.")
]
FacilityKey = Annotated[str, typer.Option("--facility", help="Key of the facility.")]
MasterName = Annotated[str, typer.Option("--master", help="Edition to use; the active one if left out.")]


def settings() -> Settings:
    """Return the settings of the environment."""
    from jlac_mapper.config import Settings

    return Settings.from_env(os.environ)


def open_review(master: str = "") -> OpenedReview:
    """Open the service over an edition; takes a second or two, because it loads the mapper."""
    from jlac_mapper import bootstrap

    configured = settings()
    return bootstrap.open_review(configured, bootstrap.build_app(configured, master=master))


def enter(login: str, master: str = "") -> tuple[OpenedReview, User]:
    """
    Open the service for a user, who is looked up first: that is quick.

    Raises:
        InputError: No such user, or one who is no longer active.
    """
    user = asking(login)
    return open_review(master), user


@contextmanager
def entered(login: str, master: str = "", *, writes: bool = False) -> Iterator[tuple[OpenedReview, User]]:
    """
    Open the service for a user in one unit of work, kept when the block ends well.

    Raises:
        InputError: No such user, or one who is no longer active.
    """
    from jlac_mapper.review.access import asking

    opened = open_review(master)
    with opened.units.writing() if writes else opened.units.reading() as work:
        with told_how_to_make(login):
            user = asking(work.users, login)
        yield replace(opened, review=opened.review.within(work)), user
        work.commit()


def open_people() -> PeopleService:
    """Open the service of people only: that is quick."""
    from jlac_mapper import bootstrap

    return bootstrap.open_people(settings())


def asking(login: str) -> User:
    """
    Return the user who asks.

    Raises:
        InputError: No such user, or one who is no longer active.
    """
    with told_how_to_make(login):
        return open_people().asking(login)


@contextmanager
def told_how_to_make(login: str) -> Iterator[None]:
    """Say how a user is made where there is none of that name."""
    from jlac_mapper.errors import InputError, NotFoundError

    try:
        yield
    except NotFoundError as error:
        made = f"make one with jlac-mapper review user add {login or 'NAME'}"
        raise InputError(f"{error}; {made}") from None


def operator() -> str:
    """Return how the audit trail names whoever runs the command line without a user of review."""
    try:
        return f"cli:{getpass.getuser()}"[:100]
    except (OSError, KeyError):  # a container without a name for its user
        return "cli"


def operator_as_admin() -> User:
    """Return whoever runs the command line as an admin: who can open the database can change it."""
    from jlac_mapper.review.model import INSTALLATION, Role, User

    return User(operator(), "command line", {INSTALLATION: Role.ADMIN})


def new_request() -> str:
    """Return an id for one request."""
    return str(uuid.uuid4())


def say(text: str) -> None:
    """Print one line as it is: no markup, no wrapping."""
    from rich.console import Console

    Console().print(spoken(text), markup=False, highlight=False, soft_wrap=True)


def print_table(title: str, headings: list[str], rows: list[list[str]]) -> None:
    """Print a table; texts are shown as they are."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(spoken(title)), title_justify="left", box=SIMPLE_HEAD)
    for heading in headings:
        table.add_column(spoken(heading), overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console = Console()
    # A pipe has no width of its own; 80 columns would fold every name.
    Console(width=None if console.is_terminal else 200, highlight=False).print(table)
