"""`jlac-mapper eval`: measure the product on a hospital's own labelled rows, beside three simple searches."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jlac_mapper.cli.review_shared import MasterName
from jlac_mapper.types import System

if TYPE_CHECKING:
    from rich.console import Console

    from jlac_mapper.evaluation.baselines import ListedName
    from jlac_mapper.evaluation.jlac10.run import Jlac10Evaluation
    from jlac_mapper.evaluation.moved import MovedLabels
    from jlac_mapper.evaluation.run import Evaluation
    from jlac_mapper.ports import Jlac10Mapper, Mapper
    from jlac_mapper.vocabulary import Vocabulary


_FOLDERS = {System.JLAC11: Path("evaluation"), System.JLAC10: Path("evaluation-jlac10")}


def eval_command(
    labelled: Annotated[
        Path,
        typer.Argument(
            help="Table as for `map`, with expected_measurand (C2008, NONE, NOCODE:C2008) or expected_code; "
            "for JLAC10 with expected_jlac10 (15 or 17 characters, NONE) and, where rows determine less, "
            "level (analyte, identification, specimen, method or result)."
        ),
    ],
    system: Annotated[System, typer.Option("--system", help="Code system that is measured.")] = System.JLAC11,
    master: MasterName = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Folder for report.html and metrics.json. (default: evaluation, or evaluation-jlac10)",
        ),
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous", help="Earlier metrics.json to compare with; the output folder's own if left out."
        ),
    ] = None,
    no_jlac10: Annotated[
        bool,
        typer.Option(
            "--no-jlac10",
            help="Empty the JLAC10 column first: what the names alone can do. Implied by --system jlac10.",
        ),
    ] = False,
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of", metavar="YYYY-MM-DD", help="Day the codes must be valid on. (default: today)"
        ),
    ] = "",
) -> None:
    """Measure accuracy, coverage and false accepts on labelled rows, beside three simple searches."""
    from rich.console import Console

    from jlac_mapper.bootstrap import build_app
    from jlac_mapper.cli.editions import day_of
    from jlac_mapper.config import Settings
    from jlac_mapper.evaluation.baselines import listed_names
    from jlac_mapper.evaluation.moved import MovedLabels
    from jlac_mapper.master.starter import load_starter

    day = day_of(as_of) if as_of else None
    app = build_app(Settings.from_env(os.environ), master=master, as_of=day)
    folder = output or _FOLDERS[system]
    if system is System.JLAC10:  # one system a run, for each has labels of its own
        from jlac_mapper.bootstrap import build_jlac10

        evaluate_jlac10_table(
            labelled, folder, build_jlac10(app), app.jlac10_vocabulary, Console(), previous=previous
        )
        return
    shipped = load_starter()
    evaluate_table(
        labelled,
        folder,
        app.mapper,
        listed_names(app.bound),
        Console(),
        labels=MovedLabels(app.bound.release, shipped.successions),
        previous=previous,
        use_jlac10=not no_jlac10,
    )


def evaluate_table(
    labelled: Path,
    output: Path,
    mapper: Mapper,
    names: Sequence[ListedName],
    console: Console,
    *,
    labels: MovedLabels | None = None,
    previous: Path | None = None,
    use_jlac10: bool = True,
) -> Evaluation:
    """
    Evaluate one table, print the comparison and save the report.

    The report compares with *previous*, the metrics.json of an earlier run; with that of the output folder,
    where there is one, when it is not given. *labels* read the labels in the numbers of the mapper's release.

    Raises:
        MissingExtraError: The extra `report` is not installed.
        InputError: The table, a label or the earlier result cannot be read.
        OutputError: The folder cannot be written.
    """
    from jlac_mapper.evaluation import report
    from jlac_mapper.evaluation.labels import read_labelled
    from jlac_mapper.evaluation.run import evaluate

    _require_report()
    before = _before(previous, output, System.JLAC11)
    rows = read_labelled(read_records(labelled))
    rows = labels.rows(rows) if labels else rows
    evaluation = evaluate(rows, mapper, names, use_jlac10=use_jlac10)
    about = _about(labelled, {"JLAC10 column": "used" if use_jlac10 else "emptied"})
    files = report.save(evaluation, output, about, before)
    report.show(evaluation, console)
    _say_saved(files, console)
    return evaluation


def evaluate_jlac10_table(
    labelled: Path,
    output: Path,
    mapper: Jlac10Mapper,
    vocabulary: Vocabulary,
    console: Console,
    *,
    previous: Path | None = None,
) -> Jlac10Evaluation:
    """
    Evaluate one table in JLAC10, print the figures and save the report.

    The report compares with *previous* as in `evaluate_table`. *vocabulary* is the mapper's: the searches
    look through its names.

    Raises:
        MissingExtraError: The extra `report` is not installed.
        InputError: The table, a label or the earlier result cannot be read.
        OutputError: The folder cannot be written.
    """
    from jlac_mapper.evaluation.jlac10 import report
    from jlac_mapper.evaluation.jlac10.labels import read_labelled
    from jlac_mapper.evaluation.jlac10.run import analyte_names, evaluate

    _require_report()
    before = _before(previous, output, System.JLAC10)
    rows = read_labelled(read_records(labelled))
    names = analyte_names(vocabulary)
    with console.status(f"{len(rows):,} rows; three searches over {len(names):,} names take a while"):
        evaluation = evaluate(rows, mapper, names, vocabulary.concepts)
    files = report.save(evaluation, output, _about(labelled, {}), before)
    report.show(evaluation, console)
    _say_saved(files, console)
    return evaluation


def _require_report() -> None:
    """Make sure before the rows are mapped that searches can be made, and a report drawn and written."""
    from jlac_mapper.model_loading import require

    require("sklearn", "matplotlib", "jinja2", extra="report")


def _before(previous: Path | None, output: Path, system: System) -> Mapping[str, Any] | None:
    """Return the figures to compare with: *previous*, else the output folder's own, else none."""
    from jlac_mapper.evaluation.previous import read_previous
    from jlac_mapper.evaluation.report import JSON_NAME

    own = output / JSON_NAME
    earlier = previous or (own if own.is_file() else None)
    return read_previous(earlier, system) if earlier else None


def _about(labelled: Path, treated: dict[str, str]) -> dict[str, str]:
    """Return what a reader needs to repeat a run."""
    from jlac_mapper.version import __version__

    return {
        "dataset": labelled.name,
        "dataset sha256": hashlib.sha256(labelled.read_bytes()).hexdigest(),
        **treated,
        "evaluated at": datetime.now(UTC).isoformat(timespec="seconds"),
        "software": f"jlac-mapper {__version__}",
    }


def _say_saved(files: Sequence[Path], console: Console) -> None:
    console.print(
        "saved:", ", ".join(str(file) for file in files), highlight=False, markup=False, soft_wrap=True
    )


def read_records(file: Path) -> Iterator[dict[str, str]]:
    """
    Yield each row that is not blank, keyed by the file's own headers and by the fields of `map`.

    Raises:
        InputError: The file is no table, or a row is damaged.
    """
    from jlac_mapper.errors import InputError
    from jlac_mapper.tables.table import open_table

    table = open_table(file)
    headers = [header.strip() for header in table.header]
    for number, row in enumerate(table.rows(), start=1):
        if row.problem:
            raise InputError(f"{file}, data row {number}: {row.problem}; correct the labelled table")
        cells = (*row.cells, *[""] * (len(headers) - len(row.cells)))
        if any(cell.strip() for cell in cells):
            yield {
                **dict(zip(headers, cells, strict=False)),
                **{field: cells[place] for field, place in table.columns.items()},
            }
