"""
What is each part worth? The same labelled rows with one part left out at a time.

    python eval/ablations.py [--master NAME] [--fold 0] [LABELLED.csv ...]

Where no embedding is in use, `without dense` is left out and named. The calibration is the shipped one
throughout: it was fitted with every part in place, so a part's place is left empty rather than taken by the
others. Labelled tables hold mostly names that are in the vocabulary and tell the variants hardly apart; with
a fold, rows of names that were taken out of vocabulary and embedding are measured as well.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import held_out
import parts

from jlac_mapper.cli.eval_command import read_records
from jlac_mapper.evaluation.labels import LabelledRow, read_labelled
from jlac_mapper.evaluation.metrics import Rate, RiskPoint
from jlac_mapper.evaluation.run import PRODUCT, evaluate
from jlac_mapper.evaluation.scores import Scores
from jlac_mapper.mapping.decide import Thresholds, decide
from jlac_mapper.mapping.pipeline import Retrieval
from jlac_mapper.mapping.search import LISTED_LIMIT
from jlac_mapper.ports import Mapper
from jlac_mapper.training.generated_rows import names_by_listing
from jlac_mapper.types import (
    CONFLICTS,
    Disposition,
    Hypothesis,
    LocalTest,
    MapOptions,
    MappingResult,
    NormalizedTest,
)

LEXICAL = ("cosine", "similarity")
WITHOUT_DENSE = "without dense"
HELD_OUT = "held-out names"


@dataclass(frozen=True, slots=True)
class WithoutMethods:
    """
    A retriever without some of its methods: their scores are emptied, and what nothing else found is dropped.

    The rest is ranked anew over all that the other methods found, and cut as the retriever cuts.
    """

    retriever: Retrieval
    dropped: tuple[str, ...]

    def retrieve(self, tests: Sequence[NormalizedTest]) -> list[tuple[Hypothesis, ...]]:
        """Return each row's remaining hypotheses, the best supported first."""
        with parts.everything_found():
            found = self.retriever.retrieve(tests)
        return [self._reduce(one) for one in found]

    def _reduce(self, found: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
        emptied = [
            replace(
                h, scores={method: 0.0 if method in self.dropped else s for method, s in h.scores.items()}
            )
            for h in found
        ]
        left = [h for h in emptied if h.explained or any(h.scores.values())]
        left.sort(key=_support, reverse=True)
        listed = [h for h in left if h.listed][:LISTED_LIMIT]
        return tuple(h for h in left if not h.listed or h in listed)


def _support(hypothesis: Hypothesis) -> float:
    """Weigh what is left of a hypothesis as the retriever weighs, the name's best score for all of them."""
    by_name = (score for method, score in hypothesis.scores.items() if method != "alias")
    return max(0.8 * hypothesis.explained, *by_name) + 0.15 * hypothesis.scores.get("alias", 0.0)


@dataclass(frozen=True, slots=True)
class WithoutGuard:
    """A mapper whose decision overlooks every contradiction: only assumptions and probabilities count."""

    mapper: Mapper
    thresholds: Thresholds

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """Map rows and decide again without the contradictions."""
        return [self._decide(answer) for answer in self.mapper.map_batch(tests, options)]

    def _decide(self, answer: MappingResult) -> MappingResult:
        if answer.disposition is Disposition.ERROR or not answer.candidates:
            return answer
        best = answer.candidates[0]
        # A NO_CODE answer does not repeat what the candidate assumed.
        reasons = [r for r in (*answer.reasons, *best.reasons) if r not in CONFLICTS]
        decision = decide(best, answer.measurand_probability, reasons, self.thresholds)
        code = "" if decision.disposition is Disposition.NO_CODE else str(best.code)
        return replace(answer, disposition=decision.disposition, jlac11=code, reasons=decision.reasons)


def variants(base: parts.Parts) -> dict[str, Callable[[], Any]]:
    """Return title -> what builds that mapper, the whole product first."""
    calibration = base.calibration
    thresholds = Thresholds(
        accept=calibration.threshold(base.settings.target_precision), no_code=calibration.no_code_below
    )

    def without(dropped: tuple[str, ...]) -> Mapper:
        return base.pipeline().with_retriever(lambda inner: WithoutMethods(inner, dropped))

    return {
        "whole": base.pipeline,
        "without background vocabulary": base.with_vocabulary(
            replace(base.vocabulary, names=tuple(names_by_listing(base.bound)[0]))
        ).pipeline,
        "without guard": lambda: WithoutGuard(base.pipeline(), thresholds),
        "without lexical": lambda: without(LEXICAL),
        WITHOUT_DENSE: replace(base, embedder=None).pipeline,
    }


def run(
    base: parts.Parts, tables: Mapping[str, Sequence[LabelledRow]], *, fold: int | None = None, seed: int = 5
) -> dict[str, Any]:
    """Measure every variant on every table, and on the names of a *fold* held out; no baselines."""
    found = _measure(base, tables)
    if fold is None:
        return found
    reduced, out = held_out.reduce(base, fold, seed)
    for title, figures in _measure(reduced, {HELD_OUT: held_out.rows(base, out, seed)}).items():
        found[title].update(figures)
    return {**found, "embedding of the held-out names": held_out.note(base, reduced)}


def _measure(base: parts.Parts, tables: Mapping[str, Sequence[LabelledRow]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for title, build in variants(base).items():
        if title == WITHOUT_DENSE and base.embedder is None:
            found[title] = {"left_out": "no embedding is in use"}
            continue
        mapper = build()
        found[title] = {
            name: summary(evaluate(rows, mapper, ()).systems[PRODUCT]) for name, rows in tables.items()
        }
    return found


def summary(scores: Scores) -> dict[str, Any]:
    """Return the few figures that an ablation is about."""
    point = scores.at_precision[0.99]
    return {
        "top1": _plain(scores.top1),
        "accepted_right": _plain(scores.accepted.coverage),
        "accepted_wrong": scores.accepted.wrong_measurand + scores.accepted.wrong_code,
        "false_accepts": _plain(scores.accepted.false_accepts),
        "coverage_at_99": _point(point),
        "ece": None if scores.ece_equal_mass is None else round(scores.ece_equal_mass, 4),
    }


def _point(point: RiskPoint | None) -> float:
    return round(point.coverage, 4) if point else 0.0


def _plain(value: Rate) -> dict[str, float | int | None]:
    return parts.share(value.count, value.total)


def main() -> None:
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description="What each part is worth.")
    parser.add_argument("tables", nargs="*", type=Path, default=[here / "datasets" / "own_names.csv"])
    parser.add_argument("--master", default="starter")
    parser.add_argument("--fold", type=int, help="which fifth of the names is taken out as well (0-4)")
    given = parser.parse_args()
    base = parts.load_parts(master=given.master)
    tables = {file.stem: base.labels.rows(read_labelled(read_records(file))) for file in given.tables}
    found = run(base, tables, fold=given.fold)
    print(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
