"""What the official element tables say of the parts of a code: specimens, units, methods."""

from dataclasses import dataclass
from enum import StrEnum


class ElementKind(StrEnum):
    """Which part of a code a line is about."""

    SPECIMEN = "specimen"
    UNIT = "unit"
    METHOD = "method"
    """Methods are numbered for each measurand: the code is measurand and method, eight characters."""


@dataclass(frozen=True, slots=True)
class Element:
    """One line of an element table; `spellings` are other ways to write the name."""

    kind: ElementKind
    code: str
    name: str
    spellings: tuple[str, ...] = ()
    withdrawn: bool = False
    """The table marks it as deleted."""
