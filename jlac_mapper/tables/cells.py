"""
Cells between files: the guard that keeps text from becoming a formula, and Excel's own escapes.

A spreadsheet runs a CSV cell that begins with = + - @ as a formula, quoted or not. Such a cell is written
with one apostrophe before it, which makes it text everywhere; `unguard` takes exactly that apostrophe off
again, so the data are unchanged. Source of the list of dangerous beginnings: OWASP, CSV injection (it
includes tab, carriage return and, for Japanese spreadsheets, the full-width forms).
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

GUARD = "'"

REVIEW_COLUMNS = ("JLAC11コード", "標準名称", "状態", "理由", "回答者")
"""The headers that end an export of reviewed rows in the default layout; its cells are guarded."""

LABEL_COLUMNS = ("expected_measurand", "expected_code")
"""The headers that end an export of labelled rows; its cells are guarded."""

QUESTION_COLUMNS = ("question", "kind", "about", "rows", "examples", "proposed", "options", "answer")
"""The headers of a table of questions; its cells are guarded."""

MAX_XLSX_CELL = 32_767
"""Characters that a cell of a worksheet holds."""

# What a spreadsheet may skip before it looks for a formula: blanks, controls, zero-width characters.
_LEADING = re.compile("[\\s\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2060\ufeff]+")
_NUMBER = re.compile(r"[-+]?(?:[0-9][0-9,]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?%?\s*")
_SIGNS = re.compile(r"[-+±()~〜～ \u3000（）－＋]*")
_LONGEST_NUMBER = 64

_XLSX_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_XLSX_ESCAPE_START = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_XLSX_ILLEGAL = re.compile("[\u0000-\u0008\u000b\u000c\u000d\u000e-\u001f\ufffe\uffff\ud800-\udfff]")


def is_formula_like(cell: str) -> bool:
    """
    Tell whether a spreadsheet could run *cell* when it opens a CSV file.

    True for a text that begins with = + - @ or their full-width forms, after blanks and controls, and for
    any text that begins with a tab or carriage return. Plain numbers (-5, +3.2, -1,234, -5%) and texts of
    signs alone (-, +, +-, -(+)) are data that no spreadsheet runs: False.
    """
    if cell[:1] in ("\t", "\r"):
        return True
    skipped = _LEADING.match(cell)
    start = skipped.end() if skipped else 0
    first = unicodedata.normalize("NFKC", cell[start : start + 1])
    if first not in ("=", "+", "-", "@"):
        return False
    if len(cell) > _LONGEST_NUMBER:
        return True
    core = cell[start:]
    return not (_SIGNS.fullmatch(core) or _NUMBER.fullmatch(unicodedata.normalize("NFKC", core)))


def guard(cell: str) -> str:
    """Return *cell* as it is written to CSV or TSV: with one apostrophe more where `unguard` must act."""
    if not cell or cell[0].isalnum():  # nearly every cell
        return cell
    return GUARD + cell if _needs_guard(cell) else cell


def unguard(cell: str) -> str:
    """Return the cell that `guard` was given; the inverse for every text that `guard` returned."""
    return cell[1:] if cell[:1] == GUARD and _needs_guard(cell[1:]) else cell


def guarded_csv(rows: Iterable[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8-sig") -> bytes:
    """
    Return rows as a CSV file with CRLF line ends, every cell guarded.

    Characters that the encoding lacks are written as &#NNNN;.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([guard(cell) for cell in cells] for cells in rows)
    return out.getvalue().encode(encoding, "xmlcharrefreplace")


def _needs_guard(cell: str) -> bool:
    # A text that already looks guarded gets one apostrophe more, or reading back would take its own away.
    return is_formula_like(cell.lstrip(GUARD) if cell[:1] == GUARD else cell)


def escape_for_xlsx(cell: str) -> str:
    """Return *cell* with what XML cannot hold as _xHHHH_, the escape that Excel itself writes and reads."""
    cell = _XLSX_ESCAPE_START.sub("_x005F_", cell)
    return _XLSX_ILLEGAL.sub(lambda m: f"_x{ord(m[0]):04X}_", cell)


def unescape_from_xlsx(cell: str) -> str:
    """Return the text that Excel shows for a stored string: _xHHHH_ as the character it stands for."""
    return _XLSX_ESCAPE.sub(lambda m: chr(int(m[1], 16)), cell) if "_x" in cell else cell


def as_text(value: object) -> str:
    """Return a spreadsheet value as a person reads it: 1.0 as 1, dates as YYYY-MM-DD, nothing as empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return unescape_from_xlsx(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def xlsx_text(sheet: Any, value: str) -> object:
    """
    Return *value* as a cell of a write-only worksheet that stays a text, whatever it begins with.

    Longer texts than MAX_XLSX_CELL are cut.
    """
    text = escape_for_xlsx(value)[:MAX_XLSX_CELL]
    if not (text[:1] in ("=", "#") or is_formula_like(value)):
        return text or None
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    # Excel then keeps it a text even when a person edits the cell.
    cell.quotePrefix = True
    return cell
