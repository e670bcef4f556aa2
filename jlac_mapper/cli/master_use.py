"""Making an edition the one in use, and what that does to decisions that people have made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jlac_mapper.ports import MasterStore
    from jlac_mapper.review.commands import Reopened

SHOWN = 20


def use_edition(store: MasterStore, name: str, user: str = "", limit: int | None = SHOWN) -> None:
    """
    Make an edition the one in use; reopen and list every final decision whose code it ended or moved.

    Once more for the edition that is in use already finds what ended since by its dates.

    Args:
        store: Keeps the editions.
        name: The edition.
        user: The admin who does it; empty for whoever runs the command line.
        limit: How many reopened decisions are listed; None for all.

    Raises:
        UnknownEditionError: No such edition.
        NotAllowedError: The user is no admin of the whole installation; nothing is changed.
    """
    from jlac_mapper import bootstrap
    from jlac_mapper.cli.review_shared import (
        asking,
        new_request,
        open_users,
        operator_as_admin,
        say,
        settings,
    )
    from jlac_mapper.review.access import require_admin

    users = open_users()
    who = asking(users, user) if user else operator_as_admin()
    require_admin(who)
    before = store.active()
    store.use(name)
    say(f"in use: {name}")
    if not users.facilities():
        return
    configured = settings()
    app = bootstrap.build_app(configured, master=name)
    review = bootstrap.open_review(configured, app, replaced=before if before != name else "").review
    _print(review.edition_changed(who, request_id=new_request()), limit)


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
