"""The closed question to a language model, and what becomes of its answer."""

import math
from collections.abc import Sequence

import pytest

from jlac_mapper.mapping.ask import (
    MOST_OPTIONS,
    NONE_OF_THESE,
    UNASKED,
    CandidateQuestion,
    Reranker,
    element_names,
)
from jlac_mapper.ports import Choice, ChoiceAnswer
from jlac_mapper.types import Candidate, Disposition, Evidence, LocalTest, MapOptions, MappingResult, Reason
from tests.unit.stages import build_comparer, build_pipeline, normalize, retrieve
from tests.unit.vocabulary import VOCABULARY

UNCERTAIN = LocalTest(name="クレアチソキナーゼ", unit="U/L", specimen="血清")


class FixedChoice:
    """A ChoiceModel that favours one measurand ("" for none of these); it keeps what it was asked."""

    identity = "fixed"
    template = "fixed-1"
    speaks = True

    def __init__(self, favourite: str | None, *, sees_order: bool = False, away: bool = False) -> None:
        self.favourite = favourite
        self.sees_order = sees_order
        self.away = away
        self.asked: list[Choice] = []

    def choose(self, questions: Sequence[Choice]) -> list[ChoiceAnswer]:
        self.asked.extend(questions)
        return [self._one(q) for q in questions]

    def _one(self, asked: Choice) -> ChoiceAnswer:
        if self.away:
            return ChoiceAnswer(unavailable="connection refused")
        if self.favourite is None:
            return ChoiceAnswer()
        rest = 0.1 / (len(asked.options) - 1)
        return ChoiceAnswer(tuple(0.9 if o.measurand == self.favourite else rest for o in asked.options))


class FirstChoice(FixedChoice):
    """A model with a bias that no order can hide: it always likes what stands first."""

    def _one(self, asked: Choice) -> ChoiceAnswer:
        rest = 0.3 / (len(asked.options) - 1)
        return ChoiceAnswer((0.7, *[rest] * (len(asked.options) - 1)))


def reranker(model: FixedChoice) -> Reranker[Candidate]:
    return Reranker(model, CandidateQuestion(element_names(VOCABULARY)))


def candidates(*names: str) -> list[Candidate]:
    comparer, found = build_comparer(), []
    for name in names:
        hypothesis = next(h for h in retrieve(name) if h.listed)
        found += [c for c, _ in comparer.compare(normalize(name), hypothesis, limit=5).candidates]
    return found


def map_one(model: FixedChoice, test: LocalTest = UNCERTAIN) -> MappingResult:
    (answer,) = build_pipeline(choice_model=model).map_batch([test], MapOptions())
    return answer


def test_an_option_is_described_by_its_elements_and_none_of_these_stands_last() -> None:
    asked = reranker(FixedChoice(None)).question(normalize("ＡＳＴ？", unit="U/L"), candidates("AST", "血糖"))
    assert asked.fields == (("name", "AST?"), ("unit", "U/L"))
    assert [(o.concept, o.measurand, o.identification) for o in asked.options][:2] == [
        ("ast", "C2008", "0000"),
        ("glucose", "C4001", "0000"),
    ]
    names = element_names(VOCABULARY)
    assert names["concept", "ast"] in asked.options[0].text
    assert names["specimen", "250"] in asked.options[0].text
    assert "C2008" not in asked.options[0].text
    assert asked.options[-1] == NONE_OF_THESE


def test_a_question_offers_each_concept_and_identification_once_and_few_of_them() -> None:
    many = candidates("AST", "血糖", "TP", "CK", "Na", "K", "AMY", "WBC", "PT", "HBs抗原")
    options = reranker(FixedChoice(None)).question(normalize("AST"), many + many).options
    assert len(options) == len(set(options)) == MOST_OPTIONS + 1


def test_an_answer_becomes_log_odds_over_an_even_split() -> None:
    (opinion,) = reranker(FixedChoice("C2008")).ask([(normalize("AST"), candidates("AST", "CK"))])
    assert opinion.odds == {
        "ast": pytest.approx(math.log(2.7)),
        "creatine_kinase": pytest.approx(math.log(0.15)),
    }
    assert opinion.reasons == ()
    said = (("C2008", "0.90"), ("C2001", "0.05"), ("", "0.05"))
    assert opinion.evidence == (Evidence("concept.language_model", said, "language_model"),)


