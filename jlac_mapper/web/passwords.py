"""Sign-in by password: argon2id, and a limit of failures a login and an address."""

import threading
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from jlac_mapper.review.access import find_user
from jlac_mapper.review.model import User
from jlac_mapper.review.ports import UserStore

WINDOW = timedelta(minutes=15)
FAILURES_A_LOGIN = 5
FAILURES_AN_ADDRESS = 30
LONGEST_PASSWORD = 1024
LONGEST_LOGIN = 200


class TooManyFailuresError(Exception):
    """The login or the address has to wait; nothing was tried."""


class SignInGate:
    """Checks passwords; one at a time, so that failures are counted before the next try."""

    def __init__(self, users: UserStore, hasher: PasswordHasher | None = None) -> None:
        self._users = users
        self._hasher = hasher or PasswordHasher()
        # An unknown login takes as long as a known one.
        self._nobody = self._hasher.hash("nobody's password")
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
            is_right = self._verify(saved or self._nobody, password) and bool(saved)
            if not is_right:
                self._users.record_failed_sign_in(keys, now)
                return None
        return user

    def _verify(self, saved: str, password: str) -> bool:
        if len(password) > LONGEST_PASSWORD:
            return False
        try:
            return self._hasher.verify(saved, password)
        except (VerificationError, InvalidHashError):
            return False


def hash_password(password: str) -> str:
    """Return the argon2id hash to keep for a password."""
    return PasswordHasher().hash(password)
