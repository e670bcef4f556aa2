"""Several items of a table at once: what is meant for each, why one cannot be done, how a group goes back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from jlac_mapper.errors import ConflictError, InvalidDecisionError, JlacMapperError, NotAllowedError
from jlac_mapper.review import workflow
from jlac_mapper.review.commands import Command, Refusal, Refused, Ticked
from jlac_mapper.review.model import Action, Event, Item, Role

ACTIONS = (Action.CONFIRM, Action.CHOOSE, Action.NO_CODE, Action.SEND_BACK, Action.ASSIGN)
"""What can be done with several items at once."""

LARGEST = 500
"""Items of one group."""

_NO_QUESTION_YET = "?"


def require_sense(ticked: Ticked) -> None:
    """
    Raise InvalidDecisionError for an order that no group of items could obey.

    Raises:
        InvalidDecisionError: No items or too many, or an action that is for one item alone.
    """
    if ticked.action not in ACTIONS:
        known = ", ".join(ACTIONS)
        raise InvalidDecisionError(f"{ticked.action.value} is not for several items; one of {known}")
    if not 0 < len(set(ticked.items)) <= LARGEST:
        raise InvalidDecisionError(f"{len(set(ticked.items))} items are ticked; 1 to {LARGEST} at once")


def commands(ticked: Ticked, items: Sequence[Item], *, is_preview: bool = False) -> list[Command]:
    """Return what *ticked* means for each item as it is now; a preview needs no question yet."""
    text = ticked.text
    if is_preview and ticked.action is Action.SEND_BACK and not text.strip():
        text = _NO_QUESTION_YET
    found = []
    for item in items:
        command = Command(ticked.facility, item.id, item.etag, ticked.action, ticked.request_id)
        command = replace(command, code=ticked.code, text=text)
        if command.action is Action.CHOOSE and command.code == item.standing.proposal:
            command = replace(command, action=Action.CONFIRM)
        found.append(command)
    return found


def choices(items: Sequence[Item]) -> tuple[tuple[str, int], ...]:
    """Return the candidates of items, code -> how many of them have it, the most first."""
    counted = Counter(str(c.code) for item in items for c in item.mapping.candidates)
    return tuple(counted.most_common())


def refused(command: Command, item: Item, error: JlacMapperError, role: Role) -> Refused:
    """Return why *error* was raised for a command on an item."""
    least, states = workflow.RULES[command.action]
    if isinstance(error, ConflictError):
        why = Refusal.CLAIMED
    elif isinstance(error, NotAllowedError):
        if not role.includes(least):
            why = Refusal.ROLE
        elif item.standing.state not in states:
            why = Refusal.STATE
        else:
            why = Refusal.CHANGED if command.action is Action.UNDO else Refusal.READ_BEFORE
    elif command.action is Action.ASSIGN:
        why = Refusal.NO_REVIEWER
    elif command.action is Action.CONFIRM and not item.standing.proposal:
        why = Refusal.NOTHING_PROPOSED
    elif command.action is Action.CHOOSE and not _is_candidate(command.code, item):
        why = Refusal.NO_CANDIDATE
    else:
        why = Refusal.NOT_LISTED
    return Refused(item, why)


def undoing(event: Event, item: Item, last: Event | None, request_id: str) -> Command | None:
    """
    Return the command that takes one event of a group back; None where something else was done since.

    Args:
        event: The group's event of the item.
        item: As it is now.
        last: The item's last turn.
        request_id: The undo's own.
    """
    draft = event.draft
    command = Command(item.facility, item.id, item.etag, Action.UNDO, request_id)
    if draft.action is Action.ASSIGN:
        if draft.before is None or item.standing.assigned_to != draft.text:
            return None
        return replace(command, action=Action.ASSIGN, text=draft.before.assigned_to)
    return command if last is not None and last.sequence == event.sequence else None


def first_by_item(events: Sequence[Event]) -> Mapping[int, Event]:
    """Return item -> its event of a group; a group has one of each."""
    return {event.draft.item: event for event in events if event.draft.item is not None}


def _is_candidate(code: str, item: Item) -> bool:
    return code.replace("-", "") in {str(candidate.code) for candidate in item.mapping.candidates}
