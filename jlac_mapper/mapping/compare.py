"""Stage 3: compose candidates for a listed concept, and compare each of their elements with the row's."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.mapping.comparisons.base import (
    SILENT,
    Agreement,
    Compared,
    Slot,
    Wanted,
    Weights,
    group_slots,
)
from jlac_mapper.mapping.comparisons.identification import IdentificationComparison
from jlac_mapper.mapping.comparisons.method import MethodChoices, MethodComparison, is_other_test
from jlac_mapper.mapping.comparisons.other_code import OtherCodeComparison
from jlac_mapper.mapping.comparisons.scale import ScaleComparison
from jlac_mapper.mapping.comparisons.specimen import BLOOD, TUBES, SpecimenComparison
from jlac_mapper.mapping.comparisons.unit import UnitComparison
from jlac_mapper.text import clean
from jlac_mapper.types import Candidate, Hypothesis, NormalizedTest, Reason
from jlac_mapper.vocabulary import Concept, ResultType, Timing, Vocabulary

# JLAC10 specimen digits -> the JLAC11 specimens that they can become (JLAC10 does not know the additive).
_JLAC10_SPECIMENS = {
    "001": ("100",), "002": ("100",), "003": ("100",), "004": ("130",), "017": ("220", "221", "222", "223"),
    "018": ("210",), "019": ("211", "212", "213", "214", "215", "216"), "020": ("220", "221", "222", "223"),
    "021": ("230",), "022": ("240", "241", "242", "243", "244", "245", "246"), "023": ("250",),
}  # fmt: skip
_JLAC10_RANDOM, _JLAC10_FASTING = "1299", "1399"
_NUMERIC = frozenset(
    {"g/dL", "mg/dL", "U/L", "mmol/L", "meq/L", "pg/mL", "U/mL", "mU/mL", "s", "INR", "logU/mL"}
)
_CACHED = 20_000


@dataclass(frozen=True, slots=True)
class Composed:
    """
    What one concept offers a row.

    Attributes:
        candidates: With P(code | concept), best first; they sum to 1 over all slots and products that tie.
        agreement: The concept's best of each element, for the calibration.
    """

    candidates: tuple[tuple[Candidate, float], ...]
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class _Choice:
    listed: ListedCode
    share: float
    compared: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class _Chosen:
    choices: tuple[_Choice, ...]
    unit: float
    specimen: float


class Comparer:
    """
    Composes candidates inside *proposable*, the codes that may be proposed on the run's day, by concept.

    *ended* are the release's other codes, whose products lead to their successors. *site_defaults* are
    elements that the site vouches for, such as specimen -> 250.
    """

    def __init__(
        self,
        proposable: Mapping[str, Sequence[ListedCode]],
        ended: Mapping[str, Sequence[ListedCode]],
        vocabulary: Vocabulary,
        weights: Weights,
        *,
        completed: bool,
        site_defaults: Mapping[str, str],
    ) -> None:
        self._specimens = SpecimenComparison(vocabulary, weights, site_defaults)
        self._units = UnitComparison(vocabulary, weights)
        self._identifications = IdentificationComparison(weights)
        self._scales = ScaleComparison(weights)
        self._methods = MethodComparison(proposable, ended, weights)
        self._other_codes = OtherCodeComparison(weights)
        self._starter_completion = weights.limit("starter_completion")
        self._further_assay = weights.limit("further_assay")
        self._completed = completed
        self._slots = group_slots(proposable, self._units.result_type, self._is_completion)
        self._listed_units = {c: frozenset(s.unit for s in slots) for c, slots in self._slots.items()}
        # Hospital lists repeat the same few specimens and units, and rivals ask for the same concepts.
        self._choose = lru_cache(maxsize=_CACHED)(self._choose_uncached)
        self._methods_left = lru_cache(maxsize=_CACHED)(self._methods_left_uncached)
        self._is_comparable = lru_cache(maxsize=_CACHED)(self._is_comparable_uncached)

    def compare(self, test: NormalizedTest, hypothesis: Hypothesis, limit: int) -> Composed:
        """Return up to *limit* candidates of a listed hypothesis, and how its concept agrees with the row."""
        concept = hypothesis.concept
        if concept is None:
            return Composed((), SILENT)
        reagent, method = test.source.reagent, test.source.method
        other_test = is_other_test(concept, f"{test.text} {clean(method)}")
        if not self._methods.lists_products(concept.key):
            reagent = method = ""
        chosen = self._choose(concept, self._wanted(test, hypothesis), reagent, method, limit)
        other_code = self._other_codes.compare(concept, test.jlac10)
        of_row = (*other_code.reasons, *((Reason.METHOD_CONFLICT,) if other_test else ()))
        candidates = tuple(
            (self._candidate(choice, hypothesis, of_row, other_code), choice.share)
            for choice in chosen.choices
        )
        best = chosen.choices[0].compared if chosen.choices else ()
        agreement = Agreement(
            unit=chosen.unit,
            specimen=chosen.specimen,
            scale=min((c.agreement for c in best if Reason.RESULT_TYPE_CONFLICT in c.reasons), default=0.0),
            method=-1.0 if other_test else 0.0,
            other_code=other_code.agreement,
        )
        return Composed(candidates, agreement)

    def _candidate(
        self, choice: _Choice, hypothesis: Hypothesis, of_row: tuple[Reason, ...], other_code: Compared
    ) -> Candidate:
        reasons = [reason for compared in choice.compared for reason in compared.reasons]
        if self._is_completion(choice.listed):
            reasons.append(Reason.COMPLETED_FROM_STARTER)
        evidence = (e for compared in (*choice.compared, other_code) for e in compared.evidence)
        return Candidate(
            choice.listed.code,
            choice.listed.name,
            hypothesis,
            tuple(dict.fromkeys((*reasons, *of_row))),
            tuple(evidence),
        )

    def _choose_uncached(
        self, concept: Concept, wanted: Wanted, reagent: str, method: str, limit: int
    ) -> _Chosen:
        """Compare every slot that offers a code, share the probability among their codes, take the best."""
        weighed = []
        unit = specimen = -1.0
        for slot, compared in self._compared_slots(concept, wanted):
            unit = max(unit, compared[1].agreement)
            specimen = max(specimen, compared[0].agreement)
            left = self._methods_left(concept.key, slot, reagent, method)
            if left.choices:
                weight = sum(c.weight for c in compared)
                weight += self._starter_completion if slot.is_completion else 0.0
                weight += self._further_assay if slot.is_further else 0.0
                weighed.append((left.fit * math.exp(weight), left.choices, compared))
        total = sum(weight for weight, _, _ in weighed)
        found = [
            _Choice(choice.listed, weight / total * choice.share, (*compared, choice.compared))
            for weight, choices, compared in weighed
            for choice in choices
        ]
        found.sort(key=lambda choice: (-round(choice.share, 9), choice.listed.code))
        return _Chosen(tuple(found[:limit]), unit, specimen)

    def _methods_left_uncached(self, concept: str, slot: Slot, reagent: str, method: str) -> MethodChoices:
        return self._methods.choose(reagent, method, concept, slot.codes)

    def _compared_slots(self, concept: Concept, wanted: Wanted) -> list[tuple[Slot, tuple[Compared, ...]]]:
        slots = self._slots.get(concept.key, ())
        listed = {s.specimen for s in slots}
        analytes = frozenset(concept.analytes)
        # Slots share few specimens and units.
        specimens = {c: self._specimens.compare(concept.key, c, wanted, listed) for c in listed}
        units = {c: self._units.compare(concept.key, c, wanted, slots) for c in {s.unit for s in slots}}
        return [
            (
                slot,
                (
                    specimens[slot.specimen],
                    units[slot.unit],
                    self._identifications.compare(analytes, slot, wanted),
                    self._scales.compare(analytes, slot, wanted),
                ),
            )
            for slot in slots
        ]

    def _is_completion(self, listed: ListedCode) -> bool:
        return self._completed and listed.source == "starter"

    def _is_comparable_uncached(self, unit: str, concept: str) -> bool:
        return self._units.is_comparable(unit, concept, self._listed_units.get(concept, ()))

    def _wanted(self, test: NormalizedTest, hypothesis: Hypothesis) -> Wanted:
        name = hypothesis.name
        codes, source = self._specimens_said(test, hypothesis)
        timing = test.timing or (name.timing if name else Timing.ANY)
        if test.jlac10 and not timing and test.jlac10[5:9] in (_JLAC10_RANDOM, _JLAC10_FASTING):
            timing = Timing.RANDOM if test.jlac10[5:9] == _JLAC10_RANDOM else Timing.FASTING
        in_name = test.name_specimens if test.specimens else ()
        return Wanted(
            specimens=codes,
            specimen_source=source,
            name_specimens=tuple(c for key in in_name for c in self._specimens.codes_of(key)),
            # What no slot is reported in is alike for all of them: one text, so that answers are remembered.
            units=tuple(
                dict.fromkeys(
                    q.canonical if self._is_comparable(q.canonical, hypothesis.key) else "?"
                    for q in test.quantities
                )
            ),
            unit_field=test.quantities[0].field if test.quantities else "",
            is_unit_unread=bool(test.unit_text),
            result_type=test.result_type or (name.result_type if name else ResultType.ANY),
            stated_type=test.stated_type,
            numeric_unit=any(q.canonical in _NUMERIC for q in test.quantities),
            timing=timing,
            name_unit=name.unit if name else "",
        )

    def _specimens_said(self, test: NormalizedTest, hypothesis: Hypothesis) -> tuple[tuple[str, ...], str]:
        """Return the digits that a row may mean, and where it says so; nothing where it says nothing."""
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
            codes, source = self._specimens.codes_of(name.specimen), "name"
        if not codes and test.specimen_text:
            codes, source = ("??",), "specimen"
        if not codes and test.jlac10:
            codes, source = _JLAC10_SPECIMENS.get(test.jlac10[9:12], ()), "jlac10"
        return codes, source
