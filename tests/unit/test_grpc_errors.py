"""Errors become statuses that a program can act on and that give nothing away."""

import logging

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from jlac_mapper import errors
from jlac_mapper.grpc_api.errors import FieldError, RowFieldError, to_status


def reason(status: status_pb2.Status) -> str:
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.domain == "jlac-mapper"
    return info.reason


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InputError("x"), grpc.StatusCode.INVALID_ARGUMENT),
        (errors.RowError("x"), grpc.StatusCode.INVALID_ARGUMENT),
        (errors.InvalidCodeError("x"), grpc.StatusCode.INVALID_ARGUMENT),
        (errors.UnknownEditionError("x"), grpc.StatusCode.NOT_FOUND),
        (errors.ServerUnavailableError("x"), grpc.StatusCode.UNAVAILABLE),
        (errors.ServerBusyError("x"), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (errors.DeadlinePassedError("x"), grpc.StatusCode.DEADLINE_EXCEEDED),
    ],
)
def test_what_a_caller_can_act_on_keeps_its_message_and_reason(
    error: errors.JlacMapperError, code: grpc.StatusCode
) -> None:
    status = to_status(error)
    assert (status.code, status.message, reason(status)) == (code.value[0], "x", error.reason)


@pytest.mark.parametrize("error", [errors.DatabaseError("secret"), ValueError("secret"), KeyError("secret")])
def test_what_a_caller_cannot_act_on_is_an_incident_whose_traceback_is_logged(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        status = to_status(error)
    info = error_details_pb2.ErrorInfo()
    status.details[0].Unpack(info)
    assert status.code == grpc.StatusCode.INTERNAL.value[0]
    assert "secret" not in str(status)
    assert (info.reason, len(status.details)) == ("INTERNAL", 1)
    assert info.metadata["incident"] in status.message
    assert info.metadata["incident"] in caplog.text
    assert "secret" in caplog.text


@pytest.mark.parametrize("error", [FieldError("rows", "too many"), RowFieldError("rows[3].test", "x")])
def test_an_error_about_a_field_names_it(error: FieldError | RowFieldError) -> None:
    request = error_details_pb2.BadRequest()
    assert to_status(error).details[1].Unpack(request)
    [violation] = request.field_violations
    assert (violation.field, violation.description) == (error.field, str(error))


def test_a_busy_server_says_when_to_come_back() -> None:
    retry = error_details_pb2.RetryInfo()
    assert to_status(errors.ServerBusyError("x")).details[1].Unpack(retry)
    assert retry.retry_delay.ToTimedelta().total_seconds() == 1


def test_a_long_message_is_cut_to_what_a_trailing_header_takes() -> None:
    assert len(to_status(RowFieldError("test", "名" * 9000)).SerializeToString()) < 8192
