"""How the row's JLAC10 code fits a concept."""

from jlac_mapper.mapping.comparisons.base import Compared, Element, Weights
from jlac_mapper.types import Evidence, Reason
from jlac_mapper.vocabulary import Concept


class OtherCodeComparison:
    """A JLAC10 code on a row is strong evidence, never the answer by itself."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._unsaid = weights.compared(Element.OTHER_CODE, "unsaid")

    def compare(self, concept: Concept, jlac10: str) -> Compared:
        """Compare a row's JLAC10 code, empty where it has none, with the analytes of a concept."""
        if not jlac10 or not concept.analytes:
            return self._unsaid
        agrees = jlac10[:5] in concept.analytes
        level, reason = ("agrees", Reason.JLAC10_AGREES) if agrees else ("conflicts", Reason.JLAC10_CONFLICT)
        evidence = Evidence(f"other_code.{level}", (("analyte", jlac10[:5]),), "jlac10")
        return self._weights.compared(Element.OTHER_CODE, level, (reason,), (evidence,))
