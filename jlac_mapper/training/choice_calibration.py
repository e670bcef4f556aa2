"""Fits what a language model's word is worth: the one coefficient of the calibration that needs the model."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.mapping.pipeline import Pipeline
from jlac_mapper.mapping.score import FEATURES, Features
from jlac_mapper.training.calibration_figures import answers
from jlac_mapper.training.generated_rows import LabelledRow, RowGenerator, names_by_listing
from jlac_mapper.vocabulary import Vocabulary

FloatVector = npt.NDArray[np.float64]
BoolVector = npt.NDArray[np.bool_]

_EXACT_WHOLE = FEATURES.index("exact_whole")
CHOICE = FEATURES.index("choice")
_LARGEST = 2.0
"""No model counts more than twice what it says."""


def learn(
    pipeline: Pipeline,
    bound: BoundRelease,
    unseen: Vocabulary,
    coefficients: FloatVector,
    *,
    weight: float,
    seed: int,
) -> tuple[float, dict[str, Any]]:
    """
    Fit the weight on one half of the names that the model never learned, and measure it on the other.

    Args:
        pipeline: Without the *unseen* names, with the fitted calibration and the model.
        bound: The release with all names, to write rows from.
        unseen: Those that neither pipeline nor model has seen.
        weight: Of a row without a listed code.
    """
    generator = RowGenerator(bound, seed)
    listed, others = names_by_listing(replace(bound, vocabulary=unseen))
    rows = [row for name in listed for row in generator.listed(name, 4)]
    rows += [generator.another_test(name) for name in listed]
    rows += [row for name in others for row in generator.background(name, 2)]
    halves = [[row for row in rows if _half(row) == half] for half in (0, 1)]
    asked = [
        gather(pipeline.features_of([row.test for row in half]), [row.concept for row in half], weight)
        for half in halves
    ]
    choice = round(fit(asked[0], coefficients), 6)
    return choice, {
        "fitted_rows": int(asked[0].first.sum()),
        **measure(asked[1], coefficients, choice),
    }


def _half(row: LabelledRow) -> int:
    """By the name, so that no name is in both."""
    return hashlib.sha256(row.name.encode()).digest()[0] % 2


@dataclass(frozen=True, slots=True)
class Asked:
    """The hypotheses of rows that the model was asked about; those of a row stand together."""

    features: npt.NDArray[np.float64]
    right: BoolVector
    first: BoolVector
    """Marks each row's first hypothesis."""
    weights: FloatVector

    def logits(self, coefficients: FloatVector, choice: float) -> FloatVector:
        """Return the log-odds of each hypothesis with this weight on the model's word."""
        weights = coefficients.copy()
        weights[CHOICE] = choice
        return np.asarray(self.features @ weights)


def gather(
    described: Sequence[Sequence[tuple[str, Features]]], concepts: Sequence[str], weight: float
) -> Asked:
    """
    Keep the rows that the model had an opinion on.

    Args:
        described: `Pipeline.features_of` of the rows.
        concepts: What each row means, "" without a listed code.
        weight: Of a row without a listed code.
    """
    features: list[Sequence[float]] = []
    right: list[bool] = []
    first: list[bool] = []
    weights: list[float] = []
    for hypotheses, truth in zip(described, concepts, strict=True):
        if not any(one.choice for _, one in hypotheses):
            continue
        for number, (concept, one) in enumerate(hypotheses):
            features.append(tuple(one))
            right.append(concept == truth)
            first.append(number == 0)
            weights.append(1.0 if truth else weight)
    shape = (len(features), len(FEATURES))
    return Asked(
        np.array(features).reshape(shape), np.array(right, bool), np.array(first, bool), np.array(weights)
    )


def fit(asked: Asked, coefficients: FloatVector) -> float:
    """
    Return the weight of the model's word that explains the labels best, the other coefficients as they are.

    Between 0 (the model is not listened to) and 2; 0 without rows.
    """
    from scipy.optimize import minimize_scalar

    if not len(asked.right):
        return 0.0

    def loss(choice: float) -> float:
        logits = asked.logits(coefficients, choice)
        signs = np.where(asked.right, 1.0, -1.0)
        return float((asked.weights * np.logaddexp(0, -signs * logits)).sum())

    found = minimize_scalar(loss, bounds=(0.0, _LARGEST), method="bounded")
    return float(found.x) if loss(float(found.x)) < loss(0.0) else 0.0


def measure(asked: Asked, coefficients: FloatVector, choice: float) -> dict[str, Any]:
    """Return rows, and the answers' Brier score and share right without the model's word and with it."""
    if not len(asked.right):
        return {"rows": 0}
    found: dict[str, Any] = {"rows": int(asked.first.sum())}
    for title, weight in (("without", 0.0), ("with", choice)):
        probabilities = 1 / (1 + np.exp(-asked.logits(coefficients, weight)))
        chosen, stated = answers(probabilities, asked.first, asked.features[:, _EXACT_WHOLE] > 0)
        right = asked.right[chosen]
        found[f"brier_{title}"] = round(float(np.mean((stated - right) ** 2)), 4)
        found[f"sorted_right_{title}"] = round(float(np.mean((stated >= 0.5) == right)), 4)
    return found
