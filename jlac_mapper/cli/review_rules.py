"""`jlac-mapper review rules`: what a facility answered about groups of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.review_shared import (
    FacilityKey,
    MasterName,
    UserName,
    asking,
    new_request,
    print_table,
    say,
    settings,
)
from jlac_mapper.cli.verbs import Verbs

if TYPE_CHECKING:
    from jlac_mapper.review.rule_book import RuleBook

rules_app = Verbs(help="What a facility answered about groups of rows.")


@rules_app.command("list")
def list_rules(facility: FacilityKey, user: UserName, master: MasterName = "") -> None:
    """List the rules that hold, with the number of the answer that each came with."""
    who = asking(user)
    rows = [
        [str(kept.answer), kept.rule.kind.value, str(kept.rule), kept.by, kept.at.date().isoformat()]
        for kept in _rules(master).rules(who, facility)
    ]
    print_table(f"Rules of {facility}", ["answer", "kind", "rule", "by", "day"], rows)


@rules_app.command("undo")
def undo_rules(
    answer: Annotated[int, typer.Argument(help="Number of the answer, as the list shows it.")],
    facility: FacilityKey,
    user: UserName,
    master: MasterName = "",
) -> None:
    """Take an answer back as a whole; rows that only it had settled wait for a person again."""
    who = asking(user)
    ended, reopened = _rules(master).take_back(who, facility, answer, request_id=new_request())
    say(f"{ended:,} rules ended; {reopened:,} rows wait for a person again")


def _rules(master: str) -> RuleBook:
    from jlac_mapper import bootstrap

    return bootstrap.open_rules(bootstrap.build_app(settings(), master=master))
