"""One suite for every ReviewStore: SQLite and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from jlac_mapper.adapters.sql_reviews import SqlReviewStore
from jlac_mapper.adapters.sql_tables import Database
from jlac_mapper.errors import ConflictError, DatabaseError, NotFoundError
from jlac_mapper.jlac11 import UNCODABLE
from jlac_mapper.review import audit
from jlac_mapper.review_requests import Cursor, ItemOrder, ItemQuery
from jlac_mapper.review_types import (
    OPEN,
    WAITING,
    Action,
    Change,
    Event,
    Item,
    ItemState,
    NewItem,
    Reading,
    Run,
    Standing,
)
from jlac_mapper.types import LocalTest, Reason
from tests.review_values import (
    AST,
    CK,
    ENDED,
    NOON,
    TP,
    a_draft,
    a_mapping,
    a_run,
    new_items,
)

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


# --- lists


def test_a_list_comes_back_row_by_row_as_it_was_taken_in(store: SqlReviewStore) -> None:
    new = new_items("AST", "CK(時間外)", "𠮷")
    run = take_in(store, new)
    assert (run.rows, run.file_name, run.imported_by, run.imported_at) == (3, "list.csv", "ann", NOON)
    items = store.run_items("h1", run.id)
    assert [(i.row, i.test, i.mapping, i.key, i.standing, i.etag) for i in items] == [
        (row, item.test, item.mapping, item.key, item.standing, 1) for row, item in enumerate(new, start=1)
    ]
    assert [item.row for item in store.run_items("h1", run.id, after_row=1, limit=1)] == [2]
    assert store.runs("h1") == [run]
    assert store.run("h1", run.id) == run


def test_a_list_of_two_thousand_rows_keeps_their_order(store: SqlReviewStore) -> None:
    run = take_in(store, new_items(*(f"name {i}" for i in range(2000))))
    names = [item.test.name for item in store.run_items("h1", run.id, limit=3000)]
    assert names == [f"name {i}" for i in range(2000)]


def test_the_same_request_takes_a_list_in_once(store: SqlReviewStore) -> None:
    first = take_in(store, new_items("AST"))
    assert take_in(store, new_items("CK", "TP")) == first
    assert store.counts("h1") == {ItemState.PROPOSED: 1}
    assert store.head("h1").count == 1


def test_a_list_for_an_unknown_facility_is_refused(store: SqlReviewStore) -> None:
    with pytest.raises(NotFoundError):
        take_in(store, new_items("AST"), "h9")


def test_a_list_that_fails_half_way_leaves_nothing(store: SqlReviewStore) -> None:
    new = new_items(*(f"name {i}" for i in range(700)))
    new[-1] = replace(new[-1], standing=Standing(ItemState.PROPOSED, proposal=None))  # type: ignore[arg-type]
    with pytest.raises(DatabaseError):
        take_in(store, new)
    assert (store.runs("h1"), store.counts("h1"), store.head("h1").count) == ([], {}, 0)


def test_another_facilitys_rows_are_never_found(store: SqlReviewStore) -> None:
    run = take_in(store, new_items("AST"))
    [item] = store.run_items("h1", run.id)
    with pytest.raises(NotFoundError):
        store.item("h2", item.id)
    with pytest.raises(NotFoundError):
        store.run("h2", run.id)
    assert store.items("h2", [item.id]) == []
    assert store.run_items("h2", run.id) == []
    assert store.runs("h2") == []
    assert ids(store, ItemQuery("h2", states=EVERY)) == []
    assert store.identical("h2", item.key, EVERY) == []
    assert store.history("h2", item.id) == []
    assert store.house_names("h2", [item.key]) == {}
    with pytest.raises(NotFoundError):
        store.apply("h2", [change(item, replace(item.standing, code=AST))], "x")


# --- decisions


def test_a_decision_is_kept_with_its_event(store: SqlReviewStore) -> None:
    take_in(store, new_items("AST"))
    item = store.item("h1", ids(store, ItemQuery("h1"))[0])
    after = Standing(
        ItemState.DISPUTED, first=Reading("ann", AST), second=Reading("bob", CK), claimed_by="ann",
        claimed_until=NOON, assigned_to="bob", proposal=TP, question="which?",
    )  # fmt: skip
    [event], repeated = store.apply("h1", [change(item, after, text="注", edition="e", model="m")], "r1")
    assert not repeated
    found = store.item("h1", item.id)
    assert (found.standing, found.etag) == (after, 2)
    assert store.history("h1", item.id) == [event]
    assert (event.sequence, event.draft.before, event.draft.after) == (2, item.standing, after)
    assert store.done("h1", "r1") == [event]
    assert verified(store) == []


def test_of_two_changes_of_one_item_the_second_is_a_conflict(store: SqlReviewStore) -> None:
    take_in(store, new_items("AST"))
    item = store.item("h1", ids(store, ItemQuery("h1"))[0])
    store.apply("h1", [change(item, Standing(ItemState.FINAL, code=AST))], "r1")
    with pytest.raises(ConflictError) as caught:
        store.apply("h1", [change(item, Standing(ItemState.FINAL, code=CK), by="bob")], "r2")
    assert (caught.value.item, caught.value.etag) == (item.id, 2)
    assert store.item("h1", item.id).standing.code == AST
    assert store.head("h1").count == 2


def test_changes_are_made_all_or_none(store: SqlReviewStore) -> None:
    take_in(store, new_items("AST", "CK", "TP"))
    items = store.items("h1", ids(store, ItemQuery("h1")))
    stale = [change(i, Standing(ItemState.FINAL, code=AST)) for i in items]
    stale[2] = replace(stale[2], etag=9)
    with pytest.raises(ConflictError):
        store.apply("h1", stale, "r1")
    assert store.counts("h1") == {ItemState.PROPOSED: 3}
    assert store.done("h1", "r1") == []
    assert ids(store, ItemQuery("h1", reason=Reason.UNIT_ASSUMED)) == [i.id for i in items]


def test_a_repeated_request_changes_nothing_and_returns_the_first_events(store: SqlReviewStore) -> None:
    take_in(store, new_items("AST"))
    item = store.item("h1", ids(store, ItemQuery("h1"))[0])
    first = store.apply("h1", [change(item, Standing(ItemState.FINAL, code=AST))], "r1")
    again = store.apply("h1", [change(item, Standing(ItemState.FINAL, code=CK))], "r1")
    assert (first[0], False, True) == (again[0], first[1], again[1])
    assert store.item("h1", item.id).standing.code == AST


def test_a_request_id_of_one_facility_is_free_in_another(store: SqlReviewStore) -> None:
    take_in(store, new_items("AST"))
    take_in(store, new_items("AST"), "h2")
    assert store.counts("h2") == {ItemState.PROPOSED: 1}


def test_an_event_without_a_standing_leaves_the_item_alone(store: SqlReviewStore) -> None:
    take_in(store, new_items("AST"))
    item = store.item("h1", ids(store, ItemQuery("h1"))[0])
    comment = Change(item.id, 99, None, a_draft(item=item.id, text="see the insert"))
    store.apply("h1", [comment], "r1")
    assert store.item("h1", item.id) == item
    assert [event.draft.text for event in store.history("h1", item.id)] == ["see the insert"]
    with pytest.raises(NotFoundError):
        store.apply("h1", [replace(comment, item=10**9)], "r2")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET code = 'x'",
        "DELETE FROM events",
        "UPDATE events SET login = 'x' WHERE sequence = 1",
    ],
)
def test_the_database_itself_refuses_to_change_an_event(
    store: SqlReviewStore,
    review_database: Database,
    statement: str,
) -> None:
    take_in(store, new_items("AST"))
    with pytest.raises(DatabaseError, match="append-only"), review_database.writing() as connection:
        connection.execute(text(statement))
    assert verified(store) == []


def test_what_is_removed_in_spite_of_that_is_found(store: SqlReviewStore, review_database: Database) -> None:
    take_in(store, new_items("AST", "CK"))
    for item in ids(store, ItemQuery("h1")):
        decide(store, item, AST)
    with review_database.writing() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER events_no_delete"))
        else:
            connection.execute(text("ALTER TABLE events DISABLE TRIGGER ALL"))
        connection.execute(text("DELETE FROM events WHERE facility = 'h1' AND sequence = 3"))
    assert "the chain ends with event 2" in verified(store)[0]


# --- the queue


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


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (ItemQuery("h1"), [0, 1, 2, 3]),
        (ItemQuery("h1", reason=Reason.UNIT_ASSUMED), [0, 2]),
        (ItemQuery("h1", reason=Reason.UNIT_ASSUMED, min_probability=0.5), [2]),
        (ItemQuery("h1", reason=Reason.UNIT_ASSUMED, section="C", max_probability=0.1), [0]),
        (ItemQuery("h1", section="V"), [1]),
        (ItemQuery("h1", section=""), [3]),
        (ItemQuery("h1", min_probability=0.5), [1, 2, 3]),
        (ItemQuery("h1", max_probability=0.5), [0, 2, 3]),
        (ItemQuery("h1", min_probability=0.5, max_probability=0.5), [2, 3]),
        (ItemQuery("h1", order=ItemOrder.PROBABILITY), [1, 3, 2, 0]),
        (ItemQuery("h1", order=ItemOrder.PROBABILITY, reason=Reason.UNIT_ASSUMED), [2, 0]),
        (ItemQuery("h1", states=(ItemState.FINAL,)), []),
        (ItemQuery("h1", assigned_to=""), [0, 1, 2, 3]),
        (ItemQuery("h1", assigned_to="ann"), []),
        (ItemQuery("h1", run=10**9), []),
        (ItemQuery("h2"), []),
    ],
)
def test_the_queue_holds_what_the_filter_says(
    store: SqlReviewStore, query: ItemQuery, expected: list[int]
) -> None:
    made = fill_queue(store)
    assert ids(store, query) == [made[i] for i in expected]


@pytest.mark.parametrize("order", ItemOrder)
@pytest.mark.parametrize("reason", [None, Reason.UNIT_ASSUMED])
def test_pages_follow_each_other_without_gap_or_overlap(
    store: SqlReviewStore, order: ItemOrder, reason: Reason | None
) -> None:
    mappings = [a_mapping(probability=share) for share in (0.3, 0.7, 0.3, 0.3, 0.9, 0.7, 0.1)]
    take_in(store, [item for i, m in enumerate(mappings) for item in new_items(f"name {i}", mapping=m)])
    for item in ids(store, ItemQuery("h1"))[::3]:
        decide(store, item, AST)
    query = ItemQuery("h1", states=EVERY, order=order, reason=reason)
    whole, after, found = store.queue(query, now=NOON), None, []
    while page := store.queue(query, now=NOON, after=after, limit=2):
        found += page
        after = Cursor(page[-1].id, page[-1].probability)
    assert found == whole
    assert len({row.id for row in found}) == 7


def test_a_row_of_the_queue_says_what_the_item_says(store: SqlReviewStore) -> None:
    take_in(store, new_items("AST(GOT)"))
    [row] = store.queue(ItemQuery("h1"), now=NOON)
    item = store.item("h1", row.id)
    assert (row.name, row.local_code, row.specimen, row.unit) == ("AST(GOT)", "0", "血清", "U/L")
    assert (row.standing, row.etag, row.section, row.reasons, row.probability, row.run, row.row) == (
        item.standing, item.etag, item.section, item.reasons, item.mapping.probability, item.run, 1,
    )  # fmt: skip


def set_standing(store: SqlReviewStore, item: int, **fields: object) -> None:
    found = store.item("h1", item)
    after = replace(found.standing, **fields)  # type: ignore[arg-type]
    store.apply("h1", [change(found, after, Action.CLAIM)], f"{item} {fields}")


def test_in_review_finds_what_is_claimed_now(store: SqlReviewStore) -> None:
    made = fill_queue(store)
    later = NOON + timedelta(seconds=1)
    set_standing(store, made[1], claimed_by="ann", claimed_until=later)
    set_standing(store, made[2], claimed_by="ann", claimed_until=NOON)
    claimed = ItemQuery("h1", states=(ItemState.IN_REVIEW,))
    assert ids(store, claimed) == [made[1]]
    assert ids(store, replace(claimed, states=(ItemState.IN_REVIEW, ItemState.PROPOSED))) == made
    assert store.queue(claimed, now=later) == []


def test_the_next_item_is_one_that_the_reader_may_read(store: SqlReviewStore) -> None:
    made = fill_queue(store)
    waiting = ItemQuery("h1", states=WAITING)
    set_standing(store, made[0], claimed_by="bob", claimed_until=NOON + timedelta(minutes=1))
    set_standing(store, made[1], assigned_to="bob")
    set_standing(store, made[2], state=ItemState.DECIDED_ONCE, first=Reading("ann", AST))
    assert store.next_for(waiting, "ann", now=NOON) == made[3]
    assert store.next_for(waiting, "bob", now=NOON) == made[0]
    assert store.next_for(waiting, "bob", now=NOON, after=Cursor(made[0])) == made[1]
    assert store.next_for(waiting, "eve", now=NOON) == made[2]
    assert store.next_for(waiting, "eve", now=NOON + timedelta(minutes=1)) == made[0]
    assert store.next_for(waiting, "ann", now=NOON, after=Cursor(made[3])) is None
    assert store.next_for(replace(waiting, assigned_to="bob"), "bob", now=NOON) == made[1]
    filtered = replace(waiting, section="C")
    assert store.next_for(filtered, "eve", now=NOON) == made[2]
    assert store.next_for(replace(filtered, order=ItemOrder.PROBABILITY), "bob", now=NOON) == made[2]
    assert store.next_for(replace(waiting, reason=Reason.JLAC10_CONFLICT), "ann", now=NOON) is None


def test_counts_are_those_of_the_facility_or_of_one_list(store: SqlReviewStore) -> None:
    made = fill_queue(store)
    other = take_in(store, new_items("CK"), request_id="second")
    decide(store, made[0], AST)
    assert store.counts("h1") == {ItemState.PROPOSED: 4, ItemState.FINAL: 1}
    assert store.counts("h1", other.id) == {ItemState.PROPOSED: 1}
    assert store.counts("h2") == {}


def test_decisions_of_a_user_are_counted_since_a_moment(store: SqlReviewStore) -> None:
    made = fill_queue(store)
    decide(store, made[0], AST)
    decide(store, made[1], AST, at=NOON - timedelta(hours=1))
    decide(store, made[2], AST, by="bob")
    set_standing(store, made[3], claimed_by="ann")
    assert store.decided_since("h1", "ann", NOON) == 1
    assert store.decided_since("h1", "ann", NOON - timedelta(hours=1)) == 2
    assert store.decided_since("h1", "eve", NOON) == 0


# --- what was learnt


def test_final_decisions_are_the_house_names_of_their_facility(store: SqlReviewStore) -> None:
    take_in(store, new_items("AST", "AST", "CK"))
    first, second, third = ids(store, ItemQuery("h1"))
    decide(store, first, AST)
    decide(store, second, CK, at=NOON + timedelta(seconds=1))
    key, other = store.item("h1", first).key, store.item("h1", third).key
    names = store.house_names("h1", [key, other, "unknown"])
    assert list(names) == [key]
    assert [(n.code, n.item, n.by, n.name) for n in names[key]] == [
        (CK, second, "ann", "AST"),
        (AST, first, "ann", "AST"),
    ]
    assert [n.item for n in store.contradictions("h1")] == [second, first]
    assert store.house_names_elsewhere("h2", [key]) == {key: {AST: 1, CK: 1}}
    assert store.house_names_elsewhere("h1", [key]) == {}
    set_standing(store, second, state=ItemState.PROPOSED, code="")
    assert [n.code for n in store.house_names("h1", [key])[key]] == [AST]
    assert store.contradictions("h1") == []
    assert store.identical("h1", key, OPEN) == [second]


def test_house_names_are_found_for_more_keys_than_one_statement_takes(store: SqlReviewStore) -> None:
    take_in(store, new_items(*(f"name {i}" for i in range(1200))))
    found = store.queue(ItemQuery("h1"), now=NOON, limit=1200)
    decide(store, found[-1].id, AST)
    keys = [item.key for item in store.items("h1", [row.id for row in found])]
    assert list(store.house_names("h1", keys)) == [keys[-1]]


def test_readings_of_two_people_are_counted_by_code(store: SqlReviewStore) -> None:
    made = fill_queue(store)
    for item, second in ((made[0], CK), (made[1], CK), (made[2], AST)):
        set_standing(
            store, item, state=ItemState.DISPUTED, first=Reading("a", AST), second=Reading("b", second)
        )
    set_standing(store, made[3], state=ItemState.DECIDED_ONCE, first=Reading("a", AST))
    assert store.readings("h1") == {(AST, CK): 2, (AST, AST): 1}


def test_ended_codes_are_reopened_with_their_successor(store: SqlReviewStore) -> None:
    made = fill_queue(store)
    for item, code in zip(made, (ENDED, UNCODABLE, CK, TP), strict=True):
        decide(store, item, code)
    assert store.final_codes("h1") == {ENDED: 1, CK: 1, TP: 1}
    before = {item: store.item("h1", item) for item in made}
    event = a_draft(Action.REOPEN, by="root", request_id="edition", text="ended")
    reopened = store.reopen("h1", {ENDED: AST, TP: ""}, event)
    assert [(r.item, r.name, r.code, r.successor) for r in reopened] == [
        (made[0], "name 0", ENDED, AST), (made[3], "name 3", TP, ""),
    ]  # fmt: skip
    first = store.item("h1", made[0])
    assert first.standing == Standing(ItemState.PROPOSED, proposal=AST)
    assert first.reasons == (Reason.UNIT_ASSUMED, Reason.CODE_ENDED)
    assert first.etag == before[made[0]].etag + 1
    assert store.history("h1", made[0])[-1].draft == replace(
        event, item=made[0], code=ENDED, before=before[made[0]].standing, after=first.standing
    )
    assert [store.item("h1", item) for item in made[1:3]] == [before[item] for item in made[1:3]]
    assert ids(store, ItemQuery("h1", reason=Reason.CODE_ENDED)) == [made[0], made[3]]
    assert ids(store, ItemQuery("h1", reason=Reason.UNIT_ASSUMED)) == [made[0]]
    assert verified(store) == []
    assert store.reopen("h1", {ENDED: AST, TP: ""}, event) == reopened
    assert store.head("h1").count == 7


def test_a_decision_that_ends_twice_has_its_reason_once(store: SqlReviewStore) -> None:
    [item] = [fill_queue(store)[0]]
    for request_id in ("first", "second"):
        decide(store, item, ENDED)
        store.reopen("h1", {ENDED: AST}, a_draft(Action.REOPEN, request_id=request_id))
    assert store.item("h1", item).reasons == (Reason.UNIT_ASSUMED, Reason.CODE_ENDED)


def test_texts_come_back_as_they_were(store: SqlReviewStore) -> None:
    nasty = "'; DROP TABLE items; -- <b>\\ % _ \n\t\u202e𠮷"
    mapping = a_mapping(AST)
    new = NewItem(
        LocalTest(nasty, nasty, unit=nasty), mapping, "k" * 64, Standing(ItemState.PROPOSED, question=nasty)
    )
    run = take_in(store, [new])
    [item] = store.run_items("h1", run.id)
    assert (item.test, item.standing.question) == (new.test, nasty)
    store.apply("h1", [Change(item.id, 1, None, a_draft(item=item.id, text=nasty))], nasty)
    assert store.history("h1", item.id)[0].draft.text == nasty
    assert verified(store) == []
