"""
Rows of a list that an earlier list has put into the queue already: the list refers to the open item.

So a list that is taken in twice asks nobody twice, and still has each of its rows, in order, with the row as
the list wrote it and the standing of the item that answers it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select

from jlac_mapper.review.mapping_json import row_from_json, row_to_json
from jlac_mapper.review.model import OPEN, Item, ItemState, NewItem
from jlac_mapper.storage import item_rows, list_columns
from jlac_mapper.storage.item_rows import AT_ONCE, chunks
from jlac_mapper.storage.review_tables import items, row_cells, run_rows

_OPEN = [state.value for state in OPEN]


def already_open(connection: Connection, facility: str, new: Sequence[NewItem]) -> dict[int, int]:
    """
    Return row -> item for the rows (from 1) that would be asked and whose identical row is still open.

    Identical are the alias key and the local code. Several alike are paired in the order of both lists;
    what the new list has more of goes to the last one.
    """
    asked: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, item in enumerate(new, start=1):
        if item.standing.state in OPEN:
            asked[item.key, item.test.local_code].append(row)
    waiting: dict[tuple[str, str], list[int]] = defaultdict(list)
    statement = select(items.c.id, items.c.key, items.c.local_code).where(
        items.c.facility == facility, items.c.state.in_(_OPEN)
    )
    for chunk in chunks(list(dict.fromkeys(key for key, _ in asked)), AT_ONCE):
        for found in connection.execute(statement.where(items.c.key.in_(chunk)).order_by(items.c.id)):
            waiting[found.key, found.local_code].append(found.id)
    return {
        row: waiting[alike][min(position, len(waiting[alike]) - 1)]
        for alike, rows in asked.items()
        if alike in waiting
        for position, row in enumerate(rows)
    }


def insert_rows(connection: Connection, run: int, new: Sequence[NewItem], of_rows: Mapping[int, int]) -> None:
    """Write that rows of a list are answered by items of earlier lists."""
    written = [
        {"run": run, "row": row, "item": item, "test": row_to_json(new[row - 1].test)}
        for row, item in sorted(of_rows.items())
    ]
    for chunk in chunks(written, AT_ONCE):
        connection.execute(insert(run_rows), list(chunk))


def read(connection: Connection, facility: str, run: int, after_row: int, limit: int) -> list[Item]:
    """Return the items that answer rows of a list, each with run, row and test as in that list."""
    listed_cells = row_cells.alias()
    statement = (
        item_rows.WHOLE_ITEM.add_columns(
            run_rows.c.row.label("listed_row"),
            run_rows.c.test.label("listed"),
            listed_cells.c.cells.label("listed_cells"),
        )
        .join(run_rows, run_rows.c.item == items.c.id)
        .outerjoin(
            listed_cells, and_(listed_cells.c.run == run_rows.c.run, listed_cells.c.row == run_rows.c.row)
        )
        .where(items.c.facility == facility, run_rows.c.run == run, run_rows.c.row > after_row)
    )
    found = connection.execute(statement.order_by(run_rows.c.row).limit(limit))
    return [
        replace(
            item_rows.read_item(row),
            run=run,
            row=row.listed_row,
            test=row_from_json(row.listed),
            cells=list_columns.read_cells(row.listed_cells),
        )
        for row in found
    ]


def counts(connection: Connection, facility: str, run: int) -> dict[ItemState, int]:
    """Return how many of these rows stand in each stored state."""
    statement = select(items.c.state, func.count()).join(run_rows, run_rows.c.item == items.c.id)
    found = connection.execute(
        statement.where(items.c.facility == facility, run_rows.c.run == run).group_by(items.c.state)
    )
    return {ItemState(state): count for state, count in found}


def has_rows(connection: Connection, run: int) -> bool:
    """Tell whether a list refers to items of earlier ones."""
    return (
        connection.execute(select(run_rows.c.row).where(run_rows.c.run == run).limit(1)).first() is not None
    )


def answers(run: int) -> ColumnElement[bool]:
    """Return the condition that an item of an earlier list answers a row of this one."""
    return items.c.id.in_(select(run_rows.c.item).where(run_rows.c.run == run))
