"""Opening a master file: what kind it is, and its sheets as rows of text."""

import csv
import io
import json
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jlac_mapper.errors import MasterFileError

Row = tuple[int, tuple[str, ...]]
"""Row number from 1, and the cells as text; an empty cell is an empty text."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK"


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
    if content.startswith(_OLE):
        raise MasterFileError(
            f"{path}: is password-protected or an old .xls workbook; save it as .xlsx without a password"
        )
    return content


def is_workbook(content: bytes) -> bool:
    """Tell an .xlsx by its content, whatever the file is called."""
    return content.startswith(_ZIP)


def is_json(content: bytes) -> bool:
    """Tell JSON by its first character."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def decode(path: Path, content: bytes) -> str:
    """
    Return text written in UTF-8 (with or without BOM), UTF-16 with BOM, or cp932.

    Raises:
        MasterFileError: None of these, or binary.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif b"\x00" in content:
        encodings = []
    else:
        encodings = ["utf-8-sig", "cp932"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise MasterFileError(f"{path}: is no workbook and no text in UTF-8 or cp932; give .xlsx, .csv or .json")


def parse_json(path: Path, text: str) -> Any:
    """
    Return the parsed document.

    Raises:
        MasterFileError: Truncated or otherwise no JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MasterFileError(f"{path}: is no complete JSON ({error}); download it again") from error


def text_sheet(path: Path, text: str) -> Sheet:
    """
    Return a CSV or TSV as its one sheet.

    Raises:
        MasterFileError: Quoting that does not close, as in a truncated file.
    """
    head = text[:20_000]
    delimiter = "\t" if head.count("\t") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    try:
        rows.extend((number, tuple(cells)) for number, cells in enumerate(reader, start=1))
    except csv.Error as error:
        raise MasterFileError(
            f"{path}: line {reader.line_num} is malformed ({error}); the file may be truncated"
        ) from error
    return Sheet("", lambda: iter(rows))


@contextmanager
def open_workbook(path: Path, content: bytes) -> Iterator[list[Sheet]]:
    """
    Open an .xlsx and give its sheets; rows are read as they are asked for, and only inside the context.

    Raises:
        MasterFileError: No workbook inside, or damaged; also while rows are read.
    """
    import openpyxl  # heavy, and only needed for workbooks

    # Odd headers and footers of the printed page are of no interest.
    warnings.filterwarnings("ignore", "Cannot parse header or footer", UserWarning)
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise MasterFileError(f"{path}: is no readable workbook ({_said(error)}); save it again") from error
    try:
        yield [Sheet(ws.title, _sheet_rows(path, ws)) for ws in workbook.worksheets]
    finally:
        workbook.close()


def _sheet_rows(path: Path, worksheet: Any) -> Callable[[], Iterator[Row]]:
    def rows() -> Iterator[Row]:
        # The declared dimension of a sheet may be wrong; without it every row is read.
        worksheet.reset_dimensions()
        cells = worksheet.iter_rows(values_only=True)
        number = 0
        while True:
            try:
                values = next(cells)
            except StopIteration:
                return
            except Exception as error:  # damaged content shows only while it is parsed
                raise MasterFileError(
                    f"{path}: sheet {worksheet.title!r} is damaged after row {number} ({_said(error)})"
                ) from error
            number += 1
            yield number, tuple(_cell_text(value) for value in values)

    return rows


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.strftime("%Y%m%d")
    if isinstance(value, date):
        return value.strftime("%Y%m%d")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _said(error: Exception) -> str:
    if isinstance(error, zipfile.BadZipFile):
        return "truncated or no zip archive"
    return f"{type(error).__name__}: {error}".splitlines()[0][:120]
