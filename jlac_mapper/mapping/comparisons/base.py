"""What every comparison returns and reads: levels with their weights, what a row asks for, slots."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Self

from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.errors import ConfigurationError
from jlac_mapper.types import Evidence, Reason
from jlac_mapper.vocabulary import ResultType, Timing


class Element(StrEnum):
    """What of a code is compared; `OTHER_CODE` is the row's JLAC10 code."""

    SPECIMEN = "specimen"
    UNIT = "unit"
    IDENTIFICATION = "identification"
    SCALE = "scale"
    METHOD = "method"
    OTHER_CODE = "other_code"


class Compared(NamedTuple):
    """
    One element of a row against one of a candidate: everything that later stages may ask of it.

    Attributes:
        level: Name of the level that was reached; with the element, a key of the file of weights.
        weight: Log-weight among the candidates of one concept: 0 is best, a conflict outweighs every
            preference.
        agreement: For the calibration: 1 agrees, 0 silent, -1 contradicts, between them in part.
        reasons: What the level says for or against the candidate.
        evidence: What was seen, with its values; empty where there is nothing to show.
    """

    element: Element
    level: str
    weight: float
    agreement: float
    reasons: tuple[Reason, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Agreement(NamedTuple):
    """How a row's fields stand to one concept; each from -1 (contradicts) over 0 (silent) to 1."""

    unit: float
    specimen: float
    scale: float
    method: float
    other_code: float


SILENT = Agreement(0.0, 0.0, 0.0, 0.0, 0.0)
"""Of a row that says nothing."""


class Weights:
    """
    The weight and agreement of every level, and the limits of the stages, from one file.

    Args:
        levels: (element, level) -> (weight, agreement).
        limits: Name -> value.
    """

    def __init__(
        self, levels: Mapping[tuple[str, str], tuple[float, float]], limits: Mapping[str, float]
    ) -> None:
        self._levels = levels
        self._limits = limits

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file. Raises ConfigurationError for a missing or malformed one."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            levels = {
                (element, level): (float(values["weight"]), float(values["agreement"]))
                for element, found in data["levels"].items()
                for level, values in found.items()
            }
            return cls(levels, {name: float(value) for name, value in data["limits"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"file of weights {path} cannot be used: {error}") from error

    def limit(self, name: str) -> float:
        """Return a limit. Raises ConfigurationError for one that the file lacks."""
        if name not in self._limits:
            raise ConfigurationError(f"the file of weights has no limit {name!r}")
        return self._limits[name]

    def compared(
        self,
        element: Element,
        level: str,
        reasons: tuple[Reason, ...] = (),
        evidence: tuple[Evidence, ...] = (),
        *,
        times: float = 1.0,
        agreement: float | None = None,
    ) -> Compared:
        """
        Return a level with its weight, which counts *times*, and its agreement unless one is given.

        Raises:
            ConfigurationError: The file lacks the level.
        """
        found = self._levels.get((element, level))  # an Element is its own word
        if found is None:
            raise ConfigurationError(f"the file of weights has no level {level!r} of {element}")
        weight, usual = found
        return Compared(
            element, level, times * weight, usual if agreement is None else agreement, reasons, evidence
        )


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """
    The codes of a concept that share all but the method: they differ by product.

    Compared by identity: there is one object for each of them.
    """

    measurand: str
    identification: str
    specimen: str
    unit: str
    result_type: ResultType
    codes: tuple[ListedCode, ...]
    siblings: frozenset[str]
    """Identifications that the measurand has in this unit, its own among them."""
    is_further: bool
    """Another measurand of the same concept has more codes in this specimen and unit: a further assay."""
    is_completion: bool
    """Every code comes from the starter, beside an official edition."""


class Wanted(NamedTuple):
    """
    What a row says of the elements; hashable, because hospital lists repeat the same few.

    Attributes:
        specimens: Digits that the row may mean; `?` for what has none, `??` for an unreadable field.
        specimen_source: Where it says so: specimen, name or jlac10.
        name_specimens: Digits that the name says, beside a field that may say others.
        units: Canonical units, the most telling first; `?` for one that the concept has nothing of.
        unit_field: Where the first of them stands.
        is_unit_unread: The unit field holds a text that is no known unit.
        timing: When the specimen is taken, by name, field or JLAC10 code.
        name_unit: Canonical unit that the name implies: PT-INR is INR.
        result_type: The kind of value, as a word says it or the unit tells.
        is_quantity_of_strip: A word says quantitative of what is read from a strip.
        is_numeric_judgement: Qualitative, in a unit that only numbers have.
    """

    specimens: tuple[str, ...]
    specimen_source: str
    name_specimens: tuple[str, ...]
    units: tuple[str, ...]
    unit_field: str
    is_unit_unread: bool
    result_type: ResultType
    is_quantity_of_strip: bool
    is_numeric_judgement: bool
    timing: Timing
    name_unit: str


def group_slots(
    proposable: Mapping[str, Sequence[ListedCode]],
    result_type: Callable[[str], ResultType],
    is_completion: Callable[[ListedCode], bool],
) -> dict[str, tuple[Slot, ...]]:
    """
    Return the slots of each concept, in the order of their elements.

    Args:
        proposable: Codes by concept.
        result_type: The kind of value reported in a unit.
    """
    return {
        concept: tuple(_slots(codes, result_type, is_completion)) for concept, codes in proposable.items()
    }


def _slots(
    proposable: Sequence[ListedCode],
    result_type: Callable[[str], ResultType],
    is_completion: Callable[[ListedCode], bool],
) -> Iterator[Slot]:
    grouped: dict[tuple[str, str, str, str], list[ListedCode]] = defaultdict(list)
    siblings: dict[tuple[str, str], set[str]] = defaultdict(set)
    sizes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for listed in proposable:
        code = listed.code
        grouped[code.measurand, code.identification, code.specimen, code.unit].append(listed)
        siblings[code.measurand, code.unit].add(code.identification)
        sizes[code.specimen, code.unit][code.measurand] += 1
    for (measurand, identification, specimen, unit), codes in sorted(grouped.items()):
        largest = min(sizes[specimen, unit].items(), key=lambda pair: (-pair[1], pair[0]))[0]
        yield Slot(
            measurand,
            identification,
            specimen,
            unit,
            result_type(unit),
            tuple(codes),
            siblings=frozenset(siblings[measurand, unit]),
            is_further=measurand != largest,
            is_completion=all(map(is_completion, codes)),
        )
