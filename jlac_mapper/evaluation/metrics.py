"""
Rates, selective prediction and calibration, on plain arrays.

Every function is pure, and equal confidences are one block: the order of the rows never changes a figure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rate:
    """*count* of *total* with its Wilson interval; `value`, `low` and `high` are None where total is 0."""

    count: int
    total: int
    value: float | None
    low: float | None
    high: float | None


def rate(count: int, total: int, confidence: float = 0.95) -> Rate:
    """
    Return a share with its Wilson score interval (Wilson 1927), which is good for small and extreme counts.

    Raises:
        ValueError: Not 0 <= count <= total.
    """
    if not 0 <= count <= total:
        raise ValueError(f"a rate needs 0 <= count <= total, not {count} of {total}")
    if total == 0:
        return Rate(0, 0, None, None, None)
    z2 = NormalDist().inv_cdf(0.5 + confidence / 2) ** 2
    share = count / total
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = (z2 * share * (1 - share) / total + z2 * z2 / (4 * total * total)) ** 0.5 / (1 + z2 / total)
    low = 0.0 if count == 0 else centre - half
    high = 1.0 if count == total else centre + half
    return Rate(count, total, share, low, high)


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """
    What accepting every answer with at least `threshold` would give.

    `coverage` is right answers over codable rows, `risk` wrong answers over accepted ones. `wrong` counts
    codable rows with a wrong answer, `false_accepts` rows that have no code.
    """

    threshold: float
    accepted: int
    right: int
    wrong: int
    false_accepts: int
    coverage: float
    risk: float


def risk_coverage(
    confidence: Sequence[float], right: Sequence[bool], codable: Sequence[bool]
) -> list[RiskPoint]:
    """
    Return one point for each distinct confidence, highest first.

    Args:
        confidence: Of each row's answer; rows without an answer have NaN and are never accepted.
        right: The answer is right; false wherever the row is not codable.
        codable: The row has a listed code.
    """
    scores, hits, listed = _arrays(confidence, right, codable)
    total = int(listed.sum())
    answered = ~np.isnan(scores)
    order = np.argsort(-scores[answered], kind="stable")
    scores, hits, listed = scores[answered][order], hits[answered][order], listed[answered][order]
    if not len(scores):
        return []
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    rights, listeds = np.cumsum(hits), np.cumsum(listed)
    return [
        RiskPoint(
            threshold=float(scores[end]),
            accepted=int(end) + 1,
            right=int(rights[end]),
            wrong=int(listeds[end] - rights[end]),
            false_accepts=int(end + 1 - listeds[end]),
            coverage=float(rights[end] / total) if total else 0.0,
            risk=float(1 - rights[end] / (end + 1)),
        )
        for end in ends
    ]


def coverage_at_precision(points: Sequence[RiskPoint], precision: float) -> RiskPoint | None:
    """
    Return the largest accepted set whose precision is at least *precision*; None where no set reaches it.

    The set is bounded by a threshold and need not be the first that reaches it: a later block may lift the
    precision again.
    """
    good = [point for point in points if point.right >= precision * point.accepted - 1e-9]
    return good[-1] if good else None


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """One bin: how many rows, their mean probability, the share for which the event happened."""

    count: int
    mean_probability: float
    observed: float


def reliability(
    probability: Sequence[float], event: Sequence[bool], bins: int = 15, *, equal_mass: bool = True
) -> list[ReliabilityBin]:
    """
    Return the non-empty bins by rising probability.

    Args:
        probability: 0 to 1.
        event: Whether what the probability speaks of happened.
        bins: At least 1.
        equal_mass: Bins of (nearly) as many rows; else of equal width, an inner edge belonging to the
            bin above.

    Raises:
        ValueError: Lengths differ, or *bins* < 1.
    """
    if bins < 1:
        raise ValueError(f"at least one bin is needed, not {bins}")
    values, happened, _ = _arrays(probability, event, event)
    order = np.argsort(values, kind="stable")
    values, outcome = values[order], happened[order].astype(np.float64)
    # Rows of one probability share their mean outcome, so that a bin's edge inside a tie changes nothing.
    _, inverse, sizes = np.unique(values, return_inverse=True, return_counts=True)
    outcome = (np.bincount(inverse, weights=outcome, minlength=len(sizes)) / np.maximum(sizes, 1))[inverse]
    if equal_mass:
        groups = np.array_split(np.arange(len(values)), bins)
    else:
        index = np.minimum((values * bins).astype(int), bins - 1)
        groups = [np.flatnonzero(index == number) for number in range(bins)]
    return [
        ReliabilityBin(len(group), float(values[group].mean()), float(outcome[group].mean()))
        for group in groups
        if len(group)
    ]


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float | None:
    """Return the mean gap between stated and observed probability, weighted by rows; None without rows."""
    total = sum(one.count for one in bins)
    if not total:
        return None
    return sum(one.count * abs(one.mean_probability - one.observed) for one in bins) / total


def _arrays(
    scores: Sequence[float], right: Sequence[bool], codable: Sequence[bool]
) -> tuple[Floats, Bools, Bools]:
    if not len(scores) == len(right) == len(codable):
        raise ValueError(f"lengths differ: {len(scores)}, {len(right)}, {len(codable)}")
    return np.asarray(scores, np.float64), np.asarray(right, np.bool_), np.asarray(codable, np.bool_)
