"""Who may do what in which state, and what becomes of the item."""

from datetime import timedelta

import pytest

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.errors import ConflictError, InvalidDecisionError, NotAllowedError
from jlac_mapper.review import workflow
from jlac_mapper.review.model import (
    DECISIONS,
    OPEN,
    Action,
    Event,
    Facility,
    Item,
    ItemState,
    Reading,
    Role,
    Standing,
)
from jlac_mapper.types import Reason
from tests.support.review_values import (
    AST,
    CK,
    CODES,
    ENDED,
    NOON,
    ONE,
    TP,
    TWO,
    a_command,
    a_mapping,
    an_event,
    an_item,
)

LATER = NOON + timedelta(hours=1)
PROPOSED = Standing(ItemState.PROPOSED, proposal=AST)
ONCE = Standing(ItemState.DECIDED_ONCE, first=Reading("ann", AST), proposal=AST)
DISPUTED = Standing(ItemState.DISPUTED, first=Reading("ann", AST), second=Reading("bob", CK), proposal=AST)
FINAL = Standing(ItemState.FINAL, code=AST, first=Reading("ann", AST), proposal=AST)
SENT_BACK = Standing(ItemState.SENT_BACK, question="which unit?", proposal=AST)
ACCEPTED = Standing(ItemState.ACCEPTED, code=AST, proposal=AST)


def do(
    action: Action,
    item: Item | None = None,
    *,
    login: str = "ann",
    role: Role = Role.REVIEWER,
    facility: Facility = ONE,
    last: Event | None = None,
    code: str = "",
    text: str = "",
) -> Standing | None:
    item = item or an_item()
    order = a_command(action, item, code=code, text=text)
    return workflow.result(
        order, item, facility, login=login, role=role, now=NOON, last=last, is_listed=CODES.is_current
    )


# --- one reader


@pytest.mark.parametrize(
    ("action", "code", "decided"),
    [
        (Action.CONFIRM, "", AST),
        (Action.CHOOSE, CK, CK),
        (Action.CHOOSE, "C2001-0000-250-000-F7", CK),
        (Action.PICK, TP, TP),
        (Action.NO_CODE, "", UNCODABLE),
    ],
)
def test_one_readers_decision_is_final(action: Action, code: str, decided: str) -> None:
    after = do(action, code=code)
    assert after == Standing(ItemState.FINAL, code=decided, first=Reading("ann", decided), proposal=AST)


def test_confirming_that_no_code_is_listed_decides_so() -> None:
    item = an_item(Standing(ItemState.PROPOSED), mapping=a_mapping("", AST))
    after = do(Action.CONFIRM, item)
    assert after is not None
    assert (after.state, after.code) == (ItemState.FINAL, UNCODABLE)


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (Action.CHOOSE, TP),
        (Action.CHOOSE, ""),
        (Action.PICK, "C2008"),
        (Action.PICK, ENDED),
        (Action.PICK, UNCODABLE),
    ],
)
def test_a_code_that_does_not_serve_is_refused(action: Action, code: str) -> None:
    with pytest.raises(InvalidDecisionError):
        do(action, code=code)


def test_a_proposal_that_the_edition_no_longer_lists_cannot_be_confirmed() -> None:
    with pytest.raises(InvalidDecisionError, match="not listed"):
        do(Action.CONFIRM, an_item(Standing(ItemState.PROPOSED, proposal=ENDED)))


def test_nothing_can_be_confirmed_where_nothing_is_proposed() -> None:
    with pytest.raises(InvalidDecisionError, match="nothing is proposed"):
        do(Action.CONFIRM, an_item(Standing(ItemState.PROPOSED)))


def test_the_absence_of_a_code_is_not_confirmed_where_a_decided_code_ended() -> None:
    mapping = a_mapping("", AST)
    item = an_item(Standing(ItemState.PROPOSED), mapping=mapping)
    item = type(item)(**{**{f: getattr(item, f) for f in item.__slots__}, "reasons": (Reason.CODE_ENDED,)})
    with pytest.raises(InvalidDecisionError):
        do(Action.CONFIRM, item)


# --- two readers


def test_the_first_of_two_readers_leaves_the_item_decided_once() -> None:
    assert do(Action.CONFIRM, facility=TWO) == ONCE


