"""
The queue's questions: filtered pages, the next item, an item's neighbours, each from an index where it can.

A question over several states is asked once a state and merged here: within one state an index gives the
rows in order, so that a page costs a page however long the queue is. The orders of a table (TableOrder) but
the least probable first are sorted by the database, which walks what the filter finds once.
"""

from collections.abc import Sequence
from datetime import datetime
from heapq import merge
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, or_, select, true

from jlac_mapper.review.audit import write_moment
from jlac_mapper.review.commands import Cursor, ItemOrder, ItemQuery, TableOrder
from jlac_mapper.review.model import OPEN, ItemState
from jlac_mapper.review.table_fields import search_words
from jlac_mapper.storage import run_rows
from jlac_mapper.storage.item_rows import QUEUE_COLUMNS
from jlac_mapper.storage.review_tables import item_reasons, items

Condition = ColumnElement[bool]

_STATES_IN_ORDER = (*OPEN, ItemState.FINAL, ItemState.ACCEPTED)
_SORTED = (TableOrder.NAME, TableOrder.STATE)
_STATE_RANK = case({state.value: rank for rank, state in enumerate(_STATES_IN_ORDER)}, value=items.c.state)


def page(
    connection: Connection,
    query: ItemQuery,
    *,
    now: datetime,
    after: Cursor | None,
    limit: int,
    backwards: bool = False,
) -> list[Row[Any]]:
    """
    Return at most *limit* rows with QUEUE_COLUMNS behind a cursor, in the query's order.

    *backwards*: those before the cursor, the nearest first.
    """
    claimed = items.c.claimed_until > write_moment(now)
    unasked = [state for state in OPEN if state not in query.states]
    is_claimed = ItemState.IN_REVIEW in query.states
    lists = _lists(connection, query)
    if query.order in _SORTED:
        of_states: list[Condition] = [items.c.state.in_([state.value for state in _stored(query.states)])]
        if is_claimed:
            of_states.append(and_(items.c.state.in_([state.value for state in unasked]), claimed))
        found = _sorted(query, or_(*of_states), or_(*lists), after, limit, backwards=backwards)
        return list(connection.execute(found))
    parts: list[Sequence[Row[Any]]] = []
    for state, of_list in product(_stored(query.states), lists):
        part = _part(query, state, after, limit, QUEUE_COLUMNS, of_list, backwards=backwards)
        parts.append(connection.execute(part).all())
    if is_claimed:
        for state, of_list in product(unasked, lists):
            part = _part(query, state, after, limit, QUEUE_COLUMNS, of_list, backwards=backwards)
            parts.append(connection.execute(part.where(claimed)).all())
    return list(merge(*parts, key=_sort_key(query), reverse=backwards))[:limit]


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
    # Hidden from the planner: the filter's own index finds fewer rows than the owner's.
    owner = func.coalesce(items.c.assigned_to, "")
    is_unread = or_(items.c.first_by.is_(None), items.c.first_by != login)
    lists = _lists(connection, query)
    if query.order in _SORTED:
        of_states = items.c.state.in_([state.value for state in _stored(query.states)])
        may_read = or_(items.c.state != ItemState.DECIDED_ONCE.value, is_unread)
        first = _sorted(query, of_states, or_(*lists), after, 1).where(free, may_read, owner.in_(owners))
        return next((int(row.id) for row in connection.execute(first)), None)
    found: list[Row[Any]] = []
    for state, of_list in product(_stored(query.states), lists):
        conditions = (free, *((is_unread,) if state is ItemState.DECIDED_ONCE else ()))
        part = _part(query, state, after, 1, (items.c.id, items.c.probability), of_list).where(*conditions)
        if _is_narrow(query):
            found += connection.execute(part.where(owner.in_(owners))).all()
        else:
            for one in owners:
                found += connection.execute(part.where(items.c.assigned_to == one)).all()
    return int(min(found, key=_sort_key(query)).id) if found else None


