"""Steps that the tests of the store of review are made of."""

from dataclasses import replace

from jlac_mapper.review import audit
from jlac_mapper.review.commands import ItemQuery
from jlac_mapper.review.model import Action, Change, Event, Item, ItemState, NewItem, Reading, Run, Standing
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.types import Reason
from tests.support.review_values import AST, CK, NOON, a_draft, a_mapping, a_run, new_items

EVERY = tuple(ItemState)


def take_in(
    store: SqlReviewStore, items: list[NewItem], facility: str = "h1", request_id: str = "import"
) -> Run:
    return store.import_run(a_run(facility), items, a_draft(Action.IMPORT, request_id=request_id))


def change(
    item: Item, after: Standing, action: Action = Action.CONFIRM, by: str = "ann", **more: object
) -> Change:
    event = a_draft(action, by=by, item=item.id, code=after.code, before=item.standing, after=after, **more)
    return Change(item.id, item.etag, after, event)


def decide(
    store: SqlReviewStore, item: int, code: str, *, facility: str = "h1", **more: object
) -> list[Event]:
    found = store.item(facility, item)
    after = replace(found.standing, state=ItemState.FINAL, code=code, first=Reading("ann", code))
    request_id = f"decide {item} {found.etag}"
    return store.apply(facility, [change(found, after, request_id=request_id, **more)], request_id)[0]


def ids(store: SqlReviewStore, query: ItemQuery) -> list[int]:
    return [row.id for row in store.queue(query, now=NOON)]


def verified(store: SqlReviewStore, facility: str = "h1") -> list[str]:
    return audit.verify(store.events(facility), store.head(facility))


def fill_queue(store: SqlReviewStore) -> list[int]:
    shares = [
        (0.1, (Reason.UNIT_ASSUMED,)),
        (0.9, (Reason.JLAC10_CONFLICT,)),
        (0.5, (Reason.UNIT_ASSUMED,)),
        (0.5, ()),
    ]
    codes = [AST, "V20100000250000" + "02", CK, ""]
    new = []
    for number, ((probability, reasons), code) in enumerate(zip(shares, codes, strict=True)):
        mapping = a_mapping(code, probability=probability, reasons=reasons or (Reason.NAME_UNKNOWN,))
        new += new_items(f"name {number}", mapping=mapping)
    run = take_in(store, new)
    return [item.id for item in store.run_items("h1", run.id)]


def set_standing(store: SqlReviewStore, item: int, **fields: object) -> None:
    found = store.item("h1", item)
    after = replace(found.standing, **fields)  # type: ignore[arg-type]
    store.apply("h1", [change(found, after, Action.CLAIM)], f"{item} {fields}")
