"""What a language model's word is worth for JLAC10: the fit of its weight, and what it is measured on."""

import math
import random
from dataclasses import replace

import pytest

from jlac_mapper.mapping.ask import Opinion
from jlac_mapper.mapping.jlac10.calibration import ChoiceCalibration, Jlac10Calibration
from jlac_mapper.mapping.jlac10.pipeline import Spoken
from jlac_mapper.training import jlac10_calibration, jlac10_choice
from jlac_mapper.training.jlac10_choice import (
    Heard,
    fit_weight,
    halves,
    has_code,
    heard,
    learn,
    lifts,
    measure,
)
from jlac_mapper.types import LocalTest
from jlac_mapper.vocabulary import Name, Vocabulary
from tests.unit.jlac10 import CALIBRATION, VOCABULARY, build_pipeline
from tests.unit.test_ask import FixedChoice

A, B = "3A010", "3M010"


def row(share: float, said: float, right: str, number: int = 0, *, is_known: bool = True) -> Heard:
    """A row with two entries: A has this share, and the model gives A this share of what it says."""
    odds = {A: math.log(3 * said), B: math.log(3 * (0.98 - said))}
    opinion = Opinion(odds, none=math.log(3 * 0.02))
    spoken = Spoken(((A, share), (B, 0.98 - share)), opinion, is_known)
    return Heard(spoken, frozenset({right} - {""}), f"name {number}")


def rows(model_right: float, seed: int = 1) -> list[Heard]:
    """Rows whose shares are even and of which the model knows the answer so often."""
    chance, found = random.Random(seed), []
    for number in range(400):
        right = chance.choice((A, B))
        says_right = chance.random() < model_right
        found.append(row(0.49, 0.9 if (right == A) == says_right else 0.08, right, number))
    return found


def test_a_model_that_knows_is_listened_to_and_one_that_guesses_is_not() -> None:
    assert fit_weight(rows(0.95)) > 0.7
    assert fit_weight(rows(0.5)) < 0.05
    assert fit_weight(rows(0.1)) == 0.0
    assert fit_weight([]) == 0.0


def test_a_row_that_means_none_of_the_meanings_counts_for_none_of_these() -> None:
    opinion = Opinion({A: math.log(0.1)}, none=math.log(1.9))
    unknown = [Heard(Spoken(((A, 0.6),), opinion, True), frozenset(), str(i)) for i in range(20)]
    assert fit_weight(unknown) > 1.0


def test_probabilities_after_its_word_are_as_often_right_as_they_say() -> None:
    choice = learn(rows(0.9), [], "model")
    assert (choice.model, choice.lifts) == ("model", 0.0)
    share, _ = rows(1.0)[0].best(choice.weight)
    assert choice.probability(share) == pytest.approx(0.9, abs=0.03)


def test_what_is_measured_is_a_paired_difference_and_what_would_be_lifted() -> None:
    choice = learn(rows(0.95), [], "model")
    figures = measure(rows(0.95, seed=2), choice, {0.9: 0.9, 0.99: 0.9})
    low, high = figures["difference"][1:]
    assert figures["rows"] == 400
    assert 0.4 < figures["right_without"] < 0.6
    assert figures["right_with"] == pytest.approx(0.95, abs=0.03)
    assert 0.3 < low < figures["difference"][0] < high < 0.6
    told = figures["lifted"]["0.9"]
    assert told["rows"] == 400
    assert 0.9 < told["low"] < told["right"] / told["rows"] < 0.99
    assert measure([], choice, {0.9: 0.9}) == {"rows": 0}
    assert lifts(figures) == 0.9
    assert lifts({"rows": 0}) == 0.0


def test_where_there_are_enough_labelled_rows_they_alone_say_how_often_it_is_right() -> None:
    generated, labelled = rows(0.99), rows(0.8, seed=4)
    assert learn(generated, labelled[:50], "m").probability(0.9) > 0.88
    choice = learn(generated, labelled, "m")
    assert choice.probability(labelled[0].best(choice.weight)[0]) == pytest.approx(0.8, abs=0.05)


def test_an_unknown_name_is_never_among_what_would_be_lifted() -> None:
    unknown = [replace(one, spoken=replace(one.spoken, is_known=False)) for one in rows(0.95)]
    figures = measure(unknown, ChoiceCalibration("model", 1.0, 1.0, 5.0), {0.95: 0.5})
    assert figures["lifted"] == {"0.95": {"rows": 0, "right": 0, "low": None}}
    assert lifts(figures) == 0.0


def test_no_probability_exceeds_how_often_the_surest_rows_were_right() -> None:
    choice = learn(rows(0.95), [], "model")
    assert 0.93 < choice.most < 0.97
    assert choice.probability(1.0) == choice.most
    assert choice.probability(0.5) < choice.most


def test_no_name_is_in_both_halves() -> None:
    first, second = halves([row(0.5, 0.5, A, number % 50) for number in range(200)])
    assert {one.name for one in first}.isdisjoint({one.name for one in second})
    assert min(len(first), len(second)) > 50


@pytest.mark.parametrize(
    ("entry", "code", "is_right"),
    [
        ("3B035", "3B035000002327201", True),
        ("3D010", "3D010100002227201", True),  # a time that the row says
        ("5F016-1410", "5F016141002305233", True),
        ("5F016-1430", "5F016141002305233", False),
        ("3B045", "3B035000002327201", False),
    ],
)
def test_an_entry_is_a_labels_by_analyte_and_identification(entry: str, code: str, is_right: bool) -> None:
    assert has_code(entry, [code, "9Z999000000000000"]) is is_right


def test_rows_are_heard_where_the_model_spoke_with_what_is_right() -> None:
    tests = [LocalTest("HBs抗元", specimen="血清"), LocalTest("AST", specimen="血清", unit="U/L")]
    pipeline = build_pipeline(choice_model=FixedChoice("5F016"))
    (one,) = heard(pipeline, tests, ["5F016-1410".__eq__, "3B035".__eq__], ["HBs抗原", "AST"])
    assert one.name == "HBs抗原"
    assert one.right == {"5F016-1410"}
    assert not one.spoken.is_known
    assert sum(share for _, share in one.spoken.shares) <= 1.0


def test_generated_rows_are_of_the_unseen_names_alone() -> None:
    unseen: Vocabulary = replace(VOCABULARY, names=(Name("GOT", "ast", "old"), Name("血糖", "glucose")))
    found = jlac10_choice.generated(VOCABULARY, unseen, 3)
    assert [(one.name, one.concept) for one in found] == [("GOT", "ast")] * 2 + [("血糖", "glucose")] * 2


def test_a_calibration_that_weighs_a_model_has_a_name_of_its_own_and_reads_back() -> None:
    fitted = jlac10_calibration.fit([], "nothing")
    choice = {
        "model": "m",
        "weight": 0.5,
        "slope": 1.0,
        "offset": 0.1,
        "most": 0.93,
        "lifts": 0.98,
        "measured": {"rows": 1},
    }
    weighed = jlac10_calibration.with_choice(fitted, choice)
    assert weighed["identity"] != fitted["identity"]
    assert Jlac10Calibration.of(weighed).choice == ChoiceCalibration("m", 0.5, 1.0, 0.1, 0.93, 0.98)
    assert Jlac10Calibration.of(fitted).choice == CALIBRATION.choice == ChoiceCalibration()
