"""The table of items: search, order, facets, and what is done with all that is ticked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.responses import Response

from jlac_mapper.codes import jlac11
from jlac_mapper.errors import (
    ConflictError,
    InvalidCodeError,
    InvalidDecisionError,
    JlacMapperError,
    NotAllowedError,
)
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.commands import Facet, Facets, ItemOrder, TableOrder, Ticked
from jlac_mapper.review.model import Action, ItemState, Role, Run
from jlac_mapper.review.table_fields import BANDS
from jlac_mapper.types import Reason
from jlac_mapper.web.call import Call
from jlac_mapper.web.messages import reasons
from jlac_mapper.web.queue_filter import NOBODY, QueueFilter, as_number, cursor_text, read_cursor
from jlac_mapper.web.routing import status_of

ROWS = 100
SHOWN_VALUES = 8
"""Values of a facet that are shown at once; the others are behind a fold."""
SORTS = {
    "row": (ItemOrder.IMPORTED, ItemOrder.IMPORTED),
    "name": (TableOrder.NAME, TableOrder.NAME),
    "probability": (ItemOrder.PROBABILITY, TableOrder.UNCERTAIN),
    "state": (TableOrder.STATE, TableOrder.STATE),
}
"""Column -> the order of its first click and that of its second one."""
TICKED_ACTIONS = {
    action.value: action
    for action in (Action.CONFIRM, Action.CHOOSE, Action.NO_CODE, Action.SEND_BACK, Action.ASSIGN)
}
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet: its words, how many items it would find, where it leads, whether it is chosen."""

    text: str
    count: int
    path: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FacetShown:
    """One facet with its values, the most frequent first; `rest` stands behind a fold."""

    name: str
    first: tuple[FacetValue, ...]
    rest: tuple[FacetValue, ...]


_FIELD = {
    Facet.STATE: "state",
    Facet.MAIN_REASON: "main",
    Facet.DEPARTMENT: "department",
    Facet.SECTION: "section",
    Facet.BAND: "band",
    Facet.RUN: "run",
    Facet.ASSIGNED_TO: "assigned",
}


def show(call: Call) -> Response:
    """Show one page of the table, with its facets."""
    return _table(call, QueueFilter.of(call.request.query_params), call.request.query_params)


def preview(call: Call) -> Response:
    """Show what would become of the ticked rows; nothing changes."""
    chosen = QueueFilter.from_text(call.text("queue"))
    try:
        asked = _asked(call)
        found = call.review.preview_ticked(call.user, asked)
    except (ConflictError, InvalidDecisionError, InvalidCodeError, NotAllowedError) as error:
        return _refused(call, chosen, error)
    return call.page(
        "ticked.html",
        facility=call.facility(),
        asked=asked,
        preview=found,
        queue=chosen.to_text(),
        after=_after(call),
        back=_path(call, chosen, after=_after(call)),
        reviewers=call.review.reviewers(call.user, call.facility_key),
        name_of=call.services.codes.name,
        describe=lambda code: _described(call.services.codes, code),
    )


def decide(call: Call) -> Response:
    """Do the previewed command with all ticked rows, or with none where one changed since."""
    chosen = QueueFilter.from_text(call.text("queue"))
    try:
        etags = _etags(call)
        asked = replace(_asked(call), items=tuple(etags))
        outcomes = call.review.decide_ticked(call.user, asked, etags)
    except (ConflictError, InvalidDecisionError, InvalidCodeError, NotAllowedError) as error:
        return _refused(call, chosen, error)
    told = {"done": asked.action.value, "count": len(outcomes), "group": asked.request_id}
    return call.redirect(_path(call, chosen, after=_after(call), **told))


