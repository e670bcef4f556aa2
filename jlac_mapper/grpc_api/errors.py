"""
Errors of the core as rich gRPC statuses; the only place that translates them.

ErrorInfo (domain, reason) is on every status. What a caller can mend gets its message, and a BadRequest
where a field is at fault; what a caller can repeat gets RetryInfo; anything else is INTERNAL with an
incident id, and the log has the traceback under the same id.
"""

import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from jlac_mapper import errors

DOMAIN = "jlac-mapper"

RETRY_DELAY_SECONDS = 1
"""What a caller of a busy server is told to wait; a full queue drains in about that time."""

MAX_MESSAGE_CHARACTERS = 500
"""Statuses of a call travel in the trailing headers, of which gRPC takes 8 KiB."""

_CODES: dict[type[errors.JlacMapperError], grpc.StatusCode] = {
    errors.InputError: grpc.StatusCode.INVALID_ARGUMENT,
    errors.RowError: grpc.StatusCode.INVALID_ARGUMENT,
    errors.InvalidCodeError: grpc.StatusCode.INVALID_ARGUMENT,
    errors.UnknownEditionError: grpc.StatusCode.NOT_FOUND,
    errors.UnauthenticatedError: grpc.StatusCode.UNAUTHENTICATED,
    errors.NotAllowedError: grpc.StatusCode.PERMISSION_DENIED,
    errors.ConflictError: grpc.StatusCode.ABORTED,
    errors.NotFoundError: grpc.StatusCode.NOT_FOUND,
    errors.InvalidDecisionError: grpc.StatusCode.INVALID_ARGUMENT,
    errors.ServerBusyError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.ServerUnavailableError: grpc.StatusCode.UNAVAILABLE,
    errors.DeadlinePassedError: grpc.StatusCode.DEADLINE_EXCEEDED,
}
_RETRYABLE = {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE}

logger = logging.getLogger(__name__)


class FieldError(errors.InputError):
    """One field of a request is outside its limits; `field` is its path, such as `rows`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class RowFieldError(errors.RowError):
    """One row cannot be mapped because of a field; `field` is its path, such as `rows[3].test.name`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class RowFieldTooLongError(RowFieldError, errors.FieldTooLongError):
    """One row is not read because of a field's length."""


def to_status(error: BaseException) -> status_pb2.Status:
    """Return the status that a caller gets for *error*; logs the traceback of what is unforeseen."""
    code = next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), None)
    if code is None or not isinstance(error, errors.JlacMapperError):
        return _incident(error)
    text = str(error)[:MAX_MESSAGE_CHARACTERS]
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)
    if isinstance(error, errors.ConflictError):
        found = {"item": error.item, "etag": error.etag, "by": error.by, "code": error.code}
        info.metadata.update({name: str(value) for name, value in found.items() if value})
    details: list[Message] = [info]
    if isinstance(error, FieldError | RowFieldError):
        violation = error_details_pb2.BadRequest.FieldViolation(field=error.field, description=text)
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    if code in _RETRYABLE:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromSeconds(RETRY_DELAY_SECONDS)
        details.append(retry)
    return _status(code, text, details)


@asynccontextmanager
async def errors_as_statuses(context: "grpc.aio.ServicerContext[Any, Any]") -> AsyncIterator[None]:
    """Abort the call with the status of whatever is raised inside; cancellation passes through."""
    try:
        yield
    except grpc.aio.AbortError:
        raise
    except Exception as error:
        await context.abort_with_status(rpc_status.to_status(to_status(error)))


def _incident(error: BaseException) -> status_pb2.Status:
    incident = uuid.uuid4().hex[:12]
    logger.error("incident %s", incident, exc_info=error)
    info = error_details_pb2.ErrorInfo(
        reason=errors.JlacMapperError.reason, domain=DOMAIN, metadata={"incident": incident}
    )
    return _status(grpc.StatusCode.INTERNAL, f"internal error, incident {incident}", [info])


def _status(code: grpc.StatusCode, message: str, details: list[Message]) -> status_pb2.Status:
    status = status_pb2.Status(code=code.value[0], message=message)
    for detail in details:
        status.details.add().Pack(detail)
    return status
