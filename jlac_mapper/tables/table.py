"""A hospital's table, whatever its file: header, columns by field, and rows that can be streamed again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from jlac_mapper.errors import InputError
from jlac_mapper.tables.cells import LABEL_COLUMNS, QUESTION_COLUMNS, REVIEW_COLUMNS, unguard
from jlac_mapper.tables.headings import HEADER_SEARCH_ROWS, HeaderRow, find_header, headers_seen
from jlac_mapper.tables.text import Row, TextSource, detect_encoding
from jlac_mapper.tables.xlsx import SheetSource, is_locked, is_workbook, sheet_sources
from jlac_mapper.types import System

Source = TextSource | SheetSource
"""Where the rows of a table come from."""

FIXED_COLUMNS = (
    "disposition",
    "jlac11",
    "probability",
    "measurand_probability",
    "standard_name",
    "reasons",
)

JLAC10_COLUMNS = (
    "jlac10_disposition",
    "jlac10_code",
    "jlac10_probability",
    "jlac10_analyte_probability",
    "jlac10_name",
    "jlac10_reasons",
)


def result_columns(top_k: int, systems: Sequence[System] = (System.JLAC11,)) -> tuple[str, ...]:
    """Return the columns that follow the input's own, in order: a block a system, then what they share."""
    ranks = range(1, top_k + 1)
    blocks = {
        System.JLAC11: (
            *FIXED_COLUMNS,
            *(f"candidate_{rank}" for rank in ranks),
            *(f"candidate_{rank}_probability" for rank in ranks),
        ),
        System.JLAC10: (*JLAC10_COLUMNS, *(f"jlac10_candidate_{rank}" for rank in ranks)),
    }
    return (*(column for system in systems for column in blocks[system]), "read_as", "provenance")


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table found in a file.

    Attributes:
        header: The header's cells, continued with empty ones up to the widest row.
        columns: Field -> column index; `name` is always there.
        row_count: Data rows, blank ones included.
        description: How the file was read, for messages.
    """

    path: Path
    header: tuple[str, ...]
    columns: Mapping[str, int]
    row_count: int
    description: str
    _source: Source
    _first_row: int
    _is_guarded: bool

    def rows(self, skip: int = 0) -> Iterator[Row]:
        """Yield the data rows after the first *skip*, in order, in constant memory."""
        for row in islice(self._source.rows(), self._first_row + skip, None):
            yield replace(row, cells=tuple(map(unguard, row.cells))) if self._is_guarded else row


def open_table(path: Path, columns: Mapping[str, str] | None = None) -> Table:
    """
    Find the table in a CSV, TSV or XLSX file and read it once through, to know its rows and its width.

    Rows above the header (titles) are left out. In an output of this program, recognised by its columns,
    the guard against formulas is taken off again.

    Args:
        path: The file; its content decides what it is, not its name.
        columns: Field -> header, for headers that are not recognised.

    Raises:
        InputError: No such file, not a table, or no name column; one line that says what to do.
    """
    sources = sources_of(path)
    found: tuple[Source, HeaderRow] | None = None
    heads: list[list[Sequence[str]]] = []
    for source in sources:
        head: list[Sequence[str]] = [row.cells for row in islice(source.rows(), HEADER_SEARCH_ROWS)]
        heads.append(head)
        header = find_header(head, columns or {})
        if header is None:
            continue
        if found is None or len(header.columns) > len(found[1].columns):
            found = source, header
        if isinstance(source, SheetSource):
            break
    if found is None:
        raise _no_header(path, sources, heads, columns or {})
    return table_at(path, *found)


def table_at(path: Path, source: Source, header: HeaderRow) -> Table:
    """
    Return the table of a source whose header is known; reads it once through.

    Raises:
        InputError: The file is damaged.
    """
    count, width = 0, len(header.cells)
    for row in islice(source.rows(), header.index + 1, None):
        count += 1
        width = max(width, len(row.cells))
    is_guarded = isinstance(source, TextSource) and _is_own_output(header.cells)
    cells = tuple(map(unguard, header.cells)) if is_guarded else header.cells
    return Table(
        path=path,
        header=cells + ("",) * (width - len(cells)),
        columns=header.columns,
        row_count=count,
        description=source.description,
        _source=source,
        _first_row=header.index + 1,
        _is_guarded=is_guarded,
    )


def sources_of(path: Path) -> Sequence[Source]:
    """
    Return the sheets of a workbook in its order, or a text file once a separator that it may have.

    Raises:
        InputError: No such file, or none that can be read; one line that says what to do.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; give one CSV, TSV or XLSX file") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    if not start:
        raise InputError(f"{path} is empty")
    if is_locked(start):
        raise InputError(
            f"{path} is an old .xls or a password-protected workbook; save it as .xlsx without one"
        )
    if is_workbook(start):
        return sheet_sources(path)
    encoding = detect_encoding(path)
    delimiters = "\t,;" if path.suffix.lower() in (".tsv", ".tab") else ",\t;"
    return [TextSource(path, encoding, delimiter) for delimiter in delimiters]


def _no_header(
    path: Path,
    sources: Sequence[Source],
    heads: Sequence[Sequence[Sequence[str]]],
    columns: Mapping[str, str],
) -> InputError:
    wanted = ", ".join(repr(header) for header in columns.values())
    missing = f"no header row with {wanted} and a name column" if columns else "no name column"
    if sources and isinstance(sources[0], SheetSource):
        how, seen = f"{len(sources)} sheets", headers_seen([row for head in heads for row in head])
    elif sources:
        # The separator that cuts the first rows into most cells is the file's.
        best = max(range(len(heads)), key=lambda i: sum(len(row) for row in heads[i]))
        how, seen = sources[best].description, headers_seen(heads[best])
    else:
        how, seen = "no worksheet", "none"
    return InputError(
        f"{path}: {missing} in the first {HEADER_SEARCH_ROWS} rows ({how}); columns seen: {seen}; "
        "say which one holds the test name with --column name=HEADER"
    )


def _is_own_output(header: Sequence[str]) -> bool:
    cells = list(header)
    if any(tuple(cells[-len(tail) :]) == tail for tail in (REVIEW_COLUMNS, LABEL_COLUMNS, QUESTION_COLUMNS)):
        return True
    return "provenance" in cells and any(
        tuple(cells[start : start + len(columns)]) == columns
        for columns in (FIXED_COLUMNS, JLAC10_COLUMNS)
        for start in range(len(cells))
    )
