"""What final decisions say: local aliases, contradictions, agreement of readers, codes in use."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.review.audit import read_moment
from jlac_mapper.review.model import ItemState, LocalAlias
from jlac_mapper.storage.item_rows import AT_ONCE, chunks
from jlac_mapper.storage.review_tables import items
from jlac_mapper.storage.values import from_row

_LOOKED_THROUGH = 50
"""Decisions among which a few different ones are looked for."""
_IS_FINAL = items.c.state == ItemState.FINAL.value


def of_keys(connection: Connection, facility: str, keys: Sequence[str]) -> dict[str, list[LocalAlias]]:
    """Return the final decisions of each alias key, the newest first."""
    found: dict[str, list[LocalAlias]] = defaultdict(list)
    for chunk in chunks(list(dict.fromkeys(keys)), AT_ONCE):
        for name in _read(connection, _names(facility).where(items.c.key.in_(chunk))):
            found[name.key].append(name)
    return dict(found)


def elsewhere(connection: Connection, facility: str, keys: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return key -> code -> how many other facilities decided so."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    others = func.count(items.c.facility.distinct())
    statement = select(items.c.key, items.c.code, others).where(_IS_FINAL, items.c.facility != facility)
    for chunk in chunks(list(dict.fromkeys(keys)), AT_ONCE):
        wanted = statement.where(items.c.key.in_(chunk)).group_by(items.c.key, items.c.code)
        for key, code, count in connection.execute(wanted):
            found[key][code] = count
    return dict(found)


def similar(
    connection: Connection, facility: str, key: str, twin_key: str, concept: str, *, limit: int
) -> list[LocalAlias]:
    """Return the newest decisions of other keys with a twin key or a concept, one a name and code."""
    newest = (items.c.decided_at.desc(), items.c.id.desc())
    names: dict[tuple[str, str], LocalAlias] = {}
    for column, wanted in ((items.c.twin_key, twin_key), (items.c.concept, concept)):
        if wanted:
            statement = _names(facility).where(column == wanted, items.c.key != key).order_by(*newest)
            for name in _read(connection, statement.limit(_LOOKED_THROUGH)):
                names.setdefault((name.key, name.code), name)
    return sorted(names.values(), key=lambda name: (name.at, name.item), reverse=True)[:limit]


def contradictions(connection: Connection, facility: str) -> list[LocalAlias]:
    """Return the final decisions of every key that has more than one code."""
    several = (
        select(items.c.key)
        .where(items.c.facility == facility, _IS_FINAL)
        .group_by(items.c.key)
        .having(func.count(items.c.code.distinct()) > 1)
    )
    return _read(connection, _names(facility).where(items.c.key.in_(several)))


def readings(connection: Connection, facility: str) -> dict[tuple[str, str], int]:
    """Return (first code, second code) -> number of items that two people read."""
    both = (items.c.first_code, items.c.second_code)
    statement = select(*both, func.count()).where(
        items.c.facility == facility, items.c.second_code.is_not(None)
    )
    return {(a or "", b or ""): count for a, b, count in connection.execute(statement.group_by(*both))}


def final_codes(connection: Connection, facility: str) -> dict[str, int]:
    """Return code -> number of final decisions, UNCODABLE left out."""
    statement = select(items.c.code, func.count()).where(
        items.c.facility == facility, _IS_FINAL, items.c.code != UNCODABLE
    )
    return {row[0]: row[1] for row in connection.execute(statement.group_by(items.c.code))}


def _names(facility: str) -> Select[Any]:
    columns = (items.c.key, items.c.code, items.c.id, items.c.decided_by, items.c.decided_at, items.c.name)
    return select(*columns).where(items.c.facility == facility, _IS_FINAL).add_columns(items.c.facility)


def _read(connection: Connection, statement: Select[Any]) -> list[LocalAlias]:
    ordered = statement.order_by(items.c.key, items.c.decided_at.desc(), items.c.id.desc())
    return [
        from_row(LocalAlias, row, item=row.id, by=row.decided_by, at=read_moment(row.decided_at))
        for row in connection.execute(ordered)
    ]
