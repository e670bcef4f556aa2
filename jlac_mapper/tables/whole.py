"""A list as it was read: the tests of its rows, and every column of the file, whatever it is called."""

from collections.abc import Sequence
from dataclasses import dataclass

from jlac_mapper.types import LocalTest

LONGEST_CELL = 32_767
"""Characters of a cell that are kept: what a cell of Excel holds."""
LONGEST_ROW = 1_000_000
"""Characters of a row that are kept."""
MOST_COLUMNS = 16_384
"""Columns that are kept: as many as a sheet of Excel has."""


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of a list: its heading as written, and the field of LocalTest that it was read as, if any."""

    heading: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class WholeList:
    """
    The rows of a list in its order.

    Attributes:
        tests: A test a row; one without a name where the row could not be read.
        columns: Every column of the file, in place; empty for rows that come without a table.
        cells: The cells of each row, in the order of *columns*; a short row has fewer.
    """

    tests: Sequence[LocalTest]
    columns: tuple[ListColumn, ...] = ()
    cells: Sequence[tuple[str, ...]] = ()


def kept_cells(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the cells of a row as a database keeps them: storable texts, of bounded length."""
    kept: list[str] = []
    left = LONGEST_ROW
    for cell in cells[:MOST_COLUMNS]:
        text = storable(cell)[: min(LONGEST_CELL, left)]
        left -= len(text)
        kept.append(text)
    return tuple(kept)


def storable(text: str) -> str:
    """Return *text* without what a database's text cannot hold."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
