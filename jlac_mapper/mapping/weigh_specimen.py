"""Part of resolve: how well the specimen of a code fits what a row says of it."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from jlac_mapper.mapping.elements import Wanted, Weighed
from jlac_mapper.types import Evidence, Reason, Vocabulary

# A tube's colour or additive leaves open whether the blood is spun before the test.
TUBES = {
    "tube_edta": ("212", "242"), "tube_heparin": ("213", "243"), "tube_citrate": ("214", "244"),
    "tube_fluoride": ("215", "245"),
}  # fmt: skip
_PLASMA_OF = {"211": "241", "212": "242", "213": "243", "214": "244", "215": "245", "216": "246"}

# 血液 alone: blood of some kind, most often what the laboratory makes of it, serum for chemistry.
BLOOD = "blood"

_BROADER, _NARROWER, _SPUN, _NOT_DEFAULT, _OTHER = -4.0, -6.0, -2.0, -1.5, -8.0


class SpecimenRules:
    """What the specimens of a vocabulary mean to each other, and what a site vouches for."""

    def __init__(self, vocabulary: Vocabulary, site_defaults: Mapping[str, str]) -> None:
        self._codes = {s.key: s.code for s in vocabulary.specimens}
        self._broader = {s.code: self._codes.get(s.broader, "") for s in vocabulary.specimens if s.code}
        self._names = {s.code: s.name for s in vocabulary.specimens if s.code}
        self._defaults = {m.code: m.default_specimen for m in vocabulary.measurands}
        self._site_defaults = site_defaults

    def agreement(
        self, field: Sequence[str], name: Sequence[str], unclear: bool, listed: AbstractSet[str]
    ) -> float:
        """
        Compare the specimen keys of a row's field and name with the *listed* codes.

        Returns:
            1 when both fit, 0 when nothing is said, -0.5 when the field is *unclear*, else -1.
        """
        if not field and not name:
            return -0.5 if unclear else 0.0
        return min(self._best_fit(keys, listed) for keys in (field, name) if keys)

    def _best_fit(self, keys: Sequence[str], listed: AbstractSet[str]) -> float:
        return max(self._fit(code, listed) for key in keys for code in self.codes_of(key))

    def codes_of(self, key: str) -> tuple[str, ...]:
        """Return the digits that a key may mean; for 血液 and the unlisted, marks that no code equals."""
        if key == "blood":
            return (BLOOD,)
        return TUBES.get(key) or (self._codes.get(key) or "?",)

    def _fit(self, code: str, listed: AbstractSet[str]) -> float:
        if code == BLOOD:
            return 1.0 if any(other.startswith("2") for other in listed) else -1.0
        if code in listed or any(
            self._is_inside(code, other) or self._is_inside(other, code) for other in listed
        ):
            return 1.0
        return -0.5 if _PLASMA_OF.get(code) in listed else -1.0

    def _is_inside(self, code: str, container: str) -> bool:
        while code:
            code = self._broader.get(code, "")
            if code == container:
                return True
        return False

    def weigh(self, measurand: str, specimen: str, wanted: Wanted, listed: AbstractSet[str]) -> Weighed:
        """Weigh a slot's *specimen* against what the row says, among the *listed* ones of its measurand."""
        said = [c for c in wanted.specimens if c != "??"]
        label = self._names.get(specimen, specimen)
        loose = said == [BLOOD]
        if said and not loose:
            if specimen in said:
                evidence = Evidence("specimen", label, wanted.specimen_source)
                if len(set(said) & listed) == 1:
                    return 0.0, (), (evidence,)
                default = self._defaults.get(measurand, "")
                spun = (specimen >= "240") == (default >= "240")
                usual = specimen == default if default in said else spun
                return 0.0 if usual else _NOT_DEFAULT, (Reason.SPECIMEN_ASSUMED,), (evidence,)
            if any(_PLASMA_OF.get(code) == specimen for code in said):
                evidence = Evidence("specimen", f"{label}: plasma of the given blood", wanted.specimen_source)
                return _SPUN, (Reason.SPECIMEN_ASSUMED,), (evidence,)
            if any(self._is_inside(code, specimen) for code in said):
                evidence = Evidence(
                    "specimen", f"{label} contains the given specimen", wanted.specimen_source
                )
                return _BROADER, (Reason.SPECIMEN_BROADER,), (evidence,)
            if any(self._is_inside(specimen, code) for code in said):
                return _NARROWER, (Reason.SPECIMEN_ASSUMED,), (Evidence("specimen", label, "assumed"),)
            return _OTHER, (Reason.SPECIMEN_NOT_LISTED,), (Evidence("specimen", label, "other"),)
        if len(listed) == 1 and (loose or not wanted.specimens):
            return 0.0, (), (Evidence("specimen", f"{label}: the only one listed", "edition"),)
        site = self._site_defaults.get("specimen", "")
        if site in listed and not wanted.specimens:
            weight = 0.0 if specimen == site else _OTHER
            return weight, (Reason.SITE_DEFAULT,), (Evidence("specimen", label, "site default"),)
        usual = specimen == self._defaults.get(measurand)
        reasons = (Reason.SPECIMEN_UNRECOGNISED,) if "??" in wanted.specimens else (Reason.SPECIMEN_ASSUMED,)
        return 0.0 if usual else _NOT_DEFAULT, reasons, (Evidence("specimen", label, "assumed"),)
