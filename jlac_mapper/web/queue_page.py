"""The facilities of a user, and the queue of one with its filters."""

from urllib.parse import quote

from starlette.responses import Response

from jlac_mapper.review.commands import ItemOrder
from jlac_mapper.review.model import ItemState
from jlac_mapper.types import Reason
from jlac_mapper.web.call import Call
from jlac_mapper.web.queue_filter import SECTIONS, STATES, QueueFilter, cursor_text, read_cursor

ROWS = 50


def facilities(call: Call) -> Response:
    """Show the user's facilities; a single one at once."""
    found = call.facilities()
    if len(found) == 1:
        return call.redirect(f"/f/{quote(found[0].key, safe='')}")
    counts = {f.key: call.review.counts(call.user, f.key) for f in found}
    return call.page("facilities.html", facilities=found, counts=counts)


def queue(call: Call) -> Response:
    """Show one page of the queue."""
    review, facility = call.review, call.facility()
    chosen = QueueFilter.of(call.request.query_params)
    after = read_cursor(call.request.query_params.get("after", ""))
    page = review.queue(call.user, chosen.query(facility.key), after=after, limit=ROWS)
    return call.page(
        "queue.html",
        facility=facility,
        filter=chosen,
        page=page,
        name_of=call.services.codes.name,
        now=call.services.clock.now(),
        counts=review.counts(call.user, facility.key),
        runs=review.runs(call.user, facility.key),
        next_page=call.path(query=chosen.to_text(after=cursor_text(page.next))) if page.next else "",
        is_first=after is None,
        states=list(STATES),
        all_reasons=list(Reason),
        sections=SECTIONS,
        orders=list(ItemOrder),
        in_review=ItemState.IN_REVIEW,
        message=call.t("queue.nothing_left") if call.request.query_params.get("done") else "",
    )
