"""One suite for every ReviewStore, SQLite and PostgreSQL: a list that is taken in twice."""

from dataclasses import replace

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.review.commands import Command, ItemQuery
from jlac_mapper.review.model import Action, ItemState, NewItem
from jlac_mapper.storage.reviews import SqlReviewStore
from tests.support.review_office import ANN, BOB, LEA, WAIT, Office
from tests.support.review_store_steps import ids, take_in
from tests.support.review_values import AST, CK, new_items

NAMES = ("AST", "GOT?", "CPK?", "unknown", "old")


def coded(name: str, local_code: str, **fields: str) -> NewItem:
    [made] = new_items(name)
    return replace(made, test=replace(made.test, local_code=local_code, **fields))


def test_a_second_import_asks_nothing_whatever_became_of_the_first(office: Office) -> None:
    _, sent, final, untouched, claimed = office.items(office.take_in(*NAMES))
    office.do(ANN, sent, Action.SEND_BACK, text="which unit?")
    office.do(ANN, final, Action.CONFIRM)
    office.do(BOB, claimed, Action.CLAIM)
    again = office.take_in(*NAMES)
    items = list(office.review.run_items(ANN, "h1", again.id))
    assert [(i.run, i.row, i.test.name, i.standing.state) for i in items] == [
        (again.id, 1, "AST", ItemState.ACCEPTED),
        (again.id, 2, "GOT?", ItemState.SENT_BACK),
        (again.id, 3, "CPK?", ItemState.ACCEPTED),
        (again.id, 4, "unknown", ItemState.PROPOSED),
        (again.id, 5, "old", ItemState.PROPOSED),
    ]
    assert [i.id for i in items if i.id in (sent, untouched, claimed)] == [sent, untouched, claimed]
    assert again.rows == 5
    assert sorted(ids(office.store, ItemQuery("h1"))) == [sent, untouched, claimed]
    assert office.review.counts(ANN, "h1").open == 3
    assert office.review.counts(ANN, "h1", again.id).states == {
        ItemState.ACCEPTED: 2,
        ItemState.SENT_BACK: 1,
        ItemState.PROPOSED: 2,
    }


def test_what_is_decided_later_answers_the_rows_of_every_list_that_has_them(office: Office) -> None:
    first, second = office.take_in("GOT?", "unknown"), office.take_in("GOT?", "unknown")
    query = replace(WAIT, run=second.id)
    assert [row.id for row in office.review.queue(ANN, query).rows] == office.items(first)
    for code in (AST, UNCODABLE):
        view = office.next(ANN, query)
        assert view is not None
        office.review.decide(
            ANN, Command("h1", view.item.id, view.item.etag, Action.CONFIRM, office.request())
        )
        assert office.store.item("h1", view.item.id).standing.code == code
    assert office.next(ANN, query) is None
    for run in (first, second, office.take_in("GOT?", "unknown")):
        assert [i.standing.code for i in office.review.run_items(ANN, "h1", run.id)] == [AST, UNCODABLE]


def test_two_readers_are_asked_once_for_a_list_taken_in_between(office: Office) -> None:
    query = replace(WAIT, facility="h2")
    disputed, once = office.items(office.take_in("GOT?", "CPK?", facility="h2"))
    for item in (disputed, once):
        office.do(ANN, item, Action.CHOOSE, facility="h2", code=CK)
    office.do(BOB, disputed, Action.CONFIRM, facility="h2")
    again = office.take_in("GOT?", "CPK?", facility="h2")
    assert [i.standing.state for i in office.review.run_items(LEA, "h2", again.id)] == [
        ItemState.DISPUTED,
        ItemState.DECIDED_ONCE,
    ]
    assert office.next(ANN, query) is None
    shown = list(office.review.run_items(BOB, "h2", again.id))[1]
    assert shown.standing.first is not None
    assert shown.standing.first.code == ""


def test_only_the_same_key_and_local_code_of_the_same_facility_is_the_same_row(store: SqlReviewStore) -> None:
    take_in(store, [coded("AST", "1"), coded("CK", "2")])
    second = [coded("AST", "1", kana="エーエスティー"), coded("AST", "2"), coded("TP", "1")]
    run = take_in(store, second, request_id="second")
    assert [(i.id, i.row) for i in store.run_items("h1", run.id)] == [(1, 1), (3, 2), (4, 3)]
    assert store.run_items("h1", run.id)[0].test == second[0].test
    assert store.item("h1", 1).test.kana == ""
    other = take_in(store, second, facility="h2", request_id="second")
    assert [i.id for i in store.run_items("h2", other.id)] == [5, 6, 7]
    assert store.run_items("h2", run.id) == []


def test_identical_rows_of_one_list_are_paired_in_order(store: SqlReviewStore) -> None:
    first = take_in(store, [coded(name, "7") for name in ("AST", "CK", "AST")])
    made = [i.id for i in store.run_items("h1", first.id)]
    assert made == [1, 2, 3]
    second = [coded(name, "7") for name in ("AST", "AST", "AST", "CK")]
    run = take_in(store, second, request_id="second")
    assert [i.id for i in store.run_items("h1", run.id)] == [1, 3, 3, 2]
    assert ids(store, ItemQuery("h1", run=run.id)) == made


def test_a_long_list_taken_in_twice_is_read_page_by_page(store: SqlReviewStore) -> None:
    rows = [coded(f"name {i}", str(i)) for i in range(1, 1201)]
    take_in(store, rows[::2])
    run = take_in(store, rows, request_id="second")
    found, row = [], 0
    while page := store.run_items("h1", run.id, after_row=row, limit=500):
        assert len(page) <= 500
        found += page
        row = page[-1].row
    assert [(i.row, i.test.name) for i in found] == [(i, f"name {i}") for i in range(1, 1201)]
    assert store.counts("h1") == store.counts("h1", run.id) == {ItemState.PROPOSED: 1200}
