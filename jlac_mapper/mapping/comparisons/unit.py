"""How the unit of a code fits what a row says of it."""

from collections.abc import Iterable, Sequence

from jlac_mapper.mapping.comparisons.base import Compared, Element, Slot, Wanted, Weights
from jlac_mapper.reading.dimensions import dimension
from jlac_mapper.reading.units import are_equal
from jlac_mapper.types import Evidence, Reason
from jlac_mapper.vocabulary import ResultType, Vocabulary

# One milliequivalent is one millimole for Na, K and Cl; for Ca it is half of one.
_MONOVALENT = frozenset({"3H010", "3H015", "3H020"})
"""JLAC10 analytes of Na, K and Cl."""

# Units in the order in which Japanese laboratories commonly report; used when a row says none.
_COMMON_UNITS = (
    "F7",
    "85",
    "55",
    "B1",
    "12",
    "F0",
    "02",
    "G1",
    "G3",
    "G5",
    "H6",
    "E3",
    "88",
    "34",
    "04",
    "J6",
    "87",
    "61",
    "F8",
    "B9",
    "80",
    "41",
)


class UnitComparison:
    """What the unit codes of a vocabulary say."""

    def __init__(self, vocabulary: Vocabulary, weights: Weights) -> None:
        self._weights = weights
        listed = [unit for unit in vocabulary.units if unit.code]
        self._monovalent = frozenset(
            c.key for c in vocabulary.concepts if _MONOVALENT.intersection(c.analytes)
        )
        self._text = {unit.code: unit.canonical for unit in reversed(listed)}
        self._types = {unit.code: unit.result_type for unit in listed}

    def result_type(self, code: str) -> ResultType:
        """Return the kind of value reported in a unit, ANY for an unknown one."""
        return self._types.get(code, ResultType.ANY)

    def is_comparable(self, given: str, concept: str, codes: Iterable[str]) -> bool:
        """Tell whether a given unit equals one of *codes*, or measures the same in another scale."""
        listed = {self._text.get(code, "") for code in codes}
        if any(self._equal(given, text, concept) for text in listed):
            return True
        return dimension(given) in {dimension(text) for text in listed} - {""}

    def compare(self, concept: str, code: str, wanted: Wanted, slots: Sequence[Slot]) -> Compared:
        """Compare a slot's unit *code* with what the row says, among all *slots* of its concept."""
        text = self._text.get(code, "")
        unread = (Reason.UNIT_UNRECOGNISED,) if wanted.is_unit_unread else ()
        if wanted.units:
            if text in wanted.units:
                # The unit field speaks before the range, which may hold several lines' units.
                level = "given" if wanted.units[0] == text else "given_after_another"
                return self._level(level, text, wanted.unit_field, *unread)
            if any(self._equal(unit, text, concept) for unit in wanted.units):
                return self._level("equal", text, wanted.unit_field, *unread)
            same = any(dimension(u) == dimension(text) != "" for u in wanted.units)
            return self._level("other_scale" if same else "other", text, "", Reason.UNIT_CONFLICT, *unread)
        if wanted.name_unit:
            level = "of_name" if text == wanted.name_unit else "not_of_name"
            return self._level(level, text, "name", *unread)
        alike = {s.unit for s in slots if not wanted.result_type or s.result_type == wanted.result_type}
        if len(alike) <= 1 and (not alike or code in alike):
            return self._level("only_listed", text, "release", *unread)
        return self._level("assumed", text, "", Reason.UNIT_ASSUMED, *unread, times=_rank_of(code))

    def _equal(self, given: str, listed: str, concept: str) -> bool:
        if are_equal(given, listed):
            return True
        return concept in self._monovalent and {given, listed} == {"meq/L", "mmol/L"}

    def _level(self, level: str, text: str, source: str, *reasons: Reason, times: float = 1.0) -> Compared:
        evidence = Evidence(f"unit.{level}", (("unit", text),), source)
        return self._weights.compared(Element.UNIT, level, reasons, (evidence,), times=times)


def _rank_of(unit: str) -> int:
    return _COMMON_UNITS.index(unit) // 3 if unit in _COMMON_UNITS else len(_COMMON_UNITS) // 3
