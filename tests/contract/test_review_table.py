"""The table of items on both databases: search, order, neighbours, facets, several items at once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.errors import ConflictError, InvalidDecisionError, NotAllowedError, NotFoundError
from jlac_mapper.review.commands import (
    Command,
    Cursor,
    Facet,
    ItemOrder,
    ItemQuery,
    Refusal,
    TableOrder,
    Ticked,
)
from jlac_mapper.review.model import Action, ItemState, NewItem
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.types import LocalTest, Reason
from tests.support.review_office import ANN, BOB, EVE, LEA, Office
from tests.support.review_store_steps import EVERY, decide, ids, set_standing, take_in, verified
from tests.support.review_values import AST, CK, NOON, a_mapping, new_items

ROWS = (
    (LocalTest("ＡＳＴ", local_code="A-1", section="生化学", specimen="血清"), 0.95, (Reason.EXACT_NAME,)),
    (LocalTest("ヘモグロビンＡ１ｃ", abbreviation="HbA1c", section="血液"), 0.6, (Reason.UNIT_ASSUMED,)),
    (
        LocalTest("γ-GT", local_code="100%", section="生化学"),
        0.8,
        (Reason.EXACT_NAME, Reason.UNIT_ASSUMED, Reason.UNIT_CONFLICT),
    ),
    (LocalTest("ast(尿)", local_code="1000", specimen="尿"), 0.2, (Reason.NAME_UNKNOWN,)),
)


def fill(store: SqlReviewStore) -> list[int]:
    new: list[NewItem] = []
    for test, probability, reasons in ROWS:
        [item] = new_items(test.name, mapping=a_mapping(AST, CK, probability=probability, reasons=reasons))
        new.append(replace(item, test=test))
    run = take_in(store, new)
    return [item.id for item in store.run_items("h1", run.id)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (ItemQuery("h1", text="ast"), [0, 3]),
        (ItemQuery("h1", text="ＡＳＴ 血清"), [0]),
        (ItemQuery("h1", text="a1"), [0, 1]),
        (ItemQuery("h1", text="hba1c"), [1]),
        (ItemQuery("h1", text="00%"), [2]),
        (ItemQuery("h1", text="1_0"), [2, 3]),
        (ItemQuery("h1", text="・"), [0, 1, 2, 3]),
        (ItemQuery("h1", text="nothing"), []),
        (ItemQuery("h1", department="生化学"), [0, 2]),
        (ItemQuery("h1", department=""), [3]),
        (ItemQuery("h1", main_reason=Reason.UNIT_CONFLICT), [2]),
        (ItemQuery("h1", main_reason=Reason.UNIT_ASSUMED), [1]),
        (ItemQuery("h1", reason=Reason.UNIT_ASSUMED, text="gt"), [2]),
        (ItemQuery("h1", reason=Reason.UNIT_ASSUMED, order=TableOrder.NAME), [2, 1]),
        (ItemQuery("h1", band=3), [0]),
        (ItemQuery("h1", band=0, department=""), [3]),
        (ItemQuery("h1", order=TableOrder.UNCERTAIN), [3, 1, 2, 0]),
        (ItemQuery("h1", order=ItemOrder.PROBABILITY, text="a"), [0, 1, 3]),
        (ItemQuery("h1", order=TableOrder.NAME), [0, 3, 2, 1]),
        (ItemQuery("h1", order=TableOrder.NAME, section="C", min_probability=0.5), [0, 2, 1]),
        (ItemQuery("h2", text="ast"), []),
    ],
)
def test_a_table_holds_what_its_filter_and_search_say(
    store: SqlReviewStore, query: ItemQuery, expected: list[int]
) -> None:
    made = fill(store)
    assert ids(store, query) == [made[i] for i in expected]
    facets = store.facets(query)
    assert facets.total == len(expected)
    assert sum(facets.counts[Facet.STATE].values()) == len(expected)


@pytest.mark.parametrize("order", [*ItemOrder, *TableOrder])
def test_an_items_neighbours_are_those_of_the_whole_table_in_any_order(
    store: SqlReviewStore, order: ItemOrder | TableOrder
) -> None:
    made = fill(store)
    again = take_in(store, new_items("AST", "AST", "γGT"), request_id="second")
    decide(store, made[1], AST)
    set_standing(store, made[2], state=ItemState.SENT_BACK)
    query = ItemQuery("h1", states=EVERY, order=order)
    whole = store.queue(query, now=NOON)
    assert len(whole) == 4 + again.rows
    for place, row in enumerate(whole):
        at = Cursor(row.id, row.probability, row.standing.state)
        assert store.queue(query, now=NOON, after=at) == whole[place + 1 :]
        assert store.queue(query, now=NOON, after=at, backwards=True) == whole[:place][::-1]


def test_by_state_what_waits_comes_before_what_is_settled(store: SqlReviewStore) -> None:
    made = fill(store)
    decide(store, made[0], AST)
    set_standing(store, made[1], state=ItemState.SENT_BACK)
    later = NOON + timedelta(minutes=1)
    set_standing(store, made[3], claimed_by="bob", claimed_until=later)
    by_state = ItemQuery("h1", states=EVERY, order=TableOrder.STATE)
    assert ids(store, by_state) == [made[2], made[3], made[1], made[0]]
    claimed = replace(by_state, states=(ItemState.IN_REVIEW,))
    assert ids(store, claimed) == [made[3]]
    assert store.next_for(by_state, "ann", now=NOON) == made[2]
    at = Cursor(made[2], 0.8, ItemState.PROPOSED)
    assert store.next_for(by_state, "bob", now=NOON, after=at) == made[3]
    assert store.next_for(replace(by_state, order=TableOrder.NAME), "bob", now=NOON) == made[0]


def test_each_facet_counts_under_the_other_conditions_alone(store: SqlReviewStore) -> None:
    made = fill(store)
    decide(store, made[0], AST)
    set_standing(store, made[2], assigned_to="ann")
    found = store.facets(ItemQuery("h1", department="生化学"))
    assert found.total == 1
    assert found.counts[Facet.STATE] == {"final": 1, "proposed": 1}
    assert found.counts[Facet.DEPARTMENT] == {"": 1, "生化学": 1, "血液": 1}
    assert found.counts[Facet.MAIN_REASON] == {"UNIT_CONFLICT": 1}
    assert found.counts[Facet.BAND] == {"2": 1}
    assert found.counts[Facet.ASSIGNED_TO] == {"ann": 1}
    assert found.counts[Facet.SECTION] == {"C": 1}
    assert found.counts[Facet.RUN] == {"1": 1}
    both = store.facets(ItemQuery("h1", department="生化学", band=0))
    assert both.total == 0
    assert both.counts[Facet.DEPARTMENT] == {"": 1}
    assert both.counts[Facet.BAND] == {"2": 1}
    assert both.counts[Facet.STATE] == {}


def test_an_open_item_counts_for_every_list_that_it_answers_and_once_in_all(store: SqlReviewStore) -> None:
    first = take_in(store, new_items("AST", "CK"))
    second = take_in(store, new_items("AST", "CK", "TP"), request_id="second")
    every = store.facets(ItemQuery("h1"))
    assert every.total == 3
    assert every.counts[Facet.RUN] == {str(first.id): 2, str(second.id): 3}
    of_second = ItemQuery("h1", run=second.id)
    assert store.facets(of_second).total == len(ids(store, of_second)) == 3
    assert store.facets(of_second).counts[Facet.RUN] == every.counts[Facet.RUN]
    by_name = replace(of_second, order=TableOrder.NAME)
    assert sorted(ids(store, by_name)) == sorted(ids(store, of_second))


def ask(items: list[int], action: Action, **more: str) -> Ticked:
    return Ticked("h1", tuple(items), action, "group", **more)


def etags(office: Office, items: list[int]) -> dict[int, int]:
    return {item.id: item.etag for item in office.store.items("h1", items)}


def test_ticked_items_are_confirmed_each_with_its_own_code_and_event(office: Office) -> None:
    first, second, unknown = office.items(office.take_in("GOT?", "CPK?", "unknown"))
    office.do(BOB, unknown, Action.CLAIM)
    asked = ask([first, second], Action.CONFIRM)
    preview = office.review.preview_ticked(ANN, ask([first, second, unknown], Action.CONFIRM))
    assert [(item.id, after.code) for item, after in preview.changes] == [(first, AST), (second, CK)]
    assert [(one.item.id, one.why) for one in preview.refused] == [(unknown, Refusal.CLAIMED)]
    before = office.store.head("h1").count
    outcomes = office.review.decide_ticked(ANN, asked, etags(office, [first, second]))
    assert [(o.item.id, o.item.standing.code, o.repeated) for o in outcomes] == [
        (first, AST, False),
        (second, CK, False),
    ]
    assert [o.event.sequence for o in outcomes] == [before + 1, before + 2]
    assert all(o.repeated for o in office.review.decide_ticked(ANN, asked, {first: 1, second: 1}))
    assert office.store.head("h1").count == before + 2
    assert verified(office.store) == []


def test_a_group_is_taken_back_by_one_undo_with_an_event_an_item(office: Office) -> None:
    made = office.items(office.take_in("GOT?", "CPK?", "GOT?x"))[:2]
    office.review.decide_ticked(ANN, ask(made, Action.NO_CODE), etags(office, made))
    assert {office.store.item("h1", item).standing.code for item in made} == {UNCODABLE}
    undone = office.review.undo_group(ANN, "h1", "group", request_id="back")
    assert [(o.item.id, o.event.draft.action) for o in undone.outcomes] == [
        (item, Action.UNDO) for item in made
    ]
    assert undone.refused == ()
    assert [office.store.item("h1", item).standing.state for item in made] == [ItemState.PROPOSED] * 2
    count = office.store.head("h1").count
    again = office.review.undo_group(ANN, "h1", "group", request_id="back")
    assert [(o.item.id, o.repeated) for o in again.outcomes] == [(item, True) for item in made]
    nothing = office.review.undo_group(ANN, "h1", "group", request_id="once more")
    assert nothing.outcomes == ()
    assert [one.why for one in nothing.refused] == [Refusal.CHANGED] * 2
    assert office.store.head("h1").count == count
    assert verified(office.store) == []


def test_what_changed_since_stays_when_a_group_is_taken_back(office: Office) -> None:
    first, second = office.items(office.take_in("GOT?", "CPK?"))
    office.review.decide_ticked(ANN, ask([first, second], Action.CONFIRM), {first: 1, second: 1})
    office.do(ANN, second, Action.UNDO)
    office.do(ANN, second, Action.NO_CODE)
    undone = office.review.undo_group(ANN, "h1", "group", request_id="back")
    assert [o.item.id for o in undone.outcomes] == [first]
    assert [(one.item.id, one.why) for one in undone.refused] == [(second, Refusal.CHANGED)]
    assert office.store.item("h1", second).standing.code == UNCODABLE


def test_identical_rows_that_were_decided_together_go_back_together_too(office: Office) -> None:
    made = office.items(office.take_in("GOT?", "GOT?"))
    asked = Command("h1", made[0], 1, Action.CONFIRM, "bulk")
    office.review.decide_identical(ANN, asked, dict.fromkeys(made, 1))
    undone = office.review.undo_group(ANN, "h1", "bulk", request_id="back")
    assert [o.item.id for o in undone.outcomes] == made


def test_nobody_takes_back_the_group_of_another_or_of_another_facility(office: Office) -> None:
    made = office.items(office.take_in("GOT?", "CPK?"))
    office.review.decide_ticked(ANN, ask(made, Action.CONFIRM), dict.fromkeys(made, 1))
    for user, facility, group in ((BOB, "h1", "group"), (ANN, "h2", "group"), (ANN, "h1", "none")):
        with pytest.raises(NotFoundError):
            office.review.undo_group(user, facility, group, request_id="back")
    with pytest.raises(NotFoundError):
        office.review.undo_group(EVE, "h1", "group", request_id="back")
    with pytest.raises(ConflictError):
        office.review.undo_group(ANN, "h1", "group", request_id="request 1")


def test_a_code_is_chosen_only_where_it_is_a_candidate(office: Office) -> None:
    made = office.items(office.take_in("GOT?", "CPK?", "old"))
    offered = office.review.preview_ticked(ANN, ask(made, Action.CHOOSE))
    assert (offered.changes, offered.choices) == ((), ((CK, 3), (AST, 2)))
    asked = ask(made, Action.CHOOSE, code=AST)
    preview = office.review.preview_ticked(ANN, asked)
    assert [item.id for item, _ in preview.changes] == made[:2]
    assert [(one.item.id, one.why) for one in preview.refused] == [(made[2], Refusal.NO_CANDIDATE)]
    with pytest.raises(InvalidDecisionError):
        office.review.decide_ticked(ANN, asked, dict.fromkeys(made, 1))
    assert office.store.item("h1", made[0]).etag == 1
    outcomes = office.review.decide_ticked(ANN, replace(asked, items=tuple(made[:2])), dict.fromkeys(made, 1))
    assert [o.event.draft.action for o in outcomes] == [Action.CONFIRM, Action.CHOOSE]


def test_a_question_goes_back_for_every_ticked_row(office: Office) -> None:
    made = office.items(office.take_in("GOT?", "CPK?"))
    preview = office.review.preview_ticked(ANN, ask(made, Action.SEND_BACK))
    assert [after.state for _, after in preview.changes] == [ItemState.SENT_BACK] * 2
    with pytest.raises(InvalidDecisionError):
        office.review.decide_ticked(ANN, ask(made, Action.SEND_BACK), dict.fromkeys(made, 1))
    asked = ask(made, Action.SEND_BACK, text="材料は?")
    office.review.decide_ticked(ANN, asked, dict.fromkeys(made, 1))
    assert [office.store.item("h1", item).standing.question for item in made] == ["材料は?"] * 2
    office.review.undo_group(ANN, "h1", "group", request_id="back")
    assert [office.store.item("h1", item).standing.state for item in made] == [ItemState.PROPOSED] * 2


def test_an_assignment_of_many_goes_back_to_whom_each_was_given_before(office: Office) -> None:
    first, second = made = office.items(office.take_in("GOT?", "CPK?"))
    office.do(LEA, first, Action.ASSIGN, text="bob")
    asked = ask(made, Action.ASSIGN, text="ann")
    assert [one.why for one in office.review.preview_ticked(ANN, asked).refused] == [Refusal.ROLE] * 2
    nobody = replace(asked, text="eve")
    assert [one.why for one in office.review.preview_ticked(LEA, nobody).refused] == [Refusal.NO_REVIEWER] * 2
    with pytest.raises(NotAllowedError):
        office.review.decide_ticked(ANN, asked, etags(office, made))
    office.review.decide_ticked(LEA, asked, etags(office, made))
    assert {office.store.item("h1", item).standing.assigned_to for item in made} == {"ann"}
    undone = office.review.undo_group(LEA, "h1", "group", request_id="back")
    assert [o.event.draft.action for o in undone.outcomes] == [Action.ASSIGN] * 2
    assert [office.store.item("h1", item).standing.assigned_to for item in (first, second)] == ["bob", ""]


def test_a_row_that_changed_since_the_preview_stops_the_whole_group(office: Office) -> None:
    first, second = made = office.items(office.take_in("GOT?", "CPK?"))
    office.do(BOB, second, Action.COMMENT, text="?")
    office.do(BOB, second, Action.NO_CODE)
    with pytest.raises(ConflictError) as caught:
        office.review.decide_ticked(ANN, ask(made, Action.CONFIRM), dict.fromkeys(made, 1))
    assert caught.value.item == second
    assert office.store.item("h1", first).standing.state is ItemState.PROPOSED


def test_second_readers_decide_and_take_back_many_without_seeing_the_first_answer(office: Office) -> None:
    made = office.items(office.take_in("GOT?", "CPK?", facility="h2"))
    asked = Ticked("h2", tuple(made), Action.CONFIRM, "group")
    office.review.decide_ticked(ANN, asked, dict.fromkeys(made, 1))
    own = office.review.preview_ticked(ANN, replace(asked, request_id="again"))
    assert [one.why for one in own.refused] == [Refusal.READ_BEFORE] * 2
    seen = office.review.preview_ticked(BOB, replace(asked, request_id="second"))
    assert all(item.standing.first.code == "" for item, _ in seen.changes if item.standing.first)
    undone = office.review.undo_group(ANN, "h2", "group", request_id="back")
    assert len(undone.outcomes) == 2


@pytest.mark.parametrize("action", [Action.PICK, Action.SETTLE, Action.UNDO, Action.CLAIM])
def test_what_is_for_one_item_alone_is_refused_for_several(office: Office, action: Action) -> None:
    made = office.items(office.take_in("GOT?"))
    with pytest.raises(InvalidDecisionError, match="not for several"):
        office.review.preview_ticked(LEA, ask(made, action))
    with pytest.raises(InvalidDecisionError, match="ticked"):
        office.review.decide_ticked(LEA, ask([], Action.CONFIRM), {})


def test_people_are_named_to_those_who_share_a_facility(office: Office) -> None:
    assert office.review.names(ANN, "h1") == {"ann": "Ann", "bob": "Bob", "lea": "Lea", "root": "Root"}
    assert [user.login for user in office.review.reviewers(ANN, "h1")] == ["ann", "bob", "lea", "root"]
    with pytest.raises(NotFoundError):
        office.review.names(EVE, "h1")


def test_neighbours_follow_the_filter(office: Office) -> None:
    made = office.items(office.take_in("GOT?", "CPK?", "old"))
    query = ItemQuery("h1")
    assert office.review.neighbours(ANN, query, made[1]) == (made[0], made[2])
    assert office.review.neighbours(ANN, query, made[0]) == (None, made[1])
    assert office.review.neighbours(ANN, replace(query, text="got"), made[1]) == (made[0], None)
