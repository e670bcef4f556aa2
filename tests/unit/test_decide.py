"""From probabilities and reasons to a disposition."""

import pytest

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.mapping.decide import Thresholds, decide, name_reasons
from jlac_mapper.types import ASSUMPTIONS, CONFLICTS, Candidate, Disposition, Hypothesis, Reason
from jlac_mapper.vocabulary import Concept, ConceptKind, Name
from tests.unit.stages import normalize
from tests.unit.vocabulary import VOCABULARY

THRESHOLDS = Thresholds(accept=0.9, no_code=0.05)
AST = Name("AST", "ast")
CONCEPTS = VOCABULARY.by_key()
PANEL = Concept("lipids", "脂質", "Lipids", ConceptKind.PANEL)


def hypothesis(
    exact: float = 0.0,
    *,
    cosine: float = 0.0,
    similarity: float = 0.0,
    explained: float = 0.0,
    alias: float = 0.0,
    concept: str = "ast",
) -> Hypothesis:
    scores = {"exact": exact, "cosine": cosine, "similarity": similarity, "alias": alias}
    return Hypothesis(CONCEPTS[concept], True, AST, scores, explained)


def unlisted(exact: float, concept: Concept | None = CONCEPTS["ck_mb"]) -> Hypothesis:
    scores = {"exact": exact, "cosine": 0.0, "similarity": 0.0, "alias": 0.0}
    return Hypothesis(concept, False, Name("語", concept.key) if concept else None, scores, 0.0)


def candidate(probability: float) -> Candidate:
    return Candidate(parse("C2008-0000-250-000-F7"), "AST", hypothesis(1.0), (), (), probability)


# --- reasons of the name


def test_a_name_under_a_heading_that_no_table_knows_is_only_partly_explained() -> None:
    best = hypothesis(1.0, explained=1.0)
    assert name_reasons(normalize("東棟:AST"), [best], best) == (Reason.NAME_PARTLY_EXPLAINED,)


def test_an_exact_name_says_so() -> None:
    best = hypothesis(1.0)
    assert name_reasons(normalize("AST"), [best], best) == (Reason.EXACT_NAME,)


@pytest.mark.parametrize(
    ("best", "reason"),
    [
        (hypothesis(explained=0.6), Reason.NAME_PARTLY_EXPLAINED),
        (hypothesis(cosine=0.4), Reason.SIMILAR_NAME),
        (hypothesis(similarity=0.7), Reason.SIMILAR_NAME),
        (hypothesis(cosine=0.2, similarity=0.5), Reason.NAME_UNKNOWN),
    ],
)
def test_an_inexact_name_says_how_far_it_goes(best: Hypothesis, reason: Reason) -> None:
    assert name_reasons(normalize("AS"), [best], best) == (reason,)


def test_no_hypothesis_means_an_unknown_name() -> None:
    assert name_reasons(normalize("謎"), [], None) == (Reason.NAME_UNKNOWN,)


def test_a_known_name_without_a_code_says_so_and_nothing_else() -> None:
    best, other = hypothesis(cosine=0.9), unlisted(1.0)
    assert name_reasons(normalize("CK-MB"), [other, best], best) == (Reason.NAME_KNOWN_UNLISTED,)
    assert name_reasons(normalize("CK-MB"), [other], None) == (Reason.NAME_KNOWN_UNLISTED,)


def test_a_listed_name_as_exact_as_the_one_without_a_code_wins() -> None:
    best, other = hypothesis(1.0), unlisted(1.0)
    assert name_reasons(normalize("AST"), [best, other], best) == (Reason.EXACT_NAME,)


def test_a_panel_is_told_from_other_names_without_a_code() -> None:
    joined, known = unlisted(0.9, None), unlisted(1.0, PANEL)
    assert name_reasons(normalize("Na・K"), [joined], None) == (Reason.NAME_IS_PANEL,)
    assert name_reasons(normalize("脂質"), [known], None) == (Reason.NAME_IS_PANEL,)


