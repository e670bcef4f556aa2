"""`jlac-mapper master diff`: what a new edition changes, before it is made the one in use."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from jlac_mapper.master.diff import CodeDifference

_SHOWN = 20
_COLUMNS = ("kind", "code", "name", "old_name", "successor", "source")


def diff_command(
    old: Annotated[str, typer.Argument(help="Edition, or starter.")],
    new: Annotated[str, typer.Argument(help="Edition to compare with it.")],
    old_new_table: Annotated[
        Path | None,
        typer.Option("--old-new-table", help="Official table of old and new codes (xlsx or csv)."),
    ] = None,
    as_of: Annotated[str, typer.Option(help="Day (YYYY-MM-DD) on which codes must be valid.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of the table.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write every difference to this CSV file.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=f"Show more than {_SHOWN} of a kind.")] = False,
) -> None:
    """
    Compare two editions: codes added, ended, moved and renamed.

    Compared is what may be used for a result on the day; request codes are left out.
    """
    from dataclasses import asdict

    from jlac_mapper.cli.editions import day_of, open_editions
    from jlac_mapper.cli.review_files import write_whole
    from jlac_mapper.master.old_new import read_old_new

    service, day = open_editions(), day_of(as_of)
    table = read_old_new(old_new_table) if old_new_table else None
    found = service.diff(old, new, day, table)
    if output is not None:
        write_whole(output, csv_of(found))
    if as_json:
        rows = [asdict(each) for each in found]
        print(json.dumps({"old": old, "new": new, "as_of": day.isoformat(), "differences": rows}))
        return
    _print(found, old, new, None if every else _SHOWN)


def csv_of(found: list[CodeDifference]) -> bytes:
    """Return the differences as CSV, cells guarded against being run as formulas."""
    from jlac_mapper.tables.cells import guarded_csv

    return guarded_csv([_COLUMNS, *([str(getattr(each, column)) for column in _COLUMNS] for each in found)])


def _print(found: list[CodeDifference], old: str, new: str, limit: int | None) -> None:
    from jlac_mapper.cli.review_shared import print_table, say
    from jlac_mapper.master.diff import Difference

    counts = Counter(each.kind for each in found)
    for kind in Difference:
        of_kind = [each for each in found if each.kind is kind]
        if of_kind:
            rows = [
                [each.code, each.name, each.old_name or each.successor, each.source]
                for each in of_kind[:limit]
            ]
            headings = ["code", "name", "old name" if kind is Difference.RENAMED else "successor", "source"]
            print_table(f"{kind.value}: {len(of_kind):,}", headings, rows)
    if limit is not None and any(count > limit for count in counts.values()):
        say(f"the first {limit} of each kind are shown; --all shows every one, -o FILE writes them")
    say(f"{old} -> {new}: " + ", ".join(f"{counts[kind]:,} {kind.value}" for kind in Difference))
