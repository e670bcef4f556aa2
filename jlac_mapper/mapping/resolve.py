"""Stage 3: build 17-digit candidates for the listed hypotheses, each element from its own evidence."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from jlac_mapper.dimensions import dimension
from jlac_mapper.mapping.choose_method import MethodChoice, MethodChooser
from jlac_mapper.types import (
    Candidate,
    Evidence,
    Hypothesis,
    ListedCode,
    NormalizedTest,
    Reason,
    ResultType,
    Timing,
    Vocabulary,
)

# JLAC10 specimen digits -> the JLAC11 specimens that they can become (JLAC10 does not know the additive).
_JLAC10_SPECIMENS = {
    "001": ("100",), "002": ("100",), "003": ("100",), "004": ("130",), "017": ("220", "221", "222", "223"),
    "018": ("210",), "019": ("211", "212", "213", "214", "215", "216"), "020": ("220", "221", "222", "223"),
    "021": ("230",), "022": ("240", "241", "242", "243", "244", "245", "246"), "023": ("250",),
}  # fmt: skip
_JLAC10_RANDOM, _JLAC10_FASTING = "1299", "1399"

_FASTING, _RANDOM = "1337", "1336"
_OLD_RANDOM = "1299"

# Log-weights: how much a row's word against an element counts. A conflict outweighs every preference.
_BROADER, _NARROWER, _NOT_DEFAULT, _OTHER_SPECIMEN = -3.0, -4.0, -1.5, -8.0
_EQUAL_UNIT, _OTHER_SCALE, _OTHER_UNIT, _RARER_UNIT = -3.0, -3.5, -6.0, -0.7
_OTHER_TYPE, _OTHER_IDENTIFICATION, _UNUSUAL_IDENTIFICATION, _TIMED_UNSAID = -4.0, -5.0, -1.5, -6.0
_STARTER_COMPLETION = -0.05


@dataclass(frozen=True, slots=True)
class _Slot:
    """The codes of a measurand that share identification, specimen and unit: they differ by product."""

    identification: str
    specimen: str
    unit: str
    result_type: ResultType
    codes: tuple[ListedCode, ...]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the row says of the elements; hashable, because hospital lists repeat the same few."""

    specimens: tuple[str, ...]
    specimen_source: str
    units: tuple[str, ...]
    unit_field: str
    result_type: ResultType
    timing: Timing
    identification: str
    name_unit: str
    jlac10: str


@dataclass(frozen=True, slots=True)
class _Ranked:
    slot: _Slot
    weight: float
    reasons: tuple[Reason, ...]
    evidence: tuple[Evidence, ...]


