"""Fitting a calibration, and the figures that come with it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jlac_mapper.bootstrap import calibration_pipeline
from jlac_mapper.config import Settings, master_data_dir
from jlac_mapper.mapping.pipeline import Pipeline
from jlac_mapper.mapping.score import FEATURES, Calibration
from jlac_mapper.training import calibration as training
from jlac_mapper.training.calibration import ConfirmedRow, Example, collect, fit, write
from jlac_mapper.types import LocalTest
from jlac_mapper.vocabulary import Vocabulary
from tests.support.shipped_release import DAY, part, shipped_vocabulary

BOUND = part(listed=100, others=200)


def example(exact: bool, right: bool, fold: int, codable: bool = True) -> Example:
    values = [0.0] * len(FEATURES)
    values[FEATURES.index("bias")] = 1.0
    values[FEATURES.index("exact_whole")] = float(exact)
    return Example(values, right, True, codable, 1.0, fold)


def examples(exact_errors: int = 0) -> list[Example]:
    """For each fold 1000 exact names, a few of them wrong, and 200 others, nearly all wrong."""
    found = []
    for fold in range(training.FOLDS):
        found += [example(True, i >= exact_errors, fold) for i in range(1000)]
        found += [example(False, i < 20, fold) for i in range(200)]
    return found


def test_a_feature_that_tells_right_from_wrong_gets_its_log_odds() -> None:
    coefficients = fit(examples(exact_errors=10), 1)["coefficients"]
    assert list(coefficients) == list(FEATURES)
    bias, exact = coefficients["bias"], coefficients["exact_whole"]
    assert 1 / (1 + np.exp(-bias)) == pytest.approx(0.10, abs=0.01)
    assert 1 / (1 + np.exp(-bias - exact)) == pytest.approx(0.99, abs=0.005)
    assert coefficients["choice"] == 0.0


def test_the_threshold_lies_where_the_lower_bound_reaches_the_precision() -> None:
    """10 errors in 1000 are 99 %, but only 98 % are certain."""
    body = fit(examples(exact_errors=10), 1)
    exact = 1 / (1 + np.exp(-body["coefficients"]["bias"] - body["coefficients"]["exact_whole"]))
    assert body["thresholds"]["0.98"] == pytest.approx(exact, abs=1e-5)
    assert body["thresholds"]["0.99"] == body["thresholds"]["0.995"] == 0.9999


def test_a_fit_without_errors_reaches_every_stated_precision() -> None:
    body = fit(examples(), 1)
    exact = 1 / (1 + np.exp(-body["coefficients"]["bias"] - body["coefficients"]["exact_whole"]))
    assert set(body["thresholds"].values()) == {round(float(exact), 6)}


def spoil(fold: int) -> list[Example]:
    return [replace(e, right=not e.right) if e.fold == fold else e for e in examples()]


def test_one_fold_chooses_the_thresholds_and_is_not_learned_from() -> None:
    body, other = fit(examples(), 1), fit(spoil(training.CHOOSING), 1)
    assert other["coefficients"] == body["coefficients"]
    assert other["thresholds"] != body["thresholds"]
    error = "expected_calibration_error"
    measured, measured_other = (b["measured_on_held_out_generated_rows"][error] for b in (body, other))
    assert measured == measured_other


def test_one_fold_measures_and_neither_teaches_nor_chooses() -> None:
    body, other = fit(examples(), 1), fit(spoil(training.MEASURING), 1)
    assert other["coefficients"] == body["coefficients"]
    assert other["thresholds"] == body["thresholds"]
    assert other["no_code_below"] == body["no_code_below"]
    error = "expected_calibration_error"
    measured, measured_other = (b["measured_on_held_out_generated_rows"][error] for b in (body, other))
    assert measured < 0.05
    assert measured_other > 0.5


@pytest.mark.parametrize(
    ("n", "errors", "bound"),
    [(300, 0, 0.05 ** (1 / 300)), (10, 0, 0.05 ** (1 / 10)), (473, 1, 0.99)],
)
def test_the_lower_bound_is_the_exact_binomial_one(n: int, errors: int, bound: float) -> None:
    (found,) = training.lower_bounds(np.array([float(n)]), np.array([float(errors)]))
    assert found == pytest.approx(bound, abs=2e-4)


def test_equal_probabilities_are_accepted_together_or_not_at_all() -> None:
    probabilities = np.array([0.9] * 400 + [0.5] * 400)
    right = np.array([True] * 400 + [False] * 10 + [True] * 390)
    assert training.threshold_of(probabilities, right, 0.99) == 0.9
    mixed = np.array([True] * 390 + [False] * 10 + [True] * 400)
    assert training.threshold_of(probabilities, mixed, 0.99) == 0.9999


def test_the_calibration_error_is_the_mean_gap_between_saying_and_being() -> None:
    right = np.array([True, True, True, False] * 30)
    assert training.calibration_error(np.full(120, 0.75), right, np.ones(120)) == pytest.approx(0.0, abs=0.02)
    assert training.calibration_error(np.full(120, 0.25), right, np.ones(120)) == pytest.approx(0.5, abs=0.02)


def build(vocabulary: Vocabulary) -> Pipeline:
    calibration = Calibration.read(master_data_dir() / "calibration.json")
    return calibration_pipeline(Settings(database_url="sqlite://"), vocabulary, DAY, None, calibration)


def test_collected_examples_come_from_every_fold_and_are_labelled_by_their_row() -> None:
    found = collect(BOUND, build, seed=1)
    assert {e.fold for e in found} == set(range(training.FOLDS))
    assert all(len(e.features) == len(FEATURES) for e in found)
    assert not any(e.right and not e.codable for e in found)
    top_exact = [e for e in found if e.top and e.features[FEATURES.index("exact_whole")]]
    assert sum(e.right for e in top_exact) / len(top_exact) > 0.6
    assert collect(BOUND, build, seed=1) == found


def test_names_held_out_of_a_fold_are_unknown_to_its_index() -> None:
    seen: list[Vocabulary] = []

    def remember(vocabulary: Vocabulary) -> Pipeline:
        seen.append(vocabulary)
        return build(vocabulary)

    collect(BOUND, remember, seed=1)
    assert len(seen) == training.FOLDS
    names = {n.text for n in BOUND.vocabulary.names}
    missing = [names - {n.text for n in v.names} for v in seen]
    assert set().union(*missing) == names
    assert sum(len(m) for m in missing) == len(names)


def test_what_is_written_can_be_read_as_a_calibration(tmp_path: Path) -> None:
    body = fit(examples(exact_errors=10), 1)
    path = tmp_path / "calibration.json"
    write(body, path)
    calibration = Calibration.read(path)
    assert calibration.identity == body["identity"]
    assert calibration.provisional
    assert not fit(examples(), 1)["provisional"]
    assert calibration.thresholds[0.98] == body["thresholds"]["0.98"]
    assert json.loads(path.read_text(encoding="utf-8")) == body


def test_the_identity_follows_from_the_content() -> None:
    assert fit(examples(), 1)["identity"] == fit(examples(), 1)["identity"]
    assert fit(examples(), 1)["identity"] != fit(examples(exact_errors=10), 1)["identity"]


def test_a_hospitals_own_rows_are_fitted_beside_the_generated_ones_and_counted() -> None:
    rows = [
        ConfirmedRow(LocalTest("AST"), frozenset({"ast"})),
        ConfirmedRow(LocalTest("ASTアイソザイム"), frozenset()),
    ]
    own = training.confirmed(rows, build(shipped_vocabulary()), seed=1)
    assert any(e.right and e.top for e in own)
    assert {e.weight for e in own if e.codable} == {1.0}
    assert len({e.fold for e in own}) <= 2
    body = fit([*examples(), *own], 1, confirmed_rows=2)
    assert body["identity"].startswith("generated-and-confirmed-rows-logistic@")
    assert body["measured_on_held_out_generated_rows"]["confirmed_rows"] == 2
    assert "confirmed_rows" not in fit(examples(), 1)["measured_on_held_out_generated_rows"]
