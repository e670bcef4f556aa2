"""Opening a master file: its sheets as rows of text, with the strictness that an import needs."""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jlac_mapper.errors import InputError, MasterFileError
from jlac_mapper.tables import text, xlsx

Row = tuple[int, tuple[str, ...]]
"""Row number from 1, and the cells as text; an empty cell is an empty text."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; `rows()` starts reading at row 1 each time. The name is empty for a text file."""

    name: str
    rows: Callable[[], Iterator[Row]]


def read_bytes(path: Path) -> bytes:
    """
    Return the file's content.

    Raises:
        MasterFileError: Absent, a folder, not readable, or empty.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MasterFileError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not content.strip():
        raise MasterFileError(f"{path}: is empty; nothing to import")
    if xlsx.is_locked(content):
        raise MasterFileError(
            f"{path}: is password-protected or an old .xls workbook; save it as .xlsx without a password"
        )
    return content


def is_json(content: bytes) -> bool:
    """Tell JSON by its first character."""
    return content.removeprefix(_BOM).lstrip()[:1] in (b"{", b"[")


def decode(path: Path, content: bytes) -> str:
    """
    Return text written in UTF-8 (with or without BOM), UTF-16 with BOM, or cp932.

    Raises:
        MasterFileError: None of these, or binary.
    """
    return content.decode(_encoding(path))


def parse_json(path: Path, document: str) -> Any:
    """
    Return the parsed document.

    Raises:
        MasterFileError: Truncated or otherwise no JSON.
    """
    try:
        return json.loads(document)
    except (ValueError, RecursionError) as error:
        raise MasterFileError(f"{path}: is no complete JSON ({error}); download it again") from error


@contextmanager
def open_sheets(path: Path, content: bytes) -> Iterator[list[Sheet]]:
    """
    Give the sheets of a workbook, or a CSV or TSV as its one sheet, to be read inside the context.

    Raises:
        MasterFileError: No text, quoting that does not close, as in a truncated file, or a damaged workbook;
            inside a workbook damage shows only while rows are read.
    """
    if not xlsx.is_workbook(content):
        yield [_text_sheet(path, decode(path, content))]
        return
    try:
        with xlsx.open_sheets(path) as opened:
            yield [Sheet(sheet.title, _rows_of(sheet)) for sheet in opened]
    except InputError as error:
        raise MasterFileError(f"{path}: is no readable workbook ({_cause(error)}); save it again") from error


def _encoding(path: Path) -> str:
    try:
        return text.detect_encoding(path, strict=True)
    except InputError as error:
        raise MasterFileError(
            f"{path}: is no workbook and no text in UTF-8 or cp932; give .xlsx, .csv or .json"
        ) from error


def _text_sheet(path: Path, content: str) -> Sheet:
    head = content[:20_000]
    delimiter = "\t" if head.count("\t") > head.count(",") else ","
    source = text.TextSource(path, _encoding(path), delimiter, strict=True)
    try:
        rows = [(number, row.cells) for number, row in enumerate(source.rows(), start=1)]
    except InputError as error:
        raise MasterFileError(f"{path}: {error}") from error
    return Sheet("", lambda: iter(rows))


def _rows_of(sheet: xlsx.OpenSheet) -> Callable[[], Iterator[Row]]:
    def rows() -> Iterator[Row]:
        number = 0
        try:
            for number, row in enumerate(sheet.rows(), start=1):
                yield number, tuple(map(_cell_text, row.cells, row.native or ()))
        except InputError as error:
            raise MasterFileError(
                f"{sheet.path}: sheet {sheet.title!r} is damaged after row {number} ({_cause(error)})"
            ) from error

    return rows


def _cell_text(written: str, value: object) -> str:
    """Return a cell's text; a day in the eight digits that masters write it in."""
    return value.strftime("%Y%m%d") if isinstance(value, date) else written


def _cause(error: InputError) -> str:
    cause = error.__cause__
    if isinstance(cause, zipfile.BadZipFile):
        return "truncated or no zip archive"
    return f"{type(cause).__name__}: {cause}".splitlines()[0][:120]
