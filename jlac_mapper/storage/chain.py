"""
The audit chain in the database: its head is locked first, so a facility has one writer at a time.

A chain a facility rather than one for all: hospitals do not wait for each other, and one of them can be
verified and exported alone. A transaction never holds two heads, and takes the head before it touches an
item; so no two transactions can wait for each other.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from jlac_mapper.review import audit
from jlac_mapper.review.model import Action, ChainHead, Event, EventDraft
from jlac_mapper.storage.item_rows import AT_ONCE, chunks
from jlac_mapper.storage.review_tables import chain_heads, events
from jlac_mapper.storage.row_fields import columns_of, fields_in

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def lock_head(connection: Connection, facility: str) -> ChainHead:
    """Return the chain's head; until the transaction ends nobody else can append to this chain."""
    empty = audit.empty_head(facility)
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    wanted = select(chain_heads).where(chain_heads.c.facility == facility).with_for_update()
    found = connection.execute(wanted).one_or_none()
    if found is None:
        first = make(chain_heads).values(facility=facility, length=empty.count, hash=empty.hash)
        connection.execute(first.on_conflict_do_nothing())
        found = connection.execute(wanted).one()
    return ChainHead(facility, found.length, found.hash)


def read_head(connection: Connection, facility: str) -> ChainHead:
    """Return the chain's head as kept apart from the events."""
    found = connection.execute(select(chain_heads).where(chain_heads.c.facility == facility)).one_or_none()
    return ChainHead(facility, found.length, found.hash) if found else audit.empty_head(facility)


def append(connection: Connection, head: ChainHead, drafts: Iterable[EventDraft]) -> list[Event]:
    """Append events after a locked *head* and move it."""
    written: list[Event] = []
    for draft in drafts:
        event = audit.link(head, draft)
        head = audit.head_after(event)
        written.append(event)
    for chunk in chunks(written, AT_ONCE):
        connection.execute(insert(events), [_event_row(event) for event in chunk])
    if written:
        connection.execute(
            update(chain_heads)
            .where(chain_heads.c.facility == head.facility)
            .values(length=head.count, hash=head.hash)
        )
    return written


def of_request(connection: Connection, facility: str, request_id: str) -> list[Event]:
    """Return the events of an earlier request, by sequence."""
    wanted = select(events).where(events.c.facility == facility, events.c.request_id == request_id)
    return _read(connection.execute(wanted.order_by(events.c.sequence)).all())


def of_item(connection: Connection, facility: str, item: int) -> list[Event]:
    """Return an item's events, by sequence."""
    wanted = select(events).where(events.c.facility == facility, events.c.item == item)
    return _read(connection.execute(wanted.order_by(events.c.sequence)).all())


def after_sequence(connection: Connection, facility: str, after: int, limit: int) -> list[Event]:
    """Return events of a chain behind a sequence."""
    wanted = select(events).where(events.c.facility == facility, events.c.sequence > after)
    return _read(connection.execute(wanted.order_by(events.c.sequence).limit(limit)).all())


def _event_row(event: Event) -> dict[str, Any]:
    draft = event.draft
    values = columns_of(event) | columns_of(draft)
    del values["draft"], values["by"]
    return values | {
        "action": draft.action.value,
        "login": draft.by,
        "at": audit.write_moment(draft.at),
        "before": _dumps(audit.write_standing(draft.before)),
        "after": _dumps(audit.write_standing(draft.after)),
    }


def _read(rows: Sequence[Row[Any]]) -> list[Event]:
    return [_event(row) for row in rows]


def _event(row: Row[Any]) -> Event:
    read = {
        "action": Action(row.action),
        "by": row.login,
        "at": audit.read_moment(row.at),
        "before": audit.read_standing(_loads(row.before)),
        "after": audit.read_standing(_loads(row.after)),
    }
    return Event(**fields_in(row, Event), draft=EventDraft(**fields_in(row, EventDraft) | read))


def _dumps(value: dict[str, Any] | None) -> str:
    return "" if value is None else _COMPACT.encode(value)


def _loads(text: str) -> Any:
    return json.loads(text) if text else None
