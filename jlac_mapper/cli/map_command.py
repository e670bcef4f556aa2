"""`jlac-mapper map`: a hospital's list of tests in, the same list with JLAC11 codes out."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.editions import day_of
from jlac_mapper.cli.language import spoken
from jlac_mapper.cli.options import CodeSystem, LanguageModel, Systems
from jlac_mapper.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from jlac_mapper.config import Settings
    from jlac_mapper.ports import Mapper, SystemsMapper
    from jlac_mapper.tables.job import MapJob

INTERRUPTED = 130


class OutputEncoding(StrEnum):
    """Encodings that CSV and TSV are written in."""

    UTF_8_SIG = "utf-8-sig"
    CP932 = "cp932"


def map_command(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="CSV, TSV or XLSX with one test a row.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="CSV, or TSV / XLSX by its suffix. (default: INPUT.jlac11.csv)"),
    ] = None,
    master: Annotated[
        str, typer.Option(metavar="NAME", help="Edition to use. (default: the active one)")
    ] = "",
    system: Systems = CodeSystem.JLAC11,
    top_k: Annotated[int, typer.Option(min=1, max=50, help="Candidates written for each row.")] = 5,
    llm: LanguageModel = "",
    facility: Annotated[
        str,
        typer.Option(metavar="ID", help="Key of the facility whose list this is: what it decided answers."),
    ] = "",
    answers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Questions with their answers filled in (see questions); with --facility kept.",
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="field=HEADER", help="Column of a field, where the header is not recognised."),
    ] = None,
    jobs: Annotated[
        int, typer.Option(metavar="N", min=0, help="Processes that map. (default: one a core for long lists)")
    ] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")] = False,
    encoding: Annotated[
        OutputEncoding, typer.Option(help="Of a CSV or TSV output.")
    ] = OutputEncoding.UTF_8_SIG,
    as_of: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="Day the codes must be valid on. (default: today)")
    ] = "",
    target_precision: Annotated[
        float | None, typer.Option(metavar="P", help="Precision that acceptance aims at, 0.5 to below 1.")
    ] = None,
    show: Annotated[int, typer.Option(metavar="N", min=0, help="Print the first N rows afterwards.")] = 0,
) -> None:
    """Give every test of a list its JLAC11 or JLAC10 code, a disposition and the reasons."""
    from jlac_mapper.bootstrap import build_app
    from jlac_mapper.config import Settings
    from jlac_mapper.tables.headings import parse_overrides
    from jlac_mapper.tables.job import MapJob, check_paths, default_output
    from jlac_mapper.tables.progress import file_sha256
    from jlac_mapper.types import Answers, MapOptions, System

    systems = tuple(System) if system is CodeSystem.BOTH else (System(system.value),)
    job = MapJob(
        input=source,
        output=output or default_output(source, systems),
        columns=parse_overrides(column or []),
        encoding=encoding.value,
        resume=resume,
    )
    check_paths(job)
    day = _day(as_of, job)
    settings = Settings.from_env(os.environ)
    if target_precision is not None:
        if not 0.5 <= target_precision < 1:
            raise InputError(
                f"--target-precision is {target_precision}; expected a number from 0.5 to below 1"
            )
        settings = replace(settings, target_precision=target_precision)
    settings = replace(settings, llm=llm or settings.llm)
    app = build_app(settings, master=master, as_of=day, systems=systems)
    rules = []
    if answers:
        from jlac_mapper.exports.question_file import read_answers
        from jlac_mapper.review.question_words import QuestionWords

        rules = read_answers(answers, QuestionWords(app.vocabulary))
    if rules and facility:
        from jlac_mapper.bootstrap import open_rules
        from jlac_mapper.cli.review_shared import new_request, operator_as_admin

        number = open_rules(app).answer(operator_as_admin(), facility, rules, request_id=new_request())
        print(spoken(f"Answer {number} of {facility} is kept: {len(rules):,} rules"), file=sys.stderr)
    job = replace(
        job,
        options=MapOptions(top_k, facility, systems, settings.site_defaults),
        settings={
            "edition": f"{app.edition_info.name}@{app.edition_info.digest}",
            "--as-of": day.isoformat(),
            "--llm": settings.llm,
            "--target-precision": str(settings.target_precision),
            **({"--answers": file_sha256(answers)} if answers else {}),
            **({"JLAC10 tables": app.jlac10_tables.digest} if System.JLAC10 in systems else {}),
        },
    )
    from jlac_mapper.tables.job import map_file

    alone = systems == (System.JLAC11,) and not facility
    mapper: Mapper | SystemsMapper = app.mapper if alone else app.systems(copied=True)
    if rules and not facility:
        from jlac_mapper.review.rules import RuledMapper

        mapper = RuledMapper[Answers](app.systems(copied=True), rules)
    mapper.map_batch([], job.options)  # what is built when it is first asked for is no part of the run
    stderr = _console(stderr=True)
    try:
        with _progress_bar() as (on_start, on_chunk):
            tally, mapped, seconds = map_file(
                job, mapper, on_start=on_start, on_chunk=on_chunk, jobs=_processes(jobs, settings)
            )
    except KeyboardInterrupt:
        print(spoken(interruption(job)), file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    from jlac_mapper.cli.summary import print_summary

    print_summary(tally, stderr, seconds=seconds, mapped=mapped)
    if show:
        print_first_rows(job, show)
    else:
        print(spoken(f"Output: {job.output}"), file=sys.stderr)


def _processes(asked: int, settings: "Settings") -> int | None:
    """
    Return how many processes map: those asked for, else as many as are of use where there can be several.

    Raises:
        InputError: Several are asked for where they cannot.
    """
    from jlac_mapper.model_loading import may_be_copied
    from jlac_mapper.tables.workers import can_share

    if can_share() and may_be_copied(settings):
        return asked or None
    if asked > 1:
        raise InputError(
            f"--jobs {asked} needs Linux, the shipped models and no GPU; leave it out, or run several lists "
            "beside each other"
        )
    return 1


def _day(as_of: str, job: "MapJob") -> date:
    """Return the run's date: the one given, the one of the run that is continued, else today."""
    from jlac_mapper.tables.progress import load_progress

    if not as_of and job.resume and (progress := load_progress(job.output)) is not None:
        as_of = progress.settings.get("--as-of", "")
    return day_of(as_of)


