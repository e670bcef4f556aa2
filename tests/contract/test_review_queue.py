"""One suite for every ReviewStore, SQLite and PostgreSQL: the queue."""

from dataclasses import replace
from datetime import timedelta

import pytest

from jlac_mapper.review.commands import Cursor, ItemOrder, ItemQuery
from jlac_mapper.review.model import WAITING, ItemState, Reading
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.types import Reason
from tests.support.review_store_steps import EVERY, decide, fill_queue, ids, set_standing, take_in
from tests.support.review_values import AST, NOON, a_mapping, new_items


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
        item.standing,
        item.etag,
        item.section,
        item.reasons,
        item.mapping.probability,
        item.run,
        1,
    )


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
