"""Every column of a list as its file has it, beside what was read of it."""

import json
import zlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from jlac_mapper.review.model import NewItem
from jlac_mapper.storage.review_tables import row_cells, run_columns
from jlac_mapper.tables.whole import ListColumn

_AT_ONCE = 500


def insert_columns(
    connection: Connection, run: int, columns: Sequence[ListColumn], items: Sequence[NewItem]
) -> None:
    """Write the columns of a list and the cells of its rows; nothing for a list without a table."""
    if not columns:
        return
    held = _pack([[column.heading, column.field] for column in columns])
    connection.execute(insert(run_columns).values(run=run, columns=held))
    rows = [
        {"run": run, "row": row, "cells": _pack(item.cells)}
        for row, item in enumerate(items, start=1)
        if item.cells
    ]
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(insert(row_cells), rows[start : start + _AT_ONCE])


def read_columns(connection: Connection, run: int) -> tuple[ListColumn, ...]:
    """Return the columns of a list; none where none were kept."""
    held = connection.execute(
        select(run_columns.c.columns).where(run_columns.c.run == run)
    ).scalar_one_or_none()
    return tuple(ListColumn(*column) for column in _unpack(held)) if held else ()


def read_cells(held: bytes | None) -> tuple[str, ...]:
    """Return the cells of a row as the database holds them; none for None."""
    return tuple(_unpack(held)) if held else ()


def _pack(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _unpack(held: bytes) -> Any:
    return json.loads(zlib.decompress(held))