class Resolver:
    """
    Composes candidates inside *proposable*, the codes of the edition that may be proposed on the run's day.

    *ended* are its other codes, whose products lead to their successors. *site_defaults* are elements that
    the site vouches for, such as specimen -> 250.
    """

    def __init__(
        self,
        proposable: Sequence[ListedCode],
        ended: Sequence[ListedCode],
        vocabulary: Vocabulary,
        *,
        completed: bool,
        site_defaults: Mapping[str, str],
    ) -> None:
        self._specimen_codes = {s.key: s.code for s in vocabulary.specimens}
        self._broader = {
            s.code: self._specimen_codes.get(s.broader, "") for s in vocabulary.specimens if s.code
        }
        self._specimen_names = {s.code: s.name for s in vocabulary.specimens if s.code}
        self._unit_codes: dict[str, list[str]] = defaultdict(list)
        self._unit_text: dict[str, str] = {}
        self._unit_types: dict[str, ResultType] = {}
        for unit in vocabulary.units:
            if unit.code:
                self._unit_codes[unit.canonical].append(unit.code)
                self._unit_text.setdefault(unit.code, unit.canonical)
                self._unit_types[unit.code] = unit.result_type
        self._defaults = {m.code: m.default_specimen for m in vocabulary.measurands}
        self._analytes = {m.code: m.jlac10 for m in vocabulary.measurands}
        self._site_defaults = site_defaults
        self._completed = completed
        self._slots = self._group(proposable)
        self._methods = MethodChooser(proposable, ended)
        self._choose = lru_cache(maxsize=20_000)(self._choose_uncached)

    def _group(self, proposable: Sequence[ListedCode]) -> dict[str, list[_Slot]]:
        grouped: dict[tuple[str, str, str, str], list[ListedCode]] = defaultdict(list)
        for listed in proposable:
            code = listed.code
            grouped[code.measurand, code.identification, code.specimen, code.unit].append(listed)
        slots: dict[str, list[_Slot]] = defaultdict(list)
        for (measurand, identification, specimen, unit), codes in sorted(grouped.items()):
            kind = self._unit_types.get(unit, ResultType.ANY)
            slots[measurand].append(_Slot(identification, specimen, unit, kind, tuple(codes)))
        return dict(slots)

    @property
    def measurands(self) -> frozenset[str]:
        """Measurands with at least one result code valid on the day."""
        return frozenset(self._slots)

    def analytes(self, measurand: str) -> tuple[str, ...]:
        """JLAC10 analytes (five characters) of a measurand, empty where unknown."""
        return self._analytes.get(measurand, ())

    def unit_agreement(self, test: NormalizedTest, measurand: str) -> float:
        """Return 1 when a unit of the row is listed for *measurand*, 0.5 another scale, 0 unsaid, else -1."""
        if not test.quantities:
            return 0.0
        listed = {self._unit_text.get(s.unit, "") for s in self._slots.get(measurand, ())}
        given = [q.canonical for q in test.quantities]
        if any(_equal_units(g, text) for g in given for text in listed):
            return 1.0
        sizes = {dimension(text) for text in listed} - {""}
        return 0.5 if any(dimension(g) in sizes for g in given) else -1.0

    def specimen_agreement(self, test: NormalizedTest, measurand: str) -> float:
        """Return 1 when the row's specimen is listed for *measurand*, 0 unsaid, -0.5 unclear, -1 when not."""
        keys = test.specimens or test.name_specimens
        if test.specimen_text and not keys:
            return -0.5
        if not keys:
            return 0.0
        listed = {s.specimen for s in self._slots.get(measurand, ())}
        best = max(self._specimen_fit(self._specimen_codes.get(k, ""), listed) for k in keys)
        if test.name_specimens and test.specimens:
            in_name = max(
                self._specimen_fit(self._specimen_codes.get(k, ""), listed) for k in test.name_specimens
            )
            return min(best, in_name)
        return best

    def _specimen_fit(self, code: str, listed: set[str]) -> float:
        if not code:
            return -1.0
        if code in listed or self._broader.get(code, "-") in listed:
            return 1.0
        return 1.0 if any(self._is_inside(other, code) for other in listed) else -1.0

    def _is_inside(self, code: str, container: str) -> bool:
        while code:
            code = self._broader.get(code, "")
            if code == container:
                return True
        return False

    def resolve(
        self, test: NormalizedTest, hypothesis: Hypothesis, limit: int
    ) -> list[tuple[Candidate, float]]:
        """
        Return up to *limit* candidates of one listed hypothesis with P(code | measurand), best first.

        The probabilities of one hypothesis sum to 1 over all of its slots and the products that tie.
        """
        source = test.source
        wanted = self._wanted(test, hypothesis)
        chosen = self._choose(hypothesis.measurand, wanted, source.reagent, source.method)
        return [
            (Candidate(listed.code, listed.name, hypothesis, reasons, evidence), share)
            for listed, share, reasons, evidence in chosen[:limit]
        ]

    def _choose_uncached(
        self, measurand: str, wanted: _Wanted, reagent: str, method: str
    ) -> tuple[MethodChoice, ...]:
        """Weigh every slot that offers a code, and share the probability among their codes."""
        weighed = []
        for item in self._rank_slots(measurand, wanted):
            codes = item.slot.codes
            left = self._methods.choose(reagent, method, codes)
            for listed, part, reasons, evidence in left.choices:
                extra = (Reason.COMPLETED_FROM_STARTER,) if self._is_completion(listed) else ()
                said = (*item.reasons, *reasons, *extra)
                weighed.append(
                    (left.fit * math.exp(item.weight), part, listed, said, (*item.evidence, *evidence))
                )
        slots = {(w[2].code.identification, w[2].code.specimen, w[2].code.unit): w[0] for w in weighed}
        total = sum(slots.values())
        found = [(listed, weight / total * part, r, e) for weight, part, listed, r, e in weighed]
        return tuple(sorted(found, key=lambda c: (-round(c[1], 9), c[0].code)))

    def _is_completion(self, listed: ListedCode) -> bool:
        return self._completed and listed.source == "starter"

    def _wanted(self, test: NormalizedTest, hypothesis: Hypothesis) -> _Wanted:
        name = hypothesis.name
        keys, source = (test.specimens, "specimen") if test.specimens else (test.name_specimens, "name")
        codes = tuple(self._specimen_codes.get(k, "") or f"?{k}" for k in keys)
        if test.specimens and test.name_specimens and set(codes) == {"210"}:
            in_name = tuple(c for k in test.name_specimens if (c := self._specimen_codes.get(k, "")))
            codes, source = in_name or codes, "name"
        if not codes and name and name.specimen:
            codes, source = (name.specimen,), "name"
        if not codes and test.specimen_text:
            codes, source = ("??",), "specimen"
        jlac10 = test.jlac10
        if not codes and jlac10:
            codes, source = _JLAC10_SPECIMENS.get(jlac10[9:12], ()), "jlac10"
        timing = test.timing
        if jlac10 and not timing and jlac10[5:9] in (_JLAC10_RANDOM, _JLAC10_FASTING):
            timing = Timing.RANDOM if jlac10[5:9] == _JLAC10_RANDOM else Timing.FASTING
        return _Wanted(
            specimens=codes,
            specimen_source=source,
            units=tuple(dict.fromkeys(q.canonical for q in test.quantities)),
            unit_field=test.quantities[0].field if test.quantities else "",
            result_type=test.result_type or (name.result_type if name else ResultType.ANY),
            timing=timing,
            identification=name.identification if name else "",
            name_unit=name.unit if name else "",
            jlac10=jlac10,
        )

    def _rank_slots(self, measurand: str, wanted: _Wanted) -> list[_Ranked]:
        slots = self._slots.get(measurand, ())
        listed_specimens = {s.specimen for s in slots}
        ranked = []
        for slot in slots:
            parts = (
                self._weigh_specimen(measurand, slot, wanted, listed_specimens),
                self._weigh_unit(slot, wanted, slots),
                self._weigh_identification(slot, wanted, slots),
                self._weigh_result_type(slot, wanted),
            )
            weight = sum(p[0] for p in parts)
            if all(self._is_completion(c) for c in slot.codes):
                weight += _STARTER_COMPLETION
            reasons = tuple(dict.fromkeys(r for p in parts for r in p[1]))
            ranked.append(_Ranked(slot, weight, reasons, tuple(e for p in parts for e in p[2])))
        return ranked

    def _weigh_specimen(self, measurand: str, slot: _Slot, wanted: _Wanted, listed: set[str]) -> "_Weighed":
        said = [c for c in wanted.specimens if c != "??"]
        label = self._specimen_names.get(slot.specimen, slot.specimen)
        loose = said == ["210"] and self._defaults.get(measurand, "")[:2] in ("24", "25")
        if said and not loose:
            if slot.specimen in said:
                more = len(said) > 1 and len(set(said) & listed) > 1
                reasons = (Reason.SPECIMEN_ASSUMED,) if more else ()
                return 0.0, reasons, (Evidence("specimen", label, wanted.specimen_source),)
            if any(self._is_inside(code, slot.specimen) for code in said):
                evidence = Evidence(
                    "specimen", f"{label} contains the given specimen", wanted.specimen_source
                )
                return _BROADER, (Reason.SPECIMEN_BROADER,), (evidence,)
            if any(self._is_inside(slot.specimen, code) for code in said):
                return _NARROWER, (Reason.SPECIMEN_ASSUMED,), (Evidence("specimen", label, "assumed"),)
            return _OTHER_SPECIMEN, (Reason.SPECIMEN_NOT_LISTED,), (Evidence("specimen", label, "other"),)
        if len(listed) == 1 and not wanted.specimens:
            return 0.0, (), (Evidence("specimen", f"{label}: the only one listed", "edition"),)
        site = self._site_defaults.get("specimen", "")
        if site in listed and not wanted.specimens:
            weight = 0.0 if slot.specimen == site else _NOT_DEFAULT - 2
            return weight, (Reason.SITE_DEFAULT,), (Evidence("specimen", label, "site default"),)
        usual = slot.specimen == self._defaults.get(measurand)
        reasons = (Reason.SPECIMEN_UNRECOGNISED,) if "??" in wanted.specimens else (Reason.SPECIMEN_ASSUMED,)
        return 0.0 if usual else _NOT_DEFAULT, reasons, (Evidence("specimen", label, "assumed"),)

    def _weigh_unit(self, slot: _Slot, wanted: _Wanted, slots: Sequence[_Slot]) -> "_Weighed":
        text = self._unit_text.get(slot.unit, "")
        evidence = (Evidence("unit", text, wanted.unit_field or "edition"),)
        if wanted.units:
            if text in wanted.units:
                # The unit field speaks before the range, which may hold several lines' units.
                return (0.0 if wanted.units[0] == text else -0.5), (), evidence
            if any(_equal_units(unit, text) for unit in wanted.units):
                return (
                    _EQUAL_UNIT,
                    (),
                    (Evidence("unit", f"{text} equals the given unit", wanted.unit_field),),
                )
            same = any(dimension(u) == dimension(text) != "" for u in wanted.units)
            return (
                _OTHER_SCALE if same else _OTHER_UNIT,
                (Reason.UNIT_CONFLICT,),
                (Evidence("unit", text, "other"),),
            )
        if wanted.name_unit:
            weight = 0.0 if slot.unit == wanted.name_unit else _OTHER_UNIT
            return weight, (), (Evidence("unit", text, "name"),)
        alike = {s.unit for s in slots if not wanted.result_type or s.result_type == wanted.result_type}
        if len(alike) <= 1 and (not alike or slot.unit in alike):
            return 0.0, (), (Evidence("unit", f"{text}: the only one listed", "edition"),)
        return _RARER_UNIT * _rank_of(slot.unit), (Reason.UNIT_ASSUMED,), (Evidence("unit", text, "assumed"),)

    def _weigh_identification(self, slot: _Slot, wanted: _Wanted, slots: Sequence[_Slot]) -> "_Weighed":
        here = slot.identification
        siblings = {s.identification for s in slots if s.unit == slot.unit}
        timed = {_FASTING, _RANDOM, _OLD_RANDOM}
        want = wanted.identification
        if wanted.timing is Timing.FASTING:
            want = _FASTING if siblings & timed else want
        elif wanted.timing is Timing.RANDOM:
            want = (_RANDOM if _RANDOM in siblings else _OLD_RANDOM) if siblings & timed else want
        if want and want in siblings:
            weight = 0.0 if here == want else _OTHER_IDENTIFICATION
            return weight, (), (Evidence("identification", here, "name"),)
        if here in timed:
            return _TIMED_UNSAID, (), ()
        # Old serial numbers stay below the current 0000 of the same unit.
        return (0.0 if here == "0000" or "0000" not in siblings else _UNUSUAL_IDENTIFICATION), (), ()

    @staticmethod
    def _weigh_result_type(slot: _Slot, wanted: _Wanted) -> "_Weighed":
        want, here = wanted.result_type, slot.result_type
        if not want or not here or want == here:
            return 0.0, (), ()
        if ResultType.QUALITATIVE not in (want, here):
            return -0.4, (), ()
        return _OTHER_TYPE, (Reason.RESULT_TYPE_CONFLICT,), (Evidence("result_type", here.value, "other"),)


