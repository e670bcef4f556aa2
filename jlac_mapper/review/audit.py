"""
The audit trail: each facility's events as a chain of SHA-256 hashes.

An event's hash covers the hash before it and the event as canonical JSON, so a change, a removal and a
changed order break every link after it. What was cut off at the end shows against the chain's head (number of
events, last hash), which is kept in a table of its own and should be noted down outside the database.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from jlac_mapper.errors import InputError
from jlac_mapper.review.model import Action, ChainHead, Event, EventDraft, ItemState, Reading, Standing

_MAX_PROBLEMS = 20
_AS_IT_IS = ("by", "request_id", "item", "run", "code", "text", "edition", "model")
"""The fields of an event that JSON and the database hold as they are."""
_OF_STANDING = tuple(field.name for field in dataclasses.fields(Standing))
_READINGS = ("first", "second")
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def empty_head(facility: str) -> ChainHead:
    """Return the head of a facility without events; its hash names the facility."""
    return ChainHead(facility, 0, hashlib.sha256(f"jlac-mapper audit {facility}".encode()).hexdigest())


def link(head: ChainHead, draft: EventDraft) -> Event:
    """Give an event its place after *head*."""
    sequence = head.count + 1
    return Event(head.facility, sequence, draft, head.hash, _hash(head.facility, sequence, draft, head.hash))


def head_after(event: Event) -> ChainHead:
    """Return the chain's head when *event* is its last."""
    return ChainHead(event.facility, event.sequence, event.hash)


def verify(events: Iterable[Event], head: ChainHead) -> list[str]:
    """
    Return what is wrong with a chain, one line each, at most twenty; empty where nothing is.

    Args:
        events: The whole chain by sequence.
        head: As kept apart from the events.
    """
    problems: list[str] = []
    last = empty_head(head.facility)
    for event in events:
        problems += _broken(event, last)
        if len(problems) >= _MAX_PROBLEMS:
            return [*problems[:_MAX_PROBLEMS], "and perhaps more"]
        last = head_after(event)
    if last != head:
        problems.append(
            f"the chain ends with event {last.count} ({last.hash[:12]}), "
            f"but {head.count} events ({head.hash[:12]}) were written"
        )
    return problems


def to_json_line(event: Event) -> str:
    """Return an event as one line of canonical JSON, its place in the chain included."""
    return _CANONICAL.encode(write_event(event))


def from_json_lines(lines: Iterable[str]) -> Iterator[Event]:
    """
    Read an export again, so that it can be verified away from the database.

    Raises:
        InputError: A line is no event.
    """
    for number, line in enumerate(lines, start=1):
        try:
            yield read_event(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"line {number} is no event of an audit trail: {error}") from error


def write_event(event: Event) -> dict[str, Any]:
    """Return an event as what JSON can hold, its place in the chain included."""
    content = _content(event.facility, event.sequence, event.draft)
    return {**content, "previous_hash": event.previous_hash, "hash": event.hash}


def read_event(written: Mapping[str, Any]) -> Event:
    """
    Return the event that `write_event` wrote.

    Raises:
        ValueError, KeyError, TypeError or AttributeError: It is none.
    """
    draft = EventDraft(
        action=Action(written["action"]),
        at=read_moment(written["at"]),
        before=read_standing(written["before"]),
        after=read_standing(written["after"]),
        **{name: written[name] for name in _AS_IT_IS},
    )
    return Event(written["facility"], written["sequence"], draft, written["previous_hash"], written["hash"])


def write_moment(at: datetime) -> str:
    """Return a moment as text in UTC with microseconds; such texts order as the moments do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def read_moment(text: str) -> datetime:
    """Return the moment of such a text."""
    return datetime.fromisoformat(text)


def write_standing(standing: Standing | None) -> dict[str, Any] | None:
    """Return a standing as what JSON can hold, without what is empty."""
    if standing is None:
        return None
    written = {name: value for name in _OF_STANDING if (value := getattr(standing, name))}
    written["state"] = standing.state.value
    for name in _READINGS:
        if reading := written.get(name):
            written[name] = [reading.by, reading.code]
    if standing.claimed_until:
        written["claimed_until"] = write_moment(standing.claimed_until)
    return written


def read_standing(written: dict[str, Any] | None) -> Standing | None:
    """Return the standing that `write_standing` wrote."""
    if written is None:
        return None
    fields = {**written, "state": ItemState(written["state"])}
    for name in _READINGS:
        if name in fields:
            fields[name] = Reading(*fields[name])
    if "claimed_until" in fields:
        fields["claimed_until"] = read_moment(fields["claimed_until"])
    return Standing(**fields)


def _broken(event: Event, last: ChainHead) -> list[str]:
    where = f"event {event.sequence} of {event.facility or 'the installation'}"
    if event.facility != last.facility:
        return [f"{where}: belongs to another chain"]
    if event.sequence != last.count + 1:
        return [f"{where}: follows event {last.count}; what lies between is missing or out of order"]
    if event.previous_hash != last.hash:
        return [f"{where}: does not continue event {last.count}, which was changed or replaced"]
    if event.hash != _hash(event.facility, event.sequence, event.draft, event.previous_hash):
        return [f"{where}: was changed after it was written"]
    return []


def _hash(facility: str, sequence: int, draft: EventDraft, previous_hash: str) -> str:
    content = _CANONICAL.encode(_content(facility, sequence, draft))
    return hashlib.sha256(f"{previous_hash}\n{content}".encode("utf-8", "surrogatepass")).hexdigest()


def _content(facility: str, sequence: int, draft: EventDraft) -> dict[str, Any]:
    return {
        "facility": facility,
        "sequence": sequence,
        **{name: getattr(draft, name) for name in _AS_IT_IS},
        "action": draft.action.value,
        "at": write_moment(draft.at),
        "before": write_standing(draft.before),
        "after": write_standing(draft.after),
    }
