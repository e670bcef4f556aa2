"""How a list would be read: its sheets, what each column is taken for, and rows that cannot be read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

from jlac_mapper.errors import InputError
from jlac_mapper.field_limits import overlong_field
from jlac_mapper.tables.headings import HEADER_SEARCH_ROWS, HeaderRow, find_header, recognise
from jlac_mapper.tables.run import local_test, whole_list
from jlac_mapper.tables.table import Source, Table, sources_of, table_at
from jlac_mapper.tables.text import UNCLOSED_QUOTE, Row, TextSource
from jlac_mapper.tables.whole import WholeList
from jlac_mapper.tables.xlsx import SheetSource

SAMPLES = 3
"""Different values shown of a column."""
LONGEST_SAMPLE = 40
"""Characters shown of a value."""
PROBLEMS_SHOWN = 20
"""Rows that cannot be read which are named; all are counted."""


class RowProblem(StrEnum):
    """Why a row will have no answer."""

    UNREADABLE = "unreadable"
    """It holds bytes that are no text in the file's encoding."""
    UNCLOSED_QUOTE = "unclosed_quote"
    EMPTY = "empty"
    """It holds nothing."""
    NO_NAME = "no_name"
    """It holds something, and no name of a test."""
    TOO_LONG = "too_long"
    """A field has more characters than are read."""


@dataclass(frozen=True, slots=True)
class Choice:
    """
    How a person wants a file to be read; None leaves it to the program.

    Attributes:
        sheet: Place of the sheet in the workbook, from 0.
        header: The row with the headings, from 0, within the first HEADER_SEARCH_ROWS.
        fields: Field -> column index, from 0.
    """

    sheet: int | None = None
    header: int | None = None
    fields: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class SheetSeen:
    """A worksheet, and whether a row of headings with a name column was found in it."""

    name: str
    has_names: bool


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """A column: heading as written, the field that it is read as (empty: none), and some of its values."""

    heading: str
    field: str
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProblemSeen:
    """A row without an answer: its number in the list from 1, why, the field (TOO_LONG), how it begins."""

    row: int
    problem: RowProblem
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Understanding:
    """
    How a file would be read.

    Attributes:
        sheets: The worksheets; none in a text file.
        sheet: The one that is read.
        encoding: Of a text file; empty for a workbook, *delimiter* likewise.
        header: The row with the headings, from 0.
        heads: The first rows of the sheet, as choices for *header*.
        columns: Every column in place.
        rows: Data rows, all of them.
        problems: The first rows that will have no answer.
        problem_count: How many there are.
    """

    sheets: tuple[SheetSeen, ...]
    sheet: int
    encoding: str
    delimiter: str
    header: int
    heads: tuple[tuple[str, ...], ...]
    columns: tuple[ColumnSeen, ...]
    rows: int
    problems: tuple[ProblemSeen, ...]
    problem_count: int

    @property
    def has_names(self) -> bool:
        """Whether a column is read as the name: without one the list cannot be taken in."""
        return any(column.field == "name" for column in self.columns)


def understand(path: Path, choice: Choice | None = None) -> Understanding:
    """
    Return how a file would be read, as far as *choice* leaves it open; nothing is mapped.

    Raises:
        InputError: No such file, or one that is no table at all.
    """
    found = _find(path, choice or Choice())
    table = found.table
    samples: list[list[str]] = [[] for _ in table.header]
    problems: list[ProblemSeen] = []
    count = 0
    for number, row in enumerate(table.rows(), start=1):
        for values, cell in zip(samples, row.cells, strict=False):  # a short row ends early
            text = _short(cell)
            if len(values) < SAMPLES and text and text not in values:
                values.append(text)
        if problem := _problem(row, table):
            count += 1
            if len(problems) < PROBLEMS_SHOWN:
                text = " | ".join(filter(None, map(_short, row.cells[:8])))
                problems.append(ProblemSeen(number, *problem, text))
    fields = {index: name for name, index in table.columns.items()}
    source = found.sources[found.sheet]
    return Understanding(
        sheets=tuple(
            SheetSeen(each.sheet, header is not None)
            for each, header in zip(found.sources, found.headers, strict=True)
            if isinstance(each, SheetSource)
        ),
        sheet=found.sheet if isinstance(source, SheetSource) else 0,
        encoding=source.encoding if isinstance(source, TextSource) else "",
        delimiter=source.delimiter if isinstance(source, TextSource) else "",
        header=found.header,
        heads=tuple(tuple(map(_short, row)) for row in found.head),
        columns=tuple(
            ColumnSeen(heading, fields.get(index, ""), tuple(values))
            for index, (heading, values) in enumerate(zip(table.header, samples, strict=True))
        ),
        rows=table.row_count,
        problems=tuple(problems),
        problem_count=count,
    )


