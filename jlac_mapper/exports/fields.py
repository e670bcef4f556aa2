"""What an export can say of an item, by field name."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime

from jlac_mapper.codes.jlac11 import UNCODABLE, Jlac11Code, parse
from jlac_mapper.errors import InvalidCodeError
from jlac_mapper.review.model import Item
from jlac_mapper.types import LocalTest

Names = Callable[[str], str]
"""A 17-character code -> its standard name, empty for an unknown one."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Who gave the final answer, readers in order, and when; both empty where no person did."""

    by: tuple[str, ...] = ()
    at: datetime | None = None


Answers = Callable[[Item], Answered]
"""Who answered an item; see `files.export_file`."""

_ELEMENTS = ("measurand", "identification", "specimen", "method", "unit")

INPUT_FIELDS = tuple(field.name for field in fields(LocalTest))
"""The hospital's own fields of a row."""

RESULT_FIELDS = (
    "row",
    "run",
    "jlac11",
    "jlac11_hyphenated",
    *(f"jlac11_{element}" for element in _ELEMENTS),
    "standard_name",
    "state",
    "reasons",
    "probability",
    "edition",
    "answered_by",
    "question",
)
"""What mapping and review add to it."""


def code_of(item: Item) -> Jlac11Code | None:
    """Return the final code of an item, None while it is open and where no code exists."""
    if item.standing.code in ("", UNCODABLE):
        return None
    try:
        return parse(item.standing.code)
    except InvalidCodeError:
        return None


def readers(item: Item) -> tuple[str, ...]:
    """Return who has read the item, in order."""
    standing = item.standing
    return tuple(reading.by for reading in (standing.first, standing.second) if reading is not None)


def value(item: Item, field: str, names: Names, *, no_code: str = UNCODABLE) -> str:
    """
    Return one field as text.

    `jlac11` and its parts are empty while the item is open; *no_code* where a person found that no code
    exists, whose elements are empty.

    Raises:
        KeyError: No such field.
    """
    if field in INPUT_FIELDS:
        return str(getattr(item.test, field))
    standing, code = item.standing, code_of(item)
    match field:
        case "row" | "run":
            return str(getattr(item, field))
        case "jlac11":
            return no_code if standing.code == UNCODABLE else standing.code
        case "jlac11_hyphenated":
            if standing.code == UNCODABLE:
                return no_code
            return code.hyphenated if code else standing.code
        case "standard_name":
            return names(standing.code) if code else ""
        case "state":
            return standing.state.value
        case "reasons":
            return ";".join(item.reasons)
        case "probability":
            return f"{item.mapping.probability:.4f}"
        case "edition":
            return item.mapping.provenance.edition
        case "answered_by":
            return ";".join(readers(item))
        case "question":
            return standing.question
    element = field.removeprefix("jlac11_")
    if element not in _ELEMENTS:
        raise KeyError(field)
    return str(getattr(code, element)) if code else ""


def one_line(text: str) -> str:
    """Return *text* as a person wrote it, on one line: controls and runs of blanks become one blank."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
