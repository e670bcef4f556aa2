"""The figures of a calibration on rows that it never saw, and the card that tells them."""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from jlac_mapper.config import master_data_dir
from jlac_mapper.training import calibration_card
from jlac_mapper.training.calibration import fit
from jlac_mapper.training.calibration_figures import BINS, answers, lower_bound, measure
from tests.training.test_training_calibration import examples

SHIPPED = master_data_dir() / "calibration.json"


def test_a_row_is_answered_with_its_likeliest_hypothesis_whatever_came_first() -> None:
    probabilities = np.array([0.2, 0.6, 0.1, 0.9, 0.3])
    chosen, stated = answers(probabilities, np.array([True, False, False, True, True]), np.zeros(5, bool))
    assert chosen.tolist() == [1, 3, 4]
    assert stated.tolist() == [0.6, 0.9, 0.3]


def test_rivals_that_sum_to_more_than_one_are_scaled_down_as_in_the_product() -> None:
    chosen, stated = answers(np.array([0.9, 0.6, 0.5]), np.array([True, False, True]), np.zeros(3, bool))
    assert chosen.tolist() == [0, 2]
    assert stated.tolist() == pytest.approx([0.6, 0.5])


def test_what_a_name_only_resembles_takes_nothing_from_what_it_is_as_in_the_product() -> None:
    known = np.array([True, False, False, True])
    chosen, stated = answers(np.array([0.9, 0.6, 0.8, 0.1]), np.array([True, False, True, False]), known)
    assert chosen.tolist() == [0, 2]
    assert stated.tolist() == pytest.approx([0.9, 0.72])


def test_thresholds_are_measured_by_what_they_accept() -> None:
    stated = np.array([0.99] * 100 + [0.95] * 10 + [0.2] * 90)
    right = np.array([True] * 98 + [False] * 2 + [True] * 10 + [False] * 90)
    codable = np.array([True] * 99 + [False] + [True] * 10 + [False] * 90)
    figures = measure(stated, right, codable, np.ones(200), {"0.98": 0.99, "0.9": 0.9})
    high, low = figures["at_thresholds"]["0.98"], figures["at_thresholds"]["0.9"]
    assert (high["accepted"], high["wrong_measurand"], high["without_a_code"]) == (100, 1, 1)
    assert high["coverage"] == pytest.approx(98 / 109, abs=1e-4)
    assert low["accepted"] == 110
    assert low["precision"] == pytest.approx(108 / 110, abs=1e-5)
    # Clopper-Pearson for 2 in 100, one-sided 95 %: a table's 0.0616.
    assert high["precision_low"] == pytest.approx(1 - 0.0616, abs=1e-4)
    assert figures["brier_score"] == pytest.approx(
        (98 * 0.01**2 + 2 * 0.99**2 + 10 * 0.05**2 + 90 * 0.2**2) / 200, abs=1e-4
    )


def test_the_bins_hold_every_row_once_by_rising_probability() -> None:
    stated = np.linspace(0, 1, 301)
    bins = measure(stated, stated > 0.5, stated > 0.2, np.ones(301), {})["reliability"]
    assert len(bins) == BINS
    assert sum(one["rows"] for one in bins) == 301
    means = [one["mean_probability"] for one in bins]
    assert means == sorted(means)
    assert (bins[0]["observed"], bins[-1]["observed"]) == (0.0, 1.0)
    assert all(one["low"] <= one["observed"] <= one["high"] for one in bins)


def test_a_threshold_that_nothing_reaches_accepts_nothing() -> None:
    figures = measure(np.array([0.5]), np.array([True]), np.array([True]), np.ones(1), {"0.99": 0.9999})
    assert figures["at_thresholds"]["0.99"]["accepted"] == 0
    assert figures["at_thresholds"]["0.99"]["precision_low"] == 0.0


@pytest.mark.parametrize(("count", "total", "bound"), [(10, 10, 0.05**0.1), (0, 10, 0.0), (0, 0, 0.0)])
def test_the_bound_is_the_exact_binomial_one(count: int, total: int, bound: float) -> None:
    assert lower_bound(count, total, 0.05) == pytest.approx(bound)


def test_card_and_plot_stand_beside_the_file_and_tell_its_content(tmp_path: Path) -> None:
    body = fit(examples(exact_errors=10), seed=4)
    card_file, plot_file = calibration_card.write(body, tmp_path / "site.json")
    assert (card_file.name, plot_file.name) == ("site.md", "site.svg")
    text = card_file.read_text(encoding="utf-8")
    assert body["identity"] in text
    assert "| seed | 4 |" in text
    assert "(site.svg)" in text
    for name, value in body["coefficients"].items():
        assert f"| {name} | {value:.3f} |" in text
    reached = body["measured_on_held_out_generated_rows"]["at_thresholds"]["0.98"]
    assert f"| 0.98 | {body['thresholds']['0.98']:g} | {reached['accepted']:,} |" in text
    assert f"({reached['precision_low']:.4f})" in text
    tips = [
        e for e in ElementTree.parse(plot_file).iter() if e.tag.endswith("title") and " rows: " in str(e.text)
    ]
    assert len(tips) == len(body["measured_on_held_out_generated_rows"]["reliability"])


@pytest.mark.parametrize("suffix", [".md", ".svg"])
def test_the_shipped_card_and_plot_are_those_of_the_shipped_calibration(suffix: str) -> None:
    """`jlac-mapper train calibration -o master_data/calibration.json` writes all three anew."""
    calibration = json.loads(SHIPPED.read_text(encoding="utf-8"))
    shipped = SHIPPED.with_suffix(suffix).read_text(encoding="utf-8")
    assert calibration["identity"] in shipped
    made = calibration_card.card(calibration, "calibration.svg")
    assert shipped == (made if suffix == ".md" else calibration_card.plot(calibration))
