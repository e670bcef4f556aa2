"""`jlac-mapper master`: bring an official master in, choose the edition to use, check it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.master_diff import diff_command

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from jlac_mapper.codes.listed import Edition
    from jlac_mapper.master.checks import Finding
    from jlac_mapper.master.import_rows import ImportedMaster
    from jlac_mapper.ports import MasterStore

_FINDINGS_SHOWN = 20

master_app = typer.Typer(help="Import official masters and choose the edition to use.", no_args_is_help=True)


@master_app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="EHR-sharing master, FHIR CodeSystem or JLAC10 table.")],
    name: Annotated[str, typer.Option(help="Name to keep it under; else made from the file's.")] = "",
    use: Annotated[bool, typer.Option("--use", help="Make it the edition in use as well.")] = False,
) -> None:
    """
    Read an official master file (xlsx, csv, json) and keep it as an edition.

    The edition in use stays as it is without --use. A JLAC10 analyte table is kept as additional names of
    tests that have no listed code.
    """
    import time

    from jlac_mapper.cli.master_use import use_edition
    from jlac_mapper.errors import InputError
    from jlac_mapper.master.importers import read_master

    started = time.monotonic()
    imported = read_master(file)
    name = name or default_name(file)
    store = open_editions()
    if imported.analytes:
        if use:
            raise InputError(f"{file}: is a JLAC10 analyte table, no edition; leave --use out")
        _keep_background(store, imported, name, started)
    else:
        _keep_edition(store, imported, name, file.name, started)
        if use:
            use_edition(store, name)
        elif store.active() == name:
            _say(f"in use: {name}; jlac-mapper master use {_quoted(name)} checks the decisions against it")
        else:
            _say(f"not in use yet: jlac-mapper master use {_quoted(name)}")


@master_app.command("list")
def list_command() -> None:
    """List the editions; * marks the one in use."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title="Editions (* in use)", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("", "name", "codes", "from starter", "imported", "file", "digest"):
        numeric = heading in ("codes", "from starter")
        kept_whole = heading in ("name", "codes", "digest")
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=kept_whole, overflow="fold")
    for info in open_editions().list():
        table.add_row(
            "*" if info.active else "", _plain(info.name), f"{info.codes:,}", f"{info.completed:,}",
            info.imported_at[:10], _plain(info.source_file), info.digest[:8],
        )  # fmt: skip
    _console().print(table)


