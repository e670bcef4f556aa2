"""What is kept of a password: argon2id, with its costs and its salt in the hash."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Passwords:
    """See Passwords."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("nobody's password")

    def hash(self, password: str) -> str:
        """Return the argon2id hash to keep for a password."""
        return self._hasher.hash(password)

    def verify(self, saved: str, password: str) -> bool:
        """Tell whether *password* is the one of a hash; without a hash it takes as long and is wrong."""
        try:
            return self._hasher.verify(saved or self._nobody, password) and bool(saved)
        except (VerificationError, InvalidHashError):
            return False
