"""`jlac-mapper master`: bring an official master in, choose the edition to use, check it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.editions import day_of, open_editions
from jlac_mapper.cli.master_bind import bind_command
from jlac_mapper.cli.master_check import check_command
from jlac_mapper.cli.master_diff import diff_command

if TYPE_CHECKING:
    from rich.console import Console

    from jlac_mapper.master.import_rows import ImportedMaster
    from jlac_mapper.ports import MasterStore

JLAC10_TABLES = "jlac10"
"""What the JLAC10 tables are kept under, whatever their file is called."""

master_app = typer.Typer(help="Import official masters and choose the edition to use.", no_args_is_help=True)


@master_app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="Official master, list or table.")],
    name: Annotated[str, typer.Option(help="Name to keep it under; else made from the file's.")] = "",
    use: Annotated[bool, typer.Option("--use", help="Make it the edition in use as well.")] = False,
) -> None:
    """
    Read an official master file (xlsx, csv, json) and keep it as an edition.

    The edition in use stays as it is without --use. The JLAC10 workbook is kept as the tables that JLAC10
    codes are composed in, JLAC11's element workbook as spellings of units and for master check.
    """
    import time

    from jlac_mapper.cli.master_use import use_edition
    from jlac_mapper.errors import InputError
    from jlac_mapper.master.importers import read_master

    started = time.monotonic()
    imported = read_master(file)
    name = name or default_name(file)
    store = open_editions()
    if use and not imported.rows:
        what = "a JLAC10 analyte table" if imported.analytes else "an element workbook"
        raise InputError(f"{file}: is {what}, no edition; leave --use out")
    if imported.analytes:
        _keep_background(store, imported, name, started)
    elif not imported.rows:
        _keep_elements(store, imported, name, started)
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
            "*" if info.active else "",
            _plain(info.name),
            f"{info.codes:,}",
            f"{info.completed:,}",
            info.imported_at[:10],
            _plain(info.source_file),
            info.digest[:8],
        )
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
master_app.command("check")(check_command)
master_app.command("bind")(bind_command)


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
    official = make_edition(name, imported.rows, (*imported.notes, *imported.remarks))
    bound = bind(official, load_starter(), site_vocabulary(store), day_of(""))
    edition = bound.release.completed
    store.save(edition, source_file=source_file, imported_at=datetime.now(UTC))
    if imported.elements:
        store.save_elements(name, imported.elements)
    lines = [
        ("codes", f"{len(imported.rows):,}"),
        ("completed from the starter", f"{edition.completed:,}"),
        ("concepts", f"{len(bound.listed):,}"),
        ("codes without a concept", f"{len(bound.binding.unbound):,}"),
        ("codes of several concepts alike", f"{len(bound.binding.unclear):,}"),
    ]
    if imported.elements:
        lines.append(("methods, for master check", f"{len(imported.elements):,}"))
    if replaced:
        lines.append(("replaces", "the edition of that name"))
    _print_import(name, imported, lines, time.monotonic() - started)


def _keep_background(store: MasterStore, imported: ImportedMaster, name: str, started: float) -> None:
    import time
    from collections import Counter

    from jlac_mapper.concepts.loader import load_vocabulary
    from jlac_mapper.master.importers import unknown_names

    names = unknown_names(imported.analytes, load_vocabulary())
    store.save_site_names(name, names)
    # One workbook is in force, the one imported last: what it no longer holds is no longer listed.
    store.save_elements(JLAC10_TABLES, imported.elements)
    counts = Counter(element.kind for element in imported.elements if not element.withdrawn)
    lines = [(f"{kind.value}s", f"{count:,}") for kind, count in counts.items()]
    lines += [
        ("deleted, kept as names only", f"{sum(element.withdrawn for element in imported.elements):,}"),
        ("names of analytes without a concept", f"{len(names):,}"),
    ]
    _print_import(name, imported, lines, time.monotonic() - started)


def _keep_elements(store: MasterStore, imported: ImportedMaster, name: str, started: float) -> None:
    import time
    from collections import Counter

    store.save_elements(name, imported.elements)
    counts = Counter(element.kind for element in imported.elements)
    lines = [(f"{kind.value}s", f"{count:,}") for kind, count in counts.items()]
    spellings = sum(len(element.spellings) for element in imported.elements)
    lines.append(("other spellings", f"{spellings:,}"))
    _print_import(name, imported, lines, time.monotonic() - started)


def _print_import(name: str, imported: ImportedMaster, lines: list[tuple[str, str]], seconds: float) -> None:
    from rich.table import Table

    table = Table(title=f"Imported {_plain(name)}", title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_row("layout", imported.layout)
    if imported.sheet:
        table.add_row("sheets" if ", " in imported.sheet else "sheet", _plain(imported.sheet))
    if imported.other_sheets:
        table.add_row("sheets not read", _plain(", ".join(imported.other_sheets)))
    table.add_row("rows", f"{imported.rows_read:,}")
    for what, value in lines:
        table.add_row(what, value)
    for kind, count in sorted(imported.note_counts.items()):
        table.add_row(f"rows: {kind}", f"{count:,}")
    if imported.remarks:
        table.add_row("oddly written, see master check", f"{len(imported.remarks):,}")
    table.add_row("seconds", f"{seconds:.1f}")
    _console().print(table)


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
