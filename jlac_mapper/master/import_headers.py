"""Header rows: the spelling that headers are compared in, and what a recognised one says."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jlac_mapper.master.import_files import Row, Sheet
from jlac_mapper.text import clean, fold

HEADER_SEARCH_ROWS = 40
"""How far down a header row is looked for: titles and notes stand above it."""

Columns = Mapping[str, tuple[int, ...]]
"""Field -> the columns that hold it, from 0, the preferred one first."""


@dataclass(frozen=True, slots=True)
class Found:
    """A header row that was recognised: layout, sheet, row number, and the columns of each field."""

    layout: str
    sheet: Sheet
    header_row: int
    columns: Columns


@cache
def header_key(text: str) -> str:
    """Return a header without what varies: widths, blanks, line breaks, a revision date in brackets."""
    return fold(re.sub(r"\([0-9]{6,8}\)", "", clean(text)))


def rows_below(found: Found) -> Iterator[Row]:
    """Yield the rows below the header that are not blank."""
    for number, cells in found.sheet.rows():
        if number > found.header_row and any(cell.strip() for cell in cells):
            yield number, cells


def cell(cells: Sequence[str], columns: Columns, name: str) -> str:
    """Return the first filled cell of a field; a short row lacks its last cells."""
    for column in columns.get(name, ()):
        if column < len(cells) and cells[column].strip():
            return cells[column]
    return ""


def is_withdrawn(cells: Sequence[str], columns: Columns) -> bool:
    """Tell whether 更新区分 says S (deleted); T is registered, H changed."""
    return clean(cell(cells, columns, "status")).upper().startswith("S")


def is_heading(cells: Sequence[str]) -> bool:
    """Tell a row that only names the group below it, marked with a black diamond."""
    filled = [clean(text) for text in cells if text.strip()]
    return bool(filled) and filled[0][0] in "◆◇■●♦"
