"""`jlac-mapper master check`: what an edition or a file says against itself and the release before."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.language import spoken

if TYPE_CHECKING:
    from datetime import date

    from jlac_mapper.codes.listed import Edition
    from jlac_mapper.master.checks import Finding

_SHOWN = 20


def check_command(
    name: Annotated[
        str,
        typer.Argument(help="Edition, or a master file that is not imported; the one in use if left out."),
    ] = "",
    before: Annotated[
        str, typer.Option("--before", help="The release before, edition or file: what changed is told too.")
    ] = "",
    old_new_table: Annotated[
        Path | None,
        typer.Option("--old-new-table", help="Official table of old and new codes (xlsx or csv)."),
    ] = None,
    as_of: Annotated[str, typer.Option(help="Day (YYYY-MM-DD) that discontinued products are told by.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of the table.")] = False,
    every: Annotated[bool, typer.Option("--all", help=f"Show more than {_SHOWN} a rule.")] = False,
) -> None:
    """
    Report what an edition or a file says against itself; exit 0 also with findings.

    Imported element tables and lists of 17-digit codes are heeded: unit, specimen and method texts are
    compared with them.
    """
    from jlac_mapper.cli.editions import day_of, open_editions
    from jlac_mapper.errors import InputError
    from jlac_mapper.master.old_new import read_old_new

    if old_new_table and not before:
        raise InputError("--old-new-table says what became of codes: give the release before with --before")
    service, day = open_editions(), day_of(as_of)
    table = read_old_new(old_new_table) if old_new_table else None
    edition, findings = service.check(name, day, before=before, old_new=table)
    if as_json:
        print(_json(edition, findings, day, before))
    else:
        _print(edition, findings, None if every else _SHOWN)


def _json(edition: Edition, findings: list[Finding], day: date, before: str) -> str:
    counts = Counter(finding.rule for finding in findings)
    rows = [
        {
            "kind": finding.rule,
            "severity": finding.severity.value,
            "code": finding.code,
            "rows": [{"sheet": sheet, "row": row} for sheet, row in finding.places],
            "found": finding.found,
            "expected": finding.expected,
            "message": finding.message,
        }
        for finding in findings
    ]
    head = {"edition": edition.name, "codes": len(edition.codes), "as_of": day.isoformat(), "before": before}
    return json.dumps(head | {"counts": dict(sorted(counts.items())), "findings": rows}, ensure_ascii=False)


def _print(edition: Edition, findings: list[Finding], limit: int | None) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from jlac_mapper.cli.review_shared import say

    if not findings:
        say(f"{edition.name}: {len(edition.codes):,} codes, no findings")
        return
    counts = Counter((finding.severity, finding.rule) for finding in findings)
    table = Table(title=escape(spoken(f"{edition.name}: {len(findings):,} findings")), title_justify="left")
    for heading in ("severity", "rule", "findings"):
        table.add_column(spoken(heading), justify="right" if heading == "findings" else "left")
    for (severity, rule), count in counts.items():
        table.add_row(spoken(severity.value), rule, f"{count:,}")
    Console().print(table)
    shown: Counter[str] = Counter()
    for finding in findings:
        shown[finding.rule] += 1
        if limit is None or shown[finding.rule] <= limit:
            say(_line(finding))
    if limit is not None and any(count > limit for count in shown.values()):
        say(f"the first {limit} of each rule are shown; --all shows every finding, --json writes them")


def _line(finding: Finding) -> str:
    from jlac_mapper.master.checks.finding import said

    where = said(finding.places)
    told = f"; {where}" if where and where not in finding.message else ""
    return f"{finding.severity} {finding.rule} {finding.code or '-'}: {finding.message}{told}"
