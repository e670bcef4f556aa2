"""Signing in: by password, with a limit of failures a login and an address, or by an identity; and out."""

import threading
from datetime import timedelta

from jlac_mapper.errors import NotFoundError
from jlac_mapper.ports import Clock
from jlac_mapper.review.access import find_user
from jlac_mapper.review.model import User
from jlac_mapper.review.ports import Passwords, UnitOfWork, UserStore
from jlac_mapper.review.tokens import digest, new_session

LIFE = timedelta(hours=10)
"""How long a person stays signed in: one working day."""

WINDOW = timedelta(minutes=15)
FAILURES_A_LOGIN = 5
FAILURES_AN_ADDRESS = 30
LONGEST_PASSWORD = 1024
LONGEST_LOGIN = 200


class TooManyFailuresError(Exception):
    """The login or the address has to wait; nothing was tried."""


class SignIn:
    """
    Begins and ends sessions of people.

    Passwords are checked one at a time, so that failures are counted before the next try, and outside any
    transaction: nobody else waits for it.
    """

    def __init__(self, units: UnitOfWork, clock: Clock, passwords: Passwords) -> None:
        self._units = units
        self._clock = clock
        self._passwords = passwords
        self._lock = threading.Lock()

    def with_password(self, login: str, password: str, address: str, ended: str = "") -> str | None:
        """
        Return the token of a new session when the password is right, else None.

        Args:
            login: Name that was typed.
            password: What was typed.
            address: Where it comes from.
            ended: Token of a session that ends with it; empty for none.

        Raises:
            TooManyFailuresError: Too many failures in the last quarter of an hour.
        """
        login = login.strip()[:LONGEST_LOGIN]
        keys = (f"login:{login}", f"address:{address}")
        with self._lock:
            with self._units.reading() as work:
                self._require_few_failures(work.users, keys)
                user = find_user(work.users, login)
                saved = work.users.password_hash(login) if user is not None and user.active else ""
            # An unknown login takes as long as a known one.
            is_right = len(password) <= LONGEST_PASSWORD and self._passwords.verify(saved, password)
            if user is None or not is_right:
                with self._units.writing() as work:
                    work.users.record_failed_sign_in(keys, self._clock.now())
                    work.commit()
                return None
        return self._begin(user, ended)

    def with_identity(self, subject: str, ended: str = "") -> str | None:
        """Return the token of a new session of who has an identity (`issuer|sub`), None for nobody."""
        with self._units.reading() as work:
            try:
                user = work.users.user_by_subject(subject)
            except NotFoundError:
                return None
        return self._begin(user, ended) if user.active else None

    def end(self, token: str) -> None:
        """End the session of a token; none is no error."""
        with self._units.writing() as work:
            work.users.end_session(digest(token))
            work.commit()

    def _require_few_failures(self, users: UserStore, keys: tuple[str, str]) -> None:
        since = self._clock.now() - WINDOW
        limits = zip(keys, (FAILURES_A_LOGIN, FAILURES_AN_ADDRESS), strict=True)
        if any(users.failed_sign_ins(key, since) >= limit for key, limit in limits):
            raise TooManyFailuresError

    def _begin(self, user: User, ended: str) -> str:
        token, session = new_session(user.login, self._clock.now(), LIFE)
        with self._units.writing() as work:
            if ended:
                work.users.end_session(digest(ended))
            work.users.save_session(session)
            work.commit()
        return token
