"""Local aliases, what new editions reopened, disputes, and how readers agree."""

import math
from itertools import groupby

from starlette.responses import Response

from jlac_mapper.review.commands import ItemQuery
from jlac_mapper.review.model import ItemState
from jlac_mapper.types import Reason
from jlac_mapper.web.call import Call
from jlac_mapper.web.queue_filter import QueueFilter, cursor_text, read_cursor

ROWS = 50


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
    """Show the items on which two readers differ."""
    return _rows(call, ItemQuery(call.facility_key, states=(ItemState.DISPUTED,)), "disputes")


def agreement(call: Call) -> Response:
    """Show observed agreement and Cohen's kappa."""
    found = call.review.agreement(call.user, call.facility_key)
    return call.page(
        "agreement.html", facility=call.facility(), agreement=found, has_kappa=not math.isnan(found.kappa)
    )


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
