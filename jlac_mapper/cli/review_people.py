"""`jlac-mapper review user|facility`: who may review, where, and tokens for programs."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.language import spoken
from jlac_mapper.cli.review_shared import (
    new_request,
    open_people,
    operator_as_admin,
    print_table,
    say,
    told_how_to_make,
)
from jlac_mapper.cli.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jlac_mapper.review.model import Role, User

user_app = Verbs(help="Users of review.")
facility_app = Verbs(help="Facilities.")


@user_app.command("add")
def add_user(
    login: Annotated[str, typer.Argument(help="Sign-in name.")],
    name: Annotated[str, typer.Option("--name", help="Name shown.")] = "",
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="FACILITY=viewer|reviewer|lead|admin; *=ROLE holds everywhere."),
    ] = None,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password (from a pipe: its first line).")
    ] = False,
    subject: Annotated[
        str, typer.Option("--subject", help="ISSUER|SUB at the hospital's OIDC provider.")
    ] = "",
    change: Annotated[
        bool, typer.Option("--change", help="Change the user of that name; what is left out stays.")
    ] = False,
    inactive: Annotated[bool, typer.Option("--inactive", help="May no longer sign in.")] = False,
) -> None:
    """Make or change a user; the first one should be *=admin."""
    from jlac_mapper.errors import InputError
    from jlac_mapper.review.model import User
    from jlac_mapper.review.people import UnknownFacilityError

    people, who = open_people(), operator_as_admin()
    known = next((user for user in people.users(who) if user.login == login), None)
    base = known or User(login, login)
    given = _roles(role or [])
    roles = {key: held for key, (held, _) in given.items()} or base.roles
    user = User(login, name or base.name, roles, subject or base.subject, not inactive)
    # Nobody is asked for a password that would not be kept.
    asked = _asked_password() if password and (known is not None) is change else None
    try:
        with _told_of_change():
            text = people.save_user(who, user, request_id=new_request(), password=asked, is_new=not change)
    except UnknownFacilityError as error:
        more = "" if error.known else "; see jlac-mapper review facility add"
        raise InputError(f"--role {given[error.key][1]!r}: {error}{more}") from None
    say(text)


@user_app.command("list")
def list_users() -> None:
    """List the users with their roles."""
    rows = [
        [user.login, user.name, _words(user), spoken("active" if user.active else "inactive"), user.subject]
        for user in open_people().users(operator_as_admin())
    ]
    print_table("Users", ["login", "name", "roles", "state", "identity"], rows)


def _words(user: User) -> str:
    return ", ".join(f"{key or '*'}={role.value}" for key, role in sorted(user.roles.items()))


@user_app.command("token")
def token_command(
    login: Annotated[str, typer.Argument(help="Sign-in name.")],
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="How long it is good for.")] = 30,
) -> None:
    """Make a token for gRPC and print it: the only time that it is shown."""
    from datetime import timedelta

    with told_how_to_make(login):
        print(open_people().make_token(operator_as_admin(), login, timedelta(days=days)))


@facility_app.command("add")
def add_facility(
    key: Annotated[str, typer.Argument(help="Short key, such as h1.")],
    name: Annotated[str, typer.Option("--name", help="Name shown.")] = "",
    second_reader: Annotated[
        bool | None, typer.Option("--second-reader/--one-reader", help="Two people read every item, blind.")
    ] = None,
    change: Annotated[
        bool, typer.Option("--change", help="Change the facility of that key; what is left out stays.")
    ] = False,
) -> None:
    """Make or change a facility."""
    from jlac_mapper.review.model import Facility

    people, who = open_people(), operator_as_admin()
    base = next((each for each in people.facilities(who) if each.key == key), Facility(key, key))
    blind = base.second_reader if second_reader is None else second_reader
    facility = Facility(key, name or base.name, blind)
    with _told_of_change():
        say(people.save_facility(who, facility, request_id=new_request(), is_new=not change))


@facility_app.command("list")
def list_facilities() -> None:
    """List the facilities."""
    rows = [
        [f.key, f.name, spoken("two" if f.second_reader else "one")]
        for f in open_people().facilities(operator_as_admin())
    ]
    print_table("Facilities", ["key", "name", "readers"], rows)


@contextmanager
def _told_of_change() -> Iterator[None]:
    """Say which way --change is wrong where it is."""
    from jlac_mapper.errors import InputError
    from jlac_mapper.review.people import AlreadyThereError, NotThereError

    try:
        yield
    except AlreadyThereError as error:
        raise InputError(f"{error}; add --change") from None
    except NotThereError as error:
        raise InputError(f"{error}; leave --change out") from None


def _roles(given: list[str]) -> dict[str, tuple[Role, str]]:
    """Return facility -> (role, the option as written). Raises InputError for what is no role."""
    from jlac_mapper.errors import InputError
    from jlac_mapper.review.model import INSTALLATION, Role

    roles: dict[str, tuple[Role, str]] = {}
    for text in given:
        key, _, word = text.rpartition("=")
        if not key or word not in set(Role):
            raise InputError(f"--role {text!r} is not of the form FACILITY=ROLE; roles: {', '.join(Role)}")
        roles[INSTALLATION if key == "*" else key] = Role(word), text
    return roles


def _asked_password() -> str:
    import getpass

    from jlac_mapper.errors import InputError

    if not sys.stdin.isatty():
        found = sys.stdin.readline().rstrip("\r\n")
    else:
        found = getpass.getpass(spoken("Password: "))
        if getpass.getpass(spoken("Again: ")) != found:
            raise InputError("the two passwords differ; nothing was changed")
    return found
