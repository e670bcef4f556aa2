"""The reviewers' review over both databases: lists, decisions, two readers, identical rows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.errors import ConflictError, InputError, InvalidDecisionError, NotAllowedError
from jlac_mapper.review.commands import Command
from jlac_mapper.review.model import Action, Facility, ItemState, Reading
from jlac_mapper.types import LocalTest, Reason
from tests.support.review_office import ANN, BOB, LEA, ROOT, WAIT, Office
from tests.support.review_values import AST, CK, TP

# --- lists


def test_nobody_is_asked_what_the_mapper_accepted(office: Office) -> None:
    run = office.take_in("AST", "GOT?", "unknown", "")
    items = list(office.review.run_items(ANN, "h1", run.id))
    assert [(i.standing.state, i.standing.code, i.standing.proposal) for i in items] == [
        (ItemState.ACCEPTED, AST, AST),
        (ItemState.PROPOSED, "", AST),
        (ItemState.PROPOSED, "", ""),
        (ItemState.PROPOSED, "", ""),
    ]
    assert office.review.counts(ANN, "h1").open == 3
    assert office.review.runs(ANN, "h1") == [run]


def test_a_second_import_of_a_decided_list_asks_nobody_anything(office: Office) -> None:
    names = ("AST", "GOT?", "CPK?", "unknown")
    for item in office.items(office.take_in(*names))[1:]:
        office.do(ANN, item, Action.CONFIRM)
    again = office.take_in(*names)
    items = list(office.review.run_items(ANN, "h1", again.id))
    assert [(i.standing.state, i.standing.code) for i in items] == [
        (ItemState.ACCEPTED, code) for code in (AST, AST, CK, UNCODABLE)
    ]
    assert items[1].reasons == (Reason.HOUSE_NAME,)
    assert office.next() is None


def test_an_import_tells_how_far_it_is_and_can_be_stopped(office: Office) -> None:
    seen: list[int] = []
    tests = [LocalTest("GOT?")] * 600

    def stop_at_the_second(done: int) -> None:
        seen.append(done)
        if len(seen) == 2:
            raise KeyboardInterrupt

    ask = {"file_name": "l.csv", "digest": "d" * 64, "tests": tests}
    with pytest.raises(KeyboardInterrupt):
        office.review.import_list(ANN, "h1", **ask, request_id="r", progress=stop_at_the_second)  # type: ignore[arg-type]
    assert (seen, office.review.runs(ANN, "h1")) == ([256, 512], [])
    run = office.review.import_list(ANN, "h1", **ask, request_id="r")  # type: ignore[arg-type]
    assert office.review.import_list(ANN, "h1", **ask, request_id="r") == run  # type: ignore[arg-type]
    assert office.review.counts(ANN, "h1").states == {ItemState.PROPOSED: 600}


def test_a_list_without_rows_is_refused(office: Office) -> None:
    with pytest.raises(InputError, match="no rows"):
        office.take_in()


def test_characters_that_no_database_keeps_are_left_out_of_a_row(office: Office) -> None:
    run = office.take_in("A\0ST\ud800")
    [item] = office.review.run_items(ANN, "h1", run.id)
    assert item.test.name == "AST?"


# --- reading and deciding


def test_the_next_item_is_claimed_and_others_get_another(office: Office) -> None:
    first, second = office.items(office.take_in("GOT?", "CPK?"))
    mine, theirs = office.next(ANN), office.next(BOB)
    assert mine is not None
    assert theirs is not None
    assert (mine.item.id, theirs.item.id) == (first, second)
    assert mine.item.standing.claimed_by == "ann"
    assert office.next(LEA) is None
    office.clock.go_on(timedelta(minutes=15))
    late = office.next(LEA)
    assert late is not None
    assert late.item.id == first


def test_the_queue_begins_again_behind_its_end(office: Office) -> None:
    first, second = office.items(office.take_in("GOT?", "CPK?"))
    for after, expected in ((0, first), (first, second), (second, first)):
        view = office.next(ANN, after=after)
        assert view is not None
        assert view.item.id == expected


def test_the_same_request_for_the_next_item_returns_the_same_item(office: Office) -> None:
    office.take_in("GOT?", "CPK?")
    views = [office.review.next_item(ANN, WAIT, request_id="tab") for _ in range(2)]
    assert views[0] == views[1]


def test_of_two_reviewers_the_second_gets_a_conflict_that_shows_the_firsts_decision(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?"))
    seen = office.review.view(BOB, "h1", item).item
    office.do(ANN, item, Action.CHOOSE, code=CK)
    with pytest.raises(ConflictError, match=f"ann did choose with {CK}") as caught:
        office.review.decide(BOB, Command("h1", item, seen.etag, Action.CONFIRM, office.request()))
    assert (caught.value.by, caught.value.code, caught.value.etag) == ("ann", CK, seen.etag + 1)
    assert office.store.item("h1", item).standing.code == CK


def test_a_repeated_request_returns_the_first_outcome(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?"))
    command = Command("h1", item, 1, Action.CONFIRM, "r")
    first = office.review.decide(ANN, command)
    again = office.review.decide(ANN, command)
    assert (first.repeated, again.repeated) == (False, True)
    assert (first.event, first.item) == (again.event, again.item)
    with pytest.raises(ConflictError, match="used before"):
        office.review.decide(BOB, command)


@pytest.mark.parametrize("action", [Action.IMPORT, Action.USER, Action.FACILITY, Action.HIDDEN])
def test_what_is_no_order_for_an_item_is_refused(office: Office, action: Action) -> None:
    [item] = office.items(office.take_in("GOT?"))
    for user in (ANN, ROOT):
        with pytest.raises(InvalidDecisionError, match=f"{action.value} cannot be ordered; one of confirm"):
            office.do(user, item, action)
    assert office.store.item("h1", item).etag == 1


def test_a_request_id_of_another_call_is_one_clear_conflict(office: Office) -> None:
    run = office.take_in("GOT?", "CPK?")
    first, _ = office.items(run)
    office.review.decide(ANN, Command("h1", first, 1, Action.CONFIRM, "decided"))
    claimed = office.review.next_item(ANN, WAIT, request_id="claimed")
    assert claimed is not None
    imported, item = office.store.events("h1")[0].draft.request_id, claimed.item
    ask = {"file_name": "l.csv", "digest": "d" * 64, "tests": [LocalTest("GOT?")]}
    before = office.store.head("h1")
    calls = [
        lambda: office.review.import_list(ANN, "h1", **ask, request_id="decided"),  # type: ignore[arg-type]
        lambda: office.review.import_list(BOB, "h1", **ask, request_id=imported),  # type: ignore[arg-type]
        lambda: office.review.next_item(ANN, WAIT, request_id="decided"),
        lambda: office.review.next_item(ANN, WAIT, request_id=imported),
        lambda: office.review.next_item(BOB, WAIT, request_id="claimed"),
        lambda: office.review.decide(ANN, Command("h1", item.id, item.etag, Action.CONFIRM, "claimed")),
        lambda: office.review.decide(ANN, Command("h1", item.id, item.etag, Action.CONFIRM, "decided")),
        lambda: office.review.decide(ANN, Command("h1", item.id, item.etag, Action.CONFIRM, imported)),
        lambda: office.review.edition_changed(ROOT, request_id="decided"),
        lambda: office.people.save_facility(ROOT, Facility("h3", "Three"), request_id="make ann"),
    ]
    for call in calls:
        with pytest.raises(ConflictError, match="was used before for another call") as caught:
            call()
        assert "\n" not in str(caught.value)
    assert office.store.head("h1") == before
    assert office.review.runs(ANN, "h1") == [run]


def test_every_event_says_who_when_what_and_what_was_on_the_screen(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?"))
    outcome = office.do(ANN, item, Action.PICK, code="C1002-0000-250-000-55", text="as on the insert")
    draft = outcome.event.draft
    assert (draft.by, draft.at, draft.action, draft.code, draft.text) == (
        "ann",
        office.clock.now(),
        Action.PICK,
        TP,
        "as on the insert",
    )
    assert (draft.edition, draft.model) == ("2025", str(outcome.item.mapping.provenance))
    assert draft.after == outcome.item.standing == office.store.item("h1", item).standing
    assert office.review.view(ANN, "h1", item).history == (outcome.event,)


def test_an_item_goes_through_question_answer_decision_and_back(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?"))
    office.do(ANN, item, Action.SEND_BACK, text="which unit?")
    assert office.next(BOB) is None
    assert office.do(BOB, item, Action.REOPEN, text="U/L").item.standing.state is ItemState.PROPOSED
    assert office.do(BOB, item, Action.CONFIRM).item.standing.code == AST
    assert office.do(BOB, item, Action.UNDO).item.standing.state is ItemState.PROPOSED
    with pytest.raises(NotAllowedError):
        office.do(BOB, item, Action.UNDO)
    office.do(ANN, item, Action.NO_CODE)
    office.do(LEA, item, Action.REOPEN, text="there is a code")
    assert office.review.view(LEA, "h1", item).item.standing.code == ""
    assert office.review.verify(ROOT, "h1") == []


def test_a_lead_gives_items_to_reviewers_only(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?"))
    with pytest.raises(InvalidDecisionError, match="eve is no reviewer"):
        office.do(LEA, item, Action.ASSIGN, text="eve")
    office.do(LEA, item, Action.ASSIGN, text="bob")
    assert office.next(ANN) is None
    view = office.next(BOB)
    assert view is not None
    assert view.item.id == item


@pytest.mark.parametrize(
    ("text", "request_id"),
    [("x" * 4001, "r"), ("a\0b", "r"), ("\ud800", "r"), ("fine", ""), ("fine", "x" * 101)],
)
def test_texts_and_request_ids_that_cannot_be_kept_are_refused(
    office: Office, text: str, request_id: str
) -> None:
    [item] = office.items(office.take_in("GOT?"))
    with pytest.raises(InvalidDecisionError):
        office.review.decide(ANN, Command("h1", item, 1, Action.COMMENT, request_id, text=text))


# --- two readers


def test_the_second_reader_is_blind_until_both_have_decided(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?", facility="h2"))
    query = replace(WAIT, facility="h2")
    office.do(ANN, item, Action.CHOOSE, facility="h2", code=CK, text="CK of course")
    assert office.next(ANN, query) is None
    view = office.next(BOB, query)
    assert view is not None
    assert view.item.standing.first == Reading("ann", "")
    shown = repr(
        (view, office.review.queue(BOB, query), list(office.review.run_items(BOB, "h2", view.item.run)))
    )
    assert "CK of course" not in shown
    assert f"code='{CK}'" not in shown
    assert Action.CHOOSE not in {event.draft.action for event in view.history}
    outcome = office.do(BOB, item, Action.CONFIRM, facility="h2")
    assert (outcome.item.standing.state, outcome.item.standing.first) == (
        ItemState.DISPUTED,
        Reading("ann", CK),
    )
    with pytest.raises(NotAllowedError):
        office.do(ANN, item, Action.SETTLE, facility="h2", code=AST)
    office.do(LEA, item, Action.SETTLE, facility="h2", code=AST)
    assert office.review.view(BOB, "h2", item).item.standing.code == AST
    assert office.review.agreement(LEA, "h2").pairs == 1


def test_a_blind_conflict_does_not_tell_what_the_first_decided(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?", facility="h2"))
    office.do(ANN, item, Action.CHOOSE, facility="h2", code=CK)
    with pytest.raises(ConflictError) as caught:
        office.review.decide(BOB, Command("h2", item, 1, Action.CONFIRM, office.request()))
    assert CK not in str(caught.value)
    assert caught.value.code == ""


# --- identical rows


def test_one_decision_serves_identical_rows_after_a_preview(office: Office) -> None:
    run = office.take_in("GOT?", "CPK?", "GOT?", "ＧＯＴ？", "GOT?")
    first, _, third, fourth, fifth = office.items(run)
    office.do(BOB, fourth, Action.CLAIM)
    command = Command("h1", first, 1, Action.CONFIRM, "bulk")
    preview = office.review.preview(ANN, command)
    assert [(item.id, after.state, after.code) for item, after in preview.changes] == [
        (id_, ItemState.FINAL, AST) for id_ in (first, third, fifth)
    ]
    assert [(item.id, "bob" in why) for item, why in preview.refused] == [(fourth, True)]
    assert office.review.counts(ANN, "h1").open == 5
    ticked = {first: 1, fifth: 1}
    outcomes = office.review.decide_identical(ANN, command, ticked)
    assert [(o.item.id, o.item.standing.code, o.repeated) for o in outcomes] == [
        (first, AST, False),
        (fifth, AST, False),
    ]
    assert [o.repeated for o in office.review.decide_identical(ANN, command, ticked)] == [True, True]
    assert office.review.view(ANN, "h1", third).item.standing.state is ItemState.PROPOSED
    assert office.review.view(ANN, "h1", third).identical == 1


def test_identical_rows_are_decided_all_or_none(office: Office) -> None:
    first, second = office.items(office.take_in("GOT?", "GOT?"))
    command = Command("h1", first, 1, Action.NO_CODE, "bulk")
    office.do(BOB, second, Action.CLAIM)
    office.do(BOB, second, Action.RELEASE)
    with pytest.raises(ConflictError) as caught:
        office.review.decide_identical(ANN, command, {first: 1, second: 1})
    assert caught.value.item == second
    assert office.review.counts(ANN, "h1").open == 2


def test_a_row_that_is_not_identical_cannot_be_decided_along(office: Office) -> None:
    first, other = office.items(office.take_in("GOT?", "CPK?"))
    with pytest.raises(ConflictError, match="identical"):
        office.review.decide_identical(
            ANN, Command("h1", first, 1, Action.CONFIRM, "r"), {first: 1, other: 1}
        )
    with pytest.raises(InvalidDecisionError, match="no row"):
        office.review.decide_identical(ANN, Command("h1", first, 1, Action.CONFIRM, "r"), {})
    with pytest.raises(InvalidDecisionError, match="only decisions"):
        office.review.preview(LEA, Command("h1", first, 1, Action.REOPEN, "r", text="why"))