def test_two_concepts_with_the_same_exact_name_are_ambiguous() -> None:
    best, rival = hypothesis(0.95), hypothesis(0.95, concept="creatine_kinase")
    assert name_reasons(normalize("X"), [best, rival], best) == (Reason.EXACT_NAME, Reason.NAME_AMBIGUOUS)
    weaker = hypothesis(0.9, concept="creatine_kinase")
    assert name_reasons(normalize("X"), [best, weaker], best) == (Reason.EXACT_NAME,)


def test_an_abbreviation_that_means_another_test_disagrees() -> None:
    best, rival = hypothesis(1.0), hypothesis(alias=1.0, concept="creatine_kinase")
    reasons = name_reasons(normalize("AST", abbreviation="CK"), [best, rival], best)
    assert reasons == (Reason.EXACT_NAME, Reason.FIELDS_DISAGREE)
    agreeing = hypothesis(1.0, alias=1.0)
    assert name_reasons(normalize("AST", abbreviation="GOT"), [agreeing, rival], agreeing) == (
        Reason.EXACT_NAME,
    )


# --- dispositions


def test_a_backed_candidate_over_the_threshold_is_accepted() -> None:
    decision = decide(candidate(0.95), 0.97, [Reason.EXACT_NAME, Reason.METHOD_UNSPECIFIED], THRESHOLDS)
    assert decision.disposition is Disposition.ACCEPTED
    assert decision.reasons == (Reason.EXACT_NAME, Reason.METHOD_UNSPECIFIED)


@pytest.mark.parametrize(("measurand", "code"), [(0.97, 0.89), (0.89, 0.97), (0.899, 0.899)])
def test_either_probability_under_the_threshold_asks_a_person(measurand: float, code: float) -> None:
    decision = decide(candidate(code), measurand, [Reason.EXACT_NAME], THRESHOLDS)
    assert decision.disposition is Disposition.NEEDS_REVIEW
    assert decision.reasons == (Reason.EXACT_NAME, Reason.LOW_PROBABILITY)


def test_a_probability_equal_to_the_threshold_is_enough() -> None:
    assert decide(candidate(0.9), 0.9, [Reason.EXACT_NAME], THRESHOLDS).disposition is Disposition.ACCEPTED


@pytest.mark.parametrize("reason", sorted((CONFLICTS | ASSUMPTIONS) - {Reason.SPECIMEN_NOT_LISTED}))
def test_no_conflict_or_assumption_is_ever_accepted(reason: Reason) -> None:
    decision = decide(candidate(1.0), 1.0, [Reason.EXACT_NAME, reason], THRESHOLDS)
    assert decision.disposition is Disposition.NEEDS_REVIEW
    assert reason in decision.reasons


def test_an_unlisted_specimen_has_no_code() -> None:
    decision = decide(candidate(1.0), 1.0, [Reason.EXACT_NAME, Reason.SPECIMEN_NOT_LISTED], THRESHOLDS)
    assert decision.disposition is Disposition.NO_CODE
    assert Reason.SPECIMEN_NOT_LISTED in decision.reasons


def test_an_improbable_measurand_has_no_code_and_says_only_what_explains_it() -> None:
    reasons = [Reason.SIMILAR_NAME, Reason.SPECIMEN_ASSUMED, Reason.METHOD_UNSPECIFIED]
    decision = decide(candidate(0.04), 0.049, reasons, THRESHOLDS)
    assert decision.disposition is Disposition.NO_CODE
    assert decision.reasons == (Reason.SIMILAR_NAME,)
    assert decide(candidate(0.04), 0.05, reasons, THRESHOLDS).disposition is Disposition.NEEDS_REVIEW


def test_nothing_to_propose_has_no_code_and_always_a_reason() -> None:
    decision = decide(None, 0.0, [], THRESHOLDS)
    assert (decision.disposition, decision.reasons) == (Disposition.NO_CODE, (Reason.NAME_UNKNOWN,))


def test_a_reason_is_given_once() -> None:
    decision = decide(candidate(0.95), 0.95, [Reason.EXACT_NAME, Reason.EXACT_NAME], THRESHOLDS)
    assert decision.reasons == (Reason.EXACT_NAME,)