def read_chosen(path: Path, choice: Choice) -> WholeList:
    """
    Return the rows of a list, read as *choice* says.

    Raises:
        InputError: As `understand`, or no column is the name.
    """
    table = _find(path, choice).table
    if "name" not in table.columns:
        raise InputError(f"{path}: no name column is chosen")
    return whole_list(table)


@dataclass(frozen=True, slots=True)
class _Found:
    """The table that is meant, and what it was chosen from."""

    sources: Sequence[Source]
    headers: Sequence[HeaderRow | None]
    sheet: int
    head: Sequence[Sequence[str]]
    header: int
    table: Table


def _find(path: Path, choice: Choice) -> _Found:
    sources = sources_of(path)
    if not sources:
        raise InputError(f"{path}: the workbook has no sheet")
    heads = [[row.cells for row in islice(source.rows(), HEADER_SEARCH_ROWS)] for source in sources]
    headers = [find_header(head, {}) for head in heads]
    sheet = _in_range(choice.sheet, sources)
    if sheet is None or isinstance(sources[sheet], TextSource):
        sheet = _likeliest_source(sources, heads, headers)
    head, told = heads[sheet], headers[sheet]
    header = _in_range(choice.header, head)
    if header is None:
        header = told.index if told else _likeliest_header(head)
    cells = tuple(head[header]) if head else ()
    columns = recognise(cells) if choice.fields is None else choice.fields
    table = table_at(path, sources[sheet], HeaderRow(header, cells, columns))
    inside = {name: index for name, index in table.columns.items() if 0 <= index < len(table.header)}
    if len(inside) < len(table.columns):
        raise InputError(f"{path}: has {len(table.header)} columns; a column beyond them is chosen")
    return _Found(sources, headers, sheet, head, header, table)


def _likeliest_source(
    sources: Sequence[Source],
    heads: Sequence[Sequence[Sequence[str]]],
    headers: Sequence[HeaderRow | None],
) -> int:
    """Return the first sheet with names, or the separator that tells most fields, or cuts most cells."""
    places = range(len(sources))
    if isinstance(sources[0], SheetSource):
        return next((i for i in places if headers[i]), max(places, key=lambda i: sum(map(len, heads[i]))))
    told = [len(header.columns) if header else 0 for header in headers]
    return max(places, key=lambda i: (told[i], sum(map(len, heads[i]))))


def _likeliest_header(head: Sequence[Sequence[str]]) -> int:
    """Return the row that names most fields, of none the one with most cells, the earliest of equals."""
    places = range(len(head))
    filled = [sum(bool(cell.strip()) for cell in row) for row in head]
    return max(places, key=lambda i: (len(recognise(head[i])), filled[i], -i), default=0)


def _in_range(place: int | None, of: Sequence[object]) -> int | None:
    return place if place is not None and 0 <= place < len(of) else None


def _problem(row: Row, table: Table) -> tuple[RowProblem, str] | None:
    """Return why a row will have no answer, and the field that is to blame."""
    if row.problem:
        quote = row.problem == UNCLOSED_QUOTE
        return RowProblem.UNCLOSED_QUOTE if quote else RowProblem.UNREADABLE, ""
    if not any(cell.strip() for cell in row.cells):
        return RowProblem.EMPTY, ""
    if "name" not in table.columns:
        return None
    test = local_test(row, table.columns)
    if not test.name.strip():
        return RowProblem.NO_NAME, ""
    overlong = overlong_field(test)
    return (RowProblem.TOO_LONG, overlong) if overlong else None


def _short(cell: str) -> str:
    text = " ".join(cell[: 2 * LONGEST_SAMPLE].split())
    return text if len(text) <= LONGEST_SAMPLE else text[:LONGEST_SAMPLE] + "…"


def as_json(seen: Understanding) -> dict[str, object]:
    """Return how a file would be read as plain values, for programs; numbers of rows and sheets from 1."""
    return {
        "sheets": [{"name": sheet.name, "has_names": sheet.has_names} for sheet in seen.sheets],
        "sheet": seen.sheet + 1 if seen.sheets else None,
        "encoding": seen.encoding,
        "delimiter": seen.delimiter,
        "header_row": seen.header + 1,
        "columns": [
            {"heading": each.heading, "field": each.field, "samples": list(each.samples)}
            for each in seen.columns
        ],
        "has_names": seen.has_names,
        "rows": seen.rows,
        "problem_count": seen.problem_count,
        "problems": [asdict(each) for each in seen.problems],
    }