def conditions(query: ItemQuery) -> list[Condition]:
    """Return what a query asks of the columns that only tables of items have, but for its facets."""
    return [items.c.search.contains(word, autoescape=True) for word in search_words(query.text)]


def _is_narrow(query: ItemQuery) -> bool:
    filters = (
        *(query.run, query.reason, query.section, query.min_probability, query.max_probability),
        *(query.department, query.main_reason, query.band, query.text or None),
    )
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
    *,
    backwards: bool = False,
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
    # In order of import a range of probabilities must not choose the index: its rows would have to be sorted.
    ranged = probability + 0.0 if query.order is ItemOrder.IMPORTED else probability
    statement = statement.where(*_narrowed(query, ranged))
    is_falling = (query.order is ItemOrder.PROBABILITY) is not backwards
    leading = () if query.order is ItemOrder.IMPORTED else (probability,)
    keys: tuple[ColumnElement[Any], ...] = (*leading, identity)
    if after is not None:
        statement = statement.where(_behind(after, keys, is_falling=is_falling))
    return statement.order_by(*(key.desc() if is_falling else key for key in keys)).limit(limit)


def _sorted(
    query: ItemQuery,
    of_states: Condition,
    of_list: Condition,
    after: Cursor | None,
    limit: int,
    *,
    backwards: bool = False,
) -> Select[Any]:
    """Return the statement for a query whose rows the database sorts."""
    statement = select(*QUEUE_COLUMNS).where(items.c.facility == query.facility, of_states, of_list)
    if query.reason is not None:
        of_reason = select(item_reasons.c.item).where(
            item_reasons.c.facility == query.facility, item_reasons.c.reason == query.reason.value
        )
        statement = statement.where(items.c.id.in_(of_reason))
    if query.section is not None:
        statement = statement.where(items.c.section == query.section)
    statement = statement.where(*_narrowed(query, items.c.probability))
    by_name = query.order is TableOrder.NAME
    key: ColumnElement[Any] = items.c.search if by_name else _STATE_RANK
    if after is not None:
        # The database compares names as it sorts them.
        named = select(items.c.search).where(items.c.id == after.id).scalar_subquery()
        at: Any = named if by_name else _STATES_IN_ORDER.index(after.state)
        beyond = key < at if backwards else key > at
        further = items.c.id < after.id if backwards else items.c.id > after.id
        statement = statement.where(or_(beyond, and_(key == at, further)))
    keys = (key, items.c.id)
    return statement.order_by(*(one.desc() if backwards else one for one in keys)).limit(limit)


def _narrowed(query: ItemQuery, probability: ColumnElement[float]) -> list[Condition]:
    """Return the conditions that any order asks alike."""
    found = conditions(query)
    if query.assigned_to is not None:
        found.append(items.c.assigned_to == query.assigned_to)
    if query.department is not None:
        found.append(items.c.department == query.department)
    if query.main_reason is not None:
        found.append(items.c.main_reason == query.main_reason.value)
    if query.band is not None:
        found.append(items.c.band == query.band)
    if query.min_probability is not None:
        found.append(probability >= query.min_probability)
    if query.max_probability is not None:
        found.append(probability <= query.max_probability)
    return found


def _behind(after: Cursor, keys: Sequence[ColumnElement[Any]], *, is_falling: bool) -> Condition:
    *leading, identity = keys
    further = identity < after.id if is_falling else identity > after.id
    if not leading:
        return further
    [probability] = leading
    same = and_(probability == after.probability, further)
    if is_falling:
        return and_(probability <= after.probability, or_(probability < after.probability, same))
    return and_(probability >= after.probability, or_(probability > after.probability, same))


def _sort_key(query: ItemQuery) -> Any:
    if query.order is ItemOrder.PROBABILITY:
        return lambda row: (-row.probability, -row.id)
    if query.order is TableOrder.UNCERTAIN:
        return lambda row: (row.probability, row.id)
    return lambda row: row.id
