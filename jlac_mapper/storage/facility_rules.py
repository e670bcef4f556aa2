"""Facility rules in the database: what a facility answered about groups of rows, ended ones kept."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from jlac_mapper.errors import NotFoundError
from jlac_mapper.review.access import request_reused
from jlac_mapper.review.audit import read_moment, write_moment
from jlac_mapper.review.model import Action, Event, EventDraft
from jlac_mapper.review.rules import KeptRule, Rule, RuleKind, Scope
from jlac_mapper.storage.item_rows import AT_ONCE, chunks
from jlac_mapper.storage.review_tables import facility_rules as kept
from jlac_mapper.storage.values import from_row, to_columns


def holding(connection: Connection, facility: str) -> list[KeptRule]:
    """Return the rules that hold, the oldest first."""
    return [
        KeptRule(row.answer, _rule(row), row.answered_by, read_moment(row.answered_at))
        for row in connection.execute(_holding(facility))
    ]


def keep(connection: Connection, facility: str, rules: Sequence[Rule], event: EventDraft) -> int:
    """Write rules of one answer, end those of the same scopes, and return the answer's number."""
    said = {rule.key for rule in rules}
    replaced = [row.id for row in connection.execute(_holding(facility)) if _rule(row).key in said]
    _end(connection, replaced, event)
    last = select(func.max(kept.c.answer)).where(kept.c.facility == facility)
    answer = (connection.execute(last).scalar_one() or 0) + 1
    shared = {
        "facility": facility,
        "answer": answer,
        "answered_by": event.by,
        "answered_at": write_moment(event.at),
        "request_id": event.request_id,
        "ended_by": "",
        "ended_at": "",
    }
    rows = [
        {**to_columns(rule.scope), "kind": rule.kind.value, "value": rule.value, **shared} for rule in rules
    ]
    connection.execute(insert(kept), rows)
    return answer


def answer_of(connection: Connection, facility: str, event: Event) -> int:
    """Return the number of the answer that an earlier request gave."""
    draft = event.draft
    statement = select(kept.c.answer).where(
        kept.c.facility == facility, kept.c.request_id == draft.request_id
    )
    found = connection.execute(statement.limit(1)).scalar_one_or_none()
    if draft.action is not Action.RULE or found is None:
        raise request_reused(draft.request_id)
    return int(found)


def end(connection: Connection, facility: str, answer: int, event: EventDraft) -> list[Rule]:
    """End the rules of an answer that hold, and return them."""
    rows = connection.execute(_holding(facility).where(kept.c.answer == answer)).all()
    if not rows:
        raise NotFoundError(f"there is no answer {answer} here that still holds")
    _end(connection, [row.id for row in rows], event)
    return [_rule(row) for row in rows]


def _end(connection: Connection, ids: Sequence[int], event: EventDraft) -> None:
    ended = {"ended_by": event.by, "ended_at": write_moment(event.at)}
    for chunk in chunks(ids, AT_ONCE):
        connection.execute(update(kept).where(kept.c.id.in_(chunk)).values(ended))


def _holding(facility: str) -> Select[Any]:
    wanted = select(kept).where(kept.c.facility == facility, kept.c.ended_at == "")
    return wanted.order_by(kept.c.id)


def _rule(row: Row[Any]) -> Rule:
    return Rule(RuleKind(row.kind), from_row(Scope, row), row.value)
