"""Fits how shares of meanings become probabilities, and the thresholds of acceptance, on labelled rows."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jlac_mapper.mapping.jlac10.calibration import Jlac10Calibration
from jlac_mapper.mapping.jlac10.compose import SPECIMEN_LEVELS
from jlac_mapper.training.calibration_figures import lower_bound
from jlac_mapper.types import Jlac10Candidate

STATED_PRECISIONS = (0.95, 0.98, 0.99, 0.995)
NEUTRAL = Jlac10Calibration(
    "untrained", 1.0, 0.0, dict.fromkeys(SPECIMEN_LEVELS, 1.0), dict.fromkeys(STATED_PRECISIONS, 1.0), 0.0
)
"""Probabilities are the shares themselves: what the fit starts from."""
KNOWN = 0.3
"""
Share of all coded meanings under which a name counts as unknown: 0.6 % of the generated rows whose concept
the vocabulary has fall under it, 17 % of those whose concept was taken out (see `training.meanings`).
"""
_ERROR = 0.025
"""Share of samples in which a precision may lie under its stated bound."""
_NEVER = 0.9999
"""The threshold of a precision that was never reached."""
_PRIOR_RIGHT, _PRIOR_WRONG = 4.0, 1.0
"""Rows that each way to find a specimen is credited with beforehand, so that few rows decide little."""


@dataclass(frozen=True, slots=True)
class Seen:
    """
    The best candidate of a labelled row.

    Attributes:
        share: Share of its analyte and identification, 0-1.
        level: How its specimen was found.
        right: Whether its first 9 and its first 12 characters are right; None where the row's label does not
            reach so far.
    """

    share: float
    level: str
    right: tuple[bool | None, bool | None]


def seen(codes: Sequence[str], known: int, best: Jlac10Candidate | None, level: str) -> Seen | None:
    """
    Compare a candidate made under `NEUTRAL` with a row's label; None where the row says nothing of it.

    Args:
        codes: The label: any of them is right; none for a row without a code.
        known: Characters that the row determines.
        level: How the candidate's specimen was found.
    """
    if best is None or (codes and known < 9):
        return None
    code = str(best.code)
    nine, twelve = (any(one[:length] == code[:length] for one in codes) for length in (9, 12))
    return Seen(best.analyte_probability, level, (nine, twelve if not codes or known >= 12 else None))


def fit(rows: Sequence[Seen], source: str) -> dict[str, Any]:
    """Return the calibration as it is kept in its file; *source* says what it was fitted on."""
    slope, offset = logistic([row.share for row in rows], [bool(row.right[0]) for row in rows])
    certainty = _certainty(rows)
    unnamed = Jlac10Calibration("", slope, offset, certainty, {}, 0.0)
    judged = sorted(
        (
            (unnamed.probability(r.share) * certainty[r.level], r.right[1])
            for r in rows
            if r.right[1] is not None
        ),
        reverse=True,
    )
    thresholds, bounds = {}, {}
    for precision in STATED_PRECISIONS:
        thresholds[str(precision)], bounds[str(precision)] = _threshold(judged, precision)
    fitted: dict[str, Any] = {
        "slope": round(slope, 4),
        "offset": round(offset, 4),
        "certainty": certainty,
        "thresholds": thresholds,
        "known": KNOWN,
    }
    fitted_on = {"source": source, "rows": len(rows), "precision_lower_bounds": bounds}
    return _named({**fitted, "fitted_on": fitted_on})


def with_choice(fitted: Mapping[str, Any], choice: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fitted calibration with what a language model's word is worth."""
    return _named({**fitted, "choice": dict(choice)})


def _named(fitted: Mapping[str, Any]) -> dict[str, Any]:
    """Put a name with the digest of what decides before the rest."""
    deciding = {name: value for name, value in fitted.items() if name not in ("identity", "fitted_on")}
    digest = hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()
    return {"identity": f"jlac10@{digest[:12]}", **{k: v for k, v in fitted.items() if k != "identity"}}


def logistic(shares: Sequence[float], right: Sequence[bool]) -> tuple[float, float]:
    """Fit slope and offset over the log-odds of shares, held near 1 and 0 by a quadratic penalty."""
    from scipy.optimize import minimize

    kept = np.clip(np.array(shares), 1e-6, 1 - 1e-6)
    logits = np.log(kept / (1 - kept))
    signs = np.where(right, 1.0, -1.0)

    def loss(point: npt.NDArray[np.float64]) -> float:
        margins = signs * (point[0] * logits + point[1])
        return float(np.logaddexp(0, -margins).sum() + ((point - (1.0, 0.0)) ** 2).sum() / 2)

    found = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(found[0]), float(found[1])


def _certainty(rows: Sequence[Seen]) -> dict[str, float]:
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for row in rows:
        if row.right[0] and row.right[1] is not None:
            total[row.level] += 1
            right[row.level] += bool(row.right[1])
    return {
        level: round((right[level] + _PRIOR_RIGHT) / (total[level] + _PRIOR_RIGHT + _PRIOR_WRONG), 4)
        for level in SPECIMEN_LEVELS
    }


def _threshold(
    judged: Sequence[tuple[float, bool | None]], precision: float
) -> tuple[float, Mapping[str, float | None]]:
    """Return the smallest probability from which on rows are right so often, with what holds there."""
    best = _NEVER
    told: dict[str, float | None] = {"rows": 0, "low": None}
    right = 0
    for count, (probability, hit) in enumerate(judged, start=1):
        right += bool(hit)
        ends = count == len(judged) or judged[count][0] < probability
        if ends and right / count >= precision:
            best, told = probability, {"rows": count, "low": round(lower_bound(right, count, _ERROR), 4)}
    return round(best, 4), told
