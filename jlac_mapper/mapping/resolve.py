"""Stage 3: build 17-digit candidates for the listed hypotheses, each element from its own evidence."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from jlac_mapper.mapping.choose_method import MethodChoice, MethodChoices, MethodChooser
from jlac_mapper.mapping.elements import Slot, Wanted, Weighed, group_slots
from jlac_mapper.mapping.weigh_specimen import BLOOD, TUBES, SpecimenRules
from jlac_mapper.mapping.weigh_unit import UnitRules
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
_TIMED = frozenset({_FASTING, _RANDOM, _OLD_RANDOM})

# Log-weights: how much a row's word against an element counts. A conflict outweighs every preference.
_OTHER_TYPE, _OTHER_IDENTIFICATION, _UNUSUAL_IDENTIFICATION, _TIMED_UNSAID = -4.0, -5.0, -1.5, -6.0
_STARTER_COMPLETION = -0.05


@dataclass(frozen=True, slots=True)
class _Ranked:
    slot: Slot
    weight: float
    parts: tuple[Weighed, ...]


_CACHED = 20_000


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
        self._specimens = SpecimenRules(vocabulary, site_defaults)
        self._units = UnitRules(vocabulary)
        self._analytes = {m.code: m.jlac10 for m in vocabulary.measurands}
        self._completed = completed
        self._slots = group_slots(proposable, self._units.result_type, self._is_completion)
        self._methods = MethodChooser(proposable, ended)
        listed_units = {m: frozenset(s.unit for s in slots) for m, slots in self._slots.items()}
        listed_specimens = {m: frozenset(s.specimen for s in slots) for m, slots in self._slots.items()}
        nothing: frozenset[str] = frozenset()

        # Hospital lists repeat the same few specimens and units, and rivals ask for the same measurands.
        @lru_cache(maxsize=_CACHED)
        def unit_agreement(given: tuple[str, ...], measurand: str) -> float:
            return self._units.agreement(given, measurand, listed_units.get(measurand, nothing))

        @lru_cache(maxsize=_CACHED)
        def specimen_agreement(
            field: tuple[str, ...], name: tuple[str, ...], unclear: bool, measurand: str
        ) -> float:
            listed = listed_specimens.get(measurand, nothing)
            return self._specimens.agreement(field, name, unclear, listed)

        self._unit_agreement = unit_agreement
        self._specimen_agreement = specimen_agreement
        self._choose = lru_cache(maxsize=_CACHED)(self._choose_uncached)
        self._methods_left = lru_cache(maxsize=_CACHED)(self._methods_left_uncached)

    @property
    def measurands(self) -> frozenset[str]:
        """Measurands with at least one result code valid on the day."""
        return frozenset(self._slots)

    def analytes(self, measurand: str) -> tuple[str, ...]:
        """JLAC10 analytes (five characters) of a measurand, empty where unknown."""
        return self._analytes.get(measurand, ())

    def unit_agreement(self, test: NormalizedTest, measurand: str) -> float:
        """Return 1 when a unit of the row is listed for *measurand*, 0.5 another scale, 0 unsaid, else -1."""
        return self._unit_agreement(tuple(q.canonical for q in test.quantities), measurand)

    def specimen_agreement(self, test: NormalizedTest, measurand: str) -> float:
        """Return 1 when the row's specimen is listed for *measurand*, 0 unsaid, -0.5 unclear, -1 when not."""
        unclear = bool(test.specimen_text)
        return self._specimen_agreement(test.specimens, test.name_specimens, unclear, measurand)

    def resolve(
        self, test: NormalizedTest, hypothesis: Hypothesis, limit: int
    ) -> list[tuple[Candidate, float]]:
        """
        Return up to *limit* candidates of one listed hypothesis with P(code | measurand), best first.

        The probabilities of one hypothesis sum to 1 over all of its slots and the products that tie.
        """
        reagent, method = test.source.reagent, test.source.method
        if not self._methods.lists_products(hypothesis.measurand):
            reagent = method = ""
        chosen = self._choose(hypothesis.measurand, self._wanted(test, hypothesis), reagent, method, limit)
        return [
            (Candidate(listed.code, listed.name, hypothesis, reasons, evidence), share)
            for listed, share, reasons, evidence in chosen
        ]

    def _choose_uncached(
        self, measurand: str, wanted: Wanted, reagent: str, method: str, limit: int
    ) -> tuple[MethodChoice, ...]:
        """Weigh every slot that offers a code, share the probability among their codes, take the best."""
        weighed = []
        for item in self._rank_slots(measurand, wanted):
            left = self._methods_left(item.slot, reagent, method)
            if left.choices:
                weighed.append((left.fit * math.exp(item.weight), left.choices, item.parts))
        total = sum(weight for weight, _, _ in weighed)
        found = [
            (weight / total * choice[1], choice, parts)
            for weight, choices, parts in weighed
            for choice in choices
        ]
        found.sort(key=lambda f: (-round(f[0], 9), f[1][0].code))
        return tuple(self._explained(*f) for f in found[:limit])

    def _methods_left_uncached(self, slot: Slot, reagent: str, method: str) -> MethodChoices:
        return self._methods.choose(reagent, method, slot.codes)

    def _explained(self, share: float, choice: MethodChoice, parts: Sequence[Weighed]) -> MethodChoice:
        """Return a choice with its share of the measurand, and what speaks for its elements."""
        listed, _, reasons, evidence = choice
        extra = (Reason.COMPLETED_FROM_STARTER,) if self._is_completion(listed) else ()
        said = dict.fromkeys(r for part in parts for r in part[1])
        return listed, share, (*said, *reasons, *extra), (*(e for p in parts for e in p[2]), *evidence)

    def _is_completion(self, listed: ListedCode) -> bool:
        return self._completed and listed.source == "starter"

    def _wanted(self, test: NormalizedTest, hypothesis: Hypothesis) -> Wanted:
        name = hypothesis.name
        keys, source = (test.specimens, "specimen") if test.specimens else (test.name_specimens, "name")
        # A tube beside the specimen itself, as in NaF血漿(灰), adds nothing; 血液 beside a tube neither.
        tubes = [TUBES[k][0] for k in keys if k in TUBES]
        precise = [k for k in keys if k not in TUBES and k != "blood"] or [k for k in keys if k in TUBES]
        codes = tuple(
            dict.fromkeys(code for key in precise or keys for code in self._specimens.codes_of(key))
        )
        if tubes and "whole_blood" in keys:
            codes = tuple(dict.fromkeys(tubes))  # 全血(EDTA-2K) says both
        if test.specimens and test.name_specimens and set(codes) == {BLOOD}:
            in_name = tuple(
                c for k in test.name_specimens for c in self._specimens.codes_of(k) if c[0] != "?"
            )
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
        return Wanted(
            specimens=codes,
            specimen_source=source,
            # What no slot is reported in is alike for all of them: one text, so that answers are remembered.
            units=tuple(
                dict.fromkeys(
                    q.canonical if self._unit_agreement((q.canonical,), hypothesis.measurand) >= 0 else "?"
                    for q in test.quantities
                )
            ),
            unit_field=test.quantities[0].field if test.quantities else "",
            result_type=test.result_type or (name.result_type if name else ResultType.ANY),
            timing=timing,
            identification=name.identification if name else "",
            name_unit=name.unit if name else "",
        )

    def _rank_slots(self, measurand: str, wanted: Wanted) -> list[_Ranked]:
        slots = self._slots.get(measurand, ())
        listed = {s.specimen for s in slots}
        # Slots share few specimens and units.
        specimens = {code: self._specimens.weigh(measurand, code, wanted, listed) for code in listed}
        units = {code: self._units.weigh(measurand, code, wanted, slots) for code in {s.unit for s in slots}}
        ranked = []
        for slot in slots:
            parts = (
                specimens[slot.specimen],
                units[slot.unit],
                self._weigh_identification(slot, wanted),
                self._weigh_result_type(slot, wanted),
            )
            weight = sum(p[0] for p in parts)
            if slot.is_completion:
                weight += _STARTER_COMPLETION
            ranked.append(_Ranked(slot, weight, parts))
        return ranked

    @staticmethod
    def _weigh_identification(slot: Slot, wanted: Wanted) -> Weighed:
        here, siblings = slot.identification, slot.siblings
        want = wanted.identification
        if wanted.timing is Timing.FASTING:
            want = _FASTING if siblings & _TIMED else want
        elif wanted.timing is Timing.RANDOM:
            want = (_RANDOM if _RANDOM in siblings else _OLD_RANDOM) if siblings & _TIMED else want
        if want and want in siblings:
            weight = 0.0 if here == want else _OTHER_IDENTIFICATION
            return weight, (), (Evidence("identification", here, "name"),)
        if here in _TIMED:
            return _TIMED_UNSAID, (), ()
        # Old serial numbers stay below the current 0000 of the same unit.
        return (0.0 if here == "0000" or "0000" not in siblings else _UNUSUAL_IDENTIFICATION), (), ()

    @staticmethod
    def _weigh_result_type(slot: Slot, wanted: Wanted) -> Weighed:
        want, here = wanted.result_type, slot.result_type
        if not want or not here or want == here:
            return 0.0, (), ()
        if ResultType.QUALITATIVE not in (want, here):
            return -0.4, (), ()
        return _OTHER_TYPE, (Reason.RESULT_TYPE_CONFLICT,), (Evidence("result_type", here.value, "other"),)
