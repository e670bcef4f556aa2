"""One item: the hospital's row, the candidates, what speaks for them, and what happened so far."""

from collections.abc import Sequence
from dataclasses import fields

from starlette.responses import Response

from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.errors import JlacMapperError, NotFoundError
from jlac_mapper.review.commands import ItemView
from jlac_mapper.review.model import Action, Item
from jlac_mapper.types import Disposition, LocalTest
from jlac_mapper.web.call import Call
from jlac_mapper.web.candidate_rows import candidate_rows, listed_rows, parse
from jlac_mapper.web.evidence import statements
from jlac_mapper.web.queue_filter import QueueFilter, as_number
from jlac_mapper.wording import Language

FIELDS = tuple(field.name for field in fields(LocalTest))
FOUND = 20
NO_CODE = "none"
"""The form's word for: no code is right."""
FOLDED = 6
"""Further columns of a list up to which they stand open."""


def show(call: Call) -> Response:
    """Show an item as it stands; reading changes nothing."""
    view = call.review.view(call.user, call.facility_key, call.path_number("item"))
    chosen = QueueFilter.of(call.request.query_params)
    return item_response(call, view, chosen, last=_last(call))


def item_response(
    call: Call,
    view: ItemView,
    chosen: QueueFilter,
    *,
    last: ItemView | None = None,
    status: int = 200,
    problem: str = "",
    detail: str = "",
) -> Response:
    """
    Render an item's page.

    Args:
        call: The request.
        view: The item.
        chosen: The queue's filter, carried along.
        last: The item decided just before, which can be taken back from here.
        status: 409 where someone else was first.
        problem: What went wrong, in the user's language.
        detail: The error's own line.
    """
    review, codes = call.review, call.services.codes
    item = view.item
    rules, machine = statements(item.mapping.evidence, call.language)
    text = call.request.query_params.get("q", "")[:200]
    is_swapped = "x-swap" in call.request.headers
    says_no_code = item.mapping.disposition is Disposition.NO_CODE and not item.standing.proposal
    return call.page(
        "item.html",
        status=status,
        facility=call.facility(),
        view=view,
        item=item,
        fields=FIELDS,
        further=_further(view),
        folded=FOLDED,
        candidates=candidate_rows(item, codes, call.language),
        rules=rules,
        machine=machine,
        now=call.services.clock.now(),
        # The script asks for them behind the item.
        counts=None if is_swapped else review.counts(call.user, call.facility_key),
        run=None if is_swapped else review.run(call.user, call.facility_key, item.run),
        run_counts=None if is_swapped else review.counts(call.user, call.facility_key, item.run),
        around=review.neighbours(call.user, chosen.query(call.facility_key), item.id),
        says_no_code=says_no_code and bool({Action.NO_CODE, Action.SETTLE} & view.allowed),
        read_as=_read_as(item, call.language),
        no_code_word=NO_CODE,
        reviewers=review.reviewers(call.user, call.facility_key) if Action.ASSIGN in view.allowed else (),
        queue=chosen.to_text(),
        name_of=codes.name,
        last=last,
        problem=problem,
        detail=detail,
        search_text=text,
        found=_found(call, view, review.search(call.user, call.facility_key, text, FOUND)) if text else [],
        contradicting=len({name.code for name in view.local_aliases}) > 1,
        done=call.request.query_params.get("done", ""),
    )


def progress(call: Call) -> Response:
    """Answer the strip of progress and rate: a fragment."""
    review, key = call.review, call.facility_key
    number = as_number(call.request.query_params.get("run", ""))
    run = review.run(call.user, key, number) if number is not None else None
    return call.page(
        "progress.html",
        counts=review.counts(call.user, key),
        run=run,
        run_counts=review.counts(call.user, key, run.id) if run else None,
    )


def search(call: Call) -> Response:
    """Answer the search box: a fragment with the codes found."""
    text = call.request.query_params.get("q", "")[:200]
    number = call.request.query_params.get("item", "")
    if (item := as_number(number)) is None:
        raise NotFoundError("the search names no item")
    view = call.review.view(call.user, call.facility_key, item)
    found = call.review.search(call.user, call.facility_key, text, FOUND)
    return call.page("found.html", found=_found(call, view, found), search_text=text)


def _further(view: ItemView) -> list[tuple[str, str]]:
    """Return heading and content of the columns that no field was read from, without empty ones."""
    # A short row ends early.
    pairs = zip(view.columns, view.item.cells, strict=False)
    return [(column.heading, cell) for column, cell in pairs if not column.field and cell.strip()]


def _found(call: Call, view: ItemView, found: Sequence[ListedCode]) -> list[object]:
    candidates = view.item.mapping.candidates
    first = parse(view.item.standing.proposal) or (candidates[0].code if candidates else None)
    return list(listed_rows(found, first, call.language))


def _read_as(item: Item, language: Language) -> str:
    """Return what the row was read as, empty where nothing is known of its name."""
    concept = item.mapping.read_as
    if concept is None:
        return ""
    return concept.name if language is Language.JAPANESE else concept.name_en or concept.name


def _last(call: Call) -> ItemView | None:
    """Return the item that the address calls the last one, while its decision can be taken back."""
    number = call.request.query_params.get("last", "")
    if (item := as_number(number)) is None:
        return None
    try:
        view = call.review.view(call.user, call.facility_key, item)
    except JlacMapperError:
        return None
    return view if Action.UNDO in view.allowed else None
