"""Items as rows of the database and back."""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Row, Select, insert, select

from jlac_mapper.review import audit
from jlac_mapper.review.commands import QueueRow
from jlac_mapper.review.mapping_json import mapping_from_json, mapping_to_json, row_from_json, row_to_json
from jlac_mapper.review.model import Item, ItemState, NewItem, NewRun, Reading, Run, Standing, section_of
from jlac_mapper.storage.review_tables import item_answers, item_reasons, items, runs
from jlac_mapper.storage.row_fields import columns_of, fields_in, names_of
from jlac_mapper.types import Reason

Value = TypeVar("Value")

AT_ONCE = 500
"""Rows a statement: SQLite and PostgreSQL both take that many parameters."""

_READINGS = ("first_by", "first_code", "second_by", "second_code")


def _columns(*names: str) -> tuple[Column[Any], ...]:
    """Return the columns of items that have one of the names."""
    return tuple(column for column in items.c if column.name in names)


STANDING = _columns(*names_of(Standing), *_READINGS)

QUEUE_COLUMNS = (*_columns(*names_of(QueueRow)), *STANDING)

WHOLE_ITEM: Select[Any] = select(
    *_columns(*names_of(Item)), *STANDING, item_answers.c.test, item_answers.c.mapping
).join(item_answers, item_answers.c.item == items.c.id)
"""The statement whose rows `read_item` reads."""


def insert_run(connection: Connection, run: NewRun, rows: int, by: str, imported_at: str) -> int:
    """Write a list's head and return its id."""
    made = connection.execute(
        insert(runs).values(
            **columns_of(run)
            | {
                "rows": rows,
                "imported_by": by,
                "started_at": audit.write_moment(run.started_at),
                "imported_at": imported_at,
            }
        )
    )
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def insert_items(
    connection: Connection, facility: str, run: int, numbered: Sequence[tuple[int, NewItem]]
) -> None:
    """Write rows of a list, each with its number in the list."""
    with_ids = insert(items).returning(items.c.id, sort_by_parameter_order=True)
    for chunk in chunks(numbered, AT_ONCE):
        rows = [_item_row(facility, run, row, item) for row, item in chunk]
        ids = [int(found) for found in connection.execute(with_ids, rows).scalars()]
        answers, reasons = [], []
        for made, (_, item) in zip(ids, chunk, strict=True):
            mapping = zlib.compress(mapping_to_json(item.mapping).encode("utf-8", "surrogatepass"))
            answers.append({"item": made, "test": row_to_json(item.test), "mapping": mapping})
            shared = {
                "item": made,
                "facility": facility,
                "state": item.standing.state.value,
                "section": section_of(item.standing, item.mapping),
                "probability": item.mapping.probability,
            }
            reasons += [{**shared, "reason": reason} for reason in dict.fromkeys(item.mapping.reasons)]
        connection.execute(insert(item_answers), answers)
        if reasons:
            connection.execute(insert(item_reasons), reasons)


def standing_values(standing: Standing) -> dict[str, Any]:
    """Return the columns of a standing."""
    values = columns_of(standing)
    first, second, until = values.pop("first"), values.pop("second"), standing.claimed_until
    return values | {
        "state": standing.state.value,
        "first_by": first.by if first else None,
        "first_code": first.code if first else None,
        "second_by": second.by if second else None,
        "second_code": second.code if second else None,
        "claimed_until": audit.write_moment(until) if until else None,
    }


def read_standing(row: Row[Any]) -> Standing:
    """Return the standing of a row that has the columns STANDING."""
    read = {
        "state": ItemState(row.state),
        "first": Reading(row.first_by, row.first_code) if row.first_by is not None else None,
        "second": Reading(row.second_by, row.second_code) if row.second_by is not None else None,
        "claimed_until": audit.read_moment(row.claimed_until) if row.claimed_until else None,
    }
    return Standing(**fields_in(row, Standing) | read)


def read_item(row: Row[Any]) -> Item:
    """Return the item of a row of WHOLE_ITEM."""
    read = {
        "test": row_from_json(row.test),
        "mapping": mapping_from_json(zlib.decompress(row.mapping).decode("utf-8", "surrogatepass")),
        "reasons": read_reasons(row.reasons),
        "standing": read_standing(row),
    }
    return Item(**fields_in(row, Item) | read)


def read_queue_row(row: Row[Any]) -> QueueRow:
    """Return the line of a row that has QUEUE_COLUMNS."""
    read = {"standing": read_standing(row), "reasons": read_reasons(row.reasons)}
    return QueueRow(**fields_in(row, QueueRow) | read)


def read_run(row: Row[Any]) -> Run:
    """Return the list of a row of the table."""
    moments = {name: audit.read_moment(row._mapping[name]) for name in ("started_at", "imported_at")}
    return Run(**fields_in(row, Run) | moments)


def read_reasons(text: str) -> tuple[Reason, ...]:
    """Return the reasons of a text that `write_reasons` wrote."""
    return tuple(Reason(word) for word in text.split())


def write_reasons(reasons: Sequence[Reason]) -> str:
    """Return reasons as one text."""
    return " ".join(dict.fromkeys(reasons))


def chunks(values: Sequence[Value], size: int) -> Iterator[Sequence[Value]]:
    """Yield the values in order, *size* at a time."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _item_row(facility: str, run: int, row: int, item: NewItem) -> dict[str, Any]:
    test = item.test
    return {
        "facility": facility,
        "run": run,
        "row": row,
        "key": item.key,
        "local_code": test.local_code,
        "name": test.name,
        "specimen": test.specimen,
        "unit": test.unit,
        "section": section_of(item.standing, item.mapping),
        "probability": item.mapping.probability,
        "reasons": write_reasons(item.mapping.reasons),
        **standing_values(item.standing),
        "decided_by": "",
        "decided_at": "",
        "etag": 1,
    }
