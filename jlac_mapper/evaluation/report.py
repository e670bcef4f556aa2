"""A run's figures for people: a terminal table, a Markdown page, and JSON for programs."""

import json
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from jlac_mapper.errors import MissingExtraError, OutputError
from jlac_mapper.evaluation.metrics import Rate, RiskPoint
from jlac_mapper.evaluation.plot import plot_risk_coverage
from jlac_mapper.evaluation.run import PRODUCT, Evaluation, Finding
from jlac_mapper.evaluation.scores import PRECISIONS, PREFIXES, Scores

JSON_NAME = "metrics.json"
REPORT_NAME = "report.md"
PLOT_NAME = "risk_coverage.png"

_READING = (
    "Top-1 and recall@5 are of the measurand (five digits), over codable rows; intervals are 95 % (Wilson). "
    "*Coverage p* is the share of codable rows that could be accepted rightly with at most 1 - p of the "
    "accepted rows wrong; a row without a listed code counts as wrong when it is accepted (*no code*: how "
    "many). The thresholds here are chosen with hindsight on this very table, for the product and the "
    "searches alike; what the product really accepts stands in the first table. *ECE* is the expected "
    "calibration error over 15 bins of equal mass or width; for the searches it takes their scores for "
    "probabilities, which they are not."
)


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
            del values["points"], values["bins"]
        systems[title] = values
    return {
        "rows": evaluation.rows,
        "seconds": round(evaluation.seconds, 3),
        "rows_per_second": round(evaluation.rows / evaluation.seconds, 1) if evaluation.seconds else None,
        "provenance": evaluation.provenance,
        "systems": systems,
        "sections": [asdict(section) for section in evaluation.sections],
    }


def save(evaluation: Evaluation, folder: Path, about: ReadOnlyMapping[str, str]) -> list[Path]:
    """
    Write metrics.json, report.md and (where matplotlib is installed) risk_coverage.png into *folder*.

    Args:
        evaluation: The run.
        folder: Made where it does not exist.
        about: What a reader needs to repeat the run, such as dataset, digest, and date; shown and saved.

    Returns:
        The files written.

    Raises:
        OutputError: The folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / JSON_NAME, folder / REPORT_NAME]
        saved = {"about": dict(about), **figures(evaluation)}
        files[0].write_text(json.dumps(saved, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        try:
            plot_risk_coverage(evaluation.systems, folder / PLOT_NAME)
            files.append(folder / PLOT_NAME)
            picture = f"![Risk against coverage]({PLOT_NAME})"
        except MissingExtraError as error:
            picture = f"No plot: {error}"
        files[1].write_text(markdown(evaluation, about, picture), encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"the report cannot be written to {folder}: {error.strerror}; give another -o"
        ) from None
    return files


def comparison(
    systems: ReadOnlyMapping[str, Scores], *, intervals: bool = True
) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of the table that compares the systems, one column each."""

    def share(value: Rate) -> str:
        return percent(value, interval=intervals)

    rows = [
        ["top-1", *(share(s.top1) for s in systems.values())],
        ["recall@5", *(share(s.recall5) for s in systems.values())],
    ]
    for digits in PREFIXES:
        if any(s.exact[digits].total for s in systems.values()):
            title = f"{digits} digits"
            # The searches give a measurand and no code.
            rows.append(
                [
                    title,
                    *(
                        share(s.exact[digits]) if digits == 5 or t == PRODUCT else "-"
                        for t, s in systems.items()
                    ),
                ]
            )
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


def markdown(evaluation: Evaluation, about: ReadOnlyMapping[str, str], picture: str) -> str:
    """Return the readable report; *picture* stands where the plot goes."""
    header, rows = comparison(evaluation.systems)
    speed = evaluation.rows / evaluation.seconds if evaluation.seconds else 0.0
    parts = [
        "# Evaluation of the mapping",
        _table(
            ["", ""],
            [
                *([key, value] for key, value in about.items()),
                ["provenance", evaluation.provenance],
                ["speed", f"{evaluation.rows} rows in {evaluation.seconds:.1f} s, {speed:.0f} rows/s"],
            ],
        ),
        "## Accepted without a person",
        _table(["", PRODUCT], [list(line) for line in acceptance(evaluation.product)]),
        "## Beside three simple searches",
        _READING,
        _table(header, rows),
        "## Risk against coverage",
        picture,
        "## By section",
        _table(
            ["section", "codable rows", "top-1", "accepted right", "accepted wrong", "false accepts"],
            [
                [s.letter, str(s.top1.total), percent(s.top1), str(s.accepted_right), str(s.accepted_wrong),
                 str(s.false_accepts)]
                for s in evaluation.sections
            ],
        ),
        f"## The {len(evaluation.findings)} rows to look at first",
        "False accepts, then accepted wrong, then what a person would still see; the most probable first.",
        _table(
            ["row", "kind", "name", "expected", "answer", "disposition", "p", "reasons", "evidence"],
            [_finding(finding) for finding in evaluation.findings],
        )
        if evaluation.findings
        else "None.",
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


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


def _finding(finding: Finding) -> list[str]:
    mapping, truth = finding.mapping, finding.row.truth
    best = mapping.candidates[0] if mapping.candidates else None
    proposed = mapping.jlac11 or (str(best.code) if best else "")
    name = mapping.standard_name or (best.name if best else "")
    evidence = mapping.evidence or (best.evidence if best else ())
    expected = " ".join(sorted(truth.codes or truth.measurands)) or "NONE"
    return [
        str(finding.row.number),
        finding.kind,
        finding.row.test.name,
        expected,
        f"{proposed} {name}".strip(),
        str(mapping.disposition),
        f"{mapping.probability:.3f} / {mapping.measurand_probability:.3f}",
        "; ".join(mapping.reasons),
        "; ".join(f"{one.element}: {one.statement}" for one in evidence),
    ]


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
