"""`jlac-mapper questions`: the few questions about a list whose answers settle most of its rows."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from jlac_mapper.cli.editions import day_of
from jlac_mapper.cli.language import spoken
from jlac_mapper.errors import OutputError
from jlac_mapper.wording import Language


def questions_command(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="CSV, TSV or XLSX with one test a row.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV. (default: INPUT.questions.csv)")
    ] = None,
    master: Annotated[
        str, typer.Option(metavar="NAME", help="Edition to use. (default: the active one)")
    ] = "",
    facility: Annotated[
        str, typer.Option(metavar="ID", help="Facility whose list this is: what it answered is not asked.")
    ] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="field=HEADER", help="Column of a field, where the header is not recognised."),
    ] = None,
    as_of: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="Day the codes must be valid on. (default: today)")
    ] = "",
    language: Annotated[Language, typer.Option(help="Of the questions.")] = Language.JAPANESE,
) -> None:
    """
    Write the questions whose answers settle most rows of a list, the most useful first.

    Fill in the column answer (= agrees with what is proposed) and give the file to map --answers.
    """
    from jlac_mapper.bootstrap import build_app
    from jlac_mapper.config import Settings
    from jlac_mapper.exports.question_file import question_file
    from jlac_mapper.review.question_words import QuestionWords
    from jlac_mapper.review.questions import find_questions
    from jlac_mapper.tables.headings import parse_overrides
    from jlac_mapper.tables.run import CHUNK_ROWS, read_list
    from jlac_mapper.types import Disposition, MapOptions

    tests = read_list(source, parse_overrides(column or [])).tests
    output = output or source.with_name(f"{source.stem}.questions.csv")
    if output.is_dir() or (output.exists() and output.samefile(source)):
        raise OutputError(f"{output} cannot be written: it is the input or a folder; name a file with -o")
    app = build_app(Settings.from_env(os.environ), master=master, as_of=day_of(as_of) if as_of else None)
    mapper, options = app.systems(), MapOptions(facility=facility)
    answers = [
        answer.jlac11
        for start in range(0, len(tests), CHUNK_ROWS)
        for answer in mapper.map_batch(tests[start : start + CHUNK_ROWS], options)
    ]
    rows = [(test, answer) for test, answer in zip(tests, answers, strict=True) if answer]
    questions = find_questions(rows, app.vocabulary)
    try:
        output.write_bytes(question_file(questions, QuestionWords(app.vocabulary), language))
    except OSError as error:
        raise OutputError(f"cannot write {output}: {error.strerror}") from None
    waiting = sum(answer.disposition is Disposition.NEEDS_REVIEW for _, answer in rows)
    told = f"Questions: {len(questions):,}; rows that wait for a person: {waiting:,} of {len(rows):,}"
    print(spoken(told))
    print(spoken(f"Output: {output}"), file=sys.stderr)
