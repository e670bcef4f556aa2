"""Measures an embedding on names that it has not seen, as the retrieval of concepts uses it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.text import fold
from jlac_mapper.training import pairs
from jlac_mapper.training.generated_rows import RowGenerator
from jlac_mapper.vocabulary import NameForm, Vocabulary

FloatMatrix = npt.NDArray[np.float32]
Similarities = Callable[[Sequence[str], Sequence[str]], FloatMatrix]
"""Scores of texts against names, shape (texts, names)."""

_SPELLINGS = 2
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One spelling of a held-out name and how it came out.

    Attributes:
        name: The held-out name, for resampling: its spellings stand or fall together.
        listed: Its concept is listed.
        rank: Meanings above the right one (all background names are one meaning); -1 of a name not listed.
        rank_listed: The same without background names in the index.
        margin: Score of the best listed name minus that of the best background name.
    """

    name: str
    listed: bool
    rank: int
    rank_listed: int
    margin: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with its 95 % interval (bootstrap over names)."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def ask(
    bound: BoundRelease, kept: BoundRelease, out: Vocabulary, score: Similarities, seed: int
) -> list[Asked]:
    """Search spellings of the names *out* of *bound* among the names *kept*, listed and background."""
    generator = RowGenerator(bound, seed)
    names = pairs.known_names(kept)
    asked = [
        (name.text, name.concept if name.concept in bound.listed else "", text)
        for name in out.names
        if name.form != NameForm.HOMONYM
        for text in pairs.perturbed(generator, name.text, _SPELLINGS)
        if fold(text)
    ]
    scores = score([text for _, _, text in asked], [name.key for name in names])
    meanings = np.array([name.concept for name in names])
    concepts = sorted(set(meanings.tolist()) - {""})
    best = np.stack([scores[:, meanings == concept].max(axis=1) for concept in concepts], axis=1)
    background = scores[:, meanings == ""].max(axis=1)
    found: list[Asked] = []
    for i, (name, concept, _) in enumerate(asked):
        margin = float(best[i].max() - background[i])
        if concept:
            # A concept that lost all its names cannot be found.
            right = best[i, concepts.index(concept)] if concept in concepts else -np.inf
            above = int((best[i] > right).sum())
            found.append(Asked(name, True, above + int(background[i] > right), above, margin))
        else:
            found.append(Asked(name, False, -1, -1, margin))
    return found


def figures(asked: Sequence[Asked], seed: int = 0) -> dict[str, Figure]:
    """Return recall of the concept at 1, 5 and 10, and how well margins tell listed from other names."""
    measures: dict[str, Callable[[Sequence[Asked]], float]] = {
        "recall@1": lambda rows: _share(rows, 1),
        "recall@5": lambda rows: _share(rows, 5),
        "recall@10": lambda rows: _share(rows, 10),
        "recall@1, listed names only": lambda rows: float(
            np.mean([row.rank_listed == 0 for row in rows if row.listed])
        ),
        "open-set AUC": separation,
    }
    by_name: dict[tuple[str, bool], list[Asked]] = {}
    for row in asked:
        by_name.setdefault((row.name, row.listed), []).append(row)
    listed = [rows for (_, is_listed), rows in by_name.items() if is_listed]
    other = [rows for (_, is_listed), rows in by_name.items() if not is_listed]
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(_RESAMPLES):
        sample = [row for i in rng.integers(len(listed), size=len(listed)) for row in listed[i]]
        sample += [row for i in rng.integers(len(other), size=len(other)) for row in other[i]]
        for name, measure in measures.items():
            drawn[name].append(measure(sample))
    return {
        name: Figure(measure(asked), *(float(v) for v in np.percentile(drawn[name], (2.5, 97.5))))
        for name, measure in measures.items()
    }


def separation(asked: Sequence[Asked]) -> float:
    """Return the chance that a listed name's margin is above another's (area under the ROC curve)."""
    margins = np.array([row.margin for row in asked])
    listed = np.array([row.listed for row in asked])
    _, inverse, counts = np.unique(margins, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives, negatives = int(listed.sum()), int((~listed).sum())
    return float((ranks[listed].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def names_per_second(embed: Callable[[Sequence[str]], FloatMatrix], texts: Sequence[str]) -> float:
    """Return how many names a second *embed* takes, after a first call that warms it."""
    embed(texts[:100])
    began = time.perf_counter()
    embed(texts)
    return len(texts) / (time.perf_counter() - began)


def _share(asked: Sequence[Asked], k: int) -> float:
    return float(np.mean([row.rank < k for row in asked if row.listed]))


def over_names(by_name: Sequence[Sequence[float]], seed: int, resamples: int = _RESAMPLES) -> Figure:
    """Return a mean with its 95 % bootstrap interval over names: the values of one name belong together."""
    totals = np.array([sum(values) for values in by_name])
    counts = np.array([len(values) for values in by_name])
    drawn = np.random.default_rng(seed).integers(len(totals), size=(resamples, len(totals)))
    means = totals[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = (float(v) for v in np.percentile(means, (2.5, 97.5)))
    return Figure(float(totals.sum() / counts.sum()), low, high)
