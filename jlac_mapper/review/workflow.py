"""The rules of review, without a database: who may do what in which state, and what becomes of the item."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.errors import (
    ConflictError,
    InvalidCodeError,
    InvalidDecisionError,
    JlacMapperError,
    NotAllowedError,
)
from jlac_mapper.review.commands import Command
from jlac_mapper.review.model import (
    DECISIONS,
    OPEN,
    WAITING,
    Action,
    Event,
    Facility,
    Item,
    ItemState,
    Reading,
    Role,
    Standing,
)
from jlac_mapper.types import Disposition, Reason

CLAIM = timedelta(minutes=15)
"""How long a claim runs; claiming again renews it."""

_READABLE = (*WAITING, ItemState.SENT_BACK)
_EVERY_STATE = tuple(ItemState)

RULES: dict[Action, tuple[Role, tuple[ItemState, ...]]] = {
    **dict.fromkeys(DECISIONS, (Role.REVIEWER, _READABLE)),
    Action.SEND_BACK: (Role.REVIEWER, WAITING),
    Action.COMMENT: (Role.REVIEWER, _EVERY_STATE),
    Action.SKIP: (Role.REVIEWER, OPEN),
    Action.CLAIM: (Role.REVIEWER, OPEN),
    Action.RELEASE: (Role.REVIEWER, OPEN),
    Action.UNDO: (Role.REVIEWER, _EVERY_STATE),
    Action.ASSIGN: (Role.LEAD, OPEN),
    Action.SETTLE: (Role.LEAD, (ItemState.DISPUTED,)),
    Action.REOPEN: (Role.REVIEWER, (ItemState.SENT_BACK, ItemState.FINAL, ItemState.ACCEPTED)),
}
"""Action -> the least role, and the states in which it makes sense. Reopening what is final needs a lead."""

_TURNS = DECISIONS | {Action.SEND_BACK, Action.SETTLE, Action.REOPEN, Action.UNDO}
"""What changes an item's state; of these only the last can be undone."""


def last_turn(history: Sequence[Event]) -> Event | None:
    """Return the last event that changed the item's state, None for an untouched one."""
    return next((event for event in reversed(history) if event.draft.action in _TURNS), None)


def refusal(
    action: Action, item: Item, *, login: str, role: Role, now: datetime, last: Event | None
) -> JlacMapperError | None:
    """Return why *login* may not do *action* to *item* now, None where it is allowed."""
    least, states = RULES[action]
    standing = item.standing
    if action is Action.REOPEN and standing.state is not ItemState.SENT_BACK:
        least = Role.LEAD
    if not role.includes(least):
        return NotAllowedError(f"{action.value} needs the role {least.value}; {login} is {role.value} here")
    if standing.state not in states:
        return NotAllowedError(f"item {item.id} is {standing.state.value}: {action.value} is not possible")
    if action in (Action.COMMENT, Action.SKIP, Action.ASSIGN):
        return None
    claimed = standing.is_claimed(now) and standing.claimed_by != login
    if action is Action.RELEASE:
        if claimed and not role.includes(Role.LEAD):
            return NotAllowedError(
                f"item {item.id} is claimed by {standing.claimed_by}; a lead can release it"
            )
        return None
    if claimed:
        return _claimed_by_another(item)
    if action in DECISIONS and standing.state is ItemState.DECIDED_ONCE and _is_first(standing, login):
        return NotAllowedError(f"{login} has read item {item.id} already; another person reads it second")
    return _undo_refusal(item, login, last) if action is Action.UNDO else None


def allowed(item: Item, *, login: str, role: Role, now: datetime, last: Event | None) -> frozenset[Action]:
    """Return what *login* may do to *item* now; decisions only where they can name a code."""
    found = {a for a in RULES if refusal(a, item, login=login, role=role, now=now, last=last) is None}
    if not item.mapping.candidates:
        found.discard(Action.CHOOSE)
    if not item.standing.proposal and not _is_absence(item):
        found.discard(Action.CONFIRM)
    return frozenset(found)


