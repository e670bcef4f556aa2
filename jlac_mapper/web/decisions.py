"""What a reviewer does with an item: each form becomes one command."""

from starlette.responses import Response

from jlac_mapper.codes import jlac11
from jlac_mapper.errors import (
    ConflictError,
    InvalidCodeError,
    InvalidDecisionError,
    JlacMapperError,
    NotAllowedError,
)
from jlac_mapper.review.commands import Command, ItemView
from jlac_mapper.review.model import Action, ItemState
from jlac_mapper.web.call import Call
from jlac_mapper.web.item_page import NO_CODE, item_response
from jlac_mapper.web.queue_filter import QueueFilter
from jlac_mapper.web.render import hyphenated
from jlac_mapper.web.routing import status_of

ANSWER = "answer"
"""The form's word for: the ticked code is right; the service's action depends on which one it is."""


class NothingTickedError(InvalidDecisionError):
    """The form names no code, or no row."""


_ON = frozenset(
    {Action.CONFIRM, Action.CHOOSE, Action.PICK, Action.NO_CODE, Action.SETTLE, Action.SEND_BACK, Action.SKIP}
)
"""After these the next item is shown."""

_PLAIN = {
    action.value: action
    for action in (
        Action.NO_CODE,
        Action.SEND_BACK,
        Action.COMMENT,
        Action.SKIP,
        Action.CLAIM,
        Action.RELEASE,
        Action.ASSIGN,
        Action.UNDO,
        Action.REOPEN,
    )
}


def take_next(call: Call) -> Response:
    """Claim the next item and show it."""
    chosen = QueueFilter.from_text(call.text("queue"))
    return _to_next(call, chosen, after=call.number("after"), request_id=_request_id(call))


def decide(call: Call) -> Response:
    """Do one command; then the next item, or the same one again."""
    review, facility = call.review, call.facility_key
    chosen = QueueFilter.from_text(call.text("queue"))
    view = review.view(call.user, facility, call.path_number("item"))
    try:
        command = command_of(call, view)
        outcome = review.decide(call.user, command)
    except (ConflictError, InvalidDecisionError, InvalidCodeError, NotAllowedError) as error:
        return _refused(call, error, chosen)
    number = outcome.item.id
    if command.action is Action.SETTLE and call.text("back", 20) == "disputes":
        return call.redirect(call.path("disputes", query=f"settled={number}"))
    if command.action in _ON:
        last = number if command.action is not Action.SKIP else None
        return _to_next(call, chosen, after=number, last=last, request_id=f"{command.request_id}-next")
    query = chosen.to_text(done=command.action.value)
    return call.redirect(call.path("items", number, query=query))


def command_of(call: Call, view: ItemView) -> Command:
    """
    Return the form as a command.

    Raises:
        InvalidDecisionError: Nothing is ticked, or an action that does not exist.
        InvalidCodeError: The code is none.
    """
    word, code = call.text("action"), call.text("code", 40)
    if word == ANSWER and code == NO_CODE:
        word, code = Action.NO_CODE.value, ""
    if word == ANSWER:
        action, code = _answer(view, code)
    elif word in _PLAIN:
        action, code = _PLAIN[word], ""
        if action is Action.NO_CODE and view.item.standing.state is ItemState.DISPUTED:
            action, code = Action.SETTLE, jlac11.UNCODABLE
    else:
        raise InvalidDecisionError(f"{word!r} is no action of this page")
    return Command(
        facility=call.facility_key,
        item=view.item.id,
        etag=call.number("etag"),
        action=action,
        request_id=_request_id(call),
        code=code,
        text=call.text("text"),
    )


def preview(call: Call) -> Response:
    """Show what an answer would do to the identical rows; nothing changes."""
    review, chosen = call.review, QueueFilter.from_text(call.text("queue"))
    view = review.view(call.user, call.facility_key, call.path_number("item"))
    try:
        command = command_of(call, view)
        found = review.preview(call.user, command)
    except (ConflictError, InvalidDecisionError, InvalidCodeError, NotAllowedError) as error:
        return _refused(call, error, chosen)
    return call.page(
        "preview.html",
        facility=call.facility(),
        item=view.item,
        command=command,
        word=call.text("action"),
        preview=found,
        queue=chosen.to_text(),
        name_of=call.services.codes.name,
    )


def decide_identical(call: Call) -> Response:
    """Do the previewed command on the rows left ticked; all of them or none."""
    review, chosen = call.review, QueueFilter.from_text(call.text("queue"))
    view = review.view(call.user, call.facility_key, call.path_number("item"))
    etags: dict[int, int] = {}
    for value in call.form.getlist("ticked"):
        number, _, etag = str(value).partition(":")
        if len(value if isinstance(value, str) else "") > 40 or not (number.isdigit() and etag.isdigit()):
            raise InvalidDecisionError("a ticked row cannot be read; open the preview again")
        etags[int(number)] = int(etag)
    try:
        if not etags:
            raise NothingTickedError("no row is ticked")
        command = command_of(call, view)
        review.decide_identical(call.user, command, etags)
    except (ConflictError, InvalidDecisionError, InvalidCodeError, NotAllowedError) as error:
        return _refused(call, error, chosen)
    return _to_next(
        call, chosen, after=view.item.id, last=view.item.id, request_id=f"{command.request_id}-next"
    )


def _answer(view: ItemView, code: str) -> tuple[Action, str]:
    if not code:
        raise NothingTickedError("no code is ticked")
    code = str(jlac11.parse(code))
    standing = view.item.standing
    if standing.state is ItemState.DISPUTED:
        return Action.SETTLE, code
    if code == standing.proposal:
        return Action.CONFIRM, ""
    is_candidate = any(str(candidate.code) == code for candidate in view.item.mapping.candidates)
    return (Action.CHOOSE if is_candidate else Action.PICK), code


def _to_next(
    call: Call, chosen: QueueFilter, *, after: int, request_id: str, last: int | None = None
) -> Response:
    review, facility = call.review, call.facility_key
    view = review.next_item(call.user, chosen.work_query(facility), request_id=request_id, after=after)
    if view is None:
        return call.redirect(call.path(query=chosen.to_text(done="all", last=last)))
    return call.redirect(call.path("items", view.item.id, query=chosen.to_text(last=last)))


def _refused(call: Call, error: JlacMapperError, chosen: QueueFilter) -> Response:
    """Show the item as it stands now, and why the command was not done."""
    view = call.review.view(call.user, call.facility_key, call.path_number("item"))
    if isinstance(error, ConflictError):
        is_told = bool(error.by and error.code)
        problem = (
            call.t("conflict.told", by=call.person(error.by), code=_code(call, error.code))
            if is_told
            else call.t("conflict.blind")
        )
    elif isinstance(error, NotAllowedError):
        problem = call.t("error.not_allowed")
    elif isinstance(error, NothingTickedError):
        problem = call.t("error.nothing_ticked")
    else:
        problem = call.t("error.invalid_decision")
    return item_response(
        call, view, chosen, status=status_of(error), problem=problem, detail=call.said(error)
    )


def _code(call: Call, code: str) -> str:
    """Return a code with its standard name."""
    if code == jlac11.UNCODABLE:
        return call.t("code.none")
    return f"{hyphenated(code)} {call.services.codes.name(code)}".strip()


def _request_id(call: Call) -> str:
    given = call.text("request_id", 64)
    if not given:
        raise InvalidDecisionError("the form has no request id; load the page again")
    return given
