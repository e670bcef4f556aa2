"""What a second reader does not see, and Cohen's kappa."""

import math

import pytest

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.review import blind
from jlac_mapper.review.model import Action, Event, ItemState, Reading, Standing
from tests.support.review_values import AST, CK, NOON, ONE, TWO, an_event, an_item

PROPOSED = Standing(ItemState.PROPOSED, proposal=AST)
ONCE = Standing(ItemState.DECIDED_ONCE, first=Reading("ann", CK), proposal=AST)
FINAL = Standing(ItemState.FINAL, code=CK, first=Reading("ann", CK), second=Reading("bob", CK), proposal=AST)


def said_by_ann(action: Action = Action.CHOOSE, text: str = "surely CK") -> Event:
    event = an_event(action, "ann", PROPOSED, ONCE)
    draft = type(event.draft)(
        action,
        by="ann",
        at=NOON,
        request_id="r",
        item=7,
        code=CK if action is Action.CHOOSE else "",
        text=text,
        before=PROPOSED,
        after=ONCE,
    )
    return Event("h1", 1, draft, "0", "1")


def test_the_second_reader_sees_who_decided_and_not_what() -> None:
    item = blind.item_for(an_item(ONCE), "bob")
    assert item.standing.first == Reading("ann", "")
    [event] = blind.history_for((said_by_ann(),), ONCE, TWO, "bob")
    assert event.draft.action is Action.HIDDEN
    assert CK not in repr(event)
    assert "surely" not in repr(event)


def test_the_first_reader_sees_the_own_decision() -> None:
    assert blind.item_for(an_item(ONCE), "ann").standing == ONCE
    assert blind.history_for((said_by_ann(),), ONCE, TWO, "ann") == (said_by_ann(),)


def test_a_comment_of_the_first_reader_is_hidden_from_the_second() -> None:
    comment = said_by_ann(Action.COMMENT, "I took CK")
    [event] = blind.history_for((comment,), ONCE, TWO, "bob")
    assert "CK" not in event.draft.text
    assert event.draft.action is Action.COMMENT


def test_what_the_first_reader_took_back_stays_hidden_where_two_read() -> None:
    undone = an_event(Action.UNDO, "ann", ONCE, PROPOSED)
    events = blind.history_for((said_by_ann(), undone), PROPOSED, TWO, "bob")
    assert CK not in repr(events)


def test_everything_shows_once_both_have_decided() -> None:
    assert blind.history_for((said_by_ann(),), FINAL, TWO, "bob") == (said_by_ann(),)
    assert blind.item_for(an_item(FINAL), "bob").standing == FINAL


def test_nothing_is_hidden_where_one_reads() -> None:
    assert blind.history_for((said_by_ann(),), PROPOSED, ONE, "bob") == (said_by_ann(),)


def test_a_conflict_shows_what_the_other_decided() -> None:
    error = blind.conflict(an_item(FINAL), ONE, an_event(Action.CHOOSE, "ann", PROPOSED, FINAL), "bob")
    assert "ann did choose" in str(error)
    assert CK in str(error)
    assert (error.item, error.etag, error.by, error.code) == (7, 3, "ann", CK)


def test_a_conflict_tells_a_blind_reader_nothing() -> None:
    error = blind.conflict(an_item(ONCE), TWO, said_by_ann(), "bob")
    assert CK not in str(error)
    assert (error.by, error.code) == ("", "")


def test_a_conflict_with_a_claim_names_who_is_reading() -> None:
    claimed = Standing(ItemState.PROPOSED, claimed_by="ann", claimed_until=NOON, proposal=AST)
    assert "being read by ann" in str(blind.conflict(an_item(claimed), TWO, None, "bob"))


def test_kappa_is_that_of_a_worked_example() -> None:
    # Cohen's table of two raters and 50 cases: both yes 20, both no 15, 5 and 10 differ; kappa 0.4.
    readings = {(AST, AST): 20, (AST, UNCODABLE): 5, (UNCODABLE, AST): 10, (UNCODABLE, UNCODABLE): 15}
    found = blind.agreement(readings)
    assert (found.pairs, found.observed) == (50, 0.7)
    assert found.kappa == pytest.approx(0.4)


def test_kappa_is_undefined_without_pairs_and_where_chance_alone_agrees() -> None:
    assert math.isnan(blind.agreement({}).kappa)
    alike = blind.agreement({(AST, AST): 3})
    assert (alike.pairs, alike.observed) == (3, 1.0)
    assert math.isnan(alike.kappa)
