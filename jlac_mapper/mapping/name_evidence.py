"""Part of the pipeline: which name spoke for each hypothesis, with every method's score and rank."""

from collections.abc import Sequence
from functools import lru_cache

from jlac_mapper.types import Evidence, Hypothesis
from jlac_mapper.vocabulary import Concept, ConceptKind

_Values = tuple[tuple[str, str], ...]

_PANEL: _Values = (("concept", ""), ("concept_ja", ""), ("concept_en", ""), ("kind", ConceptKind.PANEL.value))


class NameEvidence:
    """Says what hypotheses rest on; what it says of a concept is written once, because rows repeat them."""

    def __init__(self) -> None:
        self._meanings: dict[tuple[str, bool], _Values] = {}

    def say(self, text: str, hypotheses: Sequence[Hypothesis]) -> tuple[Evidence, ...]:
        """Return one piece of evidence a hypothesis; *text* is the row's name, where none is known."""
        rivals = [hypothesis.scores for hypothesis in hypotheses]
        found = []
        for hypothesis in hypotheses:
            values = [*self._meaning(hypothesis.concept, hypothesis.listed)]
            values.append(("name", hypothesis.name.text if hypothesis.name else text))
            for method, value in hypothesis.scores.items():
                if value:
                    rank = 1 + len([1 for scores in rivals if scores[method] > value])
                    values += _measured(method, round(100 * value), rank)
            found.append(Evidence("concept.name", tuple(values), "name"))
        return tuple(found)

    def _meaning(self, concept: Concept | None, listed: bool) -> _Values:
        if concept is None:
            return _PANEL
        key = concept.key, listed
        if key not in self._meanings:
            self._meanings[key] = (
                ("concept", concept.key if listed else ""),
                ("concept_ja", concept.name),
                ("concept_en", concept.name_en),
                ("kind", concept.kind.value),
            )
        return self._meanings[key]


@lru_cache(maxsize=8192)  # five methods, a hundred values, six ranks
def _measured(method: str, hundredths: int, rank: int) -> _Values:
    return (method, f"{hundredths / 100:.2f}"), (f"{method}_rank", str(rank))
