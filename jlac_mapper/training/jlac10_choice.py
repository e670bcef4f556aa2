"""Fits what a language model's word is worth for JLAC10, and measures it on names that it never read."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jlac_mapper.mapping.jlac10.ask import reweighed
from jlac_mapper.mapping.jlac10.calibration import ChoiceCalibration
from jlac_mapper.mapping.jlac10.compose import split_entry
from jlac_mapper.mapping.jlac10.pipeline import Jlac10Pipeline, Spoken
from jlac_mapper.training.calibration_figures import lower_bound
from jlac_mapper.training.embedder_measure import over_names
from jlac_mapper.training.generated_masters import MasterGenerator, MasterRow
from jlac_mapper.training.jlac10_calibration import logistic
from jlac_mapper.types import LocalTest
from jlac_mapper.vocabulary import NameForm, Vocabulary

_LARGEST = 2.0
"""No model counts more than twice what it says."""
_ERROR = 0.025
_RESAMPLES = 2000
_NO_IDENTIFICATION = "0000"
_ENOUGH = 100
_ENOUGH_SURE = 20
_SURE = 0.9
"""Share from which on the model and the meanings together are sure."""


@dataclass(frozen=True, slots=True)
class Heard:
    """
    A labelled row that a language model spoke on.

    Attributes:
        spoken: What it said, with the shares of the meanings before.
        right: The JLAC10 entries that are right; empty where none of the meanings is.
        name: What the row was made from: rows of one name are alike.
    """

    spoken: Spoken
    right: frozenset[str]
    name: str

    def shares(self, weight: float) -> list[float]:
        """Return the meanings' shares with the model's word counted with *weight*."""
        return reweighed(self.spoken.shares, self.spoken.opinion, weight)

    def best(self, weight: float) -> tuple[float, bool]:
        """Return the share of the likeliest entry, and whether it is right."""
        total: dict[str, float] = {}
        for (entry, _), share in zip(self.spoken.shares, self.shares(weight), strict=True):
            if entry:
                total[entry] = total.get(entry, 0.0) + share
        entry = min(total, key=lambda e: (-total[e], e))
        return total[entry], entry in self.right


def heard(
    pipeline: Jlac10Pipeline,
    tests: Sequence[LocalTest],
    right: Sequence[Callable[[str], bool]],
    names: Sequence[str],
) -> list[Heard]:
    """
    Return the rows that the pipeline's model spoke on.

    Args:
        right: For each row, whether a JLAC10 entry is right.
        names: What each row was made from.
    """
    found = []
    for is_right, name, spoken in zip(right, names, pipeline.spoken(tests), strict=True):
        if spoken is None:
            continue
        meant = frozenset(entry for entry, _ in spoken.shares if entry and is_right(entry))
        found.append(Heard(spoken, meant, name))
    return found


def has_code(entry: str, codes: Sequence[str]) -> bool:
    """Tell whether an entry is a label's, whose identification may be that of a time that the row says."""
    analyte, identification, _ = split_entry(entry)
    return any(code[:5] == analyte and identification in (code[5:9], _NO_IDENTIFICATION) for code in codes)


def generated(vocabulary: Vocabulary, unseen: Vocabulary, seed: int, times: int = 2) -> list[MasterRow]:
    """Write so many rows of each name that the model never read."""
    generator = MasterGenerator(vocabulary, seed)
    return [
        row for name in unseen.names if name.form != NameForm.HOMONYM for row in generator.rows(name, times)
    ]


def of_generated(pipeline: Jlac10Pipeline, vocabulary: Vocabulary, rows: Sequence[MasterRow]) -> list[Heard]:
    """Return what a model says of generated rows."""
    concepts = vocabulary.by_key()
    meant = [concepts[row.concept].entry for row in rows]
    return heard(
        pipeline, [row.test for row in rows], [own.__eq__ for own in meant], [row.name for row in rows]
    )