def result(
    command: Command,
    item: Item,
    facility: Facility,
    *,
    login: str,
    role: Role,
    now: datetime,
    last: Event | None,
    is_listed: Callable[[str], bool],
) -> Standing | None:
    """
    Return what *command* makes of the item; None where it leaves it as it is (COMMENT).

    Args:
        last: The item's last turn (see `last_turn`).
        is_listed: Tells whether the edition lists a code today.

    Raises:
        NotAllowedError: The role or the state forbids it.
        ConflictError: Another person's claim is running.
        InvalidDecisionError: The code or the text does not serve.
    """
    refused = refusal(command.action, item, login=login, role=role, now=now, last=last)
    if refused is not None:
        raise refused
    standing = item.standing
    match command.action:
        case Action.COMMENT:
            _require_text(command, "a comment")
            return None
        case Action.CLAIM:
            return replace(standing, claimed_by=login, claimed_until=now + CLAIM)
        case Action.SKIP:
            return standing.unclaimed() if standing.claimed_by == login else None
        case Action.RELEASE:
            return standing.unclaimed()
        case Action.ASSIGN:
            return replace(standing, assigned_to=command.text)
        case Action.SEND_BACK:
            _require_text(command, "the question to the hospital")
            return _opened(standing, ItemState.SENT_BACK, question=command.text)
        case Action.REOPEN:
            if standing.state is not ItemState.SENT_BACK:
                _require_text(command, "the reason")
            return _opened(standing, ItemState.PROPOSED)
        case Action.UNDO:
            assert last is not None  # refusal() has made sure of both
            assert last.draft.before is not None
            return last.draft.before.unclaimed()
        case Action.SETTLE:
            code = decided_code(command, item, is_listed)
            return replace(standing.unclaimed(), state=ItemState.FINAL, code=code)
        case _:
            return _read(standing, Reading(login, decided_code(command, item, is_listed)), facility)


def decided_code(command: Command, item: Item, is_listed: Callable[[str], bool]) -> str:
    """
    Return the code that a decision stands for, UNCODABLE included.

    Raises:
        InvalidDecisionError: Nothing is proposed, no such candidate, or the edition does not list it.
    """
    if command.action is Action.NO_CODE or (command.action is Action.SETTLE and command.code == UNCODABLE):
        return UNCODABLE
    if command.action is Action.CONFIRM:
        if not item.standing.proposal and _is_absence(item):
            return UNCODABLE
        if not item.standing.proposal:
            raise InvalidDecisionError(f"nothing is proposed for item {item.id}: choose or pick a code")
        code = item.standing.proposal
    else:
        try:
            code = str(jlac11.parse(command.code))
        except InvalidCodeError as error:
            raise InvalidDecisionError(str(error)) from error
    if command.action is Action.CHOOSE and code not in {str(c.code) for c in item.mapping.candidates}:
        raise InvalidDecisionError(f"{code} is no candidate of item {item.id}; search the edition to pick it")
    if not is_listed(code):
        raise InvalidDecisionError(f"{code} is not listed today by the edition in use")
    return code


def _is_absence(item: Item) -> bool:
    """Tell whether what is proposed is that no code is listed."""
    return item.mapping.disposition is Disposition.NO_CODE and Reason.CODE_ENDED not in item.reasons


def _read(standing: Standing, reading: Reading, facility: Facility) -> Standing:
    """Return what one more reader's answer makes of the item."""
    standing = replace(standing.unclaimed(), question="")
    if standing.state is ItemState.DECIDED_ONCE:
        assert standing.first is not None
        if standing.first.code == reading.code:
            return replace(standing, state=ItemState.FINAL, code=reading.code, second=reading)
        return replace(standing, state=ItemState.DISPUTED, second=reading)
    if facility.second_reader:
        return replace(standing, state=ItemState.DECIDED_ONCE, first=reading)
    return replace(standing, state=ItemState.FINAL, code=reading.code, first=reading)


def _opened(standing: Standing, state: ItemState, question: str = "") -> Standing:
    return replace(standing.unclaimed(), state=state, code="", first=None, second=None, question=question)


def _is_first(standing: Standing, login: str) -> bool:
    return standing.first is not None and standing.first.by == login


def _undo_refusal(item: Item, login: str, last: Event | None) -> JlacMapperError | None:
    mine = last is not None and last.draft.by == login
    if last is None or not mine or last.draft.action in (Action.UNDO, Action.REOPEN):
        return NotAllowedError(
            f"item {item.id}: the last decision is not {login}'s own, a lead can reopen it"
        )
    if last.draft.before is None or last.draft.before.state is ItemState.DECIDED_ONCE:
        return NotAllowedError(f"item {item.id}: both readers have decided; a lead can settle or reopen it")
    return None


def _claimed_by_another(item: Item) -> ConflictError:
    standing = item.standing
    return ConflictError(
        f"item {item.id} is being read by {standing.claimed_by} until {standing.claimed_until:%H:%M} UTC; "
        "take another one, or ask a lead to release it",
        item=item.id,
        etag=item.etag,
        by=standing.claimed_by,
    )


def _require_text(command: Command, what: str) -> None:
    if not command.text.strip():
        raise InvalidDecisionError(f"{command.action.value} needs {what} as its text")
