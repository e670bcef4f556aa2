"""What a language model's word is worth."""

import numpy as np
import pytest

from jlac_mapper.mapping.score import FEATURES, Features
from jlac_mapper.training.choice_calibration import fit, gather, measure

COEFFICIENTS = np.zeros(len(FEATURES))


def row(*said: float) -> list[tuple[str, Features]]:
    """Hypotheses M0, M1, ... of one row, each with the model's log-odds for it."""
    found = []
    for number, odds in enumerate(said):
        found.append((f"M{number}", Features(**{**dict.fromkeys(FEATURES, 0.0), "choice": odds})))
    return found


def test_rows_that_nobody_was_asked_about_do_not_count() -> None:
    asked = gather([row(0.0, 0.0), row(1.0, -1.0)], ["M0", "M1"], weight=2.0)
    assert asked.right.tolist() == [False, True]
    assert asked.first.tolist() == [True, False]
    assert gather([row(1.0)], [""], weight=2.0).weights.tolist() == [2.0]


def test_a_model_that_is_right_as_often_as_it_says_counts_in_full() -> None:
    odds = np.log(3)  # 75 % sure
    truths = ["M0"] * 75 + ["M1"] * 25
    asked = gather([row(odds, -odds)] * 100, truths, weight=1.0)
    assert fit(asked, COEFFICIENTS) == pytest.approx(1.0, abs=0.01)


def test_a_model_that_guesses_is_not_listened_to() -> None:
    asked = gather([row(2.0, -2.0), row(-2.0, 2.0)] * 50, ["M0", "M0"] * 50, weight=1.0)
    assert fit(asked, COEFFICIENTS) < 0.01
    assert fit(gather([], [], weight=1.0), COEFFICIENTS) == 0.0


def test_the_gain_is_measured_on_the_answers() -> None:
    odds = np.log(9)
    asked = gather([row(odds, -odds)] * 90 + [row(-odds, -odds)] * 10, ["M0"] * 90 + [""] * 10, weight=1.0)
    figures = measure(asked, COEFFICIENTS, 1.0)
    assert figures["rows"] == 100
    assert figures["brier_with"] < figures["brier_without"]
    assert figures["sorted_right_with"] == 1.0
