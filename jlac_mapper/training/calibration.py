"""Fits the calibration: which probability the features of a hypothesis deserve."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.mapping.pipeline import Pipeline
from jlac_mapper.mapping.score import FEATURES, LEAST_ACCEPTED, Calibration
from jlac_mapper.text import fold
from jlac_mapper.training import calibration_figures
from jlac_mapper.training.generated_rows import LabelledRow, RowGenerator, names_by_listing
from jlac_mapper.types import LocalTest
from jlac_mapper.vocabulary import Vocabulary

FloatVector = npt.NDArray[np.float64]
BoolVector = npt.NDArray[np.bool_]

_EXACT_WHOLE = FEATURES.index("exact_whole")
FOLDS = 5
CHOOSING, MEASURING = 3, 4
"""The folds on which thresholds are chosen, and on which everything is measured; the rest is fitted on."""
STATED_PRECISIONS = (0.98, 0.99, 0.995)
NO_CODE_LOSS = 0.005
"""Share of generated codable rows that may fall under the NO_CODE threshold."""

# A hospital's master holds about nineteen rows without a listed code for one with.
BACKGROUND_WEIGHT = 2.0
"""Weight of a row without a listed code."""
_NEVER = 0.9999
"""The threshold of a precision that was never reached; a calibration with one is provisional."""
_REGULARISATION = 3.0
"""scikit-learn's C: the smaller, the nearer to nought the coefficients."""


@dataclass(frozen=True, slots=True)
class Example:
    """The features of one hypothesis of one row, whether it is right, its weight, and its fold."""

    features: list[float]
    right: bool
    top: bool
    codable: bool
    weight: float
    fold: int


@dataclass(frozen=True, slots=True)
class ConfirmedRow:
    """A row of a hospital's own, and the keys of the concepts that its code is of; none without a code."""

    test: LocalTest
    concepts: frozenset[str]


def collect(bound: BoundRelease, build: Callable[[Vocabulary], Pipeline], seed: int) -> list[Example]:
    """
    Generate rows and describe them, each fold with a fifth of all names taken out of the index.

    A name that was taken out plays the name nobody has listed yet; those left in play the known ones.
    *build* makes a pipeline that has never seen the names taken out: its embedding is trained without them.
    """
    examples: list[Example] = []
    vocabulary = bound.vocabulary
    listed, others = names_by_listing(bound)
    for fold_number in range(FOLDS):
        held_out = {n.text for n in vocabulary.names if fold_of(n.text, seed) == fold_number}
        pipeline = build(
            replace(vocabulary, names=tuple(n for n in vocabulary.names if n.text not in held_out))
        )
        generator = RowGenerator(bound, seed * 100 + fold_number)
        rows: list[LabelledRow] = []
        for name in listed:
            # Known names outnumber unknown ones four to one, as in a real list.
            rows.extend(generator.listed(name, 2 if name.text in held_out else 1))
            if fold_of(name.text + "specimen", seed) == fold_number:
                rows.append(generator.unlisted_specimen(name))
            if fold_of(name.text + "remainder", seed) == fold_number:
                rows.append(generator.another_test(name))
            if fold_of(name.text + "homonym", seed) == fold_number and (row := generator.homonym(name)):
                rows.append(row)
        for other in others:
            if other.text in held_out or fold_of(other.text + "known", seed) == fold_number:
                rows.extend(generator.background(other, 1))
        labelled = [(row.test, frozenset({row.concept} - {""})) for row in rows]
        examples += _described(labelled, pipeline, [fold_number] * len(rows))
    return examples


def confirmed(rows: Sequence[ConfirmedRow], pipeline: Pipeline, seed: int) -> list[Example]:
    """
    Describe a hospital's own labelled rows, to be fitted beside the generated ones.

    Names are spread over the folds, so that the figures rest on names which the fit never saw. Rows that
    people were asked about are harder than a whole list: give a whole list's labels where there are some.
    """
    labelled = [(row.test, row.concepts) for row in rows]
    return _described(labelled, pipeline, [fold_of(row.test.name, seed) for row in rows])


def _described(
    rows: Sequence[tuple[LocalTest, frozenset[str]]], pipeline: Pipeline, folds: Sequence[int]
) -> list[Example]:
    examples: list[Example] = []
    described = pipeline.features_of([test for test, _ in rows])
    for (_, meant), number, hypotheses in zip(rows, folds, described, strict=True):
        weight = 1.0 if meant else BACKGROUND_WEIGHT
        examples.extend(
            Example(list(features), concept in meant, i == 0, bool(meant), weight, number)
            for i, (concept, features) in enumerate(hypotheses)
        )
    return examples