def test_the_shares_of_one_concepts_options_add_up_to_its_odds() -> None:
    """Glucose is listed under three identifications, each an option of its own."""
    (opinion,) = reranker(FixedChoice("C4001")).ask([(normalize("血糖"), candidates("血糖", "AST"))])
    assert set(opinion.odds) == {"glucose", "ast"}
    assert opinion.odds["glucose"] > opinion.odds["ast"]


def test_a_model_without_an_opinion_leaves_the_row_as_it_was() -> None:
    assert reranker(FixedChoice(None)).ask([(normalize("AST"), candidates("AST"))]) == [UNASKED]
    assert reranker(FixedChoice("C2008")).ask([]) == []
    assert map_one(FixedChoice(None)) == build_pipeline().map_batch([UNCERTAIN], MapOptions())[0]


def test_identical_questions_are_asked_once_and_remembered() -> None:
    model = FixedChoice("C2008")
    asking, row = reranker(model), (normalize("AST"), candidates("AST", "CK"))
    first = asking.ask([row, row])
    assert asking.ask([row]) == first[:1]
    assert len(model.asked) == 1


def test_a_failure_is_not_remembered() -> None:
    model = FixedChoice("C2008", away=True)
    asking, row = reranker(model), (normalize("AST"), candidates("AST", "CK"))
    assert asking.ask([row])[0].reasons == (Reason.LLM_UNAVAILABLE,)
    model.away = False
    assert asking.ask([row])[0].odds["ast"] > 0


def test_a_model_that_sees_the_order_is_asked_in_two_orders() -> None:
    model = FixedChoice("C2008", sees_order=True)
    (opinion,) = reranker(model).ask([(normalize("AST"), candidates("AST", "CK"))])
    forwards, backwards = (choice.options for choice in model.asked)
    assert backwards == forwards[::-1]
    assert opinion.odds["ast"] > 0
    assert reranker(model).identity == "fixed template=fixed-1 orders=2"


def test_orders_that_disagree_give_no_odds_and_send_the_row_to_review() -> None:
    answer = map_one(FirstChoice(None, sees_order=True))
    assert answer.disposition is Disposition.NEEDS_REVIEW
    assert Reason.LLM_DISAGREES in answer.reasons
    alone = build_pipeline().map_batch([UNCERTAIN], MapOptions())[0]
    assert answer.measurand_probability == alone.measurand_probability


def test_a_model_that_is_away_leaves_decisions_as_without_it_and_says_so() -> None:
    away, alone = (
        map_one(FixedChoice(None, away=True)),
        build_pipeline().map_batch([UNCERTAIN], MapOptions())[0],
    )
    assert Reason.LLM_UNAVAILABLE in away.reasons
    assert (away.disposition, away.jlac11, away.probability) == (
        alone.disposition,
        alone.jlac11,
        alone.probability,
    )


def test_only_uncertain_rows_are_asked_about() -> None:
    model = FixedChoice(None)
    names = ["AST", "クレアチソキナーゼ", "スギ"]
    build_pipeline(choice_model=model).map_batch([LocalTest(name=n, unit="U/L") for n in names], MapOptions())
    assert [dict(choice.fields)["name"] for choice in model.asked] == ["クレアチソキナーゼ"]


def test_the_models_word_moves_the_probability_of_an_uncertain_row_and_accepts_nothing() -> None:
    (alone,) = build_pipeline().map_batch([UNCERTAIN], MapOptions())
    backed, doubted = map_one(FixedChoice("C2001")), map_one(FixedChoice(""))
    assert doubted.measurand_probability < alone.measurand_probability < backed.measurand_probability
    assert backed.disposition is Disposition.NEEDS_REVIEW
    assert {c.code.measurand for c in backed.candidates[:1]} == {"C2001"}


def test_the_guard_keeps_its_word_over_the_models() -> None:
    confirmation = LocalTest(name="HBs抗原様", method="中和法", specimen="血清", unit="COI")
    answer = map_one(FixedChoice("V2010"), confirmation)
    assert answer.disposition is not Disposition.ACCEPTED
