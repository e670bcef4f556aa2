"""Counting a table's facets: one walk along the index that holds them, the rest is added up here."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from jlac_mapper.review.commands import Facet, Facets, ItemQuery
from jlac_mapper.storage import waiting
from jlac_mapper.storage.review_tables import item_reasons, items, run_rows, runs

_GROUPED = ("state", "run", "department", "section", "main_reason", "band", "assigned_to")
"""In the order of the index."""


def count(connection: Connection, query: ItemQuery) -> Facets:
    """
    Return how many items a query finds, and how many with each value of each facet.

    A running claim (IN_REVIEW) is no state of its own here. An item that answers rows of a later list counts
    for that list too, once.
    """
    held = _held(query)
    counts: dict[Facet, Counter[str]] = {facet: Counter() for facet in Facet}
    total = 0
    own = connection.execute(_groups(query)).all()
    answered = connection.execute(_answered(query)).all() if _has_answered(connection, query) else []
    for rows, is_own in ((own, True), (answered, False)):
        for row in rows:
            failed = [facet for facet, fits in held.items() if not fits(getattr(row, facet.value))]
            if len(failed) > 1:
                continue
            # Without a list, an item is counted where it is and not once more for the lists that it answers.
            if is_own or query.run is not None:
                total += 0 if failed else row.found
                for facet in failed or Facet:
                    counts[facet][str(getattr(row, facet.value))] += row.found
            elif set(failed) <= {Facet.RUN}:
                counts[Facet.RUN][str(row.run)] += row.found
    return Facets(total, _plain(counts))


def _held(query: ItemQuery) -> Mapping[Facet, Callable[[Any], bool]]:
    """Return the query's condition on each facet that it narrows."""
    states = {state.value for state in query.states}
    wanted: dict[Facet, Any] = {
        Facet.MAIN_REASON: query.main_reason,
        Facet.DEPARTMENT: query.department,
        Facet.SECTION: query.section,
        Facet.BAND: query.band,
        Facet.RUN: query.run,
        Facet.ASSIGNED_TO: query.assigned_to,
    }
    found: dict[Facet, Callable[[Any], bool]] = {Facet.STATE: states.__contains__}
    for facet, value in wanted.items():
        if value is not None:
            found[facet] = value.__eq__
    return found


def _groups(query: ItemQuery) -> Select[Any]:
    columns = [items.c[name] for name in _GROUPED]
    statement = select(*columns, func.count().label("found")).where(*_asked(query))
    return statement.group_by(*columns)


def _answered(query: ItemQuery) -> Select[Any]:
    """Return the same groups of items that answer rows of later lists, with those lists."""
    columns = [run_rows.c.run if name == "run" else items.c[name] for name in _GROUPED]
    statement = select(*columns, func.count(items.c.id.distinct()).label("found"))
    joined = statement.join_from(run_rows, items, run_rows.c.item == items.c.id)
    return joined.where(*_asked(query)).group_by(*columns)


def _has_answered(connection: Connection, query: ItemQuery) -> bool:
    of_facility = select(run_rows.c.run).join(runs, runs.c.id == run_rows.c.run)
    found = connection.execute(of_facility.where(runs.c.facility == query.facility).limit(1))
    return found.first() is not None


def _asked(query: ItemQuery) -> list[ColumnElement[bool]]:
    """Return what the query asks beside its facets."""
    found = [items.c.facility == query.facility, *waiting.conditions(query)]
    if query.reason is not None:
        of_reason = select(item_reasons.c.item).where(
            item_reasons.c.facility == query.facility, item_reasons.c.reason == query.reason.value
        )
        found.append(items.c.id.in_(of_reason))
    if query.min_probability is not None:
        found.append(items.c.probability >= query.min_probability)
    if query.max_probability is not None:
        found.append(items.c.probability <= query.max_probability)
    return found


def _plain(counts: Mapping[Facet, Counter[str]]) -> Mapping[Facet, Mapping[str, int]]:
    return {facet: dict(sorted(found.items())) for facet, found in counts.items()}
