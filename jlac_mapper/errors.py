"""One error root; every subclass has a stable `reason` that the gRPC edge lists in error_reason.proto."""

from typing import ClassVar


class JlacMapperError(Exception):
    """
    Anything this product refuses, with one clear line for a person.

    The message says what is wrong, where, and what to do. `reason` is a stable upper-case word that
    programs can rely on; each edge (command line, gRPC) translates it once.
    """

    reason: ClassVar[str] = "INTERNAL"


class ConfigurationError(JlacMapperError):
    """A setting is unknown, malformed, or contradicts another."""

    reason = "CONFIGURATION_INVALID"


class MissingExtraError(JlacMapperError):
    """A part was asked for whose optional packages are not installed; the message names the extra."""

    reason = "EXTRA_NOT_INSTALLED"


class InputError(JlacMapperError):
    """The input file or request cannot be used at all."""

    reason = "INPUT_UNUSABLE"


class RowError(JlacMapperError):
    """One row cannot be used; the run goes on."""

    reason = "ROW_INVALID"


class FieldTooLongError(RowError):
    """A field of one row has more characters than are read; see `field_limits`."""

    reason = "FIELD_TOO_LONG"


class OutputError(JlacMapperError):
    """The output cannot be written."""

    reason = "OUTPUT_UNWRITABLE"


class InvalidCodeError(JlacMapperError):
    """A text is not a JLAC11 code."""

    reason = "CODE_INVALID"


class MasterFileError(JlacMapperError):
    """A master file is unreadable or of an unknown layout; nothing was imported."""

    reason = "MASTER_FILE_UNREADABLE"


class ModelFileError(ConfigurationError):
    """A model's files are missing, damaged or not those that were trained."""


class UnknownEditionError(JlacMapperError):
    """No edition of that name is in the database."""

    reason = "EDITION_UNKNOWN"


class DatabaseError(JlacMapperError):
    """The database cannot be opened or is of another schema version."""

    reason = "DATABASE_UNAVAILABLE"


class DimensionMismatchError(JlacMapperError):
    """Vectors of another width than the index holds; usually another embedding model."""

    reason = "DIMENSION_MISMATCH"


class ServerUnavailableError(JlacMapperError):
    """A server does not answer or is not ready."""

    reason = "SERVER_UNAVAILABLE"


class ServerBusyError(JlacMapperError):
    """Too much work is waiting; the same request can be sent again a little later."""

    reason = "SERVER_BUSY"


class DeadlinePassedError(JlacMapperError):
    """The caller's deadline passed before the work began; nothing was done."""

    reason = "DEADLINE_PASSED"


class UnauthenticatedError(JlacMapperError):
    """The caller does not say who asks, or not truly."""

    reason = "UNAUTHENTICATED"


class NotAllowedError(JlacMapperError):
    """The user's role, or the state of the item, does not allow the action."""

    reason = "NOT_ALLOWED"


class ConflictError(JlacMapperError):
    """
    Someone changed the item since it was read; the message shows what they decided.

    `item` and `etag` say which item and its present etag; `by` and `code` what stands now, both empty where
    the reader must stay blind to it.
    """

    reason = "CONFLICT"

    def __init__(self, message: str, *, item: int = 0, etag: int = 0, by: str = "", code: str = "") -> None:
        super().__init__(message)
        self.item = item
        self.etag = etag
        self.by = by
        self.code = code


class NotFoundError(JlacMapperError):
    """There is no such item, run, user or facility, or it is another facility's."""

    reason = "NOT_FOUND"


class InvalidDecisionError(JlacMapperError):
    """The decision makes no sense: a code that the edition does not list, a question without text."""

    reason = "INVALID_DECISION"