def interruption(job: "MapJob") -> str:
    """Return the line that tells what an interrupted run left, and how to go on."""
    from jlac_mapper.tables.progress import load_progress

    if job.is_xlsx:
        return f"interrupted; {job.output} holds the rows mapped so far (an XLSX output cannot be resumed)"
    progress = load_progress(job.output)
    if progress is None:
        return "interrupted before anything was written"
    return (
        f"interrupted after {progress.tally.rows:,} rows; {job.output} holds them. "
        "Give the same command again with --resume to continue"
    )


def print_first_rows(job: "MapJob", count: int) -> None:
    """Print the first rows of the output, as a person reads them, and the output's path, on stdout."""
    from jlac_mapper.cli.summary import print_rows
    from jlac_mapper.tables.table import open_table, result_columns

    table = open_table(job.output, job.columns)
    first = len(table.header) - len(result_columns(job.options.top_k, job.options.systems))
    disposition, code, probability, _, standard_name, reasons = range(first, first + 6)
    shown = (table.columns["name"], disposition, code, standard_name, probability, reasons)
    rows = ([row.cells[index] if index < len(row.cells) else "" for index in shown] for row in table.rows())
    print_rows(islice(rows, count), _console(stderr=False), job.output, job.options.systems[0].value)


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    # A pipe has no width of its own; 80 columns would fold every name.
    return Console(file=stream, width=None if stream.isatty() else 140, highlight=False)


@contextmanager
def _progress_bar() -> Iterator[tuple[Callable[[int, int], None], Callable[[int], None]]]:
    """Show a bar on a terminal and nothing elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    progress = Progress(
        TextColumn(spoken("mapping")),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=_console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    task = progress.add_task("mapping", total=None)
    with progress:
        yield (
            lambda done, total: progress.update(task, completed=done, total=total),
            lambda rows: progress.advance(task, rows),
        )
