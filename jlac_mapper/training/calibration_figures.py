"""What a calibration is worth on rows that its fit never saw: the figures kept with it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from jlac_mapper.mapping.score import share

FloatVector = npt.NDArray[np.float64]
BoolVector = npt.NDArray[np.bool_]

BINS = 15


def answers(
    probabilities: FloatVector, first: BoolVector, known: BoolVector
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """
    Return which hypothesis each row would be answered with, and the probability it would be given.

    Args:
        probabilities: Of all hypotheses, those of a row together.
        first: Marks each row's first hypothesis.
        known: Marks those whose name is the row's whole name.

    Returns:
        The position of each row's likeliest hypothesis (the first of equals), and its probability beside
        the others (see `mapping.score.share`): what the product does.
    """
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(first))
    left = [
        share(probabilities[s:e].tolist(), known[s:e].tolist()) for s, e in zip(starts, ends, strict=True)
    ]
    best = [int(np.argmax(row)) for row in left]
    chosen = np.array([s + b for s, b in zip(starts, best, strict=True)]).astype(np.int64)
    return chosen, np.array([row[b] for row, b in zip(left, best, strict=True)])


def measure(
    probabilities: FloatVector,
    right: BoolVector,
    codable: BoolVector,
    weights: FloatVector,
    thresholds: Mapping[str, float],
) -> dict[str, Any]:
    """
    Measure answers, one a row.

    Args:
        probabilities: That the answered measurand is right.
        right: Whether it is.
        codable: Whether the row has a listed code.
        weights: Of each row in the Brier score.
        thresholds: Stated precision -> the least probability accepted for it.

    Returns:
        JSON values: rows, the Brier score, reliability bins of (nearly) as many rows, and for each stated
        precision what its threshold accepts. `precision_low` is the one-sided 95 % Clopper-Pearson bound;
        `low` and `high` are two-sided 95 % ones.
    """
    order = np.argsort(probabilities, kind="stable")
    return {
        "answered_rows": len(order),
        "answered_codable_rows": int(codable.sum()),
        "brier_score": round(float(np.average((probabilities - right) ** 2, weights=weights)), 4),
        "reliability": [
            {
                "rows": len(part),
                "mean_probability": round(float(probabilities[part].mean()), 4),
                **_share("observed", int(right[part].sum()), len(part)),
            }
            for part in np.array_split(order, BINS)
            if len(part)
        ],
        "at_thresholds": {
            stated: _accepted(probabilities >= threshold, right, codable, threshold)
            for stated, threshold in thresholds.items()
        },
    }


def _accepted(
    accepted: BoolVector, right: BoolVector, codable: BoolVector, threshold: float
) -> dict[str, Any]:
    n, hits = int(accepted.sum()), int((accepted & right).sum())
    return {
        "least_probability": threshold,
        "accepted": n,
        "wrong_measurand": int((accepted & codable & ~right).sum()),
        "without_a_code": int((accepted & ~codable).sum()),
        "precision": round(hits / n, 5) if n else 0.0,
        "precision_low": round(lower_bound(hits, n, 0.05), 5),
        **_share("coverage", hits, int(codable.sum())),
    }


def lower_bound(count: int, total: int, error: float) -> float:
    """Return the Clopper-Pearson bound that a rate lies under with chance *error* at most; 0 without rows."""
    from scipy.stats import beta

    return float(beta.ppf(error, count, total - count + 1)) if count else 0.0


def _share(name: str, count: int, total: int) -> dict[str, float]:
    high = 1 - lower_bound(total - count, total, 0.025)
    value = count / total if total else 0.0
    return {name: round(value, 4), "low": round(lower_bound(count, total, 0.025), 4), "high": round(high, 4)}
