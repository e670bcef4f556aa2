"""Stage 3: compose candidates for a listed concept, and compare each of their elements with the row's."""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from jlac_mapper.codes.editions import STARTER
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
from jlac_mapper.reading.facts import declared_type
from jlac_mapper.types import Candidate, Evidence, Hypothesis, NormalizedTest, Reason
from jlac_mapper.vocabulary import ResultType, Timing, Vocabulary

# JLAC10 specimen digits -> the JLAC11 specimens that they can become (JLAC10 does not know the additive).
_JLAC10_SPECIMENS = {
    "001": ("100",),
    "002": ("100",),
    "003": ("100",),
    "004": ("130",),
    "017": ("220", "221", "222", "223"),
    "018": ("210",),
    "019": ("211", "212", "213", "214", "215", "216"),
    "020": ("220", "221", "222", "223"),
    "021": ("230",),
    "022": ("240", "241", "242", "243", "244", "245", "246"),
    "023": ("250",),
}
_JLAC10_RANDOM, _JLAC10_FASTING = "1299", "1399"
_NUMERIC = frozenset(
    {"g/dL", "mg/dL", "U/L", "mmol/L", "meq/L", "pg/mL", "U/mL", "mU/mL", "s", "INR", "logU/mL"}
)
_STRIPS = frozenset({"1A010", "1A020", "1A100"})
"""JLAC10 analytes that are read from a strip: 定性 and 半定量 only."""
_CACHED = 20_000
_Elements = tuple[Compared, Compared, Compared, Compared]
"""Specimen, unit, identification and scale of a slot, compared with the row."""


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
    reasons: tuple[Reason, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What a concept offers rows that say the same of its elements; remembered."""

    choices: tuple[_Choice, ...]
    unit: float
    specimen: float
    scale: float


class Comparer:
    """
    Composes candidates inside *proposable*, the codes that may be proposed on the run's day, by concept.

    *ended* are the release's other codes, whose products lead to their successors. *site_defaults* are
    elements that the site vouches for, such as specimen -> 250. *unknown_units* are the specimens in which a
    concept is listed though its unit is not known.
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
        unknown_units: Mapping[str, AbstractSet[str]] | None = None,
    ) -> None:
        self._specimens = SpecimenComparison(vocabulary, weights, site_defaults, unknown_units or {})
        self._units = UnitComparison(vocabulary, weights)
        self._identifications = IdentificationComparison(weights)
        self._scales = ScaleComparison(weights)
        self._methods = MethodComparison(proposable, ended, weights)
        self._other_codes = OtherCodeComparison(weights)
        self._analytes = {concept.key: frozenset(concept.analytes) for concept in vocabulary.concepts}
        self._strips = frozenset(key for key, found in self._analytes.items() if found & _STRIPS)
        self._starter_completion = weights.limit("starter_completion")
        self._further_assay = weights.limit("further_assay")
        self._completed = completed
        self._slots = group_slots(proposable, self._units.result_type, self._is_completion)
        self._listed_units = {c: frozenset(s.unit for s in slots) for c, slots in self._slots.items()}
        # Hospital lists repeat the same few specimens and units, and rivals ask for the same concepts.
        self._choose = lru_cache(maxsize=_CACHED)(self._choose_uncached)
        self._methods_left = lru_cache(maxsize=_CACHED)(self._methods_left_uncached)
        self._specimens_said = lru_cache(maxsize=_CACHED)(self._specimens_said_uncached)
        self._is_comparable = lru_cache(maxsize=_CACHED)(self._is_comparable_uncached)

    def compare(self, test: NormalizedTest, hypothesis: Hypothesis, limit: int) -> Composed:
        """Return up to *limit* candidates of a listed hypothesis, and how its concept agrees with the row."""
        concept = hypothesis.concept
        if concept is None:
            return Composed((), SILENT)
        reagent, method = test.source.reagent, test.source.method
        other_test = is_other_test(concept, test.text, method)
        if not self._methods.lists_products(concept.key):
            reagent = method = ""
        chosen = self._choose(concept.key, self._wanted(test, hypothesis), reagent, method, limit)
        other_code = self._other_codes.compare(concept, test.jlac10)
        of_row = (*other_code.reasons, *((Reason.METHOD_CONFLICT,) if other_test else ()))
        candidates = tuple(
            (
                Candidate(
                    choice.listed.code,
                    choice.listed.name,
                    hypothesis,
                    choice.reasons + of_row,
                    choice.evidence + other_code.evidence,
                ),
                choice.share,
            )
            for choice in chosen.choices
        )
        agreement = Agreement(
            unit=chosen.unit,
            specimen=chosen.specimen,
            scale=chosen.scale,
            method=-1.0 if other_test else 0.0,
            other_code=other_code.agreement,
        )
        return Composed(candidates, agreement)

    def _choose_uncached(
        self, concept: str, wanted: Wanted, reagent: str, method: str, limit: int
    ) -> _Chosen:
        """Compare every slot that offers a code, share the probability among their codes, take the best."""
        weighed = []
        unit = specimen = -1.0
        for slot, compared in self._compared_slots(concept, wanted):
            of_specimen, of_unit, of_identification, of_scale = compared
            unit = max(unit, of_unit.agreement)
            specimen = max(specimen, of_specimen.agreement)
            left = self._methods_left(concept, slot, reagent, method)
            if left.choices:
                weight = of_specimen.weight + of_unit.weight + of_identification.weight + of_scale.weight
                weight += self._starter_completion if slot.is_completion else 0.0
                weight += self._further_assay if slot.is_further else 0.0
                weighed.append((left.fit * math.exp(weight), left.choices, compared))
        total = sum(weight for weight, _, _ in weighed)
        found = [
            (weight / total * choice.share, choice.listed, compared, choice.compared)
            for weight, choices, compared in weighed
            for choice in choices
        ]
        found.sort(key=lambda each: (-round(each[0], 9), each[1].code))
        best = found[0][2] if found else ()
        scale = min((c.agreement for c in best if Reason.RESULT_TYPE_CONFLICT in c.reasons), default=0.0)
        return _Chosen(tuple(self._chosen(*each) for each in found[:limit]), unit, specimen, scale)

    def _chosen(
        self, share: float, listed: ListedCode, elements: tuple[Compared, ...], method: Compared
    ) -> _Choice:
        compared = (*elements, method)
        reasons = [reason for each in compared for reason in each.reasons]
        if self._is_completion(listed):
            reasons.append(Reason.COMPLETED_FROM_STARTER)
        evidence = tuple(e for each in compared for e in each.evidence)
        return _Choice(listed, share, tuple(dict.fromkeys(reasons)), evidence)

    def _methods_left_uncached(self, concept: str, slot: Slot, reagent: str, method: str) -> MethodChoices:
        return self._methods.choose(reagent, method, concept, slot.codes)

    def _compared_slots(self, concept: str, wanted: Wanted) -> list[tuple[Slot, _Elements]]:
        slots = self._slots.get(concept, ())
        listed = {s.specimen for s in slots}
        analytes = self._analytes.get(concept, frozenset())
        # Slots share few specimens, units, identifications and kinds of value.
        specimens = {c: self._specimens.compare(concept, c, wanted, listed) for c in listed}
        units = {c: self._units.compare(concept, c, wanted, slots) for c in {s.unit for s in slots}}
        identifications: dict[tuple[str, frozenset[str]], Compared] = {}
        scales: dict[ResultType, Compared] = {}
        found: list[tuple[Slot, _Elements]] = []
        for slot in slots:
            place = slot.identification, slot.siblings
            if place not in identifications:
                identifications[place] = self._identifications.compare(analytes, *place, wanted)
            if slot.result_type not in scales:
                scales[slot.result_type] = self._scales.compare(slot.result_type, wanted)
            compared = (
                specimens[slot.specimen],
                units[slot.unit],
                identifications[place],
                scales[slot.result_type],
            )
            found.append((slot, compared))
        return found

    def _is_completion(self, listed: ListedCode) -> bool:
        return self._completed and listed.source == STARTER

    def _is_comparable_uncached(self, unit: str, concept: str) -> bool:
        return self._units.is_comparable(unit, concept, self._listed_units.get(concept, ()))

    def _wanted(self, test: NormalizedTest, hypothesis: Hypothesis) -> Wanted:
        name = hypothesis.name
        codes, source = self._specimens_said(
            test.specimens,
            test.specimen_source,
            test.name_specimens,
            name.specimen if name else "",
            bool(test.specimen_text),
            test.jlac10[9:12],
        )
        timing = test.timing or (name.timing if name else Timing.ANY)
        if test.jlac10 and not timing and test.jlac10[5:9] in (_JLAC10_RANDOM, _JLAC10_FASTING):
            timing = Timing.RANDOM if test.jlac10[5:9] == _JLAC10_RANDOM else Timing.FASTING
        # Only what the name says beside the field is a word of its own.
        in_name = tuple(k for k in test.name_specimens if k not in test.specimens) if test.specimens else ()
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
            is_quantity_of_strip=test.stated_type is ResultType.QUANTITATIVE
            and hypothesis.key in self._strips,
            is_numeric_judgement=any(q.canonical in _NUMERIC for q in test.quantities)
            and ResultType.QUALITATIVE in (test.result_type, declared_type(test.source)),
            timing=timing,
            name_unit=name.unit if name else "",
        )

    def _specimens_said_uncached(
        self,
        field: tuple[str, ...],
        field_name: str,
        in_name: tuple[str, ...],
        implied: str,
        is_unread: bool,
        jlac10: str,
    ) -> tuple[tuple[str, ...], str]:
        """
        Return the digits that a row may mean, and where it says so; nothing where it says nothing.

        Args:
            field: Keys that the field *field_name* names, specimen or section; *is_unread* where the specimen
                field holds a text that none knows.
            in_name: Keys found in the name; *implied* is the one that the concept's name implies.
            jlac10: Specimen digits of the row's JLAC10 code.
        """
        keys, source = (field, field_name) if field else (in_name, "name")
        # A tube beside the specimen itself, as in NaF血漿(灰), adds nothing; 血液 beside a tube neither.
        tubes = [TUBES[k][0] for k in keys if k in TUBES]
        precise = [k for k in keys if k not in TUBES and k != "blood"] or [k for k in keys if k in TUBES]
        codes = tuple(
            dict.fromkeys(code for key in precise or keys for code in self._specimens.codes_of(key))
        )
        if tubes and "whole_blood" in keys:
            codes = tuple(dict.fromkeys(tubes))  # 全血(EDTA-2K) says both
        if field and in_name and set(codes) == {BLOOD}:
            told = tuple(c for k in in_name for c in self._specimens.codes_of(k) if c[0] != "?")
            codes, source = told or codes, "name"
        if not codes and implied:
            codes, source = self._specimens.codes_of(implied), "name"
        if not codes and is_unread:
            codes, source = ("??",), "specimen"
        if not codes and jlac10:
            codes, source = _JLAC10_SPECIMENS.get(jlac10, ()), "jlac10"
        return codes, source
