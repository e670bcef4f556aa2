"""What the official element tables say of the parts of a code, JLAC11's or JLAC10's."""

from dataclasses import dataclass
from enum import StrEnum


class ElementKind(StrEnum):
    """Which part of a code a line is about."""

    SPECIMEN = "specimen"
    UNIT = "unit"
    METHOD = "method"
    """Methods are numbered for each measurand: the code is measurand and method, eight characters."""
    JLAC10_ANALYTE = "jlac10 analyte"
    JLAC10_IDENTIFICATION = "jlac10 identifier"
    JLAC10_SPECIMEN = "jlac10 specimen"
    JLAC10_METHOD = "jlac10 method"
    """A measuring principle."""
    JLAC10_RESULT = "jlac10 result"
    """A result identification that all analytes share."""
    JLAC10_MEMBER = "jlac10 member"
    """A member of a set: the code is analyte, identification and result identification, 11 characters."""


@dataclass(frozen=True, slots=True)
class Element:
    """One line of an element table; `spellings` are other ways to write the name."""

    kind: ElementKind
    code: str
    name: str
    spellings: tuple[str, ...] = ()
    withdrawn: bool = False
    """The table marks it as deleted."""