@master_app.command("use")
def use_command(
    name: Annotated[str, typer.Argument(help="Edition, or starter.")],
    user: Annotated[
        str, typer.Option("--user", help="The admin who does it; without one, whoever runs this.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="List every reopened decision.")] = False,
) -> None:
    """
    Make an edition the one in use.

    Every final decision of review whose code it ended or moved is reopened, with the successor proposed,
    and listed.
    """
    from jlac_mapper.cli.master_use import SHOWN, use_edition

    use_edition(open_editions(), name, user, None if every else SHOWN)


master_app.command("diff")(diff_command)


@master_app.command("check")
def check_command(
    name: Annotated[str, typer.Argument(help="Edition; the one in use if left out.")] = "",
    as_of: Annotated[str, typer.Option(help="Day (YYYY-MM-DD) that discontinued products are told by.")] = "",
    every: Annotated[bool, typer.Option("--all", help=f"Show more than {_FINDINGS_SHOWN} a rule.")] = False,
) -> None:
    """Report what an edition says against itself; exit 0 also with findings."""
    from jlac_mapper.concepts.loader import load_vocabulary
    from jlac_mapper.master.checks import check_edition

    store = open_editions()
    day = day_of(as_of)
    edition = store.load(name or store.active())
    findings = check_edition(edition, load_vocabulary(), day)
    _print_findings(edition, findings, None if every else _FINDINGS_SHOWN)


def default_name(file: Path) -> str:
    """Return an edition name from a file name: its stem, blanks and punctuation as hyphens."""
    from jlac_mapper.text import clean

    stem = re.sub(r"[^\w.]+", "-", clean(file.stem)).strip("-.")[:100]
    return stem or "edition"


def _keep_edition(
    store: MasterStore, imported: ImportedMaster, name: str, source_file: str, started: float
) -> None:
    import time
    from datetime import UTC, datetime

    from jlac_mapper.bootstrap import bind, site_vocabulary
    from jlac_mapper.codes.editions import make_edition
    from jlac_mapper.master.starter import load_starter

    replaced = any(info.name == name for info in store.list())
    official = make_edition(name, imported.rows, imported.notes)
    bound = bind(official, load_starter(), site_vocabulary(store), day_of(""))
    edition = bound.release.completed
    store.save(edition, source_file=source_file, imported_at=datetime.now(UTC))
    lines = [
        ("codes", f"{len(imported.rows):,}"),
        ("completed from the starter", f"{edition.completed:,}"),
        ("concepts", f"{len(bound.listed):,}"),
        ("codes without a concept", f"{len(bound.binding.unbound):,}"),
        ("codes of several concepts alike", f"{len(bound.binding.unclear):,}"),
    ]
    if replaced:
        lines.append(("replaces", "the edition of that name"))
    _print_import(name, imported, lines, time.monotonic() - started)


def _keep_background(store: MasterStore, imported: ImportedMaster, name: str, started: float) -> None:
    import time

    from jlac_mapper.concepts.loader import load_vocabulary
    from jlac_mapper.master.importers import unknown_names

    names = unknown_names(imported.analytes, load_vocabulary())
    store.save_site_names(name, names)
    lines = [
        ("analytes", f"{len(imported.analytes):,}"),
        ("names of tests without a concept", f"{len(names):,}"),
    ]
    _print_import(name, imported, lines, time.monotonic() - started)


def _print_import(name: str, imported: ImportedMaster, lines: list[tuple[str, str]], seconds: float) -> None:
    from rich.table import Table

    table = Table(title=f"Imported {_plain(name)}", title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_row("layout", imported.layout)
    if imported.sheet:
        table.add_row("sheet", _plain(imported.sheet))
    if imported.other_sheets:
        table.add_row("sheets not read", _plain(", ".join(imported.other_sheets)))
    table.add_row("rows", f"{imported.rows_read:,}")
    for what, value in lines:
        table.add_row(what, value)
    for kind, count in sorted(imported.note_counts.items()):
        table.add_row(f"rows: {kind}", f"{count:,}")
    table.add_row("seconds", f"{seconds:.1f}")
    _console().print(table)


def _print_findings(edition: Edition, findings: list[Finding], limit: int | None) -> None:
    from rich.table import Table

    if not findings:
        _say(f"{edition.name}: {len(edition.codes):,} codes, no findings")
        return
    counts = Counter((finding.severity, finding.rule) for finding in findings)
    table = Table(title=f"{_plain(edition.name)}: {len(findings):,} findings", title_justify="left")
    for heading in ("severity", "rule", "findings"):
        table.add_column(heading, justify="right" if heading == "findings" else "left")
    for (severity, rule), count in counts.items():
        table.add_row(severity, rule, f"{count:,}")
    _console().print(table)
    shown: Counter[str] = Counter()
    for finding in findings:
        shown[finding.rule] += 1
        if limit is None or shown[finding.rule] <= limit:
            text = f"{finding.severity} {finding.rule} {finding.code or '-'}: {finding.message}"
            _say(text)
    if limit is not None and any(count > limit for count in shown.values()):
        _say(f"the first {limit} of each rule are shown; --all shows every finding")


def open_editions() -> MasterStore:
    """Open the editions of the configured database."""
    import os

    from jlac_mapper.bootstrap import open_store
    from jlac_mapper.config import Settings

    return open_store(Settings.from_env(os.environ))


def day_of(text: str) -> date:
    """Return the day of --as-of, today without one. Raises InputError."""
    from datetime import date, datetime

    from jlac_mapper.errors import InputError

    if not text:
        return datetime.now().astimezone().date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"--as-of {text!r} is no day; expected YYYY-MM-DD") from None


def _console() -> Console:
    from rich.console import Console

    return Console()


def _say(text: str) -> None:
    """Print one line as it is: no markup, no wrapping."""
    _console().print(text, markup=False, highlight=False, soft_wrap=True)


def _plain(text: str) -> str:
    """Return *text* so that rich shows its square brackets."""
    from rich.markup import escape

    return escape(text)


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)
