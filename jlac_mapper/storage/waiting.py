"""
The queue's questions: filtered pages and the next item, each from an index.

A question over several states is asked once a state and merged here: within one state an index gives the
rows in order, so that a page costs a page however long the queue is.
"""

from collections.abc import Sequence
from datetime import datetime
from heapq import merge
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, true

from jlac_mapper.review.audit import write_moment
from jlac_mapper.review.commands import Cursor, ItemOrder, ItemQuery
from jlac_mapper.review.model import OPEN, ItemState
from jlac_mapper.storage import run_rows
from jlac_mapper.storage.item_rows import QUEUE_COLUMNS
from jlac_mapper.storage.review_tables import item_reasons, items

Condition = ColumnElement[bool]


def page(
    connection: Connection, query: ItemQuery, *, now: datetime, after: Cursor | None, limit: int
) -> list[Row[Any]]:
    """Return at most *limit* rows with QUEUE_COLUMNS after a cursor, in the query's order."""
    parts: list[Sequence[Row[Any]]] = []
    lists = _lists(connection, query)
    for state, of_list in product(_stored(query.states), lists):
        parts.append(connection.execute(_part(query, state, after, limit, QUEUE_COLUMNS, of_list)).all())
    if ItemState.IN_REVIEW in query.states:
        claimed = items.c.claimed_until > write_moment(now)
        for state, of_list in product([state for state in OPEN if state not in query.states], lists):
            part = _part(query, state, after, limit, QUEUE_COLUMNS, of_list)
            parts.append(connection.execute(part.where(claimed)).all())
    return list(merge(*parts, key=_sort_key(query)))[:limit]


def next_for(
    connection: Connection, query: ItemQuery, login: str, *, now: datetime, after: Cursor | None
) -> int | None:
    """Return the first item that *login* may read next; see ReviewStore.next_for."""
    free = or_(
        items.c.claimed_until.is_(None),
        items.c.claimed_until <= write_moment(now),
        items.c.claimed_by == login,
    )
    owners = ("", login) if query.assigned_to is None else (query.assigned_to,)
    found: list[Row[Any]] = []
    for state, of_list in product(_stored(query.states), _lists(connection, query)):
        unread = [or_(items.c.first_by.is_(None), items.c.first_by != login)]
        conditions = (free, *(unread if state is ItemState.DECIDED_ONCE else ()))
        part = _part(query, state, after, 1, (items.c.id, items.c.probability), of_list).where(*conditions)
        if _is_narrow(query):
            # Hidden from the planner: the filter's own index finds fewer rows than the owner's.
            owner = func.coalesce(items.c.assigned_to, "")
            found += connection.execute(part.where(owner.in_(owners))).all()
        else:
            for one in owners:
                found += connection.execute(part.where(items.c.assigned_to == one)).all()
    return int(min(found, key=_sort_key(query)).id) if found else None


def _is_narrow(query: ItemQuery) -> bool:
    filters = (query.run, query.reason, query.section, query.min_probability, query.max_probability)
    return any(value is not None for value in filters) or query.order is not ItemOrder.IMPORTED


def _lists(connection: Connection, query: ItemQuery) -> list[Condition]:
    """Return a condition a source of rows: the list's own items, and those of earlier lists."""
    if query.run is None:
        return [true()]
    own = items.c.run == query.run
    return [own, run_rows.answers(query.run)] if run_rows.has_rows(connection, query.run) else [own]


def _stored(states: Sequence[ItemState]) -> list[ItemState]:
    return [state for state in dict.fromkeys(states) if state is not ItemState.IN_REVIEW]


def _part(
    query: ItemQuery,
    state: ItemState,
    after: Cursor | None,
    limit: int,
    columns: Sequence[Any],
    of_list: Condition,
) -> Select[Any]:
    """Return the statement for one state; with a reason its filters are asked of item_reasons."""
    statement = select(*columns).where(items.c.facility == query.facility, items.c.state == state.value)
    identity: ColumnElement[int] = items.c.id
    probability: ColumnElement[float] = items.c.probability
    section: ColumnElement[str] = items.c.section
    if query.reason is not None:
        identity, probability, section = (
            item_reasons.c.item,
            item_reasons.c.probability,
            item_reasons.c.section,
        )
        statement = statement.join(item_reasons, identity == items.c.id).where(
            item_reasons.c.facility == query.facility,
            item_reasons.c.reason == query.reason.value,
            item_reasons.c.state == state.value,
        )
    statement = statement.where(of_list)
    if query.section is not None:
        statement = statement.where(section == query.section)
    if query.assigned_to is not None:
        statement = statement.where(items.c.assigned_to == query.assigned_to)
    # In order of import a range of probabilities must not choose the index: its rows would have to be sorted.
    ranged = probability + 0.0 if query.order is ItemOrder.IMPORTED else probability
    if query.min_probability is not None:
        statement = statement.where(ranged >= query.min_probability)
    if query.max_probability is not None:
        statement = statement.where(ranged <= query.max_probability)
    if query.order is ItemOrder.IMPORTED:
        behind = identity > after.id if after else None
        statement = statement.order_by(identity)
    else:
        behind = _behind(after, identity, probability) if after else None
        statement = statement.order_by(probability.desc(), identity.desc())
    return (statement if behind is None else statement.where(behind)).limit(limit)


def _behind(after: Cursor, identity: ColumnElement[int], probability: ColumnElement[float]) -> Condition:
    same = and_(probability == after.probability, identity < after.id)
    return and_(probability <= after.probability, or_(probability < after.probability, same))


def _sort_key(query: ItemQuery) -> Any:
    if query.order is ItemOrder.PROBABILITY:
        return lambda row: (-row.probability, -row.id)
    return lambda row: row.id
