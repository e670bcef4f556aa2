"""`jlac-mapper train choice-rows`: rows become the closed questions that a language model learns."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from jlac_mapper.cli.train_release import say
from jlac_mapper.types import System

if TYPE_CHECKING:
    from jlac_mapper.bootstrap import App
    from jlac_mapper.training.choice_rows import AnsweredChoice


def choice_rows(
    labelled: Annotated[
        Path | None, typer.Argument(help="Labelled table as for `eval`; none with --generated.")
    ] = None,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="JSON Lines for `train choice-lora`.")],
    master: Annotated[str, typer.Option(help="Edition to ask about. (default: the active one)")] = "",
    system: Annotated[System, typer.Option(help="Code system to ask about.")] = System.JLAC11,
    generated: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Write about N rows generated from the vocabulary (JLAC10)."),
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the generated rows.")] = 11,
) -> None:
    """Write the question of every row that has candidates, with its right answer."""
    from dataclasses import replace

    from jlac_mapper.bootstrap import build_app
    from jlac_mapper.config import Settings, SettingWord
    from jlac_mapper.errors import InputError
    from jlac_mapper.training.choice_rows import write

    if generated and system is not System.JLAC10:
        raise InputError("--generated writes questions of JLAC10; give --system jlac10 with it")
    if (labelled is None) == (not generated):
        raise InputError("give a labelled table, or --generated N without one")
    app = build_app(replace(Settings.from_env(os.environ), llm=SettingWord.OFF), master=master)
    if labelled is None:
        asked = list(_generated(app, generated, seed))
    elif system is System.JLAC10:
        asked = list(_of_jlac10(app, labelled))
    else:
        asked = list(_of_jlac11(app, labelled))
    count = write(output, (one for one in asked if one is not None))
    say(f"{count:,} questions of {len(asked):,} labelled rows written to {output}")


def _of_jlac11(app: "App", labelled: Path) -> "Iterator[AnsweredChoice | None]":
    from jlac_mapper.cli.eval_command import read_records
    from jlac_mapper.errors import InputError
    from jlac_mapper.evaluation.labels import Status, read_labelled
    from jlac_mapper.evaluation.moved import MovedLabels
    from jlac_mapper.mapping.pipeline import Pipeline
    from jlac_mapper.master.starter import load_starter
    from jlac_mapper.training.choice_rows import answered

    rows = read_labelled(read_records(labelled))
    scored = [row for row in rows if row.truth.status in (Status.CODABLE, Status.UNLISTED)]
    if not scored:
        raise InputError(f"{labelled} holds no row with a label of its own; see docs/evaluation.md")
    labels = MovedLabels(app.bound.release, load_starter().successions)
    pipeline = cast(Pipeline, app.mapper)  # what build_app puts there
    for row, question in zip(scored, pipeline.questions([row.test for row in scored]), strict=True):
        meant = labels.measurands(row.truth.measurands)
        yield answered(question, [o.measurand in meant for o in question.options]) if question else None


def _of_jlac10(app: "App", labelled: Path) -> "Iterator[AnsweredChoice | None]":
    from jlac_mapper.bootstrap import build_jlac10
    from jlac_mapper.cli.eval_command import read_records
    from jlac_mapper.evaluation.jlac10.labels import read_labelled
    from jlac_mapper.training.choice_rows import answered
    from jlac_mapper.training.jlac10_choice import has_code

    rows = [
        row for row in read_labelled(read_records(labelled)) if not row.truth.codes or row.truth.known >= 9
    ]
    questions = build_jlac10(app).questions([row.test for row in rows])
    for row, question in zip(rows, questions, strict=True):
        codes = [str(code) for code in row.truth.codes]
        yield answered(question, [has_code(o.concept, codes) for o in question.options]) if question else None


def _generated(app: "App", count: int, seed: int) -> "Iterator[AnsweredChoice | None]":
    """Yield questions of rows whose names the asking vocabulary has not: their options are near ones."""
    import random
    from dataclasses import replace

    from jlac_mapper.bootstrap import build_jlac10
    from jlac_mapper.training import jlac10_choice, reranker_rows
    from jlac_mapper.training.choice_rows import answered

    vocabulary = app.bound.vocabulary
    kept, unseen = reranker_rows.split(vocabulary)
    rows = jlac10_choice.generated(vocabulary, unseen, seed, times=1 + count // max(1, len(unseen.names)))
    rows = random.Random(seed).sample(rows, min(count, len(rows)))
    concepts = vocabulary.by_key()
    mapper = build_jlac10(replace(app, bound=replace(app.bound, vocabulary=kept)))
    for row, question in zip(rows, mapper.questions([row.test for row in rows]), strict=True):
        own = concepts[row.concept].entry
        yield answered(question, [o.concept == own for o in question.options]) if question else None
