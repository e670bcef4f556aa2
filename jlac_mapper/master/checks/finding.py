"""A finding, and the words that say where it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from jlac_mapper.codes.listed import ListedCode

Place = tuple[str, int]
"""Sheet (empty for a text file) and row from 1."""


class Severity(StrEnum):
    """How much a finding matters for mapping."""

    ERROR = "error"
    """The row contradicts itself or could not be used."""
    WARNING = "warning"
    """A person should look at it."""
    INFO = "info"
    """To be known, not to be mended."""


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One finding: the code it is about (empty for a row without one), a stable rule name, one line.

    `places` are the rows, where a file told them; `found` is what is there and `expected` what should be,
    both empty where the rule is not about a text.
    """

    severity: Severity
    code: str
    rule: str
    message: str
    places: tuple[Place, ...] = ()
    found: str = ""
    expected: str = ""


def places_of(rows: Iterable[ListedCode]) -> tuple[Place, ...]:
    """Return where the rows stand; those that no file told are left out."""
    return tuple((row.sheet, row.row) for row in rows if row.row)


def said(places: Iterable[Place]) -> str:
    """Return the places for a person: the first one and how many more, empty without any."""
    known = list(places)
    if not known:
        return ""
    sheet, row = known[0]
    more = f" and {len(known) - 1:,} more" if len(known) > 1 else ""
    return f"{f'sheet {sheet}, ' if sheet else ''}row {row}{more}"
