"""How the kind of value of a code fits what a row says of it."""

from jlac_mapper.mapping.comparisons.base import Compared, Element, Wanted, Weights
from jlac_mapper.types import Evidence, Reason
from jlac_mapper.vocabulary import ResultType


class ScaleComparison:
    """Qualitative, semi-quantitative or quantitative."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def compare(self, here: ResultType, wanted: Wanted) -> Compared:
        """Compare the kind of value *here* with the row's."""
        want = wanted.result_type
        contradicts = wanted.is_quantity_of_strip or wanted.is_numeric_judgement
        reasons = (Reason.RESULT_TYPE_CONFLICT,) if contradicts else ()
        if not want or not here:
            return self._weights.compared(Element.SCALE, "unsaid", reasons)
        if want == here:
            return self._weights.compared(Element.SCALE, "same", reasons)
        if ResultType.QUALITATIVE not in (want, here):
            return self._weights.compared(Element.SCALE, "near", reasons)
        evidence = Evidence("scale.other", (("scale", here.value),))
        return self._weights.compared(Element.SCALE, "other", (Reason.RESULT_TYPE_CONFLICT,), (evidence,))
