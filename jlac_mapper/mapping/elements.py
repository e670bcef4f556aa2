"""Part of resolve: what a row wants of a code's elements, and the slots of an edition that compete for it."""

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
