"""The release that training learns from: the shipped one, bound on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from jlac_mapper.concepts.bound_release import BoundRelease

AsOf = Annotated[
    str,
    typer.Option(metavar="YYYY-MM-DD", help="Day whose listed codes are learned. (default: today)"),
]


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
