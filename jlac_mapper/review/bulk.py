"""One decision for several rows: the identical ones, their twins, and what it means for each."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.errors import InvalidDecisionError
from jlac_mapper.review import workflow
from jlac_mapper.review.commands import Command
from jlac_mapper.review.model import DECISIONS, WAITING, Action, Item, ItemState
from jlac_mapper.review.ports import ReviewStore

LARGEST = 500
"""Rows of one bulk decision."""


def alike(reviews: ReviewStore, command: Command) -> list[Item]:
    """Return the command's item, then the identical rows that still wait, then the twins; at most LARGEST."""
    facility, states = command.facility, (*WAITING, ItemState.SENT_BACK)
    first = reviews.item(facility, command.item)
    same = [item for item in reviews.identical(facility, first.key, states) if item != first.id]
    known = {first.id, *same}
    near = [item for item in reviews.twins(facility, first.twin_key, states) if item not in known]
    own, others = same[: LARGEST - 1], near[: max(0, LARGEST - 1 - len(same))]
    return [first, *reviews.items(facility, own), *reviews.items(facility, others)]


def commands(command: Command, items: Sequence[Item], is_listed: Callable[[str], bool]) -> list[Command]:
    """
    Return what *command*, made for the first item, means for each of the items as they are now.

    Raises:
        InvalidDecisionError: No decision nor SEND_BACK, or its code does not serve.
    """
    if command.action is Action.SEND_BACK:
        return [replace(command, item=item.id, etag=item.etag) for item in items]
    if command.action not in DECISIONS:
        raise InvalidDecisionError(f"{command.action.value} is not for several rows, only decisions are")
    code = workflow.decided_code(command, items[0], is_listed)
    return [
        replace(command, item=item.id, etag=item.etag, action=_action(item, code), code=code)
        for item in items
    ]


def _action(item: Item, code: str) -> Action:
    if code == UNCODABLE:
        return Action.NO_CODE
    if code == item.standing.proposal:
        return Action.CONFIRM
    return Action.CHOOSE if code in {str(c.code) for c in item.mapping.candidates} else Action.PICK
