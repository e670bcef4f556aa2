"""
The starter: a release that ships, composed from small tables of facts.

A rule says in which specimens and under which method digits a result is reported, which concepts it is of and
since when; the codes are the rules written out. See master_data/README.md.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.editions import STARTER, digest_of
from jlac_mapper.codes.jlac11 import Jlac11Code
from jlac_mapper.codes.listed import Edition, ListedCode, within
from jlac_mapper.codes.successions import Change, Succession, Successions
from jlac_mapper.concepts import tables
from jlac_mapper.concepts.binding import KnownResults, result_of
from jlac_mapper.config import master_data_dir
from jlac_mapper.csv_tables import Row, read, read_folder, unique
from jlac_mapper.errors import InvalidCodeError, MasterFileError


@dataclass(frozen=True, slots=True)
class WithoutUnit:
    """A concept listed in some specimens (digits) though its unit was not seen; None dates are open."""

    concept: str
    specimens: frozenset[str]
    valid_from: date | None
    valid_to: date | None

    def is_valid_on(self, day: date) -> bool:
        """Tell whether *day* lies inside the dates, both ends included."""
        return within(day, self.valid_from, self.valid_to)


@dataclass(frozen=True, slots=True)
class Starter:
    """
    The shipped release with what its tables know beyond its codes.

    Attributes:
        edition: One code for each specimen of each rule, in ascending order, with the rule's dates.
        successions: What replaced what, also where the codes themselves come from another release.
        known: The concepts of each result, by its elements.
        without_unit: Results that are listed though their unit is not known: no code is composed.
    """

    edition: Edition
    successions: Successions
    known: KnownResults
    without_unit: tuple[WithoutUnit, ...] = ()

    def unknown_units(self, day: date) -> dict[str, frozenset[str]]:
        """Return concept -> specimens (digits) in which it is listed on *day* without a known unit."""
        found: dict[str, frozenset[str]] = {}
        for line in self.without_unit:
            if line.is_valid_on(day):
                found[line.concept] = found.get(line.concept, frozenset()) | line.specimens
        return found

    def ended_concepts(self, day: date) -> frozenset[str]:
        """Return the concepts that were listed once and are not any more on *day*."""
        listed: set[str] = set()
        once: set[str] = set()
        for code in self.edition.codes:
            concepts = self.known[result_of(code.code)]
            if code.is_valid_on(day):
                listed |= concepts
            elif code.valid_to is not None and code.valid_to < day:
                once |= concepts
        return frozenset(once - listed)


@dataclass(slots=True)
class _Composed:
    codes: dict[Jlac11Code, ListedCode] = field(default_factory=dict)
    known: dict[tuple[str, str, str, str], frozenset[str]] = field(
        default_factory=lambda: defaultdict(frozenset)
    )
    without_unit: list[WithoutUnit] = field(default_factory=list)


def load_starter(folder: Path | None = None) -> Starter:
    """
    Compose the starter.

    Args:
        folder: A folder laid out as master_data; the shipped one when not given.

    Raises:
        MasterFileError: A table is missing or malformed; a rule names an unknown concept, specimen or unit,
            makes no valid code, asks for a request code, or repeats another rule; a successor is never
            listed. The message gives file and line.
    """
    root = folder or master_data_dir()
    rules = root / "releases" / "starter"
    specimens = _specimen_names(root)
    units = {r["code"]: r["name_ja"] for r in read(root / "words" / "units.csv", tables.UNITS) if r["code"]}
    analytes = {
        r["concept"]: tuple(dict.fromkeys(code[:5] for code in r.list("jlac10")))
        for r in unique(read_folder(root / "concepts", tables.CONCEPTS), "concept")
    }
    groups = {
        r["group"]: r.list("specimens") for r in read(rules / "specimen_groups.csv", tables.SPECIMEN_GROUPS)
    }
    composed = _Composed()
    for row in read(rules / "rules.csv", tables.RULES):
        concepts = row.list("concepts")
        if not concepts or (strange := [key for key in concepts if key not in analytes]):
            raise row.error(f"concepts {'|'.join(strange) if concepts else ''!r} are in no table")
        if not row["unit"]:
            places = frozenset(_expand(row.list("specimens"), groups))
            if strange_places := sorted(places - specimens.keys()):
                raise row.error(f"specimen {strange_places[0]!r} is neither in specimens.csv nor a group")
            dates = row.date("valid_from"), row.date("valid_to")
            composed.without_unit += [WithoutUnit(key, places, *dates) for key in concepts]
            continue
        if row["unit"] not in units:
            raise row.error(f"unit {row['unit']!r} is not in units.csv")
        for specimen in _expand(row.list("specimens"), groups):
            if specimen not in specimens:
                raise row.error(f"specimen {specimen!r} is neither in specimens.csv nor a specimen group")
            code = _compose(row, specimen)
            if code in composed.codes:
                raise row.error(f"{code.hyphenated} is composed twice")
            composed.known[result_of(code)] |= frozenset(concepts)
            composed.codes[code] = ListedCode(
                code,
                row["name"],
                valid_from=row.date("valid_from"),
                valid_to=row.date("valid_to"),
                jlac10=tuple(dict.fromkeys(a for key in concepts for a in analytes[key])),
                source=STARTER,
                specimen_name=specimens[specimen],
                unit_name=units[code.unit],
            )
    ordered = tuple(composed.codes[code] for code in sorted(composed.codes))
    return Starter(
        Edition(STARTER, digest_of(ordered), ordered),
        _successions(rules / "successors.csv", ordered),
        dict(composed.known),
        tuple(composed.without_unit),
    )


def _specimen_names(root: Path) -> dict[str, str]:
    names: dict[str, str] = {}
    for row in read(root / "words" / "specimens.csv", tables.SPECIMENS):
        if row["key"] != "blood":  # the unspecific word shares its code with whole blood
            names.setdefault(row["code"], row["name_ja"])
    return names


def _successions(path: Path, codes: Sequence[ListedCode]) -> Successions:
    listed = {(c.code.measurand, c.code.identification) for c in codes}
    lines: list[Succession] = []
    for row in read(path, tables.SUCCESSORS):
        line = Succession(
            row["measurand"],
            row["identification"],
            row["specimen"],
            row["unit"],
            row["new_measurand"],
            row["new_identification"],
            row["new_unit"],
            row.date("since"),
            row.word("change", Change),
        )
        if (line.new_measurand, line.new_identification) not in listed:
            raise row.error(f"successor {line.new_measurand}-{line.new_identification} is not in rules.csv")
        if any(_same_place(line, other) for other in lines):
            raise row.error(f"{line.measurand}-{line.identification} has two successors in one place")
        lines.append(line)
    if not lines:
        raise MasterFileError(f"{path} holds no line")
    return Successions(lines)


def _same_place(one: Succession, other: Succession) -> bool:
    return (one.measurand, one.identification, one.specimen, one.unit) == (
        other.measurand,
        other.identification,
        other.specimen,
        other.unit,
    )


def _compose(row: Row, specimen: str) -> Jlac11Code:
    try:
        code = jlac11.parse(row["measurand"] + row["identification"] + specimen + row["method"] + row["unit"])
    except InvalidCodeError as error:
        raise row.error(str(error)) from error
    if code.is_request:
        raise row.error(f"{code.hyphenated} is a request code; rules describe results")
    return code


def _expand(specimens: Sequence[str], groups: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the specimen codes of a list that may name groups, which may name groups in turn."""
    for specimen in specimens:
        if specimen in groups:
            yield from _expand(groups[specimen], groups)
        else:
            yield specimen
