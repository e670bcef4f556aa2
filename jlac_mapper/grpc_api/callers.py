"""Who calls: a bearer token is looked up among the sessions."""

from collections.abc import Iterable
from datetime import datetime

from jlac_mapper.errors import UnauthenticatedError
from jlac_mapper.review.access import find_user
from jlac_mapper.review.model import User
from jlac_mapper.review.ports import UserStore
from jlac_mapper.review.tokens import digest

Metadata = Iterable[tuple[str, str | bytes]]


class Callers:
    """
    The users by their tokens.

    A token is that of a session, made by `jlac-mapper review user token`; the database has its SHA-256 only.
    It ends with the session: at its time, when the password changes, when the user is no longer active.
    """

    def __init__(self, users: UserStore) -> None:
        self._users = users

    def user(self, metadata: Metadata | None, now: datetime) -> User:
        """
        Return who calls.

        Raises:
            UnauthenticatedError: Nobody who is known; the same for every way of not being known.
        """
        token = bearer_token(metadata or ())
        session = self._users.session(digest(token), now) if token else None
        user = find_user(self._users, session.login) if session else None
        if user is None or not user.active:
            raise UnauthenticatedError(
                "no valid token: send the metadata `authorization: Bearer TOKEN` "
                "(make one with jlac-mapper review user token)"
            )
        return user


def bearer_token(metadata: Metadata) -> str:
    """Return the one token of a call's metadata; empty without one, or with several."""
    given = [value for key, value in metadata if key == "authorization"]
    if len(given) != 1 or not isinstance(given[0], str):
        return ""
    scheme, _, token = given[0].partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
