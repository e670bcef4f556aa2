"""`jlac-mapper train choice-rows`: labelled rows become the closed questions that a language model learns."""

import os
from pathlib import Path
from typing import Annotated, cast

import typer


def choice_rows(
    labelled: Annotated[Path, typer.Argument(help="Labelled table as for `eval`.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="JSON Lines for `train choice-lora`.")],
    master: Annotated[str, typer.Option(help="Edition to ask about. (default: the active one)")] = "",
) -> None:
    """Write the question of every labelled row that has candidates, with its right answer."""
    from dataclasses import replace

    from rich.console import Console

    from jlac_mapper.bootstrap import build_app
    from jlac_mapper.cli.eval_command import read_records
    from jlac_mapper.config import Settings
    from jlac_mapper.errors import InputError
    from jlac_mapper.evaluation.labels import Status, read_labelled
    from jlac_mapper.evaluation.moved import MovedLabels
    from jlac_mapper.mapping.pipeline import Pipeline
    from jlac_mapper.master.starter import load_starter
    from jlac_mapper.training.choice_rows import AnsweredChoice, write

    rows = read_labelled(read_records(labelled))
    scored = [row for row in rows if row.truth.status in (Status.CODABLE, Status.UNLISTED)]
    if not scored:
        raise InputError(f"{labelled} holds no row with a label of its own; see README, evaluating")
    app = build_app(replace(Settings.from_env(os.environ), llm="off"), master=master)
    shipped = load_starter()
    labels = MovedLabels(app.bound.release, shipped.successions)
    pipeline = cast(Pipeline, app.mapper)  # what build_app puts there
    questions = pipeline.questions([row.test for row in scored])
    answered = []
    for row, question in zip(scored, questions, strict=True):
        if question is None:
            continue
        offered = [option.measurand for option in question.options]
        meant = labels.measurands(row.truth.measurands) or {""}
        right = [i for i, measurand in enumerate(offered) if measurand in meant]
        answered.append(AnsweredChoice(question, right[0] if right else offered.index("")))
    count = write(output, answered)
    Console(stderr=True).print(
        f"{count:,} questions of {len(rows):,} rows written to {output}", soft_wrap=True, highlight=False
    )
