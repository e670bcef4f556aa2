"""
The layout of a facility's table: which columns, under which headers, in which encoding.

A template is a small TOML or JSON file:

    encoding = "cp932"                # utf-8-sig (default), utf-8, cp932
    delimiter = ","                   # or a tab
    only = ["accepted", "final"]      # rows in these states; every row without it
    no_code = ""                      # for a row without a code; seventeen nines without it
    [[column]]
    header = "検査項目コード"
    field = "local_code"              # a field of the row or of the result
    [[column]]
    header = "体系"
    text = "JLAC11"                   # or a fixed text
    [[column]]
    field = "*"                       # every column of the list as it came, in place
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.errors import InputError
from jlac_mapper.exports.fields import INPUT_FIELDS, RESULT_FIELDS
from jlac_mapper.review.model import ItemState
from jlac_mapper.tables.cells import REVIEW_COLUMNS

ENCODINGS = ("utf-8-sig", "utf-8", "cp932")
DELIMITERS = (",", "\t", ";")

_INPUT_HEADERS = (
    "項目コード",
    "項目名称",
    "略称",
    "カナ",
    "検査部門",
    "材料",
    "単位",
    "基準値",
    "測定法",
    "試薬",
    "結果型",
    "JLAC10コード",
)
_INPUT_ORDER = (
    "local_code",
    "name",
    "abbreviation",
    "kana",
    "section",
    "specimen",
    "unit",
    "reference_range",
    "method",
    "reagent",
    "result_type",
    "jlac10",
)
_RESULT_ORDER = ("jlac11", "standard_name", "state", "reasons", "answered_by")
_KEYS = {"encoding", "delimiter", "only", "no_code", "column", "local_system", "jlac11_system"}
_FACILITY = re.compile(r"[\w-]+")


EVERY_COLUMN = "*"
"""The field of a column that stands for every column of the list, each in place under its own heading."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header and a field, or a fixed text; or EVERY_COLUMN, which has no header."""

    header: str
    field: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A layout; `only` empty takes every row. The systems are the URIs of the ConceptMap's two sides."""

    columns: tuple[Column, ...]
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    only: tuple[ItemState, ...] = ()
    no_code: str = UNCODABLE
    """What stands for a code where a person found that none exists."""
    local_system: str = ""
    """Empty: urn:jlac-mapper:facility:KEY."""
    jlac11_system: str = "urn:jlac-mapper:jlac11"


def default_template() -> Template:
    """Return the layout of a facility without one: the row as it came, then the answer; reads back whole."""
    return Template((*input_columns(), *map(Column, REVIEW_COLUMNS, _RESULT_ORDER)))


def whole_template(template: Template) -> Template:
    """Return a layout with every column of the list as it came, then what *template* adds to the row."""
    added = [column for column in template.columns if column.field not in (*INPUT_FIELDS, EVERY_COLUMN)]
    return replace(template, columns=(Column("", EVERY_COLUMN), *added))


def input_columns() -> tuple[Column, ...]:
    """Return the columns of a row as the default layout has them."""
    return tuple(map(Column, _INPUT_HEADERS, _INPUT_ORDER))


def facility_template(folder: str, facility: str) -> Template:
    """
    Return a facility's template: FACILITY.toml or FACILITY.json in *folder*, else the default one.

    Raises:
        InputError: The file is no template.
    """
    if folder and _FACILITY.fullmatch(facility):
        for suffix in (".toml", ".json"):
            if (file := Path(folder) / f"{facility}{suffix}").is_file():
                return read_template(file)
    return default_template()


def read_template(file: Path) -> Template:
    """
    Read a template.

    Raises:
        InputError: Unreadable, or not of the form above; says which part.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        content = json.loads(text) if file.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from None
    except ValueError as error:  # tomllib's and json's errors, and wrong encodings
        raise InputError(f"{file}: is no TOML or JSON in UTF-8: {error}") from None
    try:
        return _template(content)
    except InputError as error:
        raise InputError(f"{file}: {error}") from None


def _template(content: Any) -> Template:
    if not isinstance(content, dict):
        raise InputError("is no table of keys; expected [[column]] entries with header and field")
    _known(content, _KEYS, "the template")
    columns = content.get("column")
    if not isinstance(columns, list) or not columns:
        raise InputError("has no column; expected [[column]] entries with header and field")
    only = content.get("only", [])
    if not isinstance(only, list):
        raise InputError(f"only = {only!r} is no list of states")
    return Template(
        columns=tuple(_column(column) for column in columns),
        encoding=_one_of(content, "encoding", ENCODINGS),
        delimiter=_one_of(content, "delimiter", DELIMITERS),
        only=tuple(ItemState(_one_of({"only": state}, "only", tuple(ItemState))) for state in only),
        no_code=_text(content, "no_code", UNCODABLE),
        local_system=_text(content, "local_system", ""),
        jlac11_system=_text(content, "jlac11_system", Template(()).jlac11_system),
    )


def _column(content: Any) -> Column:
    if not isinstance(content, dict):
        raise InputError(f"column {content!r} is no table with header and field")
    _known(content, {"header", "field", "text"}, "a column")
    header = _text(content, "header", "")
    if content == {"field": EVERY_COLUMN}:
        return Column("", EVERY_COLUMN)
    if not header or ("field" in content) == ("text" in content):
        raise InputError(f"column {header!r} needs a header, and either a field or a text")
    field = _text(content, "field", "")
    if "field" in content and field not in (*INPUT_FIELDS, *RESULT_FIELDS):
        known = ", ".join((*INPUT_FIELDS, *RESULT_FIELDS))
        raise InputError(f"column {header!r} has the unknown field {field!r}; known: {known}")
    return Column(header, field, _text(content, "text", ""))


def _known(content: Mapping[str, Any], keys: set[str], what: str) -> None:
    if unknown := sorted(set(content) - keys):
        raise InputError(f"{what} has the unknown key {unknown[0]!r}; known: {', '.join(sorted(keys))}")


def _text(content: Mapping[str, Any], key: str, default: str) -> str:
    found = content.get(key, default)
    if not isinstance(found, str):
        raise InputError(f"{key} = {found!r} is no text")
    return found


def _one_of(content: Mapping[str, Any], key: str, known: tuple[str, ...]) -> str:
    found = content.get(key, known[0])
    if found not in known:
        raise InputError(f"{key} = {found!r} is not known; use {', '.join(map(repr, map(str, known)))}")
    return str(found)
