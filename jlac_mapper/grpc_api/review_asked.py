"""Requests of ReviewService as the core's types; what cannot be read is refused by its field."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from jlac_mapper.exports.files import ExportFormat
from jlac_mapper.grpc_api._pb.v1 import review_pb2, review_service_pb2
from jlac_mapper.grpc_api.errors import FieldError
from jlac_mapper.review.commands import Command, Cursor, ItemOrder, ItemQuery
from jlac_mapper.review.model import OPEN, WAITING, Action, ItemState
from jlac_mapper.review.workflow import RULES
from jlac_mapper.types import Reason

LONGEST_REQUEST_ID = 100
_Kind = TypeVar("_Kind", bound=StrEnum)


def query_from_proto(message: review_service_pb2.ItemFilter) -> ItemQuery:
    """
    Return the query of a filter.

    Raises:
        FieldError: A state, a command or a reason that this version does not know.
    """
    given = {
        name: getattr(message, name)
        for name in ("run", "min_probability", "max_probability", "assigned_to")
        if message.HasField(name)
    }
    states = tuple(_state_from_proto(state) for state in message.states)
    return ItemQuery(
        message.facility,
        states=states or OPEN,
        reason=_reason(message.reason) if message.reason else None,
        section=message.section or None,
        order=_enum(_order_word(message.order), ItemOrder, "filter.order"),
        **given,
    )


def waiting_query_from_proto(message: review_service_pb2.ItemFilter) -> ItemQuery:
    """Return the query of a filter for the next item: without states, what waits for a reader."""
    query = query_from_proto(message)
    return query if message.states else replace(query, states=WAITING)


def order_from_proto(message: review_service_pb2.Order) -> Command:
    """
    Return the command of a message.

    Raises:
        FieldError: No such action, one that cannot be ordered, or no request id.
    """
    action = _enum(_word(review_pb2.Action, message.action, "ACTION_"), Action, "order.action")
    if action not in RULES:
        raise FieldError("order.action", f"order.action {action.name} cannot be ordered")
    return Command(
        facility=message.facility,
        item=message.item,
        etag=message.etag,
        action=action,
        request_id=request_id(message.request_id, "order.request_id"),
        code=message.code,
        text=message.text,
    )


def request_id(text: str, field: str = "request_id") -> str:
    """
    Return a request id.

    Raises:
        FieldError: Empty, too long, or not printable.
    """
    if not 0 < len(text) <= LONGEST_REQUEST_ID or not text.isprintable():
        raise FieldError(field, f"{field} must have 1 to {LONGEST_REQUEST_ID} printable characters: a UUID")
    return text


def format_from_proto(value: "review_service_pb2.ExportFormat.ValueType") -> ExportFormat:
    """
    Return the format of an export.

    Raises:
        FieldError: Unset, or one that this version does not know.
    """
    return _enum(_word(review_service_pb2.ExportFormat, value, "EXPORT_FORMAT_"), ExportFormat, "format")


def cursor_to_token(cursor: Cursor | None) -> str:
    """Return the page token of a cursor, empty at the end."""
    return f"{cursor.id}.{cursor.probability.hex()}" if cursor else ""


def cursor_from_token(token: str) -> Cursor | None:
    """
    Return the cursor of a page token.

    Raises:
        FieldError: A token that was not given out.
    """
    if not token:
        return None
    number, _, probability = token.partition(".")
    try:
        return Cursor(int(number), float.fromhex(probability))
    except (ValueError, OverflowError):
        raise FieldError("page_token", "page_token is none of this server's: begin without one") from None


def etags_from_proto(etags: Mapping[int, int]) -> dict[int, int]:
    """
    Return item -> etag.

    Raises:
        FieldError: None given.
    """
    if not etags:
        raise FieldError("etags", "etags is empty: give the items of a preview that are to be decided")
    return dict(etags)


def _state_from_proto(value: "review_pb2.ItemState.ValueType") -> ItemState:
    return _enum(_word(review_pb2.ItemState, value, "ITEM_STATE_"), ItemState, "filter.states")


def _order_word(value: "review_pb2.ItemOrder.ValueType") -> str:
    word = _word(review_pb2.ItemOrder, value, "ITEM_ORDER_")
    return ItemOrder.IMPORTED.name if word == "UNSPECIFIED" else word


def _reason(word: str) -> Reason:
    try:
        return Reason(word)
    except ValueError:
        raise FieldError("filter.reason", f"filter.reason {word!r} is not known") from None


def _word(kind: Any, value: int, prefix: str) -> str:
    """Return the name of a value without its prefix; a number that this version does not know as it is."""
    known = kind.DESCRIPTOR.values_by_number.get(value)
    return known.name.removeprefix(prefix) if known else str(value)


def _enum(word: str, kind: type[_Kind], field: str) -> _Kind:
    try:
        return kind[word]
    except KeyError:
        raise FieldError(field, f"{field} {word} is not known; give a value of the proto") from None
