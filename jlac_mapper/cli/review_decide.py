"""`jlac-mapper review decide`: one decision, or the same for identical rows and their twins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.language import spoken
from jlac_mapper.cli.review_shared import (
    FacilityKey,
    MasterName,
    UserName,
    enter,
    entered,
    new_request,
    print_table,
    say,
)

if TYPE_CHECKING:
    from jlac_mapper.review.commands import Command, Outcome
    from jlac_mapper.review.model import Action, User
    from jlac_mapper.review.service import ReviewService


def decide_command(
    item: Annotated[int, typer.Argument(help="Number of the item, as `review list` shows it.")],
    action: Annotated[
        str,
        typer.Argument(
            help="confirm, choose, pick, no-code, send-back, comment, skip, undo, settle, reopen, assign, "
            "claim or release."
        ),
    ],
    facility: FacilityKey,
    user: UserName,
    code: Annotated[str, typer.Option("--code", help="For choose, pick and settle.")] = "",
    text: Annotated[
        str, typer.Option("--text", help="Comment, question to the hospital, reason; for assign the user.")
    ] = "",
    etag: Annotated[
        int,
        typer.Option("--etag", min=0, help="As `review show` said it: refused if the item changed since."),
    ] = 0,
    identical: Annotated[
        bool, typer.Option("--identical", help="Decide all identical open rows; shows them first.")
    ] = False,
    twins: Annotated[
        bool,
        typer.Option(
            "--twins",
            help="With identical rows decide those that differ by wing, hour, notes or a count.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --identical and --twins.")] = False,
    master: MasterName = "",
) -> None:
    """Decide an item; what cannot be done is refused in one line."""
    from jlac_mapper.review.commands import Command

    wanted = action_of(action)

    def command(review: ReviewService, who: User) -> Command:
        seen = etag or review.view(who, facility, item).item.etag
        return Command(facility, item, seen, wanted, new_request(), code=code, text=text)

    if identical or twins:
        # Several units of work: a person reads between the preview and the decision.
        opened, who = enter(user, master)
        outcomes = _together(opened.review, who, command(opened.review, who), twins=twins, yes=yes)
    else:
        with entered(user, master, writes=True) as (opened, who):
            outcomes = [opened.review.decide(who, command(opened.review, who))]
    for outcome in outcomes:
        standing = outcome.item.standing
        answer = f": {standing.code}" if standing.code else ""
        say(f"item {outcome.item.id} is {standing.state.value}{answer} (event {outcome.event.sequence})")


def action_of(text: str) -> Action:
    """
    Return the action of a word, with hyphens or underscores.

    Raises:
        InputError: No such action, or one that cannot be ordered.
    """
    from jlac_mapper.errors import InputError
    from jlac_mapper.review.workflow import RULES

    known = {action.value.replace("_", "-"): action for action in RULES}
    found = known.get(text.lower().replace("_", "-"))
    if found is None:
        raise InputError(f"action {text!r} is not known; use {', '.join(sorted(known))}")
    return found


def _together(review: ReviewService, who: User, command: Command, *, twins: bool, yes: bool) -> list[Outcome]:
    """Show what would change, ask, and do it."""
    from jlac_mapper.errors import InputError

    preview = review.preview(who, command)
    meant = [*preview.changes, *(preview.twins if twins else ())]
    rows = [
        [str(item.id), item.test.name, item.standing.state.value, after.state.value, after.code]
        for item, after in meant
    ]
    print_table("What will change", ["item", "name", "now", "then", "code"], rows)
    for item, why in preview.refused:
        say(f"stays as it is: item {item.id}: {why}")
    if preview.twins and not twins:
        say(f"differ by wing, hour, notes or a count: {len(preview.twins)}; --twins decides them as well")
    if not rows:
        raise InputError("nothing would change")
    if not yes and not typer.confirm(spoken(f"decide these {len(rows)} rows?")):
        raise InputError("nothing was decided")
    return review.decide_identical(who, command, {item.id: item.etag for item, _ in meant})
