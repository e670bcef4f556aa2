"""Who may come in: the one place where a user's role in a facility is looked up."""

from datetime import datetime

from jlac_mapper.errors import ConflictError, InputError, InvalidDecisionError, NotAllowedError, NotFoundError
from jlac_mapper.review.model import INSTALLATION, Facility, Role, Session, User
from jlac_mapper.review.ports import UserStore
from jlac_mapper.review.tokens import digest

_LONGEST_REQUEST_ID = 100


def enter(users: UserStore, user: User, facility: str, least: Role) -> tuple[Facility, Role]:
    """
    Return the facility and the user's role in it.

    Raises:
        NotFoundError: No such facility, or the user has no role there; both read the same.
        NotAllowedError: The role is less than *least*.
    """
    role = user.role_in(facility)
    if role is None or facility == INSTALLATION:
        raise NotFoundError(f"there is no facility {facility!r}")
    if not role.includes(least):
        raise NotAllowedError(
            f"this needs the role {least.value}; {user.login} is {role.value} in {facility}"
        )
    return users.facility(facility), role


def find_user(users: UserStore, login: str) -> User | None:
    """Return the user of a login; None for an unknown one."""
    try:
        return users.user(login)
    except NotFoundError:
        return None


def asking(users: UserStore, login: str) -> User:
    """
    Return the user who asks by name.

    Raises:
        NotFoundError: No such user.
        InputError: The user is no longer active.
    """
    user = users.user(login)
    if not user.active:
        raise InputError(f"{login} is no longer active; an admin can change that")
    return user


def signed_in(users: UserStore, token: str, now: datetime) -> tuple[Session, User] | None:
    """Return the session of a token and its user; None where it has ended, or the user is not active."""
    session = users.session(digest(token), now) if token else None
    user = find_user(users, session.login) if session else None
    return (session, user) if session and user and user.active else None


def require_admin(user: User) -> None:
    """Raise NotAllowedError unless *user* is admin of the whole installation."""
    if not user.active or user.roles.get(INSTALLATION) is not Role.ADMIN:
        raise NotAllowedError(f"this needs an admin of the whole installation; {user.login} is none")


def require_request_id(request_id: str) -> None:
    """Raise InvalidDecisionError unless *request_id* can tell one request from another."""
    if not 0 < len(request_id) <= _LONGEST_REQUEST_ID or not request_id.isprintable():
        raise InvalidDecisionError("a request needs an id of 1 to 100 printable characters, such as a UUID")


def request_reused(request_id: str) -> ConflictError:
    """Return the error for a request id that stands for something else already."""
    return ConflictError(
        f"request id {request_id} was used before for another call or by another user: make a new one"
    )