_Weighed = tuple[float, tuple[Reason, ...], tuple[Evidence, ...]]


# Units with equal values; for Na, K and Cl, the only items listed in mmol/L that are reported in mEq/L, one
# milliequivalent is one millimole. A listed unit of the very text is always preferred.
_EQUAL = (
    {"meq/L", "mmol/L"}, {"COI", "S/CO", "index"}, {"pg/mL", "ng/L"}, {"ng/mL", "ug/L"}, {"ug/mL", "mg/L"},
    {"10*3/uL", "10*9/L"}, {"10*6/uL", "10*12/L"}, {"mU/mL", "U/L"}, {"U/mL", "kU/L"},
)  # fmt: skip


def _equal_units(given: str, listed: str) -> bool:
    return given == listed or any(given in group and listed in group for group in _EQUAL)


# Units in the order in which Japanese laboratories commonly report; used when a row says none.
_COMMON_UNITS = (
    "F7", "85", "55", "B1", "12", "F0", "02", "G1", "G3", "G5", "H6",
    "E3", "88", "34", "04", "J6", "87", "61", "F8", "B9", "80", "41",
)  # fmt: skip


def _rank_of(unit: str) -> int:
    return _COMMON_UNITS.index(unit) // 3 if unit in _COMMON_UNITS else len(_COMMON_UNITS) // 3
