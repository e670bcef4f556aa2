"""
Does the language model help where the scores are unsure? The same uncertain rows, with it and without.

Rows are generated from the fifth of all names that the bundled model was not trained on; vocabulary and
embedding are without them too. Of the rows that the calibrated scores leave between the thresholds, 2,000
are drawn: a name among its near twins, or a near twin that has no listed code. An answer is the measurand
held likelier than not, or none. `--labelled` tables are measured whole: their uncertain rows, and coverage.

    python eval/near_twins.py [--llm bundled] [--labelled FILE ...]
"""

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import held_out
import parts

from jlac_mapper.cli.eval_command import read_records
from jlac_mapper.config import Settings, SettingWord
from jlac_mapper.evaluation.labels import LabelledRow, Status, read_labelled
from jlac_mapper.evaluation.run import PRODUCT, evaluate
from jlac_mapper.mapping.question import row_fields
from jlac_mapper.model_loading import language_model
from jlac_mapper.ports import Choice, ChoiceAnswer, ChoiceModel
from jlac_mapper.training.generated_rows import RowGenerator, names_by_listing
from jlac_mapper.types import MappingResult

HELD_OUT_FOLD, HELD_OUT_SEED = 4, 11
"""The names that the bundled model never saw."""
_EVEN = 0.5


class Recorder:
    """Stands before a language model and keeps what it said, by question."""

    def __init__(self, inner: ChoiceModel) -> None:
        self.inner = inner
        self.said: dict[tuple[tuple[str, str], ...], str | None] = {}
        self.identity, self.template = inner.identity, inner.template
        self.speaks, self.sees_order = inner.speaks, inner.sees_order

    def choose(self, questions: Sequence[Choice]) -> list[ChoiceAnswer]:
        """Ask the model, remember its first choice, and pass the answers on."""
        answers = self.inner.choose(questions)
        for question, answer in zip(questions, answers, strict=True):
            ranked = zip(answer.probabilities, question.options, strict=False)
            best = max(ranked, key=lambda pair: pair[0], default=None)
            self.said[question.fields] = best[1].measurand if best else None
        return answers


@dataclass(frozen=True, slots=True)
class Answered:
    """One uncertain row's label and the answers: scores alone, the model alone, both."""

    truth: frozenset[str]
    scores: str
    model: str | None
    fused: str


def generated(base: parts.Parts, seed: int) -> list[LabelledRow]:
    """Return rows of the held-out names in several spellings, listed and not."""
    _, out = held_out.reduce(replace(base, embedder=None), HELD_OUT_FOLD, HELD_OUT_SEED)
    generator = RowGenerator(base.bound, seed)
    listed, others = names_by_listing(base.with_vocabulary(out).bound)
    rows = [row for name in listed for row in generator.listed(name, 4)]
    rows += [generator.another_test(name) for name in listed]
    rows += [row for other in others for row in generator.background(other, 3)]
    return held_out.labelled([replace(r, test=replace(r.test, abbreviation="", jlac10="")) for r in rows])


def compare(
    base: parts.Parts, model: ChoiceModel, rows: Sequence[LabelledRow], most: int = 0, seed: int = 0
) -> dict[str, Any]:
    """Answer the uncertain rows among *rows*, at most *most* of them, in the three ways."""
    recorder = Recorder(model)
    tests = [row.test for row in rows]
    alone = parts.map_all(base.pipeline(), tests)
    calibration = base.calibration
    low, high = calibration.no_code_below, calibration.threshold(base.settings.target_precision)
    uncertain = [i for i, answer in enumerate(alone) if low <= answer.measurand_probability < high]
    scored = [i for i in uncertain if rows[i].truth.status in (Status.CODABLE, Status.UNLISTED)]
    if most and len(scored) > most:
        scored = sorted(random.Random(seed).sample(scored, most))
    fused = parts.map_all(replace(base, choice_model=recorder).pipeline(), [tests[i] for i in scored])
    answered = [
        Answered(
            rows[i].truth.measurands,
            _said(alone[i]),
            recorder.said.get(row_fields(tests[i])),
            _said(answer),
        )
        for i, answer in zip(scored, fused, strict=True)
    ]
    return {"model": model.identity, "rows": len(rows), "uncertain": len(uncertain), **figures(answered)}


def _said(answer: MappingResult) -> str:
    """Return the measurand held likelier than not, or "": none."""
    return answer.candidates[0].code.measurand if answer.measurand_probability >= _EVEN else ""


def figures(answered: Sequence[Answered]) -> dict[str, Any]:
    """Return the accuracy of each way, and what the fusion gains over the scores, with 95 % intervals."""
    n = len(answered)
    right = {
        way: [_is_right(one.truth, getattr(one, way)) for one in answered]
        for way in ("scores", "model", "fused")
    }
    gained = sum(f and not s for f, s in zip(right["fused"], right["scores"], strict=True))
    lost = sum(s and not f for f, s in zip(right["fused"], right["scores"], strict=True))
    return {
        "questions": n,
        "with_a_listed_code": sum(bool(one.truth) for one in answered),
        "no_opinion": sum(one.model is None for one in answered),
        "accuracy": {way: parts.share(sum(found), n) for way, found in right.items()},
        "fused_minus_scores": parts.paired(gained, lost, n),
    }


def _is_right(truth: frozenset[str], said: str | None) -> bool:
    return said is not None and (said in truth if truth else said == "")


def coverage(base: parts.Parts, model: ChoiceModel, rows: Sequence[LabelledRow]) -> dict[str, Any]:
    """Return the coverage at 99 % and what is accepted wrongly, without the model and with it."""
    found = {}
    for title, chosen in (("off", base), ("on", replace(base, choice_model=model))):
        scores = evaluate(rows, chosen.pipeline(), ()).systems[PRODUCT]
        point = scores.at_precision[0.99]
        found[title] = {
            "coverage_at_99": point.coverage if point else 0.0,
            "top1": scores.top1.value,
            "ece": scores.ece_equal_mass,
            "accepted": scores.accepted.coverage.count,
            "accepted_without_a_code": scores.accepted.false_accepts.count,
        }
    return found


def run(base: parts.Parts, model: ChoiceModel, tables: dict[str, Sequence[LabelledRow]]) -> dict[str, Any]:
    """Measure the generated questions and every table."""
    reduced, _ = held_out.reduce(base, HELD_OUT_FOLD, HELD_OUT_SEED)
    rows = generated(base, seed=5)
    results: dict[str, Any] = {
        "embedding": held_out.note(base, reduced),
        "near-twin questions": compare(reduced, model, rows, most=2_000, seed=5)
        | {"all rows": coverage(reduced, model, rows)},
    }
    for title, table in tables.items():
        results[title] = compare(base, model, table) | {"all rows": coverage(base, model, table)}
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--llm", default=SettingWord.BUNDLED)
    parser.add_argument("--labelled", nargs="*", type=Path, default=[])
    given = parser.parse_args()
    base = parts.load_parts()
    tables = {path.stem: base.labels.rows(read_labelled(read_records(path))) for path in given.labelled}
    model = language_model(Settings(database_url=base.settings.database_url, llm=given.llm))
    print(json.dumps(run(base, model, tables), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
