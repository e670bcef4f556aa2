"""`jlac-mapper review verify`: the audit trail is whole, or what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.review_shared import MasterName, enter, open_review, operator_as_admin, say

if TYPE_CHECKING:
    from jlac_mapper.review.model import User
    from jlac_mapper.review.service import ReviewService

BROKEN = 1


def verify_command(
    facility: Annotated[
        str | None, typer.Option("--facility", help="This facility only; every chain if left out.")
    ] = None,
    user: Annotated[
        str, typer.Option("--user", help="An admin; without one, whoever may open the database.")
    ] = "",
    save: Annotated[
        Path | None, typer.Option("--save", help="Folder to write each chain to, as JSON lines.")
    ] = None,
    master: MasterName = "",
) -> None:
    """
    Check every link of the audit trail; exit 1 where something is wrong.

    The hash of the last event is printed: noted down elsewhere, it shows later that nothing was cut off.
    """
    from jlac_mapper.errors import NotAllowedError
    from jlac_mapper.review.model import INSTALLATION, Role

    opened, who = enter(user, master) if user else (open_review(master), operator_as_admin())
    if facility is None:
        known = [*(each.key for each in opened.review.facilities(who)), INSTALLATION]
        keys = [key for key in known if who.role_in(key) is Role.ADMIN]
    else:
        keys = [facility]
    if not keys:
        raise NotAllowedError(f"{who.login} is admin nowhere; the audit trail is for admins")
    is_whole = True
    for key in keys:
        problems = opened.review.verify(who, key)
        is_whole = is_whole and not problems
        _report(opened.review, who, key, problems)
        if save is not None:
            _save(opened.review, who, key, save)
    if not is_whole:
        raise typer.Exit(BROKEN)


def _report(review: ReviewService, who: User, key: str, problems: list[str]) -> None:
    count, last = 0, "-"
    for event in review.audit(who, key):
        count, last = count + 1, event.hash
    name = key or "users and facilities"
    say(f"{name}: {count:,} events, last hash {last}: {'WRONG' if problems else 'whole'}")
    for problem in problems:
        say(f"  {problem}")


def _save(review: ReviewService, who: User, key: str, folder: Path) -> None:
    import io
    import re

    from jlac_mapper.cli.review_files import write_whole
    from jlac_mapper.errors import OutputError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror}") from None
    out = io.StringIO()
    count = review.export_audit(who, key, out)
    name = re.sub(r"[^\w-]+", "-", key) or "installation"
    write_whole(folder / f"{name}.audit.jsonl", out.getvalue().encode("utf-8", "surrogatepass"))
    say(f"  {count:,} events written to {folder / f'{name}.audit.jsonl'}")
