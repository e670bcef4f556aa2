"""Making an edition the one in use, and what that does to decisions that people have made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jlac_mapper.master.service import MasterService
    from jlac_mapper.review.commands import Reopened

SHOWN = 20


def use_edition(service: MasterService, name: str, user: str = "", limit: int | None = SHOWN) -> None:
    """
    Make an edition the one in use, and list the decisions that it reopened.

    Args:
        service: That of editions.
        name: The edition.
        user: The admin who does it; empty for whoever runs the command line.
        limit: How many reopened decisions are listed; None for all.

    Raises:
        UnknownEditionError: No such edition.
        InputError: No such user.
        NotAllowedError: The user is no admin of the whole installation; nothing is changed.
    """
    from jlac_mapper.bootstrap import DecisionsOnUse
    from jlac_mapper.cli.review_shared import (
        asking,
        new_request,
        operator_as_admin,
        say,
        settings,
    )

    who = asking(user) if user else operator_as_admin()
    reopened = service.use(name, DecisionsOnUse(settings(), who, new_request()))
    say(f"in use: {name}")
    if reopened is not None:
        _print(reopened, limit)


def _print(reopened: list[Reopened], limit: int | None) -> None:
    from jlac_mapper.cli.review_shared import print_table, say

    if not reopened:
        say("decisions: every final one still has a code that the edition lists")
        return
    rows = [[r.facility, str(r.item), r.name, r.code, r.successor or "-"] for r in reopened[:limit]]
    print_table(
        "Decisions reopened: their code ended or moved",
        ["facility", "item", "name", "code", "proposed now"],
        rows,
    )
    if limit is not None and len(reopened) > limit:
        say(f"the first {limit} are shown; jlac-mapper review list --reason CODE_ENDED shows all")
    moved = sum(bool(r.successor) for r in reopened)
    facilities = len({r.facility for r in reopened})
    say(
        f"decisions: {len(reopened):,} reopened in {facilities} facilities, {moved:,} with a successor "
        f"proposed, {len(reopened) - moved:,} without"
    )
