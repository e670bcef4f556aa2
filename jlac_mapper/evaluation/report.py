"""A run's figures: JSON for programs and the next run, a page for people, a table for the terminal."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from jlac_mapper.errors import OutputError
from jlac_mapper.evaluation.metrics import Rate, RiskPoint
from jlac_mapper.evaluation.run import PRODUCT, Evaluation
from jlac_mapper.evaluation.scores import PRECISIONS, PREFIXES, Scores

JSON_NAME = "metrics.json"
PAGE_NAME = "report.html"
PLOT_NAME = "risk-coverage.png"


def figures(evaluation: Evaluation, *, curves: bool = True) -> dict[str, Any]:
    """
    Return the run's figures as plain JSON values; never a row of the table.

    Args:
        evaluation: The run.
        curves: False leaves the risk-coverage points and reliability bins out.
    """
    systems: dict[str, Any] = {}
    for title, scores in evaluation.systems.items():
        values = asdict(scores)
        values["exact"] = {str(digits): value for digits, value in values["exact"].items()}
        values["at_precision"] = {str(level): value for level, value in values["at_precision"].items()}
        if not curves:
            del values["points"], values["bins"], values["bins_by_width"]
        systems[title] = values
    return {
        "rows": evaluation.rows,
        **speed(evaluation.rows, evaluation.seconds),
        "provenance": evaluation.provenance,
        "systems": systems,
        "dispositions": evaluation.dispositions,
        "sections": [asdict(section) for section in evaluation.sections],
    }


def speed(rows: int, seconds: float) -> dict[str, float | None]:
    """Return how long a run took, as its figures say it."""
    return {
        "seconds": round(seconds, 3),
        "rows_per_second": round(rows / seconds, 1) if seconds else None,
    }


def save(
    evaluation: Evaluation,
    folder: Path,
    about: Mapping[str, str],
    previous: Mapping[str, Any] | None = None,
) -> list[Path]:
    """
    Write metrics.json, report.html and risk-coverage.png into *folder*.

    Args:
        evaluation: The run.
        folder: Made where it does not exist.
        about: What a reader needs to repeat the run, such as dataset, digest, and date; shown and saved.
        previous: The metrics.json of an earlier run, to compare with.

    Returns:
        The files written.

    Raises:
        OutputError: The folder or a file cannot be written.
    """
    # Plotter and templates come with the extra `report`.
    from jlac_mapper.evaluation.page import acceptance_curves, page

    saved = {"about": dict(about), **figures(evaluation)}
    header, rows = comparison(evaluation.systems)
    text = page(evaluation, saved, previous, [header, *rows])
    with writing_to(folder):
        files = write(folder, saved, text)
        # The page holds its own plots; the picture is for slides and letters.
        acceptance_curves(evaluation.systems).png(folder / PLOT_NAME)
    return [*files, folder / PLOT_NAME]


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Make a report's folder where it does not exist. Raises OutputError where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise OutputError(
            f"the report cannot be written to {folder}: {error.strerror}; give another -o"
        ) from None


def write(folder: Path, saved: Mapping[str, Any], page: str) -> list[Path]:
    """Write a run's figures and page, and return both files."""
    figures_file, page_file = folder / JSON_NAME, folder / PAGE_NAME
    figures_file.write_text(json.dumps(saved, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    page_file.write_text(page, encoding="utf-8")
    return [figures_file, page_file]


def comparison(systems: Mapping[str, Scores], *, intervals: bool = True) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of the table that compares the systems, one column each."""

    def share(value: Rate) -> str:
        return percent(value, interval=intervals)

    rows = [
        ["top-1", *(share(s.top1) for s in systems.values())],
        ["recall@5", *(share(s.recall5) for s in systems.values())],
    ]
    for digits in PREFIXES:
        if any(s.exact[digits].total for s in systems.values()):
            # The searches give a measurand and no code.
            shares = [
                share(s.exact[digits]) if digits == 5 or t == PRODUCT else "-" for t, s in systems.items()
            ]
            rows.append([f"{digits} digits", *shares])
    for level in PRECISIONS:
        points = [s.at_precision[level] for s in systems.values()]
        rows.append([f"coverage {100 * level:g}%", *map(_coverage, points)])
        rows.append(["… no code", *(str(p.false_accepts) if p else "-" for p in points)])
    rows.append(["ECE, mass", *(_number(s.ece_equal_mass) for s in systems.values())])
    rows.append(["ECE, width", *(_number(s.ece_equal_width) for s in systems.values())])
    return ["", *systems], rows


def acceptance(scores: Scores) -> list[tuple[str, str]]:
    """Return the lines on what was accepted without a person."""
    accepted = scores.accepted
    return [
        ("codable rows", str(scores.codable)),
        ("rows without a listed code", f"{scores.unlisted} + {scores.unlisted_specimen} by specimen"),
        ("rows without a label", str(scores.unscored)),
        ("accepted", str(accepted.rows)),
        ("codable rows accepted rightly", percent(accepted.coverage)),
        ("accepted with a wrong measurand", f"{accepted.wrong_measurand} of {accepted.codable}"),
        ("accepted with a wrong code", f"{accepted.wrong_code} of {accepted.code_labelled} labelled"),
        ("false accepts", percent(accepted.false_accepts)),
        (
            "… another test / an unlisted specimen",
            f"{accepted.false_accepts_unlisted} / {accepted.false_accepts_unlisted_specimen}",
        ),
    ]


def show(evaluation: Evaluation, console: Console) -> None:
    """Print the comparison and what was accepted."""
    header, rows = comparison(evaluation.systems, intervals=False)
    title = f"{evaluation.rows} labelled rows, {evaluation.seconds:.1f} s"
    # Narrow enough for a terminal of 80 columns.
    table = Table(*header, box=SIMPLE_HEAD, title=title, collapse_padding=True, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    decided = Table("without a person", PRODUCT, box=SIMPLE_HEAD)
    for title, value in acceptance(evaluation.product):
        decided.add_row(title, value)
    console.print(decided)


def percent(value: Rate, *, interval: bool = True) -> str:
    """Write a rate with its counts and (if wanted) interval; a dash without rows."""
    if value.value is None or value.low is None or value.high is None:
        return "-"
    if not interval:
        return f"{value.value:.1%} ({value.count}/{value.total})"
    return f"{value.value:.1%} ({value.count}/{value.total}; {value.low:.1%}-{value.high:.1%})"


def _coverage(point: RiskPoint | None) -> str:
    return f"{point.coverage:.1%} ({point.right}/{point.accepted})" if point else "0.0%"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
