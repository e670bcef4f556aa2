"""One suite for every ReviewStore, SQLite and PostgreSQL: lists and decisions."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from jlac_mapper.errors import ConflictError, DatabaseError, NotFoundError
from jlac_mapper.review.commands import ItemQuery
from jlac_mapper.review.model import Change, ItemState, NewItem, Reading, Standing
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.types import LocalTest, Reason
from tests.support.review_store_steps import EVERY, change, decide, ids, take_in, verified
from tests.support.review_values import AST, CK, NOON, TP, a_draft, a_mapping, new_items


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
    assert store.local_aliases("h2", [item.key]) == {}
    with pytest.raises(NotFoundError):
        store.apply("h2", [change(item, replace(item.standing, code=AST))], "x")


# --- decisions


def test_a_decision_is_kept_with_its_event(store: SqlReviewStore) -> None:
    take_in(store, new_items("AST"))
    item = store.item("h1", ids(store, ItemQuery("h1"))[0])
    after = Standing(
        ItemState.DISPUTED,
        first=Reading("ann", AST),
        second=Reading("bob", CK),
        claimed_by="ann",
        claimed_until=NOON,
        assigned_to="bob",
        proposal=TP,
        question="which?",
    )
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
