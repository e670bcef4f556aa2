"""`jlac-mapper master`: bring an official master in, choose the edition to use, check it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.editions import open_editions
from jlac_mapper.cli.language import spoken
from jlac_mapper.cli.master_bind import bind_command
from jlac_mapper.cli.master_check import check_command
from jlac_mapper.cli.master_diff import diff_command
from jlac_mapper.cli.verbs import Verbs

if TYPE_CHECKING:
    from rich.console import Console

    from jlac_mapper.master.service import Imported

master_app = Verbs(help="Import official masters and choose the edition to use.")


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
    from jlac_mapper.master.service import Kept, NoEditionError

    started = time.monotonic()
    service = open_editions()
    try:
        imported = service.import_file(file, name, to_use=use)
    except NoEditionError as error:
        raise InputError(f"{error}; leave --use out") from None
    _print_import(imported, time.monotonic() - started)
    if imported.kept is not Kept.EDITION:
        return
    shown = _quoted(imported.name)
    if use:
        use_edition(service, imported.name)
    elif imported.in_use:
        _say(f"in use: {imported.name}; jlac-mapper master use {shown} checks the decisions against it")
    else:
        _say(f"not in use yet: jlac-mapper master use {shown}")


@master_app.command("list")
def list_command() -> None:
    """List the editions; * marks the one in use."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=spoken("Editions (* in use)"), title_justify="left", box=SIMPLE_HEAD)
    for heading in ("", "name", "codes", "from starter", "imported", "file", "digest"):
        numeric = heading in ("codes", "from starter")
        kept_whole = heading in ("name", "codes", "digest")
        table.add_column(
            spoken(heading),
            justify="right" if numeric else "left",
            no_wrap=kept_whole,
            overflow="fold",
        )
    for info in open_editions().editions():
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


def _print_import(imported: Imported, seconds: float) -> None:
    from rich.table import Table

    read = imported.read
    table = Table(title=spoken(f"Imported {_plain(imported.name)}"), title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_row(spoken("layout"), read.layout)
    if read.sheet:
        table.add_row(spoken("sheets" if ", " in read.sheet else "sheet"), _plain(read.sheet))
    if read.other_sheets:
        table.add_row(spoken("sheets not read"), _plain(", ".join(read.other_sheets)))
    table.add_row(spoken("rows"), f"{read.rows_read:,}")
    for what, value in _figures(imported):
        table.add_row(spoken(what), spoken(value) if isinstance(value, str) else f"{value:,}")
    for kind, count in sorted(read.note_counts.items()):
        table.add_row(spoken(f"rows: {kind}"), f"{count:,}")
    if read.remarks:
        table.add_row(spoken("oddly written, see master check"), f"{len(read.remarks):,}")
    table.add_row(spoken("seconds"), f"{seconds:.1f}")
    _console().print(table)


def _figures(imported: Imported) -> list[tuple[str, int | str]]:
    """Return what came of a file of its kind, as lines of the summary."""
    from collections import Counter

    from jlac_mapper.master.service import Kept

    elements = imported.read.elements
    if imported.bound is not None:
        bound = imported.bound
        lines: list[tuple[str, int | str]] = [
            ("codes", len(imported.read.rows)),
            ("completed from the starter", bound.release.completed.completed),
            ("concepts", len(bound.listed)),
            ("codes without a concept", len(bound.binding.unbound)),
            ("codes of several concepts alike", len(bound.binding.unclear)),
        ]
        lines += [("methods, for master check", len(elements))] if elements else []
        return [*lines, ("replaces", "the edition of that name")] if imported.replaces else lines
    if imported.kept is Kept.ELEMENTS:
        counts = Counter(element.kind for element in elements)
        spellings = sum(len(element.spellings) for element in elements)
        return [
            *((f"{kind.value}s", count) for kind, count in counts.items()),
            ("other spellings", spellings),
        ]
    counts = Counter(element.kind for element in elements if not element.withdrawn)
    return [
        *((f"{kind.value}s", count) for kind, count in counts.items()),
        ("deleted, kept as names only", sum(element.withdrawn for element in elements)),
        ("names of analytes without a concept", imported.new_names),
    ]


def _console() -> Console:
    from rich.console import Console

    return Console()


def _say(text: str) -> None:
    """Print one line as it is: no markup, no wrapping."""
    _console().print(spoken(text), markup=False, highlight=False, soft_wrap=True)


def _plain(text: str) -> str:
    """Return *text* so that rich shows its square brackets."""
    from rich.markup import escape

    return escape(text)


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)
