"""JLAC10 codes and the tables that their elements stand in; source: the learned society's tables."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.errors import InvalidCodeError

NO_IDENTIFICATION = "0000"
"""The identification where an analyte needs none."""
QUANTITY, TIME, ABSORBANCE, TITRE = "01", "03", "04", "05"
JUDGEMENT, SCORE, TYPE = "11", "12", "14"
PER_TIME, PER_CREATININE, CUTOFF_INDEX = "26", "28", "33"
"""Result identifications that are common to all analytes."""

_CODE = re.compile(r"([0-9][A-Z][0-9]{3})([0-9A-Z]{4})([0-9]{3})([0-9]{3})([0-9A-Z]{2})?")


@dataclass(frozen=True, slots=True, order=True)
class Jlac10Code:
    """
    One code as its elements: an order without `result` (15 characters), a result with it (17).

    Attributes:
        analyte: 分析物, five characters, the first a digit: 3B035 is AST.
        identification: 識別, four characters; 0000 for none.
        specimen: 材料, three digits: 023 is serum.
        method: 測定法, the measuring principle, three digits: 271 is absorbance in visible light.
        result: 結果識別, two characters, empty for an order: 01 is a quantity, 11 a judgement.
    """

    analyte: str
    identification: str
    specimen: str
    method: str
    result: str = ""

    def __str__(self) -> str:
        return self.analyte + self.identification + self.specimen + self.method + self.result

    @property
    def hyphenated(self) -> str:
        """The code as people write it, 3B035-0000-023-272-01."""
        parts = (self.analyte, self.identification, self.specimen, self.method, self.result)
        return "-".join(part for part in parts if part)


def parse(text: str) -> Jlac10Code:
    """
    Read a code of 15 or 17 characters, written with or without hyphens or blanks.

    Raises:
        InvalidCodeError: Another length, or a character outside the alphabet of its element.
    """
    match = _CODE.fullmatch(re.sub(r"[-\s]", "", text).upper())
    if match is None:
        raise InvalidCodeError(
            f"{text!r} is not a JLAC10 code: expected a digit, a letter and 3 digits, then 4, 3 and 3 "
            "characters, then 2 more for a result"
        )
    return Jlac10Code(*(part or "" for part in match.groups()))


@dataclass(frozen=True, slots=True)
class Jlac10Tables:
    """
    The element tables of one edition; empty where none was imported.

    Attributes:
        name: What the edition is kept under.
        analytes, identifications, specimens, methods, results: Code -> names, the standard one first; what
            the edition marks as deleted is not among them.
        members: (analyte, identification) -> ((result identification, name), ...) of a set's members.
        withdrawn: (kind, code) of what the edition marks as deleted.
    """

    name: str = ""
    analytes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    identifications: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    specimens: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    methods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    results: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    members: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = field(default_factory=dict)
    withdrawn: frozenset[tuple[ElementKind, str]] = frozenset()

    @property
    def digest(self) -> str:
        """SHA-256 of the codes and names, in hexadecimal; empty for no tables."""
        if not self:
            return ""
        parts = (self.analytes, self.identifications, self.specimens, self.methods, self.results)
        text = repr([sorted(part.items()) for part in parts] + [sorted(self.members.items())])
        return hashlib.sha256(text.encode()).hexdigest()

    def __bool__(self) -> bool:
        return bool(self.analytes)

    @classmethod
    def of(cls, name: str, elements: Iterable[Element]) -> "Jlac10Tables":
        """Sort the lines of element tables into those of JLAC10; others are left out."""
        tables: dict[ElementKind, dict[str, tuple[str, ...]]] = {kind: {} for kind in _KINDS}
        members: dict[tuple[str, str], list[tuple[str, str]]] = {}
        withdrawn = set()
        for element in elements:
            if element.withdrawn:
                withdrawn.add((element.kind, element.code))
            elif element.kind is ElementKind.JLAC10_MEMBER:
                place = element.code[:5], element.code[5:9]
                members.setdefault(place, []).append((element.code[9:], element.name))
            elif element.kind in tables:
                tables[element.kind].setdefault(element.code, (element.name, *element.spellings))
        return cls(
            name if tables[ElementKind.JLAC10_ANALYTE] else "",
            **{_KINDS[kind]: found for kind, found in tables.items()},
            members={place: tuple(found) for place, found in members.items()},
            withdrawn=frozenset(withdrawn),
        )


_KINDS = {
    ElementKind.JLAC10_ANALYTE: "analytes",
    ElementKind.JLAC10_IDENTIFICATION: "identifications",
    ElementKind.JLAC10_SPECIMEN: "specimens",
    ElementKind.JLAC10_METHOD: "methods",
    ElementKind.JLAC10_RESULT: "results",
}
