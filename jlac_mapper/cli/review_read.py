"""`jlac-mapper review list|show`: the queue, and one item with all that speaks for an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper import wording
from jlac_mapper.cli.language import language
from jlac_mapper.cli.review_shared import FacilityKey, MasterName, UserName, entered, print_table, say

if TYPE_CHECKING:
    from datetime import datetime

    from jlac_mapper.review.commands import ItemQuery, ItemView, QueueRow
    from jlac_mapper.review.model import Event


def list_command(
    facility: FacilityKey,
    user: UserName,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="proposed, in_review, final ...; every open one.")
    ] = None,
    run: Annotated[int | None, typer.Option("--run", help="Of this list only.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="With this reason, such as UNIT_CONFLICT.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many rows.")] = 50,
    lists: Annotated[bool, typer.Option("--lists", help="Show the imported lists instead.")] = False,
    master: MasterName = "",
) -> None:
    """List what waits for a person, and where the facility stands."""
    from jlac_mapper.bootstrap import SystemClock

    query = _query(facility, state or [], run, reason)
    with entered(user, master) as (opened, who):
        if lists:
            runs = [
                [
                    str(r.id),
                    r.file_name,
                    f"{r.rows:,}",
                    r.imported_by,
                    f"{r.imported_at.astimezone():%Y-%m-%d}",
                ]
                for r in opened.review.runs(who, facility)
            ]
            print_table(f"Lists of {facility}", ["list", "file", "rows", "by", "at"], runs)
            return
        counts = opened.review.counts(who, facility, run)
        rows: list[list[str]] = []
        cursor = None
        while len(rows) < limit:
            page = opened.review.queue(who, query, after=cursor, limit=min(limit - len(rows), 500))
            rows += [_line(row, SystemClock().now()) for row in page.rows]
            cursor = page.next
            if cursor is None:
                break
    headings = ["item", "list/row", "code", "name", "specimen", "unit", "proposed", "p", "state", "reasons"]
    print_table(f"Queue of {facility}", headings, rows)
    if cursor is not None:
        say(f"the first {limit} are shown; --limit shows more")
    standing = ", ".join(f"{count:,} {name.value}" for name, count in sorted(counts.states.items()))
    say(
        f"{counts.open:,} open ({standing or 'no rows'}); "
        f"{counts.by_user_last_hour} decided by {user} in the last hour"
    )


def _line(row: QueueRow, now: datetime) -> list[str]:
    return [
        str(row.id),
        f"{row.run}/{row.row}",
        row.local_code,
        row.name,
        row.specimen,
        row.unit,
        row.standing.proposal,
        f"{row.probability:.2f}",
        row.standing.state_at(now).value,
        " ".join(row.reasons),
    ]


def show_command(
    item: Annotated[int, typer.Argument(help="Number of the item, as `review list` shows it.")],
    facility: FacilityKey,
    user: UserName,
    master: MasterName = "",
) -> None:
    """Show one item: the row, the candidates, the reasons, the history, and what can be done."""
    with entered(user, master) as (opened, who):
        view = opened.review.view(who, facility, item)
    for line in lines_of(view):
        say(line)


def lines_of(view: ItemView) -> list[str]:
    """Return an item as lines for a person."""
    item, standing = view.item, view.item.standing
    given = [(name, getattr(item.test, name)) for name in item.test.__slots__]
    lines = [f"item {item.id}: list {item.run}, row {item.row}; {standing.state.value}; etag {item.etag}"]
    lines += [f"  {name}: {text}" for name, text in given if text]
    lines.append(f"reasons: {' '.join(item.reasons) or '-'}")
    lines.append(f"proposed: {standing.proposal or '-'} (probability {item.mapping.probability:.2f})")
    for rank, candidate in enumerate(item.mapping.candidates, start=1):
        lines.append(f"  {rank}. {candidate.code.hyphenated} {candidate.name} ({candidate.probability:.2f})")
    said = [wording.say(e, language()) for e in item.mapping.evidence]
    lines += [f"  {statement.element}: {statement.text}" for statement in said]
    if standing.code:
        lines.append(f"answer: {standing.code}")
    if standing.question:
        lines.append(f"asked: {standing.question}")
    lines += [
        f"local alias: {name.code} by {name.by}, {name.at.astimezone():%Y-%m-%d}"
        for name in view.local_aliases
    ]
    lines += [
        f"decided alike: {name.code} for {name.name} by {name.by}, {name.at.astimezone():%Y-%m-%d}"
        for name in view.similar
    ]
    lines.append(f"identical open rows: {view.identical}")
    lines.append(f"open rows that differ by wing, hour, notes or a count: {view.twins}")
    lines += ["history:", *(f"  {_history_line(event)}" for event in view.history)]
    allowed = sorted(action.value.replace("_", "-") for action in view.allowed)
    return [*lines, f"you can: {', '.join(allowed) or 'read'}"]


def _history_line(event: Event) -> str:
    draft = event.draft
    local = draft.at.astimezone()
    parts = [f"{draft.at:%Y-%m-%d %H:%M:%S} UTC ({local:%H:%M %Z})", draft.by, draft.action.value]
    return " ".join([*parts, *(part for part in (draft.code, draft.text) if part)])


def _query(facility: str, states: list[str], run: int | None, reason: str) -> ItemQuery:
    from jlac_mapper.errors import InputError
    from jlac_mapper.review.commands import ItemQuery
    from jlac_mapper.review.model import OPEN, ItemState
    from jlac_mapper.types import Reason

    def word(text: str, kind: type[ItemState] | type[Reason], option: str) -> str:
        if text not in set(kind):
            raise InputError(f"{option} {text!r} is not known; use {', '.join(kind)}")
        return text

    chosen = tuple(ItemState(word(text, ItemState, "--state")) for text in states)
    return ItemQuery(
        facility,
        states=chosen or OPEN,
        run=run,
        reason=Reason(word(reason, Reason, "--reason")) if reason else None,
    )
