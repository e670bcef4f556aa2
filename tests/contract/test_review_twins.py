"""Rows that differ by wing, hour, notes or a count, on both databases: offered, never decided unasked."""

from datetime import timedelta

import pytest

from jlac_mapper.errors import ConflictError, InvalidDecisionError
from jlac_mapper.review.commands import Command
from jlac_mapper.review.model import Action, ItemState
from tests.support.review_office import ANN, BOB, LEA, Office
from tests.support.review_store_steps import verified
from tests.support.review_values import AST, CK

NAMES = ("GOT?", "GOT?(時間外)", "ＧＯＴ？", "CPK?", "GOT?2", "GOT? 時間外", "AST")


def test_twins_are_shown_apart_and_stay_open_where_nobody_takes_them_in(office: Office) -> None:
    first, late, same, _, counted, hourly, _ = office.items(office.take_in(*NAMES))
    view = office.review.view(ANN, "h1", first)
    assert (view.identical, view.twins) == (1, 3)
    command = Command("h1", first, 1, Action.CONFIRM, "bulk")
    preview = office.review.preview(ANN, command)
    assert [(item.id, after.code) for item, after in preview.changes] == [(first, AST), (same, AST)]
    assert [(item.id, after.state, after.code) for item, after in preview.twins] == [
        (item, ItemState.FINAL, AST) for item in (late, counted, hourly)
    ]
    office.review.decide_identical(ANN, command, {item.id: item.etag for item, _ in preview.changes})
    view = office.review.view(ANN, "h1", late)
    assert (view.item.standing.state, view.identical, view.twins) == (ItemState.PROPOSED, 1, 1)


def test_twins_that_a_person_ticks_are_closed_with_an_event_each(office: Office) -> None:
    first, late, same, _, counted, hourly, _ = office.items(office.take_in(*NAMES))
    before = office.store.head("h1").count
    command = Command("h1", first, 1, Action.CHOOSE, "bulk", code=CK)
    ticked = dict.fromkeys((first, same, late, counted), 1)
    outcomes = office.review.decide_identical(ANN, command, ticked)
    assert [(o.item.id, o.item.standing.code, o.event.draft.action) for o in outcomes] == [
        (first, CK, Action.CHOOSE),
        (same, CK, Action.PICK),
        (late, CK, Action.PICK),
        (counted, CK, Action.PICK),
    ]
    assert [o.event.sequence for o in outcomes] == [before + n for n in range(1, 5)]
    assert office.review.view(ANN, "h1", hourly).item.standing.state is ItemState.PROPOSED
    assert verified(office.store) == []
    assert [o.repeated for o in office.review.decide_identical(ANN, command, ticked)] == [True] * 4
    office.do(ANN, late, Action.UNDO)
    assert office.store.item("h1", late).standing.state is ItemState.PROPOSED
    assert office.store.item("h1", first).standing.code == CK


def test_a_twin_that_changed_meanwhile_stops_the_whole_decision(office: Office) -> None:
    first, late, *_ = office.items(office.take_in(*NAMES))
    command = Command("h1", first, 1, Action.NO_CODE, "bulk")
    office.do(BOB, late, Action.CLAIM)
    assert [item.id for item, _ in office.review.preview(ANN, command).refused] == [late]
    with pytest.raises(ConflictError) as caught:
        office.review.decide_identical(ANN, command, {first: 1, late: 1})
    assert caught.value.item == late
    assert office.store.item("h1", first).standing.state is ItemState.PROPOSED
    with pytest.raises(InvalidDecisionError, match="only decisions"):
        office.review.preview(LEA, Command("h1", first, 1, Action.REOPEN, "r", text="why"))


def test_another_facilitys_rows_are_no_twins(office: Office) -> None:
    [first] = office.items(office.take_in("GOT?"))
    [other] = office.items(office.take_in("GOT?(時間外)", facility="h2"))
    assert office.review.view(ANN, "h1", first).twins == 0
    office.do(ANN, first, Action.CONFIRM)
    assert office.review.view(ANN, "h2", other).similar == ()


def test_a_decided_twin_answers_no_row_and_is_shown_beside_it(office: Office) -> None:
    first, _, same, other, *_ = office.items(office.take_in(*NAMES))
    for item, code in ((first, CK), (same, CK)):
        office.do(ANN, item, Action.PICK, code=code)
    [again] = office.items(office.take_in("GOT?(時間外)"))
    view = office.review.view(ANN, "h1", again)
    assert view.item.standing.state is ItemState.PROPOSED
    assert view.local_aliases == ()
    assert [(name.item, name.code, name.name) for name in view.similar] == [(same, CK, "ＧＯＴ？")]
    assert office.review.view(ANN, "h1", first).similar == ()
    assert office.review.view(ANN, "h1", other).similar == ()


def test_rows_that_were_read_as_one_concept_are_similar_the_newest_first_and_a_few(office: Office) -> None:
    office.read_as("glucose", "BS", "Glu", "血糖値", "GLU-F", "BSL", "グルコ", "糖")
    *decided, asked = office.items(office.take_in("BS", "Glu", "血糖値", "GLU-F", "BSL", "グルコ", "糖"))
    for item in decided:
        office.clock.go_on(timedelta(seconds=1))
        office.do(ANN, item, Action.PICK, code=AST)
    found = office.review.view(ANN, "h1", asked).similar
    assert [name.item for name in found] == decided[:0:-1]
