"""The closed question to a language model, and what becomes of its answer."""

import math
from collections.abc import Sequence

import pytest

from jlac_mapper.mapping.rerank import NONE_OF_THESE, ask, question
from jlac_mapper.ports import Choice
from jlac_mapper.types import Disposition, LocalTest, MapOptions
from tests.unit.stages import build_pipeline, normalize, retrieve


class FixedChoice:
    """A ChoiceModel with one answer for every question; it keeps what it was asked."""

    def __init__(self, answer: tuple[float, ...] | None, favourite: str = "") -> None:
        self.answer = answer
        self.favourite = favourite
        self.asked: list[Choice] = []

    @property
    def identity(self) -> str:
        return "fixed"

    def choose(self, questions: Sequence[Choice]) -> list[tuple[float, ...] | None]:
        self.asked.extend(questions)
        return [self._one(q) for q in questions]

    def _one(self, asked: Choice) -> tuple[float, ...] | None:
        if not self.favourite:
            return self.answer
        rest = 0.02 / (len(asked.options) - 1)
        return tuple(0.98 if option == self.favourite else rest for option in asked.options)


def test_the_question_holds_the_given_fields_and_the_names_of_the_hypotheses() -> None:
    test = normalize("ＡＳＴ？", specimen="血清", unit="U/L")
    hypotheses = [h for h in retrieve("ナトリウム カリウム") if h.measurand][:2]
    assert len(hypotheses) == 2
    asked = question(test, hypotheses)
    assert asked.question == "名称: AST?\n材料: 血清\n単位: U/L"
    assert asked.options == (*(h.name.name for h in hypotheses if h.name), NONE_OF_THESE)


def test_an_answer_becomes_log_odds_over_an_even_split() -> None:
    hypotheses = [h for h in retrieve("ナトリウム カリウム") if h.measurand][:2]
    (odds,) = ask(FixedChoice((0.8, 0.1, 0.1)), [(normalize("AST"), hypotheses)])
    assert odds is not None
    assert odds == {
        hypotheses[0].measurand: pytest.approx(math.log(2.4)),
        hypotheses[1].measurand: pytest.approx(math.log(0.3)),
    }


def test_an_impossible_option_stays_finite() -> None:
    hypotheses = [h for h in retrieve("AST") if h.measurand][:1]
    (odds,) = ask(FixedChoice((0.0, 1.0)), [(normalize("AST"), hypotheses)])
    assert odds is not None
    assert odds["C2008"] == pytest.approx(math.log(2e-6))


def test_no_opinion_stays_no_opinion_row_by_row() -> None:
    hypotheses = [h for h in retrieve("AST") if h.measurand][:1]
    rows = [(normalize("AST"), hypotheses)] * 2
    assert ask(FixedChoice(None), rows) == [None, None]
    assert ask(FixedChoice(None), []) == []


def test_only_uncertain_rows_are_asked_about() -> None:
    model = FixedChoice(None)
    names = ["AST", "クレアチソキナーゼ", "スギ"]
    build_pipeline(choice_model=model).map_batch([LocalTest(name=n, unit="U/L") for n in names], MapOptions())
    assert [choice.question.splitlines()[0] for choice in model.asked] == ["名称: クレアチソキナーゼ"]


def test_the_models_word_moves_the_probability_of_an_uncertain_row() -> None:
    row = [LocalTest(name="クレアチソキナーゼ", unit="U/L", specimen="血清")]
    (alone,) = build_pipeline().map_batch(row, MapOptions())
    (backed,) = build_pipeline(choice_model=FixedChoice(None, "クレアチンキナーゼ")).map_batch(
        row, MapOptions()
    )
    (doubted,) = build_pipeline(choice_model=FixedChoice(None, NONE_OF_THESE)).map_batch(row, MapOptions())
    assert doubted.measurand_probability < alone.measurand_probability < backed.measurand_probability
    assert backed.disposition is Disposition.NEEDS_REVIEW
    assert {c.code.measurand for c in backed.candidates[:1]} == {"C2001"}