def test_two_readers_who_agree_make_it_final() -> None:
    after = do(Action.CHOOSE, an_item(ONCE), login="bob", facility=TWO, code=AST)
    assert after == Standing(
        ItemState.FINAL, code=AST, first=Reading("ann", AST), second=Reading("bob", AST), proposal=AST
    )


def test_two_readers_who_differ_leave_a_dispute() -> None:
    assert do(Action.CHOOSE, an_item(ONCE), login="bob", facility=TWO, code=CK) == DISPUTED


def test_nobody_reads_an_item_twice() -> None:
    with pytest.raises(NotAllowedError, match="another person"):
        do(Action.NO_CODE, an_item(ONCE), login="ann", facility=TWO)


def test_an_item_read_once_is_read_twice_also_after_the_facility_gave_up_second_readers() -> None:
    after = do(Action.CHOOSE, an_item(ONCE), login="bob", facility=ONE, code=CK)
    assert after == DISPUTED


@pytest.mark.parametrize(("code", "settled"), [(CK, CK), (UNCODABLE, UNCODABLE)])
def test_a_lead_settles_a_dispute(code: str, settled: str) -> None:
    after = do(Action.SETTLE, an_item(DISPUTED), login="lea", role=Role.LEAD, facility=TWO, code=code)
    assert after is not None
    assert (after.state, after.code, after.first, after.second) == (
        ItemState.FINAL,
        settled,
        DISPUTED.first,
        DISPUTED.second,
    )


# --- roles and states

_ALLOWED = {
    (Role.REVIEWER, ItemState.PROPOSED): {*DECISIONS, Action.SEND_BACK},
    (Role.REVIEWER, ItemState.SENT_BACK): {*DECISIONS, Action.REOPEN},
    (Role.REVIEWER, ItemState.DECIDED_ONCE): {*DECISIONS, Action.SEND_BACK},
    (Role.LEAD, ItemState.DISPUTED): {Action.SETTLE},
    (Role.LEAD, ItemState.FINAL): {Action.REOPEN},
    (Role.LEAD, ItemState.ACCEPTED): {Action.REOPEN},
}
_STANDINGS = [PROPOSED, ONCE, DISPUTED, FINAL, SENT_BACK, ACCEPTED]


@pytest.mark.parametrize("standing", _STANDINGS, ids=lambda standing: standing.state)
@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_in_each_state_what_the_table_says(role: Role, standing: Standing) -> None:
    allowed = workflow.allowed(an_item(standing), login="zoe", role=role, now=NOON, last=None)
    expected: set[Action] = set()
    for least in Role:
        if role.includes(least):
            expected |= _ALLOWED.get((least, standing.state), set())
    if role.includes(Role.REVIEWER):
        expected.add(Action.COMMENT)
        if standing.state in OPEN:
            expected |= {Action.SKIP, Action.CLAIM, Action.RELEASE}
    if role.includes(Role.LEAD) and standing.state in OPEN:
        expected.add(Action.ASSIGN)
    assert allowed == expected


@pytest.mark.parametrize("standing", _STANDINGS, ids=lambda standing: standing.state)
@pytest.mark.parametrize("action", [*workflow.RULES])
def test_what_is_not_offered_is_refused(action: Action, standing: Standing) -> None:
    item = an_item(standing)
    for role in Role:
        if action not in workflow.allowed(item, login="zoe", role=role, now=NOON, last=None):
            with pytest.raises(NotAllowedError):
                do(action, item, login="zoe", role=role, code=CK, text="why")


def test_confirm_and_choose_are_not_offered_where_there_is_nothing_to_take() -> None:
    bare = an_item(Standing(ItemState.PROPOSED), mapping=a_mapping(""))
    bare_review = an_item(Standing(ItemState.PROPOSED), mapping=a_mapping(AST))
    offered = workflow.allowed(bare, login="ann", role=Role.REVIEWER, now=NOON, last=None)
    assert Action.CHOOSE not in offered
    assert Action.CONFIRM in offered  # agrees that there is no code
    offered = workflow.allowed(bare_review, login="ann", role=Role.REVIEWER, now=NOON, last=None)
    assert Action.CONFIRM not in offered


# --- claims


def test_a_claim_runs_out() -> None:
    claimed = do(Action.CLAIM)
    assert claimed is not None
    assert claimed.claimed_by == "ann"
    assert claimed.state_at(NOON) is ItemState.IN_REVIEW
    assert claimed.state_at(NOON + workflow.CLAIM) is ItemState.PROPOSED


