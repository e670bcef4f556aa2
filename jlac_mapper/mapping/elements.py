"""Part of resolve: what a row wants of a code's elements, and the slots of an edition that compete for it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jlac_mapper.types import Evidence, ListedCode, Reason, ResultType, Timing

Weighed = tuple[float, tuple[Reason, ...], tuple[Evidence, ...]]
"""A log-weight (0 is best; a conflict outweighs every preference), with reasons and evidence."""


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """
    The codes of a measurand that share identification, specimen and unit: they differ by product.

    Compared by identity: there is one object for each of them.
    """

    identification: str
    specimen: str
    unit: str
    result_type: ResultType
    codes: tuple[ListedCode, ...]
    siblings: frozenset[str]
    """Identifications that the measurand has in this unit, its own among them."""
    is_completion: bool
    """Every code comes from the starter, beside an official edition."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the row says of the elements; hashable, because hospital lists repeat the same few."""

    specimens: tuple[str, ...]
    specimen_source: str
    units: tuple[str, ...]
    unit_field: str
    result_type: ResultType
    timing: Timing
    identification: str
    name_unit: str


def group_slots(
    proposable: Sequence[ListedCode],
    result_type: Callable[[str], ResultType],
    is_completion: Callable[[ListedCode], bool],
) -> dict[str, list[Slot]]:
    """Return the slots of each measurand, in the order of their elements; *result_type* is that of a unit."""
    grouped: dict[tuple[str, str, str, str], list[ListedCode]] = defaultdict(list)
    siblings: dict[tuple[str, str], set[str]] = defaultdict(set)
    for listed in proposable:
        code = listed.code
        grouped[code.measurand, code.identification, code.specimen, code.unit].append(listed)
        siblings[code.measurand, code.unit].add(code.identification)
    slots: dict[str, list[Slot]] = defaultdict(list)
    for (measurand, identification, specimen, unit), codes in sorted(grouped.items()):
        slots[measurand].append(
            Slot(
                identification,
                specimen,
                unit,
                result_type(unit),
                tuple(codes),
                siblings=frozenset(siblings[measurand, unit]),
                is_completion=all(map(is_completion, codes)),
            )
        )
    return dict(slots)