def undo(call: Call) -> Response:
    """Take a whole group back; rows that changed since stay and are named."""
    chosen, group = QueueFilter.from_text(call.text("queue")), call.text("group", 64)
    if not group:
        raise InvalidDecisionError("the form names no group; load the page again")
    # Of the group's own id: a form sent twice takes back once.
    found = call.review.undo_group(call.user, call.facility_key, group, request_id=f"{group}-undo")
    left = ".".join(str(one.item.id) for one in found.refused[:_MOST_NAMED])
    told = {"done": "undo", "count": len(found.outcomes), "left": len(found.refused), "items": left}
    return call.redirect(_path(call, chosen, after=_after(call), **told))


def _table(
    call: Call,
    chosen: QueueFilter,
    given: Mapping[str, str],
    *,
    status: int = 200,
    problem: str = "",
    ticked: Sequence[int] = (),
) -> Response:
    review, facility = call.review, call.facility()
    query, after = chosen.query(facility.key), read_cursor(given.get("after", ""))
    page = review.queue(call.user, query, after=after, limit=ROWS)
    found = review.facets(call.user, query)
    runs = {run.id: run for run in review.runs(call.user, facility.key)}
    run = runs.get(query.run) if query.run is not None else None
    here = given.get("after", "") if after else ""
    return call.page(
        "table.html",
        status=status,
        facility=facility,
        filter=chosen,
        page=page,
        total=found.total,
        facets=_facets(call, chosen, found, runs),
        run=run,
        run_counts=review.counts(call.user, facility.key, run.id) if run else None,
        now=call.services.clock.now(),
        name_of=call.services.codes.name,
        after=here,
        first_page=_path(call, chosen) if here else "",
        next_page=_path(call, chosen, after=cursor_text(page.next)) if page.next else "",
        tick_all=_path(call, chosen, after=here, tick="page"),
        is_ticked=_ticks(given, ticked),
        sorts=_sorts(call, chosen),
        hidden={name: text for name, text in chosen.fields().items() if text and name != "find"},
        clear=_path(call, QueueFilter()),
        may_decide=call.has(Role.REVIEWER),
        may_assign=call.has(Role.LEAD),
        problem=problem,
        told=_told(call, given),
        group=given.get("group", "")[:64] if given.get("done") in TICKED_ACTIONS else "",
        left=[n for text in given.get("items", "").split(".") if (n := as_number(text)) is not None],
    )


def _ticks(given: Mapping[str, str], ticked: Sequence[int]) -> object:
    every, known = given.get("tick") == "page", set(ticked)
    return lambda item: every or item in known


def _told(call: Call, given: Mapping[str, str]) -> str:
    """Return what a group did, from the address that it led to."""
    done, count = given.get("done", ""), as_number(given.get("count", "")) or 0
    if done not in (*TICKED_ACTIONS, "undo"):
        return ""
    text = call.t(f"ticked.done.{done}", count=count)
    left = as_number(given.get("left", "")) or 0
    return f"{text} {call.t('ticked.left', count=left)}" if left else text


def _facets(call: Call, chosen: QueueFilter, found: Facets, runs: Mapping[int, Run]) -> list[FacetShown]:
    shown = []
    for facet, field in _FIELD.items():
        held = chosen.fields()[field]
        values = [
            _value(call, chosen, facet, field, value, count, runs)
            for value, count in found.counts[facet].items()
        ]
        if facet is Facet.STATE:
            order = [call.t(f"state.{state}") for state in ItemState]
            values.sort(key=lambda value: order.index(value.text))
        elif facet is not Facet.BAND:
            values.sort(key=lambda value: (not value.is_chosen, -value.count, value.text))
        if values and (len(values) > 1 or held):
            first, rest = values[:SHOWN_VALUES], values[SHOWN_VALUES:]
            shown.append(FacetShown(facet.value, tuple(first), tuple(rest)))
    return shown


def _value(
    call: Call,
    chosen: QueueFilter,
    facet: Facet,
    field: str,
    value: str,
    count: int,
    runs: Mapping[int, Run],
) -> FacetValue:
    written = value or NOBODY
    is_chosen = chosen.fields()[field] == written
    leads_to = replace(chosen, **{field: "" if is_chosen else written})
    return FacetValue(_words(call, facet, value, runs), count, _path(call, leads_to), is_chosen)