@pytest.mark.parametrize("action", [*DECISIONS, Action.CLAIM, Action.SEND_BACK])
def test_another_persons_running_claim_is_a_conflict_that_names_them(action: Action) -> None:
    claimed = Standing(ItemState.PROPOSED, proposal=AST, claimed_by="ann", claimed_until=LATER)
    with pytest.raises(ConflictError, match="ann") as caught:
        do(action, an_item(claimed), login="bob", code=CK, text="?")
    assert (caught.value.item, caught.value.by) == (7, "ann")


def test_a_claim_that_ran_out_hinders_nobody() -> None:
    claimed = Standing(ItemState.PROPOSED, proposal=AST, claimed_by="ann", claimed_until=NOON)
    after = do(Action.CONFIRM, an_item(claimed), login="bob")
    assert after is not None
    assert (after.state, after.claimed_by, after.claimed_until) == (ItemState.FINAL, "", None)


def test_only_the_claimer_and_a_lead_release_a_claim() -> None:
    item = an_item(Standing(ItemState.PROPOSED, claimed_by="ann", claimed_until=LATER, proposal=AST))
    with pytest.raises(NotAllowedError):
        do(Action.RELEASE, item, login="bob")
    assert do(Action.RELEASE, item, login="ann") == PROPOSED
    assert do(Action.RELEASE, item, login="lea", role=Role.LEAD) == PROPOSED


def test_skipping_ends_the_own_claim_and_leaves_anothers() -> None:
    item = an_item(Standing(ItemState.PROPOSED, claimed_by="ann", claimed_until=LATER, proposal=AST))
    assert do(Action.SKIP, item, login="ann") == PROPOSED
    assert do(Action.SKIP, item, login="bob") is None


# --- questions, comments, taking back


def test_sending_back_keeps_the_question_until_someone_decides() -> None:
    asked = do(Action.SEND_BACK, text="which unit?")
    assert asked == SENT_BACK
    after = do(Action.CONFIRM, an_item(SENT_BACK))
    assert after is not None
    assert (after.state, after.question) == (ItemState.FINAL, "")


@pytest.mark.parametrize("action", [Action.SEND_BACK, Action.COMMENT])
def test_a_question_and_a_comment_need_words(action: Action) -> None:
    with pytest.raises(InvalidDecisionError):
        do(action, text=" \n")


def test_a_comment_leaves_the_item_as_it_is() -> None:
    assert do(Action.COMMENT, text="see the package insert") is None


def test_reopening_needs_a_reason_and_forgets_the_readings() -> None:
    with pytest.raises(InvalidDecisionError, match="reason"):
        do(Action.REOPEN, an_item(FINAL), role=Role.LEAD)
    assert do(Action.REOPEN, an_item(FINAL), role=Role.LEAD, text="wrong reagent") == PROPOSED


def test_the_own_last_decision_can_be_taken_back() -> None:
    last = an_event(Action.CONFIRM, "ann", PROPOSED, FINAL)
    assert do(Action.UNDO, an_item(FINAL), last=last) == PROPOSED


@pytest.mark.parametrize(
    "last",
    [
        None,
        an_event(Action.CONFIRM, "bob", PROPOSED, FINAL),
        an_event(Action.UNDO, "ann", FINAL, PROPOSED),
        an_event(Action.REOPEN, "ann", FINAL, PROPOSED),
    ],
)
def test_nothing_else_can_be_taken_back(last: Event | None) -> None:
    with pytest.raises(NotAllowedError, match="not ann's own"):
        do(Action.UNDO, an_item(FINAL), last=last)


def test_a_second_reading_cannot_be_taken_back_as_its_reader_has_seen_the_first() -> None:
    last = an_event(Action.CONFIRM, "bob", ONCE, DISPUTED)
    with pytest.raises(NotAllowedError, match="both readers"):
        do(Action.UNDO, an_item(DISPUTED), login="bob", facility=TWO, last=last)


def test_the_last_turn_is_what_changed_the_state_last() -> None:
    decided = an_event(Action.CONFIRM, "ann", PROPOSED, FINAL)
    comment = an_event(Action.COMMENT, "bob", FINAL, FINAL)
    assert workflow.last_turn((decided, comment)) is decided
    assert workflow.last_turn((comment,)) is None
