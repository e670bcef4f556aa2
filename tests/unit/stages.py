"""The stages over the small vocabulary and a small edition: for tests of one stage and of the pipeline."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.config import master_data_dir
from jlac_mapper.llm.score_only_choice import ScoreOnlyChoice
from jlac_mapper.mapping.ask import CandidateQuestion, Reranker, element_names
from jlac_mapper.mapping.compare import Comparer
from jlac_mapper.mapping.comparisons.base import Agreement, Compared, Element, Weights
from jlac_mapper.mapping.decide import Thresholds
from jlac_mapper.mapping.pipeline import Pipeline
from jlac_mapper.mapping.score import FEATURES, Calibration
from jlac_mapper.mapping.search import Retriever
from jlac_mapper.ports import ChoiceModel
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.types import Candidate, Evidence, Hypothesis, LocalTest, NormalizedTest, Provenance, Reason
from jlac_mapper.vocabulary import Vocabulary
from tests.support.words import words
from tests.unit.vocabulary import VOCABULARY

NORMALIZER = Normalizer(VOCABULARY)
WEIGHTS_FILE = master_data_dir() / "weights.json"
WEIGHTS = Weights.read(WEIGHTS_FILE)

CONCEPT_OF = {
    "A1006": "urine_protein",
    "B1002": "white_blood_cells",
    "B2006": "prothrombin_time",
    "C1002": "total_protein",
    "C2001": "creatine_kinase",
    "C2008": "ast",
    "C2042": "amylase",
    "C4001": "glucose",
    "C7002": "sodium",
    "C7003": "potassium",
    "K1001": "abo_group",
    "V2010": "hbs_antigen",
}
"""Concepts of the small edition's codes, by their first five characters."""

LISTED = frozenset(CONCEPT_OF.values())
RETRIEVER = Retriever(VOCABULARY, LISTED)


def listed(
    text: str,
    product: str = "",
    *,
    source: str = "official",
    successor: str = "",
    valid_to: date | None = None,
) -> ListedCode:
    """A code of an edition, named after its own hyphenated text."""
    code = parse(text)
    return ListedCode(code, code.hyphenated, product, None, valid_to, (), source, successor)


CODES = tuple(
    listed(text)
    for text in words(
        """
        A1006-0000-100-000-02 A1006-0000-100-000-85
        B1002-0000-211-000-G0 B1002-0000-211-000-G1 B1002-0000-212-000-G1
        B2006-0000-210-000-F0 B2006-0000-244-000-F0 B2006-0000-244-000-12 B2006-0000-244-000-61
        C1002-0000-240-000-55 C1002-0000-242-000-55 C1002-0000-250-000-55 C2001-0000-250-000-F7
        C2008-0000-250-000-F7 C2042-0000-250-000-F7
        C4001-0000-215-000-85 C4001-0000-245-000-85 C4001-0000-250-000-85
        C4001-1336-215-000-85 C4001-1336-245-000-85 C4001-1336-250-000-85
        C4001-1337-215-000-85 C4001-1337-245-000-85 C4001-1337-250-000-85 C7002-0000-250-000-B1
        C7003-0000-250-000-B1 K1001-0000-211-901-04
        V2010-0000-250-000-02 V2010-0000-250-000-34 V2010-0000-250-000-F8
        """
    )
)

_COEFFICIENTS = {
    "bias": -4.0,
    "exact_whole": 9.0,
    "exact_parts": 8.0,
    "partly_explained": 1.0,
    "inexact_similarity": 3.0,
    "exact_tie": -2.0,
    "background_exact": -8.0,
    "background_parts": -7.0,
    "unit_agrees": 0.5,
    "unit_other_scale": -4.0,
    "unit_conflicts": -4.0,
    "specimen_conflicts": -9.0,
    "method_conflicts": -12.0,
    "alias_agrees": 3.0,
    "alias_elsewhere": -4.0,
    "jlac10_agrees": 2.0,
    "jlac10_conflicts": -5.0,
    "choice": 1.0,
}
CALIBRATION = Calibration(
    "hand-written", False, {n: _COEFFICIENTS.get(n, 0.0) for n in FEATURES}, {0.98: 0.6, 0.99: 0.8}, 0.05
)
PROVENANCE = Provenance("small", "0" * 64, {"retrieval": "lexical"}, "hand-written", 0.8, "2026-01-15", "0")


def normalize(name: str, **fields: str) -> NormalizedTest:
    """A normalised row."""
    return NORMALIZER.normalize(LocalTest(name=name, **fields))


def retrieve(name: str, **fields: str) -> tuple[Hypothesis, ...]:
    """The hypotheses of a row."""
    return RETRIEVER.retrieve([normalize(name, **fields)])[0]


