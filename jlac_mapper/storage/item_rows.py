"""Items as rows of the database and back."""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, insert, select

from jlac_mapper.review import audit
from jlac_mapper.review.commands import QueueRow
from jlac_mapper.review.mapping_json import mapping_from_json, mapping_to_json, row_from_json, row_to_json
from jlac_mapper.review.model import Item, ItemState, NewItem, NewRun, Reading, Run, Standing, section_of
from jlac_mapper.storage.review_tables import item_answers, item_reasons, items, runs
from jlac_mapper.types import Reason

Value = TypeVar("Value")

AT_ONCE = 500
"""Rows a statement: SQLite and PostgreSQL both take that many parameters."""

STANDING = (
    items.c.state,
    items.c.code,
    items.c.first_by,
    items.c.first_code,
    items.c.second_by,
    items.c.second_code,
    items.c.claimed_by,
    items.c.claimed_until,
    items.c.assigned_to,
    items.c.proposal,
    items.c.question,
)

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
)

WHOLE_ITEM: Select[Any] = select(*_ITEM_COLUMNS).join(item_answers, item_answers.c.item == items.c.id)
"""The statement whose rows `read_item` reads."""


def insert_run(connection: Connection, run: NewRun, rows: int, by: str, imported_at: str) -> int:
    """Write a list's head and return its id."""
    made = connection.execute(
        insert(runs).values(
            facility=run.facility,
            file_name=run.file_name,
            digest=run.digest,
            edition=run.edition,
            provenance=run.provenance,
            rows=rows,
            imported_by=by,
            started_at=audit.write_moment(run.started_at),
            imported_at=imported_at,
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
    first, second, until = standing.first, standing.second, standing.claimed_until
    return {
        "state": standing.state.value,
        "code": standing.code,
        "first_by": first.by if first else None,
        "first_code": first.code if first else None,
        "second_by": second.by if second else None,
        "second_code": second.code if second else None,
        "claimed_by": standing.claimed_by,
        "claimed_until": audit.write_moment(until) if until else None,
        "assigned_to": standing.assigned_to,
        "proposal": standing.proposal,
        "question": standing.question,
    }


def read_standing(row: Row[Any]) -> Standing:
    """Return the standing of a row that has the columns STANDING."""
    return Standing(
        state=ItemState(row.state),
        code=row.code,
        first=Reading(row.first_by, row.first_code) if row.first_by is not None else None,
        second=Reading(row.second_by, row.second_code) if row.second_by is not None else None,
        claimed_by=row.claimed_by,
        claimed_until=audit.read_moment(row.claimed_until) if row.claimed_until else None,
        assigned_to=row.assigned_to,
        proposal=row.proposal,
        question=row.question,
    )


def read_item(row: Row[Any]) -> Item:
    """Return the item of a row of WHOLE_ITEM."""
    return Item(
        id=row.id,
        facility=row.facility,
        run=row.run,
        row=row.row,
        test=row_from_json(row.test),
        mapping=mapping_from_json(zlib.decompress(row.mapping).decode("utf-8", "surrogatepass")),
        reasons=read_reasons(row.reasons),
        key=row.key,
        standing=read_standing(row),
        etag=row.etag,
        twin_key=row.twin_key,
    )


def read_queue_row(row: Row[Any]) -> QueueRow:
    """Return the line of a row that has QUEUE_COLUMNS."""
    return QueueRow(
        id=row.id,
        run=row.run,
        row=row.row,
        local_code=row.local_code,
        name=row.name,
        specimen=row.specimen,
        unit=row.unit,
        standing=read_standing(row),
        probability=row.probability,
        section=row.section,
        reasons=read_reasons(row.reasons),
        etag=row.etag,
    )


def read_run(row: Row[Any]) -> Run:
    """Return the list of a row of the table."""
    return Run(
        id=row.id,
        facility=row.facility,
        file_name=row.file_name,
        digest=row.digest,
        edition=row.edition,
        provenance=row.provenance,
        rows=row.rows,
        imported_by=row.imported_by,
        started_at=audit.read_moment(row.started_at),
        imported_at=audit.read_moment(row.imported_at),
    )


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
