"""The columns of lists as their files have them, for a table that gives every one of them back."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from jlac_mapper.exports.templates import input_columns
from jlac_mapper.review.model import Item
from jlac_mapper.tables.whole import ListColumn


class InputColumns:
    """
    The columns of one or several lists beside each other.

    A list's columns keep their order. Of several lists equal headings, counted from the left, are one
    column, and what only a later list has follows. A list whose columns were not kept has those of the
    default layout, filled from the fields that were read.

    Attributes:
        headings: The headings as written.
    """

    def __init__(self, lists: Mapping[int, Sequence[ListColumn]]) -> None:
        places: dict[tuple[str, int], int] = {}
        self._kept = {run for run, columns in lists.items() if columns}
        self._columns = {run: columns or _read() for run, columns in lists.items()}
        self._places = {
            run: [places.setdefault(key, len(places)) for key in _numbered(columns)]
            for run, columns in self._columns.items()
        }
        self.headings = tuple(heading for heading, _ in places)

    def cells(self, item: Item) -> list[str]:
        """Return the cells of an item of one of the lists under the headings; the other lists' are empty."""
        if item.run in self._kept:
            given: Sequence[str] = item.cells
        else:
            given = [str(getattr(item.test, column.field)) for column in self._columns[item.run]]
        row = [""] * len(self.headings)
        # A short row ends early.
        for place, cell in zip(self._places[item.run], given, strict=False):
            row[place] = cell
        return row


def _read() -> tuple[ListColumn, ...]:
    return tuple(ListColumn(column.header, column.field) for column in input_columns())


def _numbered(columns: Sequence[ListColumn]) -> Iterator[tuple[str, int]]:
    """Yield each heading with how many of the same stand left of it."""
    seen: Counter[str] = Counter()
    for column in columns:
        yield column.heading, seen[column.heading]
        seen[column.heading] += 1
