"""One decision for identical rows: which they are, and what the decision means for each."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.errors import InvalidDecisionError
from jlac_mapper.review import workflow
from jlac_mapper.review.commands import Order
from jlac_mapper.review.model import DECISIONS, WAITING, Action, Item, ItemState
from jlac_mapper.review.ports import ReviewStore

LARGEST = 500
"""Rows of one bulk decision."""


def identical(store: ReviewStore, order: Order) -> list[Item]:
    """Return the order's item and then the identical rows that still wait, at most LARGEST."""
    first = store.item(order.facility, order.item)
    ids = store.identical(order.facility, first.key, (*WAITING, ItemState.SENT_BACK))
    others = [item for item in ids if item != first.id][: LARGEST - 1]
    return [first, *store.items(order.facility, others)]


def orders(order: Order, items: Sequence[Item], is_listed: Callable[[str], bool]) -> list[Order]:
    """
    Return what *order*, made for the first item, means for each of the items as they are now.

    Raises:
        InvalidDecisionError: No decision nor SEND_BACK, or its code does not serve.
    """
    if order.action is Action.SEND_BACK:
        return [replace(order, item=item.id, etag=item.etag) for item in items]
    if order.action not in DECISIONS:
        raise InvalidDecisionError(f"{order.action.value} is not for identical rows, only decisions are")
    code = workflow.decided_code(order, items[0], is_listed)
    return [
        replace(order, item=item.id, etag=item.etag, action=_action(item, code), code=code) for item in items
    ]


def _action(item: Item, code: str) -> Action:
    if code == UNCODABLE:
        return Action.NO_CODE
    if code == item.standing.proposal:
        return Action.CONFIRM
    return Action.CHOOSE if code in {str(c.code) for c in item.mapping.candidates} else Action.PICK
