"""Sign-in by password, with a limit of failures a login and an address."""

import threading
from datetime import datetime, timedelta

from jlac_mapper.review.access import find_user
from jlac_mapper.review.model import User
from jlac_mapper.review.ports import Passwords, UserStore

WINDOW = timedelta(minutes=15)
FAILURES_A_LOGIN = 5
FAILURES_AN_ADDRESS = 30
LONGEST_PASSWORD = 1024
LONGEST_LOGIN = 200


class TooManyFailuresError(Exception):
    """The login or the address has to wait; nothing was tried."""


class SignInGate:
    """Checks passwords; one at a time, so that failures are counted before the next try."""

    def __init__(self, users: UserStore, passwords: Passwords) -> None:
        self._users = users
        self._passwords = passwords
        self._lock = threading.Lock()

    def check(self, login: str, password: str, address: str, now: datetime) -> User | None:
        """
        Return the user when the password is right, else None.

        Raises:
            TooManyFailuresError: Too many failures in the last quarter of an hour.
        """
        login = login.strip()[:LONGEST_LOGIN]
        keys = (f"login:{login}", f"address:{address}")
        with self._lock:
            limits = zip(keys, (FAILURES_A_LOGIN, FAILURES_AN_ADDRESS), strict=True)
            if any(self._users.failed_sign_ins(key, now - WINDOW) >= limit for key, limit in limits):
                raise TooManyFailuresError
            user = find_user(self._users, login)
            saved = self._users.password_hash(login) if user is not None and user.active else ""
            # An unknown login takes as long as a known one.
            if len(password) > LONGEST_PASSWORD or not self._passwords.verify(saved, password):
                self._users.record_failed_sign_in(keys, now)
                return None
        return user
