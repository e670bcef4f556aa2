"""Probabilities of options under trie-constrained generation."""

import math

import pytest

from jlac_mapper.llm.trie import option_probabilities


def logs(*probabilities: float) -> list[float]:
    return [math.log(p) if p else -math.inf for p in probabilities]


def test_each_branching_is_renormalised_over_the_tokens_on_offer() -> None:
    # A (.2) leads to a (.1) or b (.3), B (.6) ends: A has 1/4, of which b has 3/4.
    shares = option_probabilities([[1, 8], [1, 9], [2]], [logs(0.2, 0.1), logs(0.2, 0.3), logs(0.6)])
    assert shares == pytest.approx((1 / 16, 3 / 16, 3 / 4))


def test_a_token_without_a_rival_is_certain() -> None:
    shares = option_probabilities([[1, 5, 7], [2, 5, 7]], [logs(0.1, 1e-9, 1e-9), logs(0.3, 0.9, 0.9)])
    assert shares == pytest.approx((1 / 4, 3 / 4))


def test_an_impossible_token_has_no_share_and_all_impossible_tokens_share_evenly() -> None:
    assert option_probabilities([[1], [2]], [logs(0.0), logs(1e-30)]) == (0.0, 1.0)
    assert option_probabilities([[1], [2]], [logs(0.0), logs(0.0)]) == (0.5, 0.5)


def test_options_with_one_target_share_its_probability() -> None:
    assert option_probabilities([[1], [1], [2]], [logs(0.5)] * 3) == pytest.approx((0.25, 0.25, 0.5))


def test_very_small_probabilities_keep_their_ratio() -> None:
    assert option_probabilities([[1], [2]], [[-5000.0], [-5001.0]]) == pytest.approx(
        (1 / (1 + math.exp(-1)), 1 / (1 + math.e))
    )


@pytest.mark.parametrize(
    ("targets", "values"),
    [
        ([], []),
        ([[1], []], [[-1.0], []]),
        ([[1], [1, 2]], [[-1.0], [-1.0, -1.0]]),
        ([[1], [2]], [[-1.0], [math.nan]]),
        ([[1], [2]], [[-1.0], [0.5]]),
        ([[1], [2]], [[-1.0]]),
        ([[1], [2]], [[-1.0], [-1.0, -1.0]]),
    ],
)
def test_what_is_no_trie_or_no_probability_is_refused(
    targets: list[list[int]], values: list[list[float]]
) -> None:
    with pytest.raises(ValueError, match=r"target|log-probability"):
        option_probabilities(targets, values)
