"""From log-probabilities of label tokens to a probability an option."""

import math

import pytest

from jlac_mapper.llm.label_scores import (
    OutsideOptionsError,
    label_probabilities,
    label_tokens,
    require_label,
)


def test_without_a_liking_the_probabilities_are_the_softmax() -> None:
    assert label_probabilities([math.log(0.3), math.log(0.1)], [0.0, 0.0]) == pytest.approx((0.75, 0.25))


def test_what_a_model_says_to_an_empty_question_is_taken_off() -> None:
    neutral = [math.log(p) for p in (0.8, 0.15, 0.05)]
    assert label_probabilities(neutral, neutral) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    said = [math.log(p) for p in (0.6, 0.35, 0.05)]
    raw = [0.6 / 0.8, 0.35 / 0.15, 0.05 / 0.05]
    assert label_probabilities(said, neutral) == pytest.approx([r / sum(raw) for r in raw])


def test_a_common_constant_changes_nothing() -> None:
    one = label_probabilities([-1.0, -2.0, -3.0], [-0.5, -0.1, -0.9])
    other = label_probabilities([11.0, 10.0, 9.0], [-7.5, -7.1, -7.9])
    assert one == pytest.approx(other)


def test_a_label_that_is_never_liked_does_not_become_certain() -> None:
    """vLLM says -9999 for what cannot be: the correction is limited, else noise would win."""
    probabilities = label_probabilities([-0.1, -9999.0], [0.0, -9999.0])
    assert probabilities == pytest.approx((1.0, 0.0))


def test_an_impossible_label_has_no_probability() -> None:
    assert label_probabilities([-math.inf, -1.0], [-1.0, -1.0]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("said", "neutral"),
    [
        ([-1.0], [-1.0, -1.0]),
        ([], []),
        ([math.nan, -1.0], [-1.0, -1.0]),
        ([-1.0, -1.0], [math.nan, -1.0]),
        ([math.inf, -1.0], [-1.0, -1.0]),
        ([-math.inf, -math.inf], [-1.0, -1.0]),
        ([-1.0, -1.0], [-math.inf, -math.inf]),
    ],
)
def test_numbers_that_are_no_answer_are_refused(said: list[float], neutral: list[float]) -> None:
    with pytest.raises(OutsideOptionsError):
        label_probabilities(said, neutral)


def test_a_label_s_token_is_the_last_one_where_the_text_before_it_is_the_same() -> None:
    assert label_tokens([[5, 9, 34], [5, 9, 35], [5, 9, 36]]) == (34, 35, 36)


@pytest.mark.parametrize(
    "tokenised", [[[5, 34], [5, 34]], [[34], [5, 35]], [[], []], [[5, 7, 34], [5, 8, 35]]]
)
def test_labels_without_a_token_of_their_own_are_refused(tokenised: list[list[int]]) -> None:
    with pytest.raises(OutsideOptionsError, match="no single token"):
        label_tokens(tokenised)


@pytest.mark.parametrize(("text", "token"), [("C", 36), ("A", 35), ("", 34), ("A ", 34), ("該", 34)])
def test_any_text_but_an_offered_label_by_its_own_token_is_refused(text: str, token: int) -> None:
    require_label("A", 34, ("A", "B"), (34, 35))
    with pytest.raises(OutsideOptionsError, match="none of the labels A, B"):
        require_label(text, token, ("A", "B"), (34, 35))
