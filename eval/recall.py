"""
Which way of searching finds the measurand? Recall at 1, 5 and 10 of each method alone and of all together.

Every method ranks the measurands of all listed concepts that it found by its own score, on the same rows: on
generated rows of names that were taken out of the vocabulary first, and on own_names.csv with the whole
vocabulary. For the first an embedding is trained without those names (a minute or two, `train` extra); where
torch is not installed the shipped one stands in, which has seen them, and the result says so. RapidFuzz
scores only what the n-grams found, as it does in the product.

    python eval/recall.py [--fold 0]
"""

import argparse
import json
from collections.abc import Sequence
from math import comb
from pathlib import Path
from typing import Any

import held_out
import parts

from jlac_mapper.cli.eval_command import read_records
from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.evaluation.baselines import usual_measurands
from jlac_mapper.evaluation.labels import LabelledRow, Status, read_labelled
from jlac_mapper.mapping.pipeline import Pipeline, Retrieval
from jlac_mapper.types import Hypothesis, LocalTest, NormalizedTest

OWN_NAMES = Path(__file__).parent / "datasets" / "own_names.csv"
CUTS = (1, 5, 10)
FUSED, CALIBRATED = "fused", "calibrated"
_NAME_METHODS = ("alias",)
"""Scores that speak of other fields than the name: no method of their own."""

Row = tuple[LocalTest, frozenset[str]]
"""A row and the measurands that are right for it."""
Ranked = dict[str, list[str]]
"""Method -> measurands of one row, the likeliest first."""


class Recorder:
    """Stands before a retriever and keeps what it found."""

    def __init__(self, inner: Retrieval) -> None:
        self.inner = inner
        self.found: list[tuple[Hypothesis, ...]] = []

    def retrieve(self, tests: Sequence[NormalizedTest]) -> list[tuple[Hypothesis, ...]]:
        """Ask the retriever, remember its answer, and pass it on."""
        answer = self.inner.retrieve(tests)
        self.found += answer
        return answer


def rankings(pipeline: Pipeline, tests: Sequence[LocalTest], bound: BoundRelease) -> list[Ranked]:
    """
    Return for each row the measurands in the order of each method, of the fusion, and of the whole product.

    The product resolves only the first few hypotheses: its order beyond these is the fusion's.
    """
    recorders: list[Recorder] = []

    def listen(inner: Retrieval) -> Recorder:
        recorders.append(Recorder(inner))
        return recorders[0]

    usual = usual_measurands(bound)
    with parts.everything_found():
        answers = parts.map_all(pipeline.with_retriever(listen), tests)
    found = []
    for hypotheses, answer in zip(recorders[0].found, answers, strict=True):
        listed = [h for h in hypotheses if h.listed]
        fused = list(dict.fromkeys(usual[h.key] for h in listed))
        first = [candidate.code.measurand for candidate in answer.candidates]
        ranked = {FUSED: fused, CALIBRATED: list(dict.fromkeys([*first, *fused]))}
        for method in {m for h in listed for m in h.scores} - set(_NAME_METHODS):
            scored = [h for h in listed if h.scores.get(method)]
            best = sorted(scored, key=lambda h: (-h.scores[method], usual[h.key]))
            ranked[method] = list(dict.fromkeys(usual[h.key] for h in best))
        found.append(ranked)
    return found


def recall(rows: Sequence[Row], ranked: Sequence[Ranked]) -> dict[str, Any]:
    """
    Return method -> cut -> share of rows with a right measurand among the first *cut*, with intervals.

    Beside them stands how the fusion differs from the method at the first place: rows that only the fusion
    (`gained`) or only the method (`lost`) has right, and the exact two-sided sign test of the two.
    """
    methods = dict.fromkeys(method for one in ranked for method in one)
    return {
        method: {
            **{f"@{cut}": parts.share(sum(_hits(rows, ranked, method, cut)), len(rows)) for cut in CUTS},
            **({} if method == FUSED else {"fused_at_1": _compared(rows, ranked, method)}),
        }
        for method in sorted(methods)
        if any(one.get(method) for one in ranked)
    }


def _hits(rows: Sequence[Row], ranked: Sequence[Ranked], method: str, cut: int) -> list[bool]:
    return [
        bool(right.intersection(one.get(method, ())[:cut]))
        for (_, right), one in zip(rows, ranked, strict=True)
    ]


def _compared(rows: Sequence[Row], ranked: Sequence[Ranked], method: str) -> dict[str, float | int]:
    fused, alone = _hits(rows, ranked, FUSED, 1), _hits(rows, ranked, method, 1)
    gained = sum(f and not a for f, a in zip(fused, alone, strict=True))
    lost = sum(a and not f for f, a in zip(fused, alone, strict=True))
    return {"gained": gained, "lost": lost, "p": round(sign_test(gained, lost), 5)}


def sign_test(one: int, other: int) -> float:
    """Return the two-sided chance of a split at least as uneven, were both sides equally likely."""
    n = one + other
    return min(1.0, 2 * sum(comb(n, i) for i in range(min(one, other) + 1)) / 2**n)


def codable(rows: Sequence[LabelledRow]) -> list[Row]:
    """Return the rows with a listed code."""
    return [(row.test, row.truth.measurands) for row in rows if row.truth.status is Status.CODABLE]


def run(base: parts.Parts, fold: int = 0, seed: int = 5, *, train: bool = True) -> dict[str, Any]:
    """Measure both sets of rows; with *train* off, or without torch, the shipped embedding stands in."""
    reduced, out = held_out.reduce(base, fold, seed, train=train)
    sets = {
        "held-out names": (reduced, codable(held_out.rows(base, out, seed))),
        "own-names": (base, codable(base.labels.rows(read_labelled(read_records(OWN_NAMES))))),
    }
    return {
        "seed": seed,
        "fold": fold,
        "embedding of the held-out names": held_out.note(base, reduced),
        **{
            title: recall(rows, rankings(chosen.pipeline(), [test for test, _ in rows], chosen.bound))
            for title, (chosen, rows) in sets.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Recall of each retrieval method alone and fused.")
    parser.add_argument("--fold", type=int, default=0, help="which fifth of the names is taken out (0-4)")
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args()
    print(json.dumps(run(parts.load_parts(), given.fold, given.seed), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
