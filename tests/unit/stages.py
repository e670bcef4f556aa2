"""The stages over the small vocabulary and a small edition: for tests of one stage and of the pipeline."""

from collections.abc import Mapping as ReadOnlyMapping
from collections.abc import Sequence
from datetime import date

from jlac_mapper.adapters.score_only_choice import ScoreOnlyChoice
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.mapping.ask import Reranker, element_names
from jlac_mapper.mapping.compare import Resolver
from jlac_mapper.mapping.decide import Thresholds
from jlac_mapper.mapping.pipeline import Pipeline
from jlac_mapper.mapping.score import FEATURES, Calibration
from jlac_mapper.mapping.search import Retriever
from jlac_mapper.ports import ChoiceModel
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.types import Candidate, Hypothesis, LocalTest, NormalizedTest, Provenance, Reason
from jlac_mapper.vocabulary import Vocabulary
from tests.unit.vocabulary import VOCABULARY

NORMALIZER = Normalizer(VOCABULARY)
RETRIEVER = Retriever(VOCABULARY)


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
    for text in (
        "A1006-0000-100-000-02", "A1006-0000-100-000-85",
        "B1002-0000-211-000-G0", "B1002-0000-211-000-G1", "B1002-0000-212-000-G1",
        "B2006-0000-210-000-F0", "B2006-0000-244-000-F0", "B2006-0000-244-000-12", "B2006-0000-244-000-61",
        "C1002-0000-240-000-55", "C1002-0000-242-000-55", "C1002-0000-250-000-55",
        "C2001-0000-250-000-F7", "C2008-0000-250-000-F7", "C2042-0000-250-000-F7",
        "C4001-0000-215-000-85", "C4001-0000-245-000-85", "C4001-0000-250-000-85",
        "C4001-1336-215-000-85", "C4001-1336-245-000-85", "C4001-1336-250-000-85",
        "C4001-1337-215-000-85", "C4001-1337-245-000-85", "C4001-1337-250-000-85",
        "C7002-0000-250-000-B1", "C7003-0000-250-000-B1",
        "K1001-0000-211-901-04",
        "V2010-0000-250-000-02", "V2010-0000-250-000-34", "V2010-0000-250-000-F8",
    )
)  # fmt: skip

_WEIGHTS = {
    "bias": -4.0, "exact_whole": 9.0, "exact_parts": 8.0, "partly_explained": 1.0, "inexact_similarity": 3.0,
    "exact_tie": -2.0, "background_exact": -8.0, "background_parts": -7.0, "unit_agrees": 0.5,
    "unit_other_scale": -4.0,
    "unit_conflicts": -4.0, "specimen_conflicts": -9.0, "method_conflicts": -12.0, "alias_agrees": 3.0,
    "alias_elsewhere": -4.0, "jlac10_agrees": 2.0, "jlac10_conflicts": -5.0, "choice": 1.0,
}  # fmt: skip
CALIBRATION = Calibration(
    "hand-written", False, tuple(_WEIGHTS.get(name, 0.0) for name in FEATURES), {0.98: 0.6, 0.99: 0.8}, 0.05
)
PROVENANCE = Provenance("small", "0" * 64, {"retrieval": "lexical"}, "hand-written", 0.8, "2026-01-15", "0")


def normalize(name: str, **fields: str) -> NormalizedTest:
    """A normalised row."""
    return NORMALIZER.normalize(LocalTest(name=name, **fields))


def retrieve(name: str, **fields: str) -> tuple[Hypothesis, ...]:
    """The hypotheses of a row."""
    return RETRIEVER.retrieve([normalize(name, **fields)])[0]


def build_resolver(
    codes: Sequence[ListedCode] = CODES,
    ended: Sequence[ListedCode] = (),
    *,
    completed: bool = False,
    site_defaults: ReadOnlyMapping[str, str] | None = None,
) -> Resolver:
    """A resolver over a small edition."""
    return Resolver(codes, ended, VOCABULARY, completed=completed, site_defaults=site_defaults or {})


def resolve(resolver: Resolver, name: str, **fields: str) -> list[tuple[Candidate, float]]:
    """Candidates with their shares for the likeliest listed meaning of a row."""
    test = normalize(name, **fields)
    hypothesis = next(h for h in RETRIEVER.retrieve([test])[0] if h.measurand)
    return resolver.resolve(test, hypothesis, limit=8)


def first(resolver: Resolver, name: str, **fields: str) -> tuple[str, tuple[Reason, ...]]:
    """The best candidate's hyphenated code and reasons."""
    candidate, _ = resolve(resolver, name, **fields)[0]
    return candidate.code.hyphenated, candidate.reasons


def build_pipeline(
    codes: Sequence[ListedCode] = CODES,
    ended: Sequence[ListedCode] = (),
    *,
    site_defaults: ReadOnlyMapping[str, str] | None = None,
    choice_model: ChoiceModel | None = None,
    vocabulary: Vocabulary = VOCABULARY,
) -> Pipeline:
    """A pipeline over a small edition, with a calibration written by hand."""
    return Pipeline(
        normalizer=Normalizer(vocabulary),
        retriever=Retriever(vocabulary),
        resolver=build_resolver(codes, ended, site_defaults=site_defaults),
        reranker=Reranker(choice_model or ScoreOnlyChoice(), element_names(vocabulary)),
        calibration=CALIBRATION,
        thresholds=Thresholds(accept=0.8, no_code=0.05),
        provenance=PROVENANCE,
        codes={str(c.code): c for c in (*codes, *ended)},
    )
