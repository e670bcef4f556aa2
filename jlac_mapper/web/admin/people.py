"""Facilities and users: made, changed, given roles, passwords and tokens."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from jlac_mapper.errors import ConflictError, InputError, InvalidDecisionError, NotAllowedError, NotFoundError
from jlac_mapper.review.model import INSTALLATION, Facility, Role, User
from jlac_mapper.review.people import (
    SHORTEST_PASSWORD,
    AlreadyThereError,
    NotThereError,
    PeopleService,
    UnknownFacilityError,
)
from jlac_mapper.web.call import Call
from jlac_mapper.web.routing import status_of
from jlac_mapper.web.services import Administration

DEFAULT_DAYS, MOST_DAYS = 30, 366
"""How long a token is good for."""


class PasswordsDifferError(InputError):
    """A password and its repetition are not the same."""


_TOLD: tuple[tuple[type[Exception], str], ...] = (
    (AlreadyThereError, "admin.already_there"),
    (NotThereError, "admin.not_there"),
    (UnknownFacilityError, "admin.unknown_facility"),
    (PasswordsDifferError, "admin.passwords_differ"),
    (NotAllowedError, "admin.own_role"),
    (ConflictError, "admin.sent_twice"),
)
_REFUSED = (InputError, NotAllowedError, ConflictError, InvalidDecisionError)


def administration(call: Call) -> Administration:
    """Return the services. Raises NotFoundError where the page is served without them."""
    if call.services.administration is None:
        raise NotFoundError("this page is served without administration")
    return call.services.administration


def home(call: Call) -> Response:
    """Go to the first page of administration."""
    administration(call)
    return call.redirect("/admin/facilities")


def facilities(call: Call) -> Response:
    """Show the facilities."""
    return _facilities(call)


def save_facility(call: Call) -> Response:
    """Make a facility, or change its name and readers."""
    key, is_new = call.text("key", 40), call.text("is_new") == "yes"
    facility = Facility(key, call.text("name", 200) or key, call.text("second_reader") == "yes")
    try:
        _people(call).save_facility(
            call.user, facility, request_id=call.text("request_id", 64), is_new=is_new
        )
    except _REFUSED as error:
        return _facilities(call, error)
    return call.redirect("/admin/facilities?done=facility")


def users(call: Call) -> Response:
    """Show the users, and a form for a new one."""
    return _users(call)


def user(call: Call) -> Response:
    """Show one user, to be changed."""
    return _user(call, _named(call))


def add_user(call: Call) -> Response:
    """Make a user."""
    login = call.text("login", 100)
    made = User(login, call.text("name", 200) or login, _roles(call, {}), call.text("subject", 500))
    try:
        _save(call, made, is_new=True)
    except _REFUSED as error:
        return _users(call, error)
    return call.redirect("/admin/users?done=user")


def change_user(call: Call) -> Response:
    """Change a user: name, identity, roles, whether active, and the password where one is given."""
    known = _named(call)
    changed = replace(
        known,
        name=call.text("name", 200) or known.login,
        subject=call.text("subject", 500),
        roles=_roles(call, known.roles),
        active=call.text("active") == "yes",
    )
    try:
        _save(call, changed, is_new=False)
    except _REFUSED as error:
        return _user(call, known, error)
    return call.redirect("/admin/users?done=user")


def make_token(call: Call) -> Response:
    """Make a token for a program, and show it this once."""
    known = _named(call)
    days = min(call.number("days") or DEFAULT_DAYS, MOST_DAYS)
    try:
        token = _people(call).make_token(call.user, known.login, timedelta(days=days))
    except InputError as error:
        return _user(call, known, error)
    return _user(call, known, token=token, days=days)


def _save(call: Call, changed: User, *, is_new: bool) -> None:
    password = _secret(call, "password")
    if password != _secret(call, "again"):
        raise PasswordsDifferError("the two passwords differ; nothing was changed")
    _people(call).save_user(
        call.user,
        changed,
        request_id=call.text("request_id", 64),
        password=password or None,
        is_new=is_new,
    )


def _roles(call: Call, held: Mapping[str, Role]) -> dict[str, Role]:
    """Return the form's roles; those that it does not show stay."""
    roles = dict(held)
    for key in (INSTALLATION, *(facility.key for facility in _people(call).facilities(call.user))):
        word = call.text(f"role:{key}", 20)
        if word in set(Role):
            roles[key] = Role(word)
        elif f"role:{key}" in call.form:
            roles.pop(key, None)
    return roles


def _secret(call: Call, name: str) -> str:
    """Return a password exactly as it was typed."""
    value = call.form.get(name, "")
    return value if isinstance(value, str) else ""


def _named(call: Call) -> User:
    login = call.request.path_params["login"]
    found = next((each for each in _people(call).users(call.user) if each.login == login), None)
    if found is None:
        raise NotFoundError(f"there is no user {login!r}")
    return found


def _people(call: Call) -> PeopleService:
    return administration(call).people


def _facilities(call: Call, error: Exception | None = None) -> Response:
    return call.page(
        "admin_facilities.html",
        facilities=_people(call).facilities(call.user),
        **_told(call, error),
    )


def _users(call: Call, error: Exception | None = None) -> Response:
    return call.page(
        "admin_users.html",
        users=_people(call).users(call.user),
        places=_places(call),
        roles=list(Role),
        installation=INSTALLATION,
        shortest=SHORTEST_PASSWORD,
        **_told(call, error),
    )


def _user(
    call: Call, known: User, error: Exception | None = None, *, token: str = "", days: int = DEFAULT_DAYS
) -> Response:
    return call.page(
        "admin_user.html",
        known=known,
        places=_places(call),
        roles=list(Role),
        installation=INSTALLATION,
        shortest=SHORTEST_PASSWORD,
        token=token,
        days=days,
        most_days=MOST_DAYS,
        **_told(call, error),
    )


def _places(call: Call) -> list[tuple[str, str]]:
    """Return where a role can be held, by key: everywhere first."""
    named = [(facility.key, facility.name) for facility in _people(call).facilities(call.user)]
    return [(INSTALLATION, call.t("admin.everywhere")), *named]


def _told(call: Call, error: Exception | None) -> dict[str, Any]:
    """Return the status of the page, and what went wrong in the user's language."""
    if error is None:
        return {"status": 200, "problem": "", "detail": "", "done": call.request.query_params.get("done", "")}
    key = next((key for kind, key in _TOLD if isinstance(error, kind)), "admin.refused")
    status = status_of(error) if isinstance(error, _REFUSED) else 500
    return {"status": status, "problem": call.t(key), "detail": str(error), "done": ""}
