"""A JLAC10 run's figures: JSON for programs and the next run, a page for people, tables for the terminal."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jlac_mapper.evaluation.baselines import TfidfBaseline
from jlac_mapper.evaluation.jlac10.agreement import ACCEPTED_LENGTH
from jlac_mapper.evaluation.jlac10.classes import BELOW, CLASSES, class_title
from jlac_mapper.evaluation.jlac10.run import Jlac10Evaluation
from jlac_mapper.evaluation.metrics import Rate, rate
from jlac_mapper.evaluation.report import percent, speed, write, writing_to
from jlac_mapper.evaluation.run import PRODUCT
from jlac_mapper.types import System

WORST = 50
"""Rows that are shown."""
_SHORT = {"RapidFuzz WRatio": "RapidFuzz", TfidfBaseline.title: "TF-IDF"}


def figures(evaluation: Jlac10Evaluation, *, curves: bool = True) -> dict[str, Any]:
    """
    Return the run's figures as plain JSON values; never a row of the table.

    Args:
        evaluation: The run.
        curves: False leaves the risk-coverage points and the reliability bins out.
    """
    saved: dict[str, Any] = {
        "system": System.JLAC10.value,
        "rows": evaluation.rows,
        "coded": evaluation.coded,
        **speed(evaluation.rows, evaluation.seconds),
        "provenance": evaluation.provenance,
        "analyte": {title: asdict(searched) for title, searched in evaluation.searched.items()},
        "characters": {
            str(length): {"determined": asdict(found), "all": asdict(evaluation.digits_all[length])}
            for length, found in evaluation.digits.items()
        },
        "at_precision": {
            str(level): point and {**asdict(point), "coverage": asdict(rate(point.right, evaluation.coded))}
            for level, point in evaluation.at_precision.items()
        },
        "calibration_error": evaluation.calibration_error,
        "accepted": asdict(evaluation.accepted),
        "accepted_right": asdict(evaluation.accepted_right),
        "accepted_rightly": asdict(evaluation.accepted_rightly),
        "accepted_without_code": asdict(evaluation.accepted_without_code),
        "missed": asdict(evaluation.missed),
        "dispositions": {
            "has a code" if has_code else "has no code": {d.value: count for d, count in counts.items()}
            for has_code, counts in evaluation.dispositions.items()
        },
        "sections": [
            {
                "class": section.name,
                "name": CLASSES.get(section.name, ""),
                **asdict(section.product),
                "beside": {title: found.count for title, found in section.beside.items()},
                "below_search": section.below_search,
                "accepted_rightly": asdict(section.accepted_rightly),
                "accepted_wrongly": section.accepted_wrongly,
            }
            for section in evaluation.sections
        ],
        "kinds": {kind.value: count for kind, count in sorted(evaluation.kinds.items())},
    }
    if curves:
        saved["points"] = [asdict(point) for point in evaluation.points]
        saved["bins"] = [asdict(one) for one in evaluation.bins]
    return saved


def save(
    evaluation: Jlac10Evaluation,
    folder: Path,
    about: Mapping[str, str],
    previous: Mapping[str, Any] | None = None,
) -> list[Path]:
    """
    Write metrics.json and report.html into *folder*, which is made where it does not exist.

    Args:
        evaluation: The run.
        about: What a reader needs to repeat the run, such as dataset, digest, and date; shown and saved.
        previous: The metrics.json of an earlier run, to compare with.

    Returns:
        The files written.

    Raises:
        OutputError: The folder or a file cannot be written.
    """
    # Plotter and templates come with the extra `report`.
    from jlac_mapper.evaluation.jlac10.page import page

    saved = {"about": dict(about), **figures(evaluation)}
    with writing_to(folder):
        return write(folder, saved, page(evaluation, saved, previous, WORST))


def show(evaluation: Jlac10Evaluation, console: Console, *, worst: int = WORST) -> None:
    """Print the figures and the *worst* rows, each table narrow enough for a terminal of 80 columns."""
    console.print(_searches(evaluation))
    console.print(_agreement(evaluation))
    console.print(_acceptance(evaluation))
    console.print(_sections(evaluation))
    if evaluation.kinds:
        console.print(_kinds(evaluation))
    if worst and evaluation.wrong:
        console.print(_worst(evaluation, worst))


def _searches(evaluation: Jlac10Evaluation) -> Table:
    title = f"{evaluation.rows} labelled rows, {evaluation.coded} with a code, {evaluation.seconds:.1f} s"
    header = ("analyte", "top-1", "top-5")
    table = Table(*header, box=SIMPLE_HEAD, title=title, collapse_padding=True, pad_edge=False)
    for name, found in evaluation.searched.items():
        table.add_row(name, percent(found.top1), percent(found.top5))
    return table


def _agreement(evaluation: Jlac10Evaluation) -> Table:
    header = ("characters", "rows that determine them", "all rows with a code")
    table = Table(*header, box=SIMPLE_HEAD, pad_edge=False)
    for length, found in evaluation.digits.items():
        if evaluation.digits_all[length].total and length != 5:
            table.add_row(str(length), percent(found), percent(evaluation.digits_all[length]))
    return table


def _acceptance(evaluation: Jlac10Evaluation) -> Table:
    table = Table(f"{ACCEPTED_LENGTH} characters, no person", PRODUCT, box=SIMPLE_HEAD, pad_edge=False)
    for level, point in evaluation.at_precision.items():
        reached = percent(rate(point.right, evaluation.coded)) if point else "not reached"
        table.add_row(f"coverage at {100 * level:g} % precision", reached)
    for title, found in acceptance(evaluation).items():
        table.add_row(title, percent(found))
    return table


def acceptance(evaluation: Jlac10Evaluation) -> dict[str, Rate]:
    """Return the figures on what was answered without a person."""
    return {
        "accepted": evaluation.accepted,
        "accepted, right": evaluation.accepted_right,
        "rows with a code accepted rightly": evaluation.accepted_rightly,
        "rows without a code, accepted": evaluation.accepted_without_code,
        "rows with a code, answered with none": evaluation.missed,
    }


def _sections(evaluation: Jlac10Evaluation) -> Table:
    searches = [title for title in evaluation.searched if title != PRODUCT]
    header = ("class", "top-1", "", "95 %", "", *(_SHORT.get(title, title) for title in searches))
    title = f"By class; {BELOW}: {TfidfBaseline.title} finds more"
    table = Table(*header, box=SIMPLE_HEAD, title=title, collapse_padding=True, pad_edge=False)
    for section in evaluation.sections:
        top1 = section.product.top1
        table.add_row(
            class_title(section.name),
            _share(top1),
            f"{top1.count}/{top1.total}",
            f"{top1.low:.0%}-{top1.high:.0%}",
            BELOW if section.below_search else "",
            *(_share(section.beside[title]) for title in searches),
        )
    return table


def _kinds(evaluation: Jlac10Evaluation) -> Table:
    table = Table("errors", "rows", "of all", box=SIMPLE_HEAD, pad_edge=False)
    for kind, count in sorted(evaluation.kinds.items(), key=lambda each: (-each[1], each[0])):
        table.add_row(kind.value, str(count), percent(rate(count, evaluation.rows)))
    return table


def _worst(evaluation: Jlac10Evaluation, worst: int) -> Table:
    title = "Rows to look at first (!: accepted)"
    table = Table(box=SIMPLE_HEAD, title=title, collapse_padding=True, pad_edge=False)
    for header in ("row", "kind", "name", "expected", "answered", "read as"):
        table.add_column(header, overflow="fold", no_wrap=header in ("row", "expected", "answered"))
    for one in evaluation.wrong[:worst]:
        first, *others = [str(code) for code in one.truth.codes] or ["no code"]
        expected = f"{first}\n+{len(others)}" if others else first
        kind = f"! {one.kind}" if one.accepted else one.kind.value
        cells = (str(one.row), kind, one.name, expected, one.given, one.read_as)
        # Text, so that [..] in a name is no markup.
        table.add_row(*(Text(_printable(cell)) for cell in cells))
    return table


def _share(value: Rate) -> str:
    return "-" if value.value is None else f"{value.value:.0%}"


def _printable(cell: str) -> str:
    """Return *cell* without what could steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in cell)