def by_concept(codes: Iterable[ListedCode]) -> dict[str, list[ListedCode]]:
    """The codes by their concept, in the order given."""
    found: dict[str, list[ListedCode]] = defaultdict(list)
    for code in codes:
        found[CONCEPT_OF[code.code.measurand]].append(code)
    return dict(found)


def build_comparer(
    codes: Sequence[ListedCode] = CODES,
    ended: Sequence[ListedCode] = (),
    *,
    completed: bool = False,
    site_defaults: Mapping[str, str] | None = None,
    vocabulary: Vocabulary = VOCABULARY,
    weights: Weights = WEIGHTS,
    unknown_units: Mapping[str, frozenset[str]] | None = None,
) -> Comparer:
    """A comparer over a small edition."""
    return Comparer(
        by_concept(codes),
        by_concept(ended),
        vocabulary,
        weights,
        completed=completed,
        site_defaults=site_defaults or {},
        unknown_units=unknown_units,
    )


def compose(comparer: Comparer, name: str, **fields: str) -> list[tuple[Candidate, float]]:
    """Candidates with their shares for the likeliest listed meaning of a row."""
    test = normalize(name, **fields)
    hypothesis = next(h for h in RETRIEVER.retrieve([test])[0] if h.listed)
    return list(comparer.compare(test, hypothesis, limit=20).candidates)


def first(comparer: Comparer, name: str, **fields: str) -> tuple[str, tuple[Reason, ...]]:
    """The best candidate's hyphenated code and reasons."""
    candidate, _ = compose(comparer, name, **fields)[0]
    return candidate.code.hyphenated, candidate.reasons


def meaning(concept: str) -> Hypothesis:
    """A listed hypothesis of a concept, by no name of its own."""
    return Hypothesis(VOCABULARY.by_key()[concept], True, None, {}, 1.0)


def agreement(comparer: Comparer, concept: str, name: str, **fields: str) -> Agreement:
    """How a row agrees with a concept, whatever its name means."""
    return comparer.compare(normalize(name, **fields), meaning(concept), limit=20).agreement


class TracingWeights(Weights):
    """The shipped weights, with a trace of every comparison in the evidence of the candidates it is about."""

    def __init__(
        self, levels: Mapping[tuple[str, str], tuple[float, float]], limits: Mapping[str, float]
    ) -> None:
        super().__init__(levels, limits)
        self.made: list[Compared] = []

    def compared(self, *args: Any, **kwargs: Any) -> Compared:
        """Remember what is compared, and mark it with its number."""
        self.made.append(super().compared(*args, **kwargs))
        mark = Evidence("traced", (("number", str(len(self.made) - 1)),))
        return self.made[-1]._replace(evidence=(*self.made[-1].evidence, mark))

    def behind(self, candidate: Candidate) -> dict[Element, Compared]:
        """What was compared for a candidate, as its comparisons made it."""
        numbers = [int(e.value("number")) for e in candidate.evidence if e.key == "traced"]
        return {self.made[number].element: self.made[number] for number in numbers}


def compared(
    code: str,
    name: str,
    codes: Sequence[ListedCode] = CODES,
    ended: Sequence[ListedCode] = (),
    site_defaults: Mapping[str, str] | None = None,
    **fields: str,
) -> dict[Element, Compared]:
    """
    What each comparison says of one code of an edition, for the likeliest listed meaning of a row.

    Sodium is listed in urine without a known unit.
    """
    weights, unknown = TracingWeights.read(WEIGHTS_FILE), {"sodium": frozenset({"100"})}
    comparer = build_comparer(
        codes, ended, site_defaults=site_defaults, weights=weights, unknown_units=unknown
    )
    found = compose(comparer, name, **fields)
    candidate = next(candidate for candidate, _ in found if candidate.code == parse(code))
    return weights.behind(candidate)


def build_pipeline(
    codes: Sequence[ListedCode] = CODES,
    ended: Sequence[ListedCode] = (),
    *,
    site_defaults: Mapping[str, str] | None = None,
    choice_model: ChoiceModel | None = None,
    vocabulary: Vocabulary = VOCABULARY,
    unknown_units: Mapping[str, frozenset[str]] | None = None,
) -> Pipeline:
    """A pipeline over a small edition, with a calibration written by hand."""
    proposable, once = by_concept(codes), by_concept(ended)
    return Pipeline(
        normalizer=Normalizer(vocabulary),
        retriever=Retriever(vocabulary, frozenset(proposable)),
        comparer=build_comparer(
            codes, ended, site_defaults=site_defaults, vocabulary=vocabulary, unknown_units=unknown_units
        ),
        reranker=Reranker(choice_model or ScoreOnlyChoice(), CandidateQuestion(element_names(vocabulary))),
        calibration=CALIBRATION,
        thresholds=Thresholds(accept=0.8, no_code=0.05),
        provenance=PROVENANCE,
        codes={str(c.code): c for c in (*codes, *ended)},
        ended=frozenset(once) - frozenset(proposable),
    )
