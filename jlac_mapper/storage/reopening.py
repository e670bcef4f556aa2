"""What a new edition ended or moved: reopening final decisions in bulk."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from jlac_mapper.review.access import request_reused
from jlac_mapper.review.commands import Reopened
from jlac_mapper.review.model import Event, EventDraft, ItemState, Standing
from jlac_mapper.storage import chain
from jlac_mapper.storage.item_rows import (
    AT_ONCE,
    STANDING,
    chunks,
    read_reasons,
    read_standing,
    standing_values,
    write_reasons,
)
from jlac_mapper.storage.review_tables import item_reasons, items
from jlac_mapper.types import Reason

_FINAL, _PROPOSED = ItemState.FINAL.value, ItemState.PROPOSED.value
_MAX_CODES = 5000
"""Codes a statement: below what SQLite and PostgreSQL take as parameters, and seldom reached."""
_MANY = 10_000
"""Rows handed to the driver at once; each is a statement of its own."""


def reopen(
    connection: Connection, facility: str, moved: Mapping[str, str], event: EventDraft
) -> list[Reopened]:
    """Reopen the final decisions for the codes of *moved* in an open transaction; see ReviewStore.reopen."""
    head = chain.lock_head(connection, facility)
    written = chain.of_request(connection, facility, event.request_id)
    if any((w.draft.action, w.draft.text) != (event.action, event.text) for w in written[:1]):
        raise request_reused(event.request_id)
    if not written:
        drafts: list[EventDraft] = []
        for codes in chunks(sorted(moved), _MAX_CODES):
            final = _final_items(connection, facility, codes)
            drafts += [_draft(event, row, moved) for row in final]
            _reopen_items(connection, facility, final, {code: moved[code] for code in codes})
        written = chain.append(connection, head, drafts)
    return _described(connection, facility, written)


def _final_items(connection: Connection, facility: str, codes: Sequence[str]) -> Sequence[Row[Any]]:
    statement: Select[Any] = select(
        items.c.id, items.c.reasons, items.c.section, items.c.probability, *STANDING
    ).where(items.c.facility == facility, items.c.state == _FINAL, items.c.code.in_(codes))
    return connection.execute(statement.order_by(items.c.id)).all()


def _draft(event: EventDraft, row: Row[Any], moved: Mapping[str, str]) -> EventDraft:
    before = read_standing(row)
    after = Standing(ItemState.PROPOSED, assigned_to=before.assigned_to, proposal=moved[before.code])
    return replace(event, item=row.id, code=before.code, before=before, after=after)


def _reopen_items(
    connection: Connection, facility: str, final: Sequence[Row[Any]], moved: Mapping[str, str]
) -> None:
    """
    Write the new standings, each table by rising item.

    In that order table and indexes are walked once from front to back; code by code, every statement would
    touch pages all over each of them.
    """
    if not final:
        return
    concerned = select(items.c.id).where(
        items.c.facility == facility, items.c.state == _FINAL, items.c.code.in_(list(moved))
    )
    connection.execute(update(item_reasons).where(item_reasons.c.item.in_(concerned)).values(state=_PROPOSED))
    added, written = [], []
    shared = {"reason": Reason.CODE_ENDED.value, "facility": facility, "state": _PROPOSED}
    for row in final:
        new, reasons = moved[row.code], read_reasons(row.reasons)
        if Reason.CODE_ENDED not in reasons:
            added.append({"item": row.id, "section": row.section, "probability": row.probability, **shared})
        with_ended = write_reasons((*reasons, Reason.CODE_ENDED))
        section = new[:1] or row.section
        written.append({"of": row.id, "new": new, "new_section": section, "new_reasons": with_ended})
    statement = (
        update(items)
        .where(items.c.id == bindparam("of"))
        .values(
            {
                **standing_values(Standing(ItemState.PROPOSED)),
                "assigned_to": items.c.assigned_to,  # stays as it is
                "proposal": bindparam("new"),
                "etag": items.c.etag + 1,
                "section": bindparam("new_section"),
                "reasons": bindparam("new_reasons"),
                "main_reason": Reason.CODE_ENDED.value,
                "decided_by": "",
                "decided_at": "",
            }
        )
    )
    for chunk in chunks(written, _MANY):
        connection.execute(statement, list(chunk))
    for chunk in chunks(added, _MANY):
        connection.execute(insert(item_reasons), list(chunk))


def _described(connection: Connection, facility: str, written: Sequence[Event]) -> list[Reopened]:
    found = []
    for chunk in chunks(written, AT_ONCE):
        ids = [event.draft.item for event in chunk]
        named = connection.execute(select(items.c.id, items.c.name).where(items.c.id.in_(ids)))
        names = {row.id: row.name for row in named}
        for event in chunk:
            item, after = event.draft.item or 0, event.draft.after
            successor = after.proposal if after else ""
            found.append(Reopened(item, facility, names[item], event.draft.code, successor))
    return found
