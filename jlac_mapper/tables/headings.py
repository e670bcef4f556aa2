"""Which column holds which field: the headers that hospitals use, and the search for the header row."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from jlac_mapper.config import word_table
from jlac_mapper.csv_tables import read, unique
from jlac_mapper.errors import InputError
from jlac_mapper.text import clean, fold
from jlac_mapper.types import LocalTest

FIELDS = tuple(field.name for field in fields(LocalTest))
"""The fields that an input may give; only `name` is required."""

HEADER_SEARCH_ROWS = 20
_IN_BRACKETS = 10_000
"""Ranks that a heading with a remark in brackets stands behind one without."""

_BRACKETS = re.compile(r"\([^()]*\)")
# 材料(コード) or 項目名(英語) are other things than 材料 and 項目名.
_OTHER_THING = re.compile(r"\([^()]*(?:コード|cd|code|英|略|カナ|ｶﾅ|かな|旧|番号)[^()]*\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """The header's place among the first rows (0 = first) and the column index of each field found."""

    index: int
    cells: tuple[str, ...]
    columns: Mapping[str, int]


def read_headings(path: Path) -> dict[str, tuple[str, int]]:
    """
    Return folded heading -> (field, rank) of a table of headings; a smaller rank wins inside a field.

    Raises:
        MasterFileError: A line gives no heading, a field that no input has, or a heading that stands already.
    """
    return {
        row.folded("heading"): (row.one_of("field", FIELDS), row.line)
        for row in unique(read(path, ("field", "heading")), "heading", fold)
    }


@cache
def _known_headings() -> dict[str, tuple[str, int]]:
    return read_headings(word_table("headings"))


def recognise(header: Sequence[str]) -> dict[str, int]:
    """Return field -> column index for the headers that are known; the most telling, then the first, wins."""
    best: dict[str, tuple[int, int]] = {}
    for index, cell in enumerate(header):
        text = clean(cell[:200])
        found = _known_headings().get(fold(text))
        penalty = 0
        if found is None and "(" in text and not _OTHER_THING.search(text):
            found, penalty = _known_headings().get(fold(_BRACKETS.sub("", text))), _IN_BRACKETS
        if found is not None:
            field, rank = found
            best[field] = min(best.get(field, (rank + penalty, index)), (rank + penalty, index))
    return {field: index for field, (_, index) in best.items()}


def parse_overrides(arguments: Sequence[str]) -> dict[str, str]:
    """
    Read `field=HEADER` arguments.

    Raises:
        InputError: Not of that form, an unknown field, or a field given twice.
    """
    overrides: dict[str, str] = {}
    for argument in arguments:
        field, separator, header = argument.partition("=")
        field = field.strip()
        if not separator or not header.strip():
            raise InputError(f"--column {argument!r} is not of the form field=HEADER, such as name=検査名")
        if field not in FIELDS:
            raise InputError(f"--column names the unknown field {field!r}; known: {', '.join(FIELDS)}")
        if field in overrides:
            raise InputError(f"--column gives the field {field} twice")
        overrides[field] = header
    return overrides


def _locate(header: Sequence[str], wanted: str) -> int | None:
    for key in (str, str.strip, fold):
        wanted_key = key(wanted)
        if wanted_key and wanted_key in (keys := [key(cell) for cell in header]):
            return keys.index(wanted_key)
    return None


def find_header(rows: Sequence[Sequence[str]], overrides: Mapping[str, str]) -> HeaderRow | None:
    """
    Return the header among the first rows: the one that names most fields, the earliest of equals.

    It must hold every header of *overrides* and a name column. None when no row does.
    """
    best: HeaderRow | None = None
    for index, cells in enumerate(rows[:HEADER_SEARCH_ROWS]):
        columns = recognise(cells)
        located = {field: _locate(cells, header) for field, header in overrides.items()}
        chosen = {field: column for field, column in located.items() if column is not None}
        if len(chosen) < len(overrides):
            continue
        # A column that the user gave to one field serves no other.
        columns = {f: c for f, c in columns.items() if c not in chosen.values()} | chosen
        if "name" in columns and (best is None or len(columns) > len(best.columns)):
            best = HeaderRow(index, tuple(cells), columns)
    return best


def headers_seen(rows: Sequence[Sequence[str]]) -> str:
    """Return the likeliest header row as one line for an error message."""
    filled = [[clean(cell[:40]) for cell in row if cell.strip()] for row in rows]
    likely = max(filled, key=lambda row: (len(recognise(row)), len(row) > 1), default=[])
    shown = ", ".join(likely[:30]) + (", ..." if len(likely) > 30 else "")
    return shown or "none"
