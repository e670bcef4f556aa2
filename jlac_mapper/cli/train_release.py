"""What the verbs of training share: the release they learn from, bound on a day, and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.language import spoken

if TYPE_CHECKING:
    from jlac_mapper.concepts.bound_release import BoundRelease

AsOf = Annotated[
    str,
    typer.Option(metavar="YYYY-MM-DD", help="Day whose listed codes are learned. (default: today)"),
]


def say(text: str) -> None:
    """Print one line of progress on stderr, as it is."""
    from rich.console import Console

    Console(stderr=True).print(spoken(text), soft_wrap=True, highlight=False)


def require_folder(output: Path) -> None:
    """Raise OutputError where a model cannot be written to *output*, because it is a file."""
    from jlac_mapper.errors import OutputError

    if output.exists() and not output.is_dir():
        raise OutputError(f"{output} is a file; give a folder to write the model to")


def earlier_releases(bound: BoundRelease) -> list[BoundRelease]:
    """Bind the shipped release as it was on the last day of each of its earlier states, the latest first."""
    steps = {code.valid_to for code in bound.release.edition.codes if code.valid_to}
    days = sorted((day for day in steps if day < bound.release.day), reverse=True)
    return [shipped_release(day.isoformat()) for day in days]


def shipped_release(as_of: str) -> BoundRelease:
    """Bind the shipped release to the shipped vocabulary. Raises InputError where *as_of* is no day."""
    from jlac_mapper.cli.editions import day_of
    from jlac_mapper.concepts.loader import load_vocabulary
    from jlac_mapper.master.binding import bind
    from jlac_mapper.master.starter import load_starter

    day, starter = day_of(as_of), load_starter()
    return bind(starter.edition, starter, load_vocabulary(), day)
