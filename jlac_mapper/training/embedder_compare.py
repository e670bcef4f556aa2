"""Compares ways of finding a name's concept, each on the same held-out names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.mapping.ngram_index import NgramIndex
from jlac_mapper.text import fold
from jlac_mapper.training import embedder, pairs
from jlac_mapper.training.embedder_measure import Asked, Figure, Similarities, ask, figures, names_per_second

STATIC, TRANSFORMER = "static n-grams", "character transformer"

FloatMatrix = npt.NDArray[np.float32]
Method = Callable[[BoundRelease, int], Similarities]
"""Learns from a release's vocabulary with a seed; returns how texts score against names."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How one method came out over the folds."""

    method: str
    figures: dict[str, Figure]
    folds: int
    names: int
    names_per_second: float


def methods(static: embedder.Recipe, transformer: embedder.Recipe) -> dict[str, Method]:
    """Return the two lexical searches and the two embeddings by their names."""

    def static_method(kept: BoundRelease, seed: int) -> Similarities:
        _, trained = embedder.train_static(pairs.examples(kept, seed), static)
        return cosines(trained.embed)

    def transformer_method(kept: BoundRelease, seed: int) -> Similarities:
        return cosines(embedder.train_transformer(pairs.examples(kept, seed), transformer).embed)

    return {
        "character TF-IDF": _untrained(_tf_idf),
        "RapidFuzz ratio": _untrained(_ratio),
        STATIC: static_method,
        TRANSFORMER: transformer_method,
    }


def compare(
    bound: BoundRelease,
    chosen: dict[str, Method],
    *,
    folds: int,
    seed: int,
    report: Callable[[str], None],
) -> list[Measured]:
    """
    Take a fifth of all names out, learn from the rest, ask for those taken out; for each of *folds* fifths.

    The names taken out are neither learned from nor in the index. All methods see the same queries.
    """
    asked: dict[str, list[Asked]] = {name: [] for name in chosen}
    speeds: dict[str, list[float]] = {name: [] for name in chosen}
    for fold_number in range(folds):
        kept_names, out = pairs.hold_out(bound.vocabulary, fold_number, seed)
        kept = replace(bound, vocabulary=kept_names)
        for name, method in chosen.items():
            score = method(kept, seed)
            found = ask(bound, kept, out, score, seed)
            asked[name] += found
            texts = [name.text for name in out.names]
            if name in (STATIC, TRANSFORMER):
                speeds[name].append(names_per_second(lambda t, s=score: s(t, ["x"]), texts))  # type: ignore[misc]
            report(f"fold {fold_number + 1} of {folds}: {name}: recall@1 {_recall(found):.3f}")
    return [
        Measured(
            name,
            figures(rows),
            folds,
            len({row.name for row in rows if row.listed}),
            float(np.median(speeds[name])) if speeds[name] else 0.0,
        )
        for name, rows in asked.items()
    ]


def _recall(asked: Sequence[Asked]) -> float:
    return float(np.mean([row.rank == 0 for row in asked if row.listed]))


def _untrained(score: Similarities) -> Method:
    def method(_kept: BoundRelease, _seed: int) -> Similarities:
        return score

    return method


def cosines(embed: Callable[[Sequence[str]], FloatMatrix]) -> Similarities:
    """Return the scores of an embedding: cosines of unit-length rows."""

    def score(texts: Sequence[str], names: Sequence[str]) -> FloatMatrix:
        return np.asarray(embed(texts) @ embed(names).T, dtype=np.float32)

    return score


def _tf_idf(texts: Sequence[str], names: Sequence[str]) -> FloatMatrix:
    index = NgramIndex(list(names))
    scores = np.zeros((len(texts), len(names)), np.float32)
    for i, text in enumerate(texts):
        rows, cosines = index.search(fold(text), len(names))
        scores[i, rows] = cosines
    return scores


def _ratio(texts: Sequence[str], names: Sequence[str]) -> FloatMatrix:
    from rapidfuzz.fuzz import ratio
    from rapidfuzz.process import cdist

    keys = [fold(text) for text in texts]
    return np.asarray(cdist(keys, list(names), scorer=ratio, dtype=np.float32) / 100, dtype=np.float32)
