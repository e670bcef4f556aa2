"""Who calls: a bearer token is looked up among the sessions."""

from collections.abc import Iterable
from datetime import datetime

from jlac_mapper.errors import UnauthenticatedError
from jlac_mapper.review.access import signed_in
from jlac_mapper.review.model import User
from jlac_mapper.review.ports import UserStore

Metadata = Iterable[tuple[str, str | bytes]]


def caller(users: UserStore, metadata: Metadata | None, now: datetime) -> User:
    """
    Return who calls.

    A token is that of a session, made by `jlac-mapper review user token`; the database has its SHA-256 only.
    It ends with the session: at its time, when the password changes, when the user is no longer active.

    Raises:
        UnauthenticatedError: Nobody who is known; the same for every way of not being known.
    """
    found = signed_in(users, bearer_token(metadata or ()), now)
    if found is None:
        raise UnauthenticatedError(
            "no valid token: send the metadata `authorization: Bearer TOKEN` "
            "(make one with jlac-mapper review user token)"
        )
    return found[1]


def bearer_token(metadata: Metadata) -> str:
    """Return the one token of a call's metadata; empty without one, or with several."""
    given = [value for key, value in metadata if key == "authorization"]
    if len(given) != 1 or not isinstance(given[0], str):
        return ""
    scheme, _, token = given[0].partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
