"""What a run reports: the summary at its end, and a readable look at the first rows."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jlac_mapper.cli.language import spoken
from jlac_mapper.tables.tally import Tally

if TYPE_CHECKING:
    from rich.console import Console


def print_summary(tally: Tally, console: "Console", *, seconds: float, mapped: int) -> None:
    """Print the counts; *mapped* rows were mapped in *seconds* (a resumed run maps fewer than it reports)."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=spoken("Summary"), title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("rows", justify="right")
    table.add_column("share", justify="right")
    lines = (
        ("rows", tally.rows),
        ("accepted", tally.accepted),
        ("review", tally.review),
        ("no code", tally.no_code),
        ("errors", tally.errors),
    )
    for label, number in lines:
        share = f"{100 * number / tally.rows:.1f} %" if tally.rows and label != "rows" else ""
        table.add_row(spoken(label), f"{number:,}", share)
    for word in sorted(tally.jlac10):
        share = f"{100 * tally.jlac10[word] / tally.rows:.1f} %"
        table.add_row(spoken(f"JLAC10 {word.lower().replace('_', ' ')}"), f"{tally.jlac10[word]:,}", share)
    speed = f"{mapped / seconds:,.0f}" if seconds > 0 else "-"
    table.add_row(spoken("rows/s"), speed, spoken(f"{seconds:,.1f} s"))
    console.print(table)
    for note in tally.notes:
        console.print(Text(f"  {spoken(note)}"))
    hidden = tally.errors - len(tally.notes)
    if tally.notes and hidden > 0:
        console.print(
            Text(spoken(f"  and {hidden:,} more rows with errors: see the disposition ERROR in the output"))
        )
    if tally.replaced_cells:
        lack = f"  {tally.replaced_cells:,} cells hold characters that cp932 lacks, written as &#NNNN;"
        console.print(Text(spoken(lack)))
    if tally.cut_cells:
        cut = f"  {tally.cut_cells:,} cells were cut to the 32,767 characters of an XLSX cell; CSV keeps all"
        console.print(Text(spoken(cut)))


def print_rows(rows: Iterable[Sequence[str]], console: "Console", output: Path, code: str = "jlac11") -> None:
    """Print rows of (name, disposition, code, standard name, probability, reasons) and the output's path."""
    from rich.table import Table
    from rich.text import Text

    table = Table(show_lines=False)
    for header in ("name", "disposition", code):
        table.add_column(spoken(header), no_wrap=header != "name", overflow="fold")
    table.add_column(spoken("standard name"), overflow="fold")
    table.add_column(spoken("probability"), justify="right")
    table.add_column(spoken("reasons"), overflow="fold")
    for row in rows:
        # Text, so that [..] in a name is no markup; `;` followed by a blank, so that reasons can wrap.
        table.add_row(*(Text(_printable(cell).replace(";", "; ")) for cell in row))
    console.print(table)
    console.print(Text(spoken(f"Output: {output}")))


def _printable(cell: str) -> str:
    """Return *cell* without what could steer a terminal: each control or format character is a blank."""
    return "".join(character if character.isprintable() else " " for character in cell)
