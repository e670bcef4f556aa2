"""How the kind of value of a code fits what a row says of it."""

from collections.abc import Set as AbstractSet

from jlac_mapper.mapping.comparisons.base import Compared, Element, Slot, Wanted, Weights
from jlac_mapper.types import Evidence, Reason
from jlac_mapper.vocabulary import ResultType

_STRIPS = frozenset({"1A010", "1A020", "1A100"})
"""JLAC10 analytes that are read from a strip: 定性 and 半定量 only."""


class ScaleComparison:
    """Qualitative, semi-quantitative or quantitative."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def compare(self, analytes: AbstractSet[str], slot: Slot, wanted: Wanted) -> Compared:
        """Compare a slot's kind of value with the row's, for a concept with JLAC10 *analytes*."""
        want, here = wanted.result_type, slot.result_type
        from_strip = wanted.stated_type is ResultType.QUANTITATIVE and not analytes.isdisjoint(_STRIPS)
        contradicts = from_strip or (want is ResultType.QUALITATIVE and wanted.numeric_unit)
        reasons = (Reason.RESULT_TYPE_CONFLICT,) if contradicts else ()
        if not want or not here:
            return self._weights.compared(Element.SCALE, "unsaid", reasons)
        if want == here:
            return self._weights.compared(Element.SCALE, "same", reasons)
        if ResultType.QUALITATIVE not in (want, here):
            return self._weights.compared(Element.SCALE, "near", reasons)
        evidence = Evidence("scale.other", (("scale", here.value),))
        return self._weights.compared(Element.SCALE, "other", (Reason.RESULT_TYPE_CONFLICT,), (evidence,))
