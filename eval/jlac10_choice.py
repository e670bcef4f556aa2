"""
What does a language model change in JLAC10? Every labelled table, mapped without it and with it.

The same rows in one run: analytes first, first 12 characters, what is accepted, what is accepted wrongly,
what could be accepted at 99 % with a threshold chosen by hindsight, and how many rows a second. A gain is
a paired difference with its 95 % interval.

    python eval/jlac10_choice.py [--llm bundled] [--shared FOLDER] [--only TITLE ...]
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jlac10_sets
import parts

from jlac_mapper.bootstrap import App, build_jlac10
from jlac_mapper.config import SettingWord
from jlac_mapper.evaluation.jlac10.agreement import ACCEPTED_LENGTH, agrees, analytes
from jlac_mapper.evaluation.jlac10.labels import LabelledRow
from jlac_mapper.evaluation.metrics import coverage_at_precision, risk_coverage
from jlac_mapper.llm.score_only_choice import ScoreOnlyChoice
from jlac_mapper.mapping.jlac10.pipeline import Jlac10Pipeline
from jlac_mapper.types import Disposition, Jlac10Mapping, Reason

_PRECISION = 0.99


def answers(mapper: Jlac10Pipeline, rows: Sequence[LabelledRow]) -> tuple[list[Jlac10Mapping], float]:
    """Map the rows; return the answers and rows a second."""
    began = time.perf_counter()
    found = parts.map_all(mapper, [row.test for row in rows])
    return found, len(rows) / (time.perf_counter() - began)


def figures(rows: Sequence[LabelledRow], found: Sequence[Jlac10Mapping], rate: float) -> dict[str, Any]:
    """Return what one way to map gives."""
    pairs = list(zip(rows, found, strict=True))
    accepted = [(row, a) for row, a in pairs if a.disposition is Disposition.ACCEPTED]
    right = [agrees(row.truth, a, ACCEPTED_LENGTH) for row, a in pairs]
    points = risk_coverage(
        [a.probability if a.code else float("nan") for a in found], right, [bool(r.truth.codes) for r in rows]
    )
    point = coverage_at_precision(points, _PRECISION)
    return {
        "accepted": len(accepted),
        "accepted_right": sum(agrees(row.truth, a, ACCEPTED_LENGTH) for row, a in accepted),
        "accepted_without_code": sum(not row.truth.codes for row, _ in accepted),
        "lifted": sum(Reason.LLM_CONFIRMS in a.reasons for _, a in accepted),
        "coverage_at_99_by_hindsight": round(point.coverage, 4) if point else None,
        "rows_a_second": round(rate),
    }


def difference(
    rows: Sequence[LabelledRow],
    without: Sequence[Jlac10Mapping],
    with_model: Sequence[Jlac10Mapping],
    is_right: Callable[[LabelledRow, Jlac10Mapping], bool],
) -> dict[str, Any]:
    """Return how many coded rows are right either way, and the paired difference with its interval."""
    coded = [i for i, row in enumerate(rows) if row.truth.codes]
    before = [is_right(rows[i], without[i]) for i in coded]
    after = [is_right(rows[i], with_model[i]) for i in coded]
    gained = sum(a and not b for a, b in zip(after, before, strict=True))
    lost = sum(b and not a for a, b in zip(after, before, strict=True))
    return {"rows": len(coded), "without": sum(before), "with": sum(after)} | parts.paired(
        gained, lost, len(coded)
    )


def compared(rows: Sequence[LabelledRow], before: Jlac10Pipeline, after: Jlac10Pipeline) -> dict[str, Any]:
    """Map the rows in two ways and say what the second changes."""
    off, off_rate = answers(before, rows)
    on, on_rate = answers(after, rows)
    asked = sum(any(e.key == "concept.language_model" for e in answer.evidence) for answer in on)
    return {
        "rows": len(rows),
        "spoken_on": asked,
        "off": figures(rows, off, off_rate),
        "on": figures(rows, on, on_rate),
        "analyte_first": difference(rows, off, on, _has_analyte),
        "twelve_characters": difference(rows, off, on, lambda r, a: agrees(r.truth, a, ACCEPTED_LENGTH)),
    }


def measure(rows: Sequence[LabelledRow], app: App) -> dict[str, Any]:
    """Map the rows without the app's language model and with it."""
    silent = build_jlac10(replace(app, choice_model=ScoreOnlyChoice()))
    return compared(rows, silent, build_jlac10(app))


def _has_analyte(row: LabelledRow, answer: Jlac10Mapping) -> bool:
    return analytes(answer)[:1] in [[code.analyte] for code in row.truth.codes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--llm", default=SettingWord.BUNDLED)
    parser.add_argument("--shared", type=Path, default=jlac10_sets.HERE.parent.parent / "shared" / "data")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--target-precision", type=float, default=0.99)
    given = parser.parse_args()
    sets = [one for one in jlac10_sets.data_sets(given.shared) if one.file.is_file()]
    with jlac10_sets.app_with_tables(
        given.shared, llm=given.llm, target_precision=given.target_precision
    ) as app:
        found = {
            one.title: measure(one.rows(), app) for one in sets if one.title in (given.only or [one.title])
        }
    print(json.dumps({"model": app.choice_model.identity, **found}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
