"""Local aliases, what new editions reopened, disputes, and how readers agree."""

import math
from dataclasses import dataclass
from itertools import groupby

from starlette.responses import Response

from jlac_mapper.review.commands import ItemQuery, QueueRow
from jlac_mapper.review.model import ItemState
from jlac_mapper.types import Reason
from jlac_mapper.web.call import Call
from jlac_mapper.web.candidate_rows import Cell, cells, parse
from jlac_mapper.web.queue_filter import QueueFilter, as_number, cursor_text, read_cursor

ROWS = 50


@dataclass(frozen=True, slots=True)
class ReaderAnswer:
    """One reader's code with its elements, those marked that differ from the other reader's."""

    by: str
    code: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """An item on which two readers differ."""

    row: QueueRow
    answers: tuple[ReaderAnswer, ...]


def local_aliases(call: Call) -> Response:
    """Show names with more than one code, then every final decision."""
    review, key = call.review, call.facility_key
    after = read_cursor(call.request.query_params.get("after", ""))
    page = review.queue(call.user, ItemQuery(key, states=(ItemState.FINAL,)), after=after, limit=ROWS)
    against = review.contradictions(call.user, key) if after is None else []
    return call.page(
        "local_aliases.html",
        facility=call.facility(),
        contradictions=[list(group) for _, group in groupby(against, key=lambda name: name.key)],
        page=page,
        next_page=call.path("house-names", query=f"after={cursor_text(page.next)}") if page.next else "",
        name_of=call.services.codes.name,
    )


def changes(call: Call) -> Response:
    """Show open items whose decided or proposed code ended."""
    query = QueueFilter(reason=Reason.CODE_ENDED.value).query(call.facility_key)
    return _rows(call, query, "changes")


def disputes(call: Call) -> Response:
    """Show the items on which two readers differ, their answers side by side."""
    given = call.request.query_params
    query = ItemQuery(call.facility_key, states=(ItemState.DISPUTED,))
    page = call.review.queue(call.user, query, after=read_cursor(given.get("after", "")), limit=ROWS)
    return call.page(
        "disputes.html",
        facility=call.facility(),
        disputes=[_dispute(call, row) for row in page.rows],
        settled=as_number(given.get("settled", "")),
        next_page=call.path("disputes", query=f"after={cursor_text(page.next)}") if page.next else "",
        name_of=call.services.codes.name,
    )


def agreement(call: Call) -> Response:
    """Show observed agreement and Cohen's kappa."""
    found = call.review.agreement(call.user, call.facility_key)
    return call.page(
        "agreement.html", facility=call.facility(), agreement=found, has_kappa=not math.isnan(found.kappa)
    )


def _dispute(call: Call, row: QueueRow) -> Dispute:
    codes, readings = call.services.codes, (row.standing.first, row.standing.second)
    parsed = [parse(reading.code) if reading else None for reading in readings]
    answers = []
    for reading, code, other in zip(readings, parsed, reversed(parsed), strict=True):
        if reading is not None:
            shown = cells(code, codes.get(reading.code), other, call.language) if code else ()
            answers.append(ReaderAnswer(reading.by, reading.code, shown))
    return Dispute(row, tuple(answers))


def _rows(call: Call, query: ItemQuery, name: str) -> Response:
    after = read_cursor(call.request.query_params.get("after", ""))
    page = call.review.queue(call.user, query, after=after, limit=ROWS)
    return call.page(
        "rows.html",
        facility=call.facility(),
        name=name,
        page=page,
        next_page=call.path(name, query=f"after={cursor_text(page.next)}") if page.next else "",
        now=call.services.clock.now(),
        name_of=call.services.codes.name,
    )
