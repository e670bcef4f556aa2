"""What replaced what, as far as it is known from elsewhere than a release's own dates."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from jlac_mapper.codes.jlac11 import METHOD_UNSPECIFIED, Jlac11Code


class Change(StrEnum):
    """What sort of step a line of the table describes."""

    RENUMBERED = "renumbered"
    """Other digits of the same measurand."""
    MOVED = "moved"
    """To elements that were not listed before: a release that lists those has done the step."""
    MERGED = "merged"
    """Into a measurand that was listed beside it: only a code that has ended is replaced."""


@dataclass(frozen=True, slots=True)
class Succession:
    """
    One line of the table of successors: elements of a code, and those of the code that replaces it.

    Attributes:
        specimen: Empty for every specimen; the successor keeps the specimen.
        unit: Empty for every unit.
        new_unit: Empty where the unit stays.
        since: First day of the new elements; None where a release that lists both says so by itself.
    """

    measurand: str
    identification: str
    specimen: str
    unit: str
    new_measurand: str
    new_identification: str
    new_unit: str
    since: date | None = None
    change: Change = Change.RENUMBERED


class Successions:
    """The table of successors by code; of several lines that fit, the one that says most counts."""

    def __init__(self, lines: Iterable[Succession] = ()) -> None:
        self.lines = tuple(lines)
        self._by_item: dict[tuple[str, str], list[Succession]] = defaultdict(list)
        for line in sorted(self.lines, key=lambda line: (not line.specimen, not line.unit)):
            self._by_item[line.measurand, line.identification].append(line)

    @classmethod
    def of_identifications(cls, replaced: Mapping[tuple[str, str, str], str]) -> "Successions":
        """Make a table from (measurand, identification, unit) -> the identification that replaced it."""
        return cls(Succession(m, i, "", u, m, new, u) for (m, i, u), new in replaced.items())

    def identifications(self) -> dict[tuple[str, str, str], str]:
        """Return the lines of one measurand each: (measurand, identification, unit) -> identification."""
        return {
            (line.measurand, line.identification, line.unit): line.new_identification
            for line in self.lines
            if line.measurand == line.new_measurand and line.identification != line.new_identification
        }

    def renumbered(self, numbers: Mapping[str, str]) -> "Successions":
        """Return the lines within one measurand for a release whose *numbers* of measurands are others."""
        return Successions(
            replace(line, measurand=new, new_measurand=new) if new else line
            for line in self.lines
            for new in (numbers.get(line.measurand),)
            if not new or line.measurand == line.new_measurand
        )

    def line(self, code: Jlac11Code, day: date) -> Succession | None:
        """Return the line for a code that holds on *day*, None where nothing replaced it."""
        for line in self._by_item.get((code.measurand, code.identification), ()):
            fits = line.specimen in ("", code.specimen) and line.unit in ("", code.unit)
            if fits and (line.since is None or line.since <= day):
                return line
        return None

    def successor(self, code: Jlac11Code, day: date) -> Jlac11Code | None:
        """
        Return the elements that replaced those of a code, None where nothing did.

        Specimen and method stay, but the method becomes 000 where the measurand changes: methods are numbered
        within a measurand.
        """
        line = self.line(code, day)
        if line is None:
            return None
        return replace(
            code,
            measurand=line.new_measurand,
            identification=line.new_identification,
            method=code.method if line.new_measurand == code.measurand else METHOD_UNSPECIFIED,
            unit=line.new_unit or code.unit,
        )

    def steps(self, code: Jlac11Code, day: date) -> Iterator[Jlac11Code]:
        """Yield the elements that replaced those of a code, then those that replaced these, and so on."""
        seen = {code}
        step = self.successor(code, day)
        while step is not None and step not in seen:
            seen.add(step)
            yield step
            step = self.successor(step, day)
