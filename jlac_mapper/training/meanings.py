"""Fits the weights of `mapping.meanings.weigh` on generated rows, with names taken out of the index."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from jlac_mapper.mapping.dense_names import DenseNames
from jlac_mapper.mapping.meanings.features import FEATURES, FeatureReader, Float64, as_table
from jlac_mapper.mapping.meanings.find import LIMIT, MeaningFinder
from jlac_mapper.mapping.meanings.weigh import UNKNOWN
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.training.generated_masters import MasterGenerator, MasterRow
from jlac_mapper.vocabulary import NameForm, Vocabulary

FOLDS = 4
_PENALTY = 2e-4


@dataclass(frozen=True, slots=True)
class Described:
    """
    Rows with their meanings' features.

    Attributes:
        features: float32, shape (rows, LIMIT, len(FEATURES)).
        present: bool, shape (rows, LIMIT): places beyond a row's meanings are empty.
        right: bool, shape (rows, LIMIT): the meanings that the row has.
        fold: int, shape (rows,).
    """

    features: npt.NDArray[np.float32]
    present: npt.NDArray[np.bool_]
    right: npt.NDArray[np.bool_]
    fold: npt.NDArray[np.int64]

    @staticmethod
    def together(parts: Sequence["Described"]) -> "Described":
        """Put several together, in order."""
        return Described(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("features", "present", "right", "fold")
            )
        )


def describe(
    vocabulary: Vocabulary,
    rows: Sequence[MasterRow],
    make_dense: Callable[[Sequence[str]], DenseNames] | None,
    fold: int,
) -> Described:
    """Find and describe the meanings of *rows* over a vocabulary; concepts with one code are alike."""
    normalizer, finder = Normalizer(vocabulary), MeaningFinder(vocabulary, make_dense)
    reader = FeatureReader(vocabulary)
    codes = {c.key: c.jlac10 or (c.key,) for c in vocabulary.concepts}
    keys = [c.key for c in vocabulary.concepts]
    features = np.zeros((len(rows), LIMIT, len(FEATURES)), np.float32)
    present = np.zeros((len(rows), LIMIT), bool)
    right = np.zeros((len(rows), LIMIT), bool)
    tests = [normalizer.normalize(row.test) for row in rows]
    for place, (row, test, meanings) in enumerate(zip(rows, tests, finder.find(tests), strict=True)):
        features[place, : len(meanings)] = as_table(reader.describe(test, meanings))
        present[place, : len(meanings)] = True
        meant = codes[row.concept]
        right[place, : len(meanings)] = [codes[keys[m.concept]][:1] == meant[:1] for m in meanings]
    return Described(features, present, right, np.full(len(rows), fold))


def collect(
    vocabulary: Vocabulary,
    make_dense: Callable[[Vocabulary], Callable[[Sequence[str]], DenseNames] | None],
    seed: int,
) -> Described:
    """
    Generate rows and describe them, each fold with a quarter of the names taken out of the index.

    A twentieth of the concepts loses all its names: rows that mean nothing which the vocabulary knows.
    """
    parts = []
    for fold in range(FOLDS):
        out = {n.text for n in vocabulary.names if _drawn(n.text, seed, FOLDS) == fold}
        gone = {c.key for c in vocabulary.concepts if _drawn(c.key, seed + fold, 20) == 0}
        kept = tuple(n for n in vocabulary.names if n.text not in out and n.concept not in gone)
        left = replace(
            vocabulary,
            names=kept,
            # The standard names are among the names: a fold must not know them by another way.
            concepts=tuple(
                replace(c, name="", name_en="") if c.key in gone or c.name in out else c
                for c in vocabulary.concepts
            ),
        )
        generator = MasterGenerator(vocabulary, seed * 100 + fold)
        rows = [
            row
            for name in vocabulary.names
            if name.form != NameForm.HOMONYM
            and (name.text in out or (name.concept in gone) or _drawn(name.text, seed + 7, FOLDS) == fold)
            for row in generator.rows(name, 1)
        ]
        parts.append(describe(left, rows, make_dense(left), fold))
    return Described.together(parts)


def fit(rows: Described) -> dict[str, float]:
    """Return the weights under which the right meanings are likeliest (conditional logit, L2 penalty)."""
    from scipy.optimize import minimize

    features = rows.features.astype(np.float64)
    missing = ~rows.right.any(axis=1, keepdims=True)
    width = len(FEATURES)

    def loss(point: Float64) -> tuple[float, Float64]:
        logits = np.where(rows.present, features @ point[:width], -np.inf)
        every = np.concatenate([logits, np.full((len(logits), 1), point[width])], axis=1)
        top = every.max(axis=1, keepdims=True)
        odds = np.exp(every - top)
        share = odds / odds.sum(axis=1, keepdims=True)
        hit = np.concatenate([rows.right, missing], axis=1)
        own = (share * hit).sum(axis=1)
        posterior = share * hit / np.maximum(own, 1e-300)[:, None]
        slope = share - posterior
        gradient = np.append(np.einsum("rm,rmf->f", slope[:, :-1], features), slope[:, -1].sum()) / len(own)
        value = -np.log(np.maximum(own, 1e-300)).mean() + _PENALTY * point @ point
        return float(value), gradient + 2 * _PENALTY * point

    found = minimize(loss, np.zeros(width + 1), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return dict(zip((*FEATURES, UNKNOWN), (float(value) for value in found.x), strict=True))


def named(weights: Mapping[str, float]) -> dict[str, Any]:
    """Return weights as they are kept in their file, under a name with their digest."""
    rounded = {name: round(value, 5) for name, value in weights.items()}
    digest = hashlib.sha256(json.dumps(rounded, sort_keys=True).encode()).hexdigest()
    return {"identity": f"meanings@{digest[:12]}", "weights": rounded}


def right_first(rows: Described, found: Mapping[str, Any]) -> float:
    """Return the share of the rows with a right meaning among theirs that have it first."""
    weights = np.array([found["weights"][name] for name in FEATURES])
    logits = np.where(rows.present, rows.features @ weights, -np.inf)
    known = rows.right.any(axis=1)
    best = logits[known].argmax(axis=1)
    return float(rows.right[known][np.arange(int(known.sum())), best].mean())


def _drawn(text: str, seed: int, count: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{text}".encode()).digest()[:4], "big") % count