def fit(examples: Sequence[Example], seed: int, *, confirmed_rows: int = 0) -> dict[str, Any]:
    """
    Fit coefficients on three folds, choose thresholds on the fourth, and measure on the fifth.

    Args:
        examples: What `collect` returned, the hypotheses of a row together.
        seed: Of the generated rows; kept with the figures.
        confirmed_rows: How many rows of a hospital's own are among the examples; kept with the figures.

    Returns:
        The content of calibration.json, with the figures of the fold that nothing was fitted to.
    """
    from sklearn.linear_model import LogisticRegression

    train = [e for e in examples if e.fold not in (CHOOSING, MEASURING)]
    model = LogisticRegression(C=_REGULARISATION, fit_intercept=False, max_iter=2000)
    model.fit(
        np.array([e.features for e in train]),
        np.array([e.right for e in train]),
        sample_weight=np.array([e.weight for e in train]),
    )
    coefficients = model.coef_[0]
    choosing = _Answers.of([e for e in examples if e.fold == CHOOSING], coefficients)
    measuring = _Answers.of([e for e in examples if e.fold == MEASURING], coefficients)
    thresholds = {
        str(p): round(threshold_of(choosing.stated, choosing.right, p), 6) for p in STATED_PRECISIONS
    }
    found = np.sort(choosing.stated[choosing.codable & choosing.right])
    no_code = float(found[int(NO_CODE_LOSS * len(found))]) if len(found) else 0.02
    used = {name: max(threshold, LEAST_ACCEPTED) for name, threshold in thresholds.items()}
    body = {
        "provisional": _NEVER in thresholds.values(),
        "coefficients": {name: round(float(c), 6) for name, c in zip(FEATURES, coefficients, strict=True)},
        "thresholds": thresholds,
        "no_code_below": round(min(max(no_code, 0.005), 0.2), 6),
        "measured_on_held_out_generated_rows": {
            "expected_calibration_error": round(
                calibration_error(measuring.stated, measuring.right, measuring.weights), 4
            ),
            "seed": seed,
            "fitted_rows": sum(e.top for e in train),
            "fitted_hypotheses": len(train),
            "choosing_rows": len(choosing.stated),
            "regularisation": _REGULARISATION,
            "background_weight": BACKGROUND_WEIGHT,
            "no_code_loss": NO_CODE_LOSS,
            **({"confirmed_rows": confirmed_rows} if confirmed_rows else {}),
            **calibration_figures.measure(
                measuring.stated, measuring.right, measuring.codable, measuring.weights, used
            ),
        },
    }
    return _named(body)


def with_choice(
    calibration: dict[str, Any], coefficient: float, model: str, figures: dict[str, Any]
) -> dict[str, Any]:
    """Return the calibration with the weight of a language model's word, and what it was measured with."""
    body = {name: value for name, value in calibration.items() if name != "identity"}
    body["coefficients"] = {**body["coefficients"], "choice": coefficient}
    body["language_model"] = {"model": model, **figures}
    return _named(body)


def _named(body: dict[str, Any]) -> dict[str, Any]:
    own = body["measured_on_held_out_generated_rows"].get("confirmed_rows")
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    kind = "generated-and-confirmed-rows" if own else "generated-rows"
    return {"identity": f"{kind}-logistic@{digest[:12]}", **body}


@dataclass(frozen=True, slots=True)
class _Answers:
    """What rows would be answered, one entry a row."""

    stated: FloatVector
    right: BoolVector
    codable: BoolVector
    weights: FloatVector

    @classmethod
    def of(cls, examples: Sequence[Example], coefficients: FloatVector) -> "_Answers":
        """Answer each row with its likeliest hypothesis, as the product does."""
        described = np.array([e.features for e in examples])
        probabilities = 1 / (1 + np.exp(-described @ coefficients))
        first, known = np.array([e.top for e in examples]), described[:, _EXACT_WHOLE] > 0
        chosen, stated = calibration_figures.answers(probabilities, first, known)
        return cls(
            stated,
            np.array([e.right for e in examples])[chosen],
            np.array([e.codable for e in examples])[chosen],
            np.array([e.weight for e in examples])[chosen],
        )


def as_calibration(fitted: dict[str, Any]) -> Calibration:
    """Return what `fit` returned as the product reads it."""
    return Calibration(
        fitted["identity"],
        fitted["provisional"],
        fitted["coefficients"],
        {float(p): t for p, t in fitted["thresholds"].items()},
        fitted["no_code_below"],
    )


def write(calibration: dict[str, Any], path: Path) -> None:
    """Write a calibration file."""
    path.write_text(json.dumps(calibration, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def fold_of(name: str, seed: int) -> int:
    """Return the fold, 0 to FOLDS - 1, in which a name is held out; the same for all its spellings."""
    return int(hashlib.sha256(f"{seed}:{fold(name)}".encode()).hexdigest(), 16) % FOLDS


def threshold_of(probabilities: FloatVector, right: BoolVector, precision: float) -> float:
    """Return the smallest threshold whose precision has a 95 % lower bound of at least *precision*."""
    order = np.argsort(-probabilities, kind="stable")
    sorted_probabilities = probabilities[order]
    errors = np.cumsum(~right[order]).astype(float)
    ends_tie = np.append(sorted_probabilities[1:] < sorted_probabilities[:-1], True)
    enough = lower_bounds(np.arange(1, len(order) + 1, dtype=float), errors) >= precision
    reached = np.flatnonzero(ends_tie & enough)
    return float(sorted_probabilities[reached[-1]]) if len(reached) else _NEVER


def lower_bounds(n: FloatVector, errors: FloatVector) -> FloatVector:
    """Clopper-Pearson 95 % one-sided lower bounds of the precision of *n* answers with so many errors."""
    from scipy.stats import beta

    return np.asarray(beta.ppf(0.05, n - errors, errors + 1))


def calibration_error(probabilities: FloatVector, right: BoolVector, weights: FloatVector) -> float:
    """Return the mean gap, 0 to 1, between stated probability and right share, over 15 equal parts."""
    order = np.argsort(probabilities, kind="stable")
    error = 0.0
    for part in np.array_split(order, 15):
        if len(part):
            w = weights[part]
            gap = abs(np.average(probabilities[part], weights=w) - np.average(right[part], weights=w))
            error += float(gap) * float(w.sum())
    return error / float(weights.sum())
