"""Part of resolve: how well the unit of a code fits what a row says of it."""

from collections.abc import Iterable, Sequence

from jlac_mapper.dimensions import dimension
from jlac_mapper.mapping.elements import Slot, Wanted, Weighed
from jlac_mapper.types import Evidence, Reason, ResultType, Vocabulary

_EQUAL_UNIT, _OTHER_SCALE, _OTHER_UNIT, _RARER_UNIT = -3.0, -8.0, -10.0, -0.7


class UnitRules:
    """What the unit codes of a vocabulary say."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        listed = [unit for unit in vocabulary.units if unit.code]
        self._text = {unit.code: unit.canonical for unit in reversed(listed)}
        self._types = {unit.code: unit.result_type for unit in listed}

    def result_type(self, code: str) -> ResultType:
        """Return the kind of value reported in a unit, ANY for an unknown one."""
        return self._types.get(code, ResultType.ANY)

    def agreement(self, given: Sequence[str], measurand: str, codes: Iterable[str]) -> float:
        """Return 1 when a *given* unit is one of *codes*, 0.5 in another scale, 0 unsaid, else -1."""
        if not given:
            return 0.0
        listed = {self._text.get(code, "") for code in codes}
        if any(_equal(g, text, measurand) for g in given for text in listed):
            return 1.0
        sizes = {dimension(text) for text in listed} - {""}
        return 0.5 if any(dimension(g) in sizes for g in given) else -1.0

    def weigh(self, measurand: str, code: str, wanted: Wanted, slots: Sequence[Slot]) -> Weighed:
        """Weigh a slot's unit *code* against what the row says, among all *slots* of its measurand."""
        text = self._text.get(code, "")
        evidence = (Evidence("unit", text, wanted.unit_field or "edition"),)
        if wanted.units:
            if text in wanted.units:
                # The unit field speaks before the range, which may hold several lines' units.
                return (0.0 if wanted.units[0] == text else -0.5), (), evidence
            if any(_equal(unit, text, measurand) for unit in wanted.units):
                equal = Evidence("unit", f"{text} equals the given unit", wanted.unit_field)
                return _EQUAL_UNIT, (), (equal,)
            same = any(dimension(u) == dimension(text) != "" for u in wanted.units)
            weight = _OTHER_SCALE if same else _OTHER_UNIT
            return weight, (Reason.UNIT_CONFLICT,), (Evidence("unit", text, "other"),)
        if wanted.name_unit:
            weight = 0.0 if code == wanted.name_unit else _OTHER_UNIT
            return weight, (), (Evidence("unit", text, "name"),)
        alike = {s.unit for s in slots if not wanted.result_type or s.result_type == wanted.result_type}
        if len(alike) <= 1 and (not alike or code in alike):
            return 0.0, (), (Evidence("unit", f"{text}: the only one listed", "edition"),)
        return _RARER_UNIT * _rank_of(code), (Reason.UNIT_ASSUMED,), (Evidence("unit", text, "assumed"),)


# Units with equal values; U is a concentration cut short (T.U. of a latex reagent). A listed unit of the very
# text is always preferred.
_EQUAL = (
    {"COI", "S/CO", "index"}, {"pg/mL", "ng/L"}, {"ng/mL", "ug/L"}, {"ug/mL", "mg/L"}, {"10*3/uL", "10*9/L"},
    {"10*6/uL", "10*12/L"}, {"mU/mL", "U/L"}, {"U/mL", "kU/L"}, {"U", "U/mL"},
)  # fmt: skip
# One milliequivalent is one millimole for Na, K and Cl; for Ca it is half of one.
_MONOVALENT = frozenset({"C7002", "C7003", "C7004"})


def _equal(given: str, listed: str, measurand: str) -> bool:
    if given == listed or any(given in group and listed in group for group in _EQUAL):
        return True
    return measurand in _MONOVALENT and {given, listed} == {"meq/L", "mmol/L"}


# Units in the order in which Japanese laboratories commonly report; used when a row says none.
_COMMON_UNITS = (
    "F7", "85", "55", "B1", "12", "F0", "02", "G1", "G3", "G5", "H6",
    "E3", "88", "34", "04", "J6", "87", "61", "F8", "B9", "80", "41",
)  # fmt: skip


def _rank_of(unit: str) -> int:
    return _COMMON_UNITS.index(unit) // 3 if unit in _COMMON_UNITS else len(_COMMON_UNITS) // 3
