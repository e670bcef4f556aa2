"""XLSX in and out, streamed: values as stored beside their text, and no cell ever written as a formula."""

import os
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

from jlac_mapper.errors import InputError, OutputError
from jlac_mapper.tables.cells import MAX_XLSX_CELL, as_text, escape_for_xlsx, xlsx_text
from jlac_mapper.tables.sinks import OutputRow
from jlac_mapper.tables.tally import Tally
from jlac_mapper.tables.text import Row

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384

_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_OLE2_START = b"\xd0\xcf\x11\xe0"


@contextmanager
def _workbook(path: Path, *, formulas: bool = False) -> Iterator[Any]:
    """
    Open a workbook for streaming; yields openpyxl's untyped Workbook.

    Raises:
        InputError: Not a workbook that openpyxl reads; the cause is the library's own error.
    """
    import openpyxl

    # It warns of styles, extensions and odd headers of the printed page, which no one needs here.
    warnings.filterwarnings("ignore", module="openpyxl")
    # As a stream, because openpyxl refuses a path by its suffix.
    with path.open("rb") as stream:
        with _refusing(path):
            workbook = openpyxl.load_workbook(stream, read_only=True, data_only=not formulas)
        try:
            yield workbook
        finally:
            workbook.close()


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a damaged file raises anything from KeyError to a parser's own error
        raise InputError(
            f"{path.name} cannot be read as XLSX ({type(error).__name__}); save it anew"
        ) from error


def is_workbook(start: bytes) -> bool:
    """Tell an XLSX file by its first bytes, whatever it is called."""
    return start.startswith(_ZIP_STARTS)


def is_locked(start: bytes) -> bool:
    """Tell an old .xls or a password-protected workbook, neither of which can be read, by its first bytes."""
    return start.startswith(_OLE2_START)


@contextmanager
def open_sheets(path: Path) -> "Iterator[list[OpenSheet]]":
    """
    Give the worksheets of a workbook that is opened once, to be read inside the context.

    Raises:
        InputError: Not a workbook that can be read, also while its rows are read; the cause is the library's
            own error.
    """
    with _workbook(path) as workbook:
        yield [OpenSheet(path, sheet) for sheet in workbook.worksheets]


def sheet_sources(path: Path) -> "list[SheetSource]":
    """Return one source a worksheet, in the workbook's order. Raises InputError as `open_sheets` does."""
    has_formulas = _has_formulas(path)
    with _workbook(path) as workbook:
        return [SheetSource(path, sheet.title, has_formulas) for sheet in workbook.worksheets]


def _has_formulas(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                    with archive.open(name) as stream:
                        tail = b""
                        while block := stream.read(1 << 20):
                            if b"<f>" in tail + block or b"<f " in tail + block:
                                return True
                            tail = block[-2:]
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path.name} is no readable XLSX file ({error})") from error
    return False


@dataclass(frozen=True, slots=True)
class OpenSheet:
    """A worksheet of a workbook that is open; a formula is its stored result alone, empty without one."""

    path: Path
    _worksheet: Any

    @property
    def title(self) -> str:
        """The worksheet's name."""
        return str(self._worksheet.title)

    def rows(self) -> Iterator[Row]:
        """Yield the rows from the first on, as `SheetSource.rows` does."""
        return _rows(self.values())

    def values(self) -> Iterator[tuple[object, ...]]:
        """Yield the rows' values as stored. Raises InputError where the file is damaged."""
        with _refusing(self.path):
            self._worksheet.reset_dimensions()  # the size that a file states of itself is often wrong
            yield from self._worksheet.iter_rows(values_only=True)


def _rows(found: Iterable[tuple[object, ...]]) -> Iterator[Row]:
    blank = 0
    for values in found:
        while values and values[-1] in (None, ""):
            values = values[:-1]
        if not values:
            blank += 1
            continue
        yield from repeat(Row(()), blank)
        blank = 0
        texts = tuple(map(as_text, values))
        native = (
            text if isinstance(value, str) else value for text, value in zip(texts, values, strict=True)
        )
        yield Row(texts, native=tuple(native))


@dataclass(frozen=True, slots=True)
class SheetSource:
    """One worksheet; each call of `rows` reads it anew."""

    path: Path
    sheet: str
    has_formulas: bool

    @property
    def description(self) -> str:
        """How the file was read, for messages."""
        return f"sheet {self.sheet!r}"

    def rows(self) -> Iterator[Row]:
        """
        Yield the rows in order, blank ones between filled ones included, blank ones at the end left out.

        A formula counts as its stored result; one without a stored result as its own text.
        """
        return _rows(self._values())

    def _values(self) -> Iterator[tuple[object, ...]]:
        results = self._stream(formulas=False)
        if not self.has_formulas:
            yield from results
            return
        for stored, written in zip(results, self._stream(formulas=True), strict=True):
            yield tuple(
                getattr(formula, "text", formula) if result is None else result
                for result, formula in zip(stored, written, strict=True)
            )

    def _stream(self, *, formulas: bool) -> Iterator[tuple[object, ...]]:
        with _workbook(self.path, formulas=formulas) as workbook:
            yield from OpenSheet(self.path, workbook[self.sheet]).values()


class XlsxSink:
    """Writes one worksheet; the file appears when the run ends or is interrupted."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        import openpyxl

        self._path = path
        self._workbook = openpyxl.Workbook(write_only=True)
        self._sheet = self._workbook.create_sheet("jlac11")
        self._sheet.freeze_panes = "A2"
        self._tally = Tally()
        self._sheet.append([self._cell(text) for text in header])

    def write(self, rows: Sequence[OutputRow], tally: Tally) -> None:
        """Append rows; texts stay texts whatever they begin with, numbers and dates what they were."""
        self._tally = tally
        for row in rows:
            values = row.cells if row.native is None else row.native + row.cells[len(row.native) :]
            self._sheet.append([self._cell(value) for value in (*values, *row.results)])

    def finish(self) -> None:
        """Save the workbook under its name, replacing what was there."""
        temporary = self._path.with_name(self._path.name + ".part")
        try:
            self._workbook.save(temporary)
            os.replace(temporary, self._path)  # noqa: PTH105 - the one call that names its two ends
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror}; is it open in Excel?") from None
        finally:
            temporary.unlink(missing_ok=True)

    abort = finish  # what was mapped so far is a usable workbook

    def _cell(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        self._tally.cut_cells += len(escape_for_xlsx(value)) > MAX_XLSX_CELL
        return xlsx_text(self._sheet, value)
