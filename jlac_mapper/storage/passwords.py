"""What is kept of a password: argon2id, with its costs and its salt in the hash."""

from functools import cached_property
from typing import TYPE_CHECKING

from jlac_mapper.errors import MissingExtraError

if TYPE_CHECKING:
    from argon2 import PasswordHasher


class Argon2Passwords:
    """See Passwords. MissingExtraError comes from the first use where argon2 is not installed."""

    def __init__(self, hasher: "PasswordHasher | None" = None) -> None:
        self._given = hasher

    def hash(self, password: str) -> str:
        """Return the argon2id hash to keep for a password."""
        return self._hasher.hash(password)

    def verify(self, saved: str, password: str) -> bool:
        """Tell whether *password* is the one of a hash; without a hash it takes as long and is wrong."""
        nobody = self._nobody
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            return self._hasher.verify(saved or nobody, password) and bool(saved)
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _hasher(self) -> "PasswordHasher":
        try:
            from argon2 import PasswordHasher
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                f"{error.name} is not installed; install it with: pip install 'jlac-mapper[web]'"
            ) from error
        return self._given or PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("nobody's password")