def halves(rows: Sequence[Heard]) -> tuple[list[Heard], list[Heard]]:
    """Divide rows by their names, so that no name is in both."""
    first = [row for row in rows if hashlib.sha256(row.name.encode()).digest()[0] % 2]
    second = [row for row in rows if not hashlib.sha256(row.name.encode()).digest()[0] % 2]
    return first, second


def learn(generated: Sequence[Heard], labelled: Sequence[Heard], model: str) -> ChoiceCalibration:
    """
    Fit the weight of the model's word on all rows, and the curve of the shares with it; `lifts` stays 0.

    The curve is that of the labelled rows where there are enough: generated ones are easier than real ones.
    """
    weight = round(fit_weight([*generated, *labelled]), 4)
    telling = labelled if len(labelled) >= _ENOUGH else [*generated, *labelled]
    best = [row.best(weight) for row in telling]
    slope, offset = logistic([share for share, _ in best], [right for _, right in best])
    sure = [right for share, right in best if share >= _SURE]
    most = (sum(sure) + 1) / (len(sure) + 2) if len(sure) >= _ENOUGH_SURE else 1.0
    return ChoiceCalibration(model, weight, round(slope, 4), round(offset, 4), round(most, 4))


def fit_weight(rows: Sequence[Heard]) -> float:
    """Return the weight under which the right entries, or none, are likeliest: 0 to 2; 0 without rows."""
    from scipy.optimize import minimize_scalar

    if not rows:
        return 0.0

    def loss(weight: float) -> float:
        own = []
        for row in rows:
            shares = list(zip(row.spoken.shares, row.shares(weight), strict=True))
            right = sum(share for (entry, _), share in shares if entry in row.right)
            own.append(right if row.right else 1.0 - sum(s for (entry, _), s in shares if entry))
        return float(-np.log(np.maximum(own, 1e-9)).mean())

    found = minimize_scalar(loss, bounds=(0.0, _LARGEST), method="bounded")
    return float(found.x) if loss(float(found.x)) < loss(0.0) else 0.0


def measure(
    rows: Sequence[Heard], choice: ChoiceCalibration, thresholds: Mapping[float, float]
) -> dict[str, Any]:
    """
    Return what the word is worth on rows that nothing was fitted to.

    Args:
        thresholds: Target precision -> probability from which on a known name would be lifted.

    Returns:
        JSON values: rows; shares right first without and with the model's word; the difference with its
        95 % interval (bootstrap over names); for each target rows of known names that would be lifted, how
        many of them are right, and the lower bound of that.
    """
    if not rows:
        return {"rows": 0}
    without = np.array([row.best(0.0)[1] for row in rows], float)
    with_word = [row.best(choice.weight) for row in rows]
    right = np.array([hit for _, hit in with_word], float)
    by_name: dict[str, list[float]] = {}
    for row, change in zip(rows, (right - without).tolist(), strict=True):
        by_name.setdefault(row.name, []).append(change)
    difference = over_names(list(by_name.values()), seed=0, resamples=_RESAMPLES)
    known = [
        (choice.probability(share), hit)
        for (share, hit), row in zip(with_word, rows, strict=True)
        if row.spoken.is_known
    ]
    lifted = {
        str(precision): _counted([hit for probability, hit in known if probability >= threshold])
        for precision, threshold in thresholds.items()
    }
    return {
        "rows": len(rows),
        "right_without": round(float(without.mean()), 4),
        "right_with": round(float(right.mean()), 4),
        "difference": [round(value, 4) for value in (difference.value, difference.low, difference.high)],
        "lifted": lifted,
    }


def lifts(measured: Mapping[str, Any]) -> float:
    """Return the highest target precision that the lower bound of what would be lifted reaches; 0: none."""
    reached = 0.0
    for precision, found in measured.get("lifted", {}).items():
        if found["low"] is not None and found["low"] >= float(precision):
            reached = max(reached, float(precision))
    return reached


def _counted(hits: Sequence[bool]) -> dict[str, Any]:
    low = round(lower_bound(sum(hits), len(hits), _ERROR), 4) if hits else None
    return {"rows": len(hits), "right": sum(hits), "low": low}
