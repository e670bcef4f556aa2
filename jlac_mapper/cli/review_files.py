"""`jlac-mapper review import|export`: lists into the queue, results out of it."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.review_shared import (
    FacilityKey,
    MasterName,
    UserName,
    enter,
    entered,
    new_request,
    say,
    settings,
)
from jlac_mapper.wording import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def import_command(
    file: Annotated[Path, typer.Argument(help="CSV, TSV or XLSX, as for `map`.")],
    facility: FacilityKey,
    user: UserName,
    column: Annotated[
        list[str] | None, typer.Option("--column", help="field=HEADER, for a header that is not recognised.")
    ] = None,
    master: MasterName = "",
) -> None:
    """Map a list and put it into the queue; what this facility decided before is not asked again."""
    from jlac_mapper.tables.headings import parse_overrides
    from jlac_mapper.tables.progress import file_sha256
    from jlac_mapper.tables.run import whole_list
    from jlac_mapper.tables.table import open_table

    read = whole_list(open_table(file, parse_overrides(column or [])))
    opened, who = enter(user, master)
    with _progress(len(read.tests)) as progress:
        run = opened.review.import_list(
            who,
            facility,
            file_name=file.name,
            digest=file_sha256(file),
            tests=read.tests,
            columns=read.columns,
            cells=read.cells,
            request_id=new_request(),
            progress=progress,
        )
    counts = opened.review.counts(who, facility, run.id)
    say(f"list {run.id}: {run.rows:,} rows, {counts.open:,} to review, edition {run.edition}")


def export_command(
    facility: FacilityKey,
    user: UserName,
    run: Annotated[int | None, typer.Option("--run", help="This list only; every one if left out.")] = None,
    export_format: Annotated[
        str,
        typer.Option(
            "--format", help="csv, xlsx, concept_map, sssom, letter, labelled (eval) or confirmed (train)."
        ),
    ] = "csv",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; named after facility and list.")
    ] = None,
    template: Annotated[
        Path | None, typer.Option("--template", help="Layout of csv and xlsx (TOML or JSON).")
    ] = None,
    all_columns: Annotated[
        bool,
        typer.Option("--all-columns", help="csv and xlsx: every column of the list, then the results."),
    ] = False,
    language: Annotated[
        str, typer.Option("--language", help=f"Of the letter: {' or '.join(Language)}.")
    ] = Language.JAPANESE,
    master: MasterName = "",
) -> None:
    """Write results: for the laboratory system, a terminology server, the hospital, or to train on."""
    from jlac_mapper.bootstrap import SystemClock
    from jlac_mapper.errors import InputError
    from jlac_mapper.exports.files import ExportFormat, export_file
    from jlac_mapper.exports.templates import facility_template, read_template, whole_template

    if export_format not in set(ExportFormat):
        raise InputError(f"--format {export_format!r} is not known; use {', '.join(ExportFormat)}")
    layout = read_template(template) if template else facility_template(settings().export_templates, facility)
    with entered(user, master) as (opened, who):
        written = export_file(
            opened.review,
            opened.codes,
            who,
            facility,
            run,
            ExportFormat(export_format),
            now=SystemClock().now(),
            template=whole_template(layout) if all_columns else layout,
            language=language,
        )
    target = output or Path(written.name)
    write_whole(target, written.content)
    say(f"written: {target} ({len(written.content):,} bytes)")


def write_whole(target: Path, content: bytes) -> None:
    """
    Write a file so that it is there whole or not at all, replacing what was there.

    Raises:
        OutputError: It cannot be written.
    """
    from jlac_mapper.errors import OutputError

    if target.is_dir():
        raise OutputError(f"{target} is a folder; name a file with -o")
    part = target.with_name(target.name + ".part")
    try:
        part.write_bytes(content)
        os.replace(part, target)  # noqa: PTH105 - the one call that names its two ends
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal and nothing elsewhere."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("mapping", total=total)
        yield lambda done: bar.update(task, completed=done)
