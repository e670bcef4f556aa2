"""`jlac-mapper review user|facility`: who may review, where, and tokens for programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.review_shared import new_request, open_users, operator, print_table, say

if TYPE_CHECKING:
    from jlac_mapper.review.model import Action, EventDraft, Role, User

user_app = typer.Typer(help="Users of review.", no_args_is_help=True)
facility_app = typer.Typer(help="Facilities.", no_args_is_help=True)


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
    from jlac_mapper.errors import InputError, NotFoundError
    from jlac_mapper.review.admin_service import describe_user
    from jlac_mapper.review.model import Action, User

    users = open_users()
    try:
        known = users.user(login)
    except NotFoundError:
        known = None
    if (known is not None) is not change:
        problem = "is there already; add --change" if known else "is not there; leave --change out"
        raise InputError(f"user {login!r} {problem}")
    known = known or User(login, login)
    roles = _roles(role, {facility.key for facility in users.facilities()}) if role else known.roles
    hashed = _hash(_asked_password()) if password else None
    user = User(login, name or known.name, roles, subject or known.subject, not inactive)
    users.save_user(user, _event(Action.USER, describe_user(user, hashed)), password_hash=hashed)
    say(describe_user(user, hashed))


@user_app.command("list")
def list_users() -> None:
    """List the users with their roles."""
    rows = [
        [user.login, user.name, _words(user), "active" if user.active else "inactive", user.subject]
        for user in open_users().users()
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

    from jlac_mapper.bootstrap import SystemClock
    from jlac_mapper.cli.review_shared import asking
    from jlac_mapper.review.tokens import new_session

    users = open_users()
    user = asking(users, login)
    token, session = new_session(user.login, SystemClock().now(), timedelta(days=days))
    users.save_session(session)
    print(token)


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
    from jlac_mapper.errors import InputError
    from jlac_mapper.review.model import Action, Facility

    users = open_users()
    known = next((facility for facility in users.facilities() if facility.key == key), None)
    if (known is not None) is not change:
        problem = "is there already; add --change" if known else "is not there; leave --change out"
        raise InputError(f"facility {key!r} {problem}")
    known = known or Facility(key, key)
    blind = known.second_reader if second_reader is None else second_reader
    facility = Facility(key, name or known.name, blind)
    text = f"{key}: {facility.name}, {'two readers' if blind else 'one reader'}"
    users.save_facility(facility, _event(Action.FACILITY, text))
    say(text)


@facility_app.command("list")
def list_facilities() -> None:
    """List the facilities."""
    rows = [[f.key, f.name, "two" if f.second_reader else "one"] for f in open_users().facilities()]
    print_table("Facilities", ["key", "name", "readers"], rows)


def _event(action: Action, text: str) -> EventDraft:
    from jlac_mapper.bootstrap import SystemClock
    from jlac_mapper.review.model import EventDraft

    return EventDraft(action, by=operator(), at=SystemClock().now(), request_id=new_request(), text=text)


def _roles(given: list[str], facilities: set[str]) -> dict[str, Role]:
    from jlac_mapper.errors import InputError
    from jlac_mapper.review.model import INSTALLATION, Role

    roles: dict[str, Role] = {}
    for text in given:
        key, _, word = text.rpartition("=")
        if not key or word not in set(Role):
            raise InputError(f"--role {text!r} is not of the form FACILITY=ROLE; roles: {', '.join(Role)}")
        if key != "*" and key not in facilities:
            known = ", ".join(sorted(facilities)) or "none; see jlac-mapper review facility add"
            raise InputError(f"--role {text!r}: there is no facility {key!r}; there are: {known}")
        roles[INSTALLATION if key == "*" else key] = Role(word)
    return roles


def _asked_password() -> str:
    import getpass

    from jlac_mapper.errors import InputError

    if not sys.stdin.isatty():
        found = sys.stdin.readline().rstrip("\r\n")
    else:
        found = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != found:
            raise InputError("the two passwords differ; nothing was changed")
    if len(found) < SHORTEST_PASSWORD:
        raise InputError(f"the password has fewer than {SHORTEST_PASSWORD} characters; nothing was changed")
    return found


SHORTEST_PASSWORD = 12


def _hash(password: str) -> str:
    from jlac_mapper.model_loading import require

    require("argon2", extra="web")
    from jlac_mapper.storage.passwords import Argon2Passwords

    return Argon2Passwords().hash(password)
