"""How the identification of a code fits what a row says of the time of taking."""

from collections.abc import Set as AbstractSet

from jlac_mapper.mapping.comparisons.base import Compared, Element, Wanted, Weights
from jlac_mapper.types import Evidence, Reason
from jlac_mapper.vocabulary import Timing

_FASTING, _RANDOM = "1337", "1336"
_OLD_RANDOM = "1299"
_TIMED = frozenset({_FASTING, _RANDOM, _OLD_RANDOM})
_TIMED_ANALYTES = frozenset({"3D010", "3F015"})
"""JLAC10 analytes that are listed by the time of taking: glucose and triglyceride."""


class IdentificationComparison:
    """The common identifications that say when a specimen was taken; others tell editions apart."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def compare(
        self, analytes: AbstractSet[str], here: str, siblings: AbstractSet[str], wanted: Wanted
    ) -> Compared:
        """
        Compare the identification *here* with the row's time, for a concept with JLAC10 *analytes*.

        *siblings* are all identifications that the measurand has in the unit.
        """
        reasons: tuple[Reason, ...] = ()
        if wanted.timing is Timing.TIMED:
            reasons = (Reason.TIMING_NOT_LISTED,)
        elif wanted.timing and here == "0000" and not analytes.isdisjoint(_TIMED_ANALYTES):
            reasons = (Reason.IDENTIFICATION_ASSUMED,)
        if want := _wanted(wanted.timing, siblings):
            evidence = Evidence("identification.as_said", (("identification", here),), "name")
            if here == want:
                return self._weights.compared(Element.IDENTIFICATION, "as_said", reasons, (evidence,))
            return self._weights.compared(Element.IDENTIFICATION, "not_as_said", reasons)
        if here in _TIMED:
            return self._weights.compared(Element.IDENTIFICATION, "timed_unsaid", reasons)
        # Old serial numbers stay below the current 0000 of the same unit.
        plain = here == "0000" or "0000" not in siblings
        return self._weights.compared(
            Element.IDENTIFICATION, "plain" if plain else "serial_beside_plain", reasons
        )


def _wanted(timing: Timing, siblings: AbstractSet[str]) -> str:
    """Return the identification of a time among *siblings*, empty where they do not tell it."""
    if timing is Timing.FASTING and _FASTING in siblings:
        return _FASTING
    if timing is Timing.RANDOM:
        return next((code for code in (_RANDOM, _OLD_RANDOM) if code in siblings), "")
    return ""