def _words(call: Call, facet: Facet, value: str, runs: Mapping[int, Run]) -> str:
    match facet:
        case Facet.STATE:
            return call.t(f"state.{value}")
        case Facet.MAIN_REASON:
            return reasons()[Reason(value).value][call.language] if value else call.t("facet.none")
        case Facet.SECTION:
            known = value in "ABCDEFGHKLMPV"
            return (
                f"{value}: {call.t(f'section.{value}')}" if value and known else value or call.t("facet.none")
            )
        case Facet.BAND:
            bounds = (0.0, *BANDS, 1.0)
            low, high = bounds[int(value)], bounds[int(value) + 1]
            return f"{low:.0%} – {high:.0%}"
        case Facet.RUN:
            run = runs.get(int(value))
            return f"{value}: {run.file_name}" if run else value
        case Facet.ASSIGNED_TO:
            return call.person(value) if value else call.t("facet.nobody")
    return value or call.t("facet.none")


def _sorts(call: Call, chosen: QueueFilter) -> dict[str, tuple[str, str]]:
    """Return column -> where a click on it leads, and what aria-sort says of it."""
    order = chosen.order or ItemOrder.IMPORTED.value
    found = {}
    for column, (once, twice) in SORTS.items():
        leads_to = twice if order == once.value else once
        is_falling = order == ItemOrder.PROBABILITY.value
        sort = ("descending" if is_falling else "ascending") if order in (once.value, twice.value) else "none"
        found[column] = (_path(call, replace(chosen, order=leads_to.value)), sort)
    return found


def _described(codes: CodeSearch, code: str) -> str:
    """Return what tells one candidate from another: name, specimen, product, unit."""
    listed = codes.get(code)
    if listed is None:
        return ""
    return " ".join(filter(None, (listed.name, listed.specimen_name, listed.product, listed.unit_name)))


def _path(call: Call, chosen: QueueFilter, **more: object) -> str:
    return call.path("table", query=chosen.to_text(**more))


def _after(call: Call) -> str:
    return call.text("after", 100)


def _asked(call: Call) -> Ticked:
    word = call.text("action", 40)
    if word not in TICKED_ACTIONS:
        raise InvalidDecisionError(f"{word!r} is no action of this page")
    request_id, code = call.text("request_id", 64), call.text("code", 40)
    if not request_id:
        raise InvalidDecisionError("the form has no request id; load the page again")
    return Ticked(
        call.facility_key,
        _ticked(call),
        TICKED_ACTIONS[word],
        request_id,
        code=str(jlac11.parse(code)) if code else "",
        text=call.text("text"),
    )


def _ticked(call: Call) -> tuple[int, ...]:
    """Return the ticked items of a form, as numbers or number:etag."""
    numbers = [as_number(str(value).partition(":")[0]) for value in call.form.getlist("ticked")]
    return tuple(dict.fromkeys(number for number in numbers if number is not None))


def _etags(call: Call) -> dict[int, int]:
    found = {}
    for value in call.form.getlist("ticked"):
        number, _, etag = str(value).partition(":")
        item, held = as_number(number), as_number(etag)
        if item is None or held is None:
            raise InvalidDecisionError("a ticked row cannot be read; open the preview again")
        found[item] = held
    return found


def _refused(call: Call, chosen: QueueFilter, error: JlacMapperError) -> Response:
    """Show the table as it stands, the same rows ticked, and why nothing was done."""
    ticked = _ticked(call)
    if not ticked:
        key = "ticked.none"
    elif isinstance(error, ConflictError):
        key = "ticked.conflict"
    elif isinstance(error, NotAllowedError):
        key = "error.not_allowed"
    else:
        key = "ticked.no_text" if call.text("action") == Action.SEND_BACK.value else "error.invalid_decision"
    given = {"after": _after(call)}
    return _table(call, chosen, given, status=status_of(error), problem=call.t(key), ticked=ticked)
