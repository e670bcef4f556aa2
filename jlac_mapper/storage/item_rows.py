"""Items as rows of the database and back."""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, insert, select

from jlac_mapper.review import audit
from jlac_mapper.review.commands import QueueRow
from jlac_mapper.review.mapping_json import mapping_from_json, mapping_to_json, row_from_json, row_to_json
from jlac_mapper.review.model import Item, ItemState, NewItem, NewRun, Reading, Run, Standing, section_of
from jlac_mapper.review.table_fields import band_of, department_of, main_reason, search_text
from jlac_mapper.storage import list_columns
from jlac_mapper.storage.review_tables import item_answers, item_reasons, items, row_cells, runs
from jlac_mapper.storage.values import Value, from_row, to_columns
from jlac_mapper.types import Reason

AT_ONCE = 500
"""Rows a statement: SQLite and PostgreSQL both take that many parameters."""

_SAME = ("code", "claimed_by", "assigned_to", "proposal", "question")
"""The fields of a standing that are columns as they are."""
_SPREAD = ("state", "first_by", "first_code", "second_by", "second_code", "claimed_until")
STANDING = tuple(items.c[name] for name in (*_SAME, *_SPREAD))

QUEUE_COLUMNS = (
    items.c.id,
    items.c.run,
    items.c.row,
    items.c.local_code,
    items.c.name,
    items.c.specimen,
    items.c.unit,
    items.c.probability,
    items.c.section,
    items.c.reasons,
    items.c.etag,
    items.c.department,
    *STANDING,
)

_ITEM_COLUMNS = (
    items.c.id,
    items.c.facility,
    items.c.run,
    items.c.row,
    items.c.key,
    items.c.twin_key,
    items.c.reasons,
    items.c.etag,
    *STANDING,
    item_answers.c.test,
    item_answers.c.mapping,
    row_cells.c.cells,
)

WHOLE_ITEM: Select[Any] = (
    select(*_ITEM_COLUMNS)
    .join(item_answers, item_answers.c.item == items.c.id)
    .outerjoin(row_cells, and_(row_cells.c.run == items.c.run, row_cells.c.row == items.c.row))
)
"""The statement whose rows `read_item` reads."""


def insert_run(connection: Connection, run: NewRun, rows: int, by: str, imported_at: str) -> int:
    """Write a list's head and return its id."""
    started_at = audit.write_moment(run.started_at)
    columns = to_columns(run, started_at=started_at, rows=rows, imported_by=by, imported_at=imported_at)
    made = connection.execute(insert(runs).values(columns))
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
    first, second, until = standing.first, standing.second, standing.claimed_until
    return {
        **{name: getattr(standing, name) for name in _SAME},
        "state": standing.state.value,
        "first_by": first.by if first else None,
        "first_code": first.code if first else None,
        "second_by": second.by if second else None,
        "second_code": second.code if second else None,
        "claimed_until": audit.write_moment(until) if until else None,
    }


def read_standing(row: Row[Any]) -> Standing:
    """Return the standing of a row that has the columns STANDING."""
    return from_row(
        Standing,
        row,
        state=ItemState(row.state),
        first=Reading(row.first_by, row.first_code) if row.first_by is not None else None,
        second=Reading(row.second_by, row.second_code) if row.second_by is not None else None,
        claimed_until=audit.read_moment(row.claimed_until) if row.claimed_until else None,
    )


def read_item(row: Row[Any]) -> Item:
    """Return the item of a row of WHOLE_ITEM."""
    return from_row(
        Item,
        row,
        test=row_from_json(row.test),
        mapping=mapping_from_json(zlib.decompress(row.mapping).decode("utf-8", "surrogatepass")),
        reasons=read_reasons(row.reasons),
        standing=read_standing(row),
        cells=list_columns.read_cells(row.cells),
    )


def read_queue_row(row: Row[Any]) -> QueueRow:
    """Return the line of a row that has QUEUE_COLUMNS."""
    return from_row(QueueRow, row, standing=read_standing(row), reasons=read_reasons(row.reasons))


def read_run(row: Row[Any]) -> Run:
    """Return the list of a row of the table."""
    started_at, imported_at = audit.read_moment(row.started_at), audit.read_moment(row.imported_at)
    return from_row(Run, row, started_at=started_at, imported_at=imported_at)


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
        "twin_key": item.twin_key or item.key,
        "concept": item.mapping.read_as.key if item.mapping.read_as else "",
        "search": search_text(test),
        "department": department_of(test),
        "main_reason": main_reason(item.mapping.reasons),
        "band": band_of(item.mapping.probability),
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
