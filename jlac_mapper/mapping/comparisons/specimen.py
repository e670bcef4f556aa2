"""How the specimen of a code fits what a row says of it."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from jlac_mapper.mapping.comparisons.base import Compared, Element, Wanted, Weights
from jlac_mapper.types import Evidence, Reason
from jlac_mapper.vocabulary import Vocabulary

# A tube's colour or additive leaves open whether the blood is spun before the test.
TUBES = {
    "tube_edta": ("212", "242"),
    "tube_heparin": ("213", "243"),
    "tube_citrate": ("214", "244"),
    "tube_fluoride": ("215", "245"),
}
_PLASMA_OF = {"211": "241", "212": "242", "213": "243", "214": "244", "215": "245", "216": "246"}

# 血液 alone: blood of some kind, most often what the laboratory makes of it, serum for chemistry.
BLOOD = "blood"
_URINES = {"100", "130"}
"""尿 in a name says nothing against a pooled one."""


class SpecimenComparison:
    """What the specimens of a vocabulary mean to each other, and what a site vouches for."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        weights: Weights,
        site_defaults: Mapping[str, str],
        unknown_units: Mapping[str, AbstractSet[str]],
    ) -> None:
        self._weights = weights
        self._codes = {s.key: s.code for s in vocabulary.specimens}
        self._broader = {s.code: self._codes.get(s.broader, "") for s in vocabulary.specimens if s.code}
        self._names = {s.code: s.name for s in vocabulary.specimens if s.code}
        self._defaults = {
            concept.key: self._codes.get(concept.specimens[0], "")
            for concept in vocabulary.concepts
            if concept.specimens
        }
        self._blood_tests = frozenset(
            concept.key
            for concept in vocabulary.concepts
            if concept.specimens and all(self._is_blood(key) for key in concept.specimens)
        )
        self._site_defaults = site_defaults
        self._unknown_units = unknown_units

    def _is_blood(self, key: str) -> bool:
        return key in TUBES or self._codes.get(key, "").startswith("2")

    def codes_of(self, key: str) -> tuple[str, ...]:
        """Return the digits that a key may mean; for 血液 and the unlisted, marks that no code equals."""
        if key == "blood":
            return (BLOOD,)
        return TUBES.get(key) or (self._codes.get(key) or "?",)

    def compare(self, concept: str, specimen: str, wanted: Wanted, listed: AbstractSet[str]) -> Compared:
        """Compare a slot's *specimen* with what the row says, among the *listed* ones of its concept."""
        said = [c for c in wanted.specimens if c != "??"]
        if said and said != [BLOOD]:
            return self._given(concept, specimen, wanted, said, listed)
        agreement = self._loose_agreement(specimen, wanted, said)
        if said and not specimen.startswith("2"):
            return self._level("other", specimen, "", Reason.SPECIMEN_NOT_LISTED, agreement=agreement)
        if len(listed) == 1 and (said or (not wanted.specimens and concept in self._blood_tests)):
            return self._level("only_listed", specimen, "release", agreement=agreement)
        site = self._site_defaults.get("specimen", "")
        if site in listed and not wanted.specimens:
            level = "site_default" if specimen == site else "not_site_default"
            return self._level(level, specimen, "site", Reason.SITE_DEFAULT)
        usual = specimen == self._defaults.get(concept)
        unread = "??" in wanted.specimens
        reason = Reason.SPECIMEN_UNRECOGNISED if unread else Reason.SPECIMEN_ASSUMED
        return self._level("usual" if usual else "unusual", specimen, "", reason, agreement=agreement)

    def _given(
        self, concept: str, specimen: str, wanted: Wanted, said: Sequence[str], listed: AbstractSet[str]
    ) -> Compared:
        source = wanted.specimen_source
        # Where field and name say two things, the worse of both counts.
        agreement = (
            -1.0 if wanted.name_specimens and not self._fits(wanted.name_specimens, specimen) else None
        )
        if specimen in said:
            if len(set(said) & listed) == 1:
                return self._level("given", specimen, source, agreement=agreement)
            default = self._defaults.get(concept, "")
            spun = (specimen >= "240") == (default >= "240")
            usual = specimen == default if default in said else spun
            level = "usual_of_given" if usual else "unusual_of_given"
            return self._level(level, specimen, source, Reason.SPECIMEN_ASSUMED, agreement=agreement)
        if any(_PLASMA_OF.get(code) == specimen for code in said):
            return self._level("plasma_of_given", specimen, source, Reason.SPECIMEN_ASSUMED)
        if any(self._is_inside(code, specimen) for code in said):
            return self._level(
                "contains_given", specimen, source, Reason.SPECIMEN_BROADER, agreement=agreement
            )
        if any(self._is_inside(specimen, code) for code in said):
            return self._level("inside_given", specimen, "", Reason.SPECIMEN_ASSUMED, agreement=agreement)
        if not self._unknown_units.get(concept, frozenset()).isdisjoint(said):
            return self._level("other_of_unknown_unit", specimen, "", Reason.UNIT_NOT_KNOWN)
        return self._level("other", specimen, "", Reason.SPECIMEN_NOT_LISTED)

    def _fits(self, said: Sequence[str], specimen: str) -> bool:
        return any(
            code == specimen
            or (code == BLOOD and specimen.startswith("2"))
            or self._is_inside(code, specimen)
            or self._is_inside(specimen, code)
            or _PLASMA_OF.get(code) == specimen
            or {code, specimen} == _URINES
            for code in said
        )

    @staticmethod
    def _loose_agreement(specimen: str, wanted: Wanted, said: Sequence[str]) -> float:
        if said:  # blood of some kind
            return 1.0 if specimen.startswith("2") else -1.0
        return -0.5 if "??" in wanted.specimens else 0.0

    def _is_inside(self, code: str, container: str) -> bool:
        while code:
            code = self._broader.get(code, "")
            if code == container:
                return True
        return False

    def _level(
        self, level: str, specimen: str, source: str, *reasons: Reason, agreement: float | None = None
    ) -> Compared:
        evidence = Evidence(f"specimen.{level}", (("specimen", self._names.get(specimen, specimen)),), source)
        return self._weights.compared(Element.SPECIMEN, level, reasons, (evidence,), agreement=agreement)
