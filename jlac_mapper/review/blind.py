"""What a second reader must not see, and how well two readers agree."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from jlac_mapper.errors import ConflictError
from jlac_mapper.review.commands import Agreement, QueueRow
from jlac_mapper.review.model import (
    DECISIONS,
    WAITING,
    Action,
    Event,
    Facility,
    Item,
    ItemState,
    Reading,
    Standing,
)

_UNREAD = (*WAITING, ItemState.SENT_BACK)


def is_blind(standing: Standing, facility: Facility) -> bool:
    """Tell whether readers must not yet see each other's decisions on an item."""
    return standing.state is ItemState.DECIDED_ONCE or (facility.second_reader and standing.state in _UNREAD)


def item_for(item: Item, login: str) -> Item:
    """Return the item as *login* may see it: another's first decision without its code."""
    return replace(item, standing=standing_for(item.standing, login))


def row_for(row: QueueRow, login: str) -> QueueRow:
    """Return a line of the queue as *login* may see it."""
    return replace(row, standing=standing_for(row.standing, login))


def standing_for(standing: Standing, login: str) -> Standing:
    """Return the standing with another's first decision hidden while the second one is waited for."""
    first = standing.first
    if standing.state is not ItemState.DECIDED_ONCE or first is None or first.by == login:
        return standing
    return replace(standing, first=Reading(first.by, ""))


def history_for(
    history: tuple[Event, ...], standing: Standing, facility: Facility, login: str
) -> tuple[Event, ...]:
    """
    Return an item's events as *login* may see them.

    While the item is to be read blind, others' decisions and what the first reader wrote lose code and
    text; who did something and when stays. A hidden event's hash no longer fits what is shown.
    """
    if not is_blind(standing, facility):
        return history
    return tuple(_hidden(event, standing, login) for event in history)


def conflict(item: Item, facility: Facility, last: Event | None, login: str) -> ConflictError:
    """Return the error for an order on an old etag: what stands now, as far as *login* may see it."""
    reader = item.standing.claimed_by
    if reader not in ("", login):
        text = f"item {item.id} is being read by {reader}: take another one"
        return ConflictError(text, item=item.id, etag=item.etag, by=reader)
    if last is None or is_blind(item.standing, facility):
        text = f"item {item.id} was changed by someone else since you loaded it: load it again"
        return ConflictError(text, item=item.id, etag=item.etag)
    did = f"{last.draft.by} did {last.draft.action.value}"
    code = item.standing.code
    text = f"item {item.id}: {did}{f' with {code}' if code else ''} since you loaded it: load it again"
    return ConflictError(text, item=item.id, etag=item.etag, by=last.draft.by, code=code)


def agreement(readings: Mapping[tuple[str, str], int]) -> Agreement:
    """
    Return observed agreement and Cohen's kappa (Cohen 1960) of first and second readers.

    Args:
        readings: (first code, second code) -> number of items; UNCODABLE is a code like any other.
    """
    pairs = sum(readings.values())
    if not pairs:
        return Agreement(0, float("nan"), float("nan"))
    first: Counter[str] = Counter()
    second: Counter[str] = Counter()
    for (a, b), count in readings.items():
        first[a] += count
        second[b] += count
    observed = sum(count for (a, b), count in readings.items() if a == b) / pairs
    expected = sum(first[code] * second[code] for code in first) / pairs**2
    kappa = (observed - expected) / (1 - expected) if expected < 1 else float("nan")
    return Agreement(pairs, observed, kappa)


def _hidden(event: Event, standing: Standing, login: str) -> Event:
    draft = event.draft
    if draft.by != login and draft.action in DECISIONS | {Action.SETTLE}:
        # Even the action would tell: CONFIRM is the code that is proposed.
        draft = replace(draft, action=Action.HIDDEN, code="", text="")
    first = standing.first.by if standing.first else ""
    if draft.action is Action.COMMENT and draft.by == first != login:
        draft = replace(draft, text="")
    before = _without_codes(draft.before, login) if draft.before else None
    after = _without_codes(draft.after, login) if draft.after else None
    return replace(event, draft=replace(draft, before=before, after=after))


def _without_codes(standing: Standing, login: str) -> Standing:
    def masked(reading: Reading | None) -> Reading | None:
        return reading if reading is None or reading.by == login else Reading(reading.by, "")

    own = standing.first is not None and standing.first.by == login and standing.second is None
    return replace(
        standing,
        first=masked(standing.first),
        second=masked(standing.second),
        code=standing.code if own else "",
    )
