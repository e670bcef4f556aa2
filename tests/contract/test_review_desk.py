"""The reviewers' desk over both databases: roles, claims, decisions, identical rows, what was learnt."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest

from jlac_mapper.adapters.sql_reviews import SqlReviewStore
from jlac_mapper.adapters.sql_users import SqlUserStore
from jlac_mapper.errors import (
    ConflictError,
    InputError,
    InvalidDecisionError,
    NotAllowedError,
    NotFoundError,
)
from jlac_mapper.jlac11 import UNCODABLE
from jlac_mapper.review import audit
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.desk import ReviewDesk
from jlac_mapper.review_requests import ItemQuery, ItemView, Order, Outcome
from jlac_mapper.review_types import (
    INSTALLATION,
    WAITING,
    Action,
    Facility,
    ItemState,
    Reading,
    Role,
    Run,
    User,
)
from jlac_mapper.types import Disposition, LocalTest, Reason
from tests.fakes import ScriptedMapper
from tests.review_values import AST, CK, CODES, ENDED, SUCCESSOR, TP, StandingClock, a_draft

ANN = User("ann", "Ann", {"h1": Role.REVIEWER, "h2": Role.REVIEWER})
BOB = User("bob", "Bob", {"h1": Role.REVIEWER, "h2": Role.REVIEWER})
LEA = User("lea", "Lea", {"h1": Role.LEAD, "h2": Role.LEAD})
EVE = User("eve", "Eve", {"h2": Role.LEAD})
ROOT = User("root", "Root", {INSTALLATION: Role.ADMIN})
WAIT = ItemQuery("h1", states=WAITING)
ANSWERS = {
    "AST": (Disposition.ACCEPTED, (AST,), 0.99),
    "GOT?": (Disposition.NEEDS_REVIEW, (AST, CK), 0.6),
    "CPK?": (Disposition.NEEDS_REVIEW, (CK, AST), 0.5),
    "old": (Disposition.NEEDS_REVIEW, (CK,), 0.5),
    "unknown": (Disposition.NO_CODE, (), 0.0),
}  # fmt: skip


class Office:
    """A desk with people, a clock and a counter of requests."""

    def __init__(self, store: SqlReviewStore, users: SqlUserStore) -> None:
        self.clock = StandingClock()
        self.mapper = ScriptedMapper(ANSWERS)
        self.store = store
        self.users = users
        self.requests = 0
        for user in (ANN, BOB, LEA, EVE, ROOT):
            users.save_user(user, a_draft(Action.USER, request_id=f"make {user.login}"))
        self.desk = self.open()

    def open(self, codes: CodeSearch = CODES, edition: str = "2025") -> ReviewDesk:
        return ReviewDesk(
            store=self.store, users=self.users, clock=self.clock, mapper=self.mapper, codes=codes,
            edition=edition,
        )  # fmt: skip

    def request(self) -> str:
        self.requests += 1
        return f"request {self.requests}"

    def take_in(self, *names: str, user: User = ANN, facility: str = "h1") -> Run:
        tests = [LocalTest(name, local_code=str(number)) for number, name in enumerate(names)]
        return self.desk.import_list(
            user, facility, file_name="list.csv", digest="d" * 64, tests=tests, request_id=self.request()
        )

    def next(self, user: User = ANN, query: ItemQuery = WAIT, after: int = 0) -> ItemView | None:
        return self.desk.next_item(user, query, request_id=self.request(), after=after)

    def do(self, user: User, item: int, action: Action, *, facility: str = "h1", **more: str) -> Outcome:
        etag = self.store.item(facility, item).etag
        return self.desk.decide(user, Order(facility, item, etag, action, self.request(), **more))

    def items(self, run: Run) -> list[int]:
        return [item.id for item in self.store.run_items(run.facility, run.id)]


@pytest.fixture
def office(store: SqlReviewStore, users: SqlUserStore) -> Office:
    return Office(store, users)


# --- lists


def test_nobody_is_asked_what_the_mapper_accepted(office: Office) -> None:
    run = office.take_in("AST", "GOT?", "unknown", "")
    items = list(office.desk.run_items(ANN, "h1", run.id))
    assert [(i.standing.state, i.standing.code, i.standing.proposal) for i in items] == [
        (ItemState.ACCEPTED, AST, AST), (ItemState.PROPOSED, "", AST), (ItemState.PROPOSED, "", ""),
        (ItemState.PROPOSED, "", ""),
    ]  # fmt: skip
    assert office.desk.counts(ANN, "h1").open == 3
    assert office.desk.runs(ANN, "h1") == [run]


def test_a_second_import_of_a_decided_list_asks_nobody_anything(office: Office) -> None:
    names = ("AST", "GOT?", "CPK?", "unknown")
    for item in office.items(office.take_in(*names))[1:]:
        office.do(ANN, item, Action.CONFIRM)
    again = office.take_in(*names)
    items = list(office.desk.run_items(ANN, "h1", again.id))
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
        office.desk.import_list(ANN, "h1", **ask, request_id="r", progress=stop_at_the_second)  # type: ignore[arg-type]
    assert (seen, office.desk.runs(ANN, "h1")) == ([256, 512], [])
    run = office.desk.import_list(ANN, "h1", **ask, request_id="r")  # type: ignore[arg-type]
    assert office.desk.import_list(ANN, "h1", **ask, request_id="r") == run  # type: ignore[arg-type]
    assert office.desk.counts(ANN, "h1").states == {ItemState.PROPOSED: 600}


def test_a_list_without_rows_is_refused(office: Office) -> None:
    with pytest.raises(InputError, match="no rows"):
        office.take_in()


def test_characters_that_no_database_keeps_are_left_out_of_a_row(office: Office) -> None:
    run = office.take_in("A\0ST\ud800")
    [item] = office.desk.run_items(ANN, "h1", run.id)
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
    views = [office.desk.next_item(ANN, WAIT, request_id="tab") for _ in range(2)]
    assert views[0] == views[1]


def test_of_two_reviewers_the_second_gets_a_conflict_that_shows_the_firsts_decision(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?"))
    seen = office.desk.view(BOB, "h1", item).item
    office.do(ANN, item, Action.CHOOSE, code=CK)
    with pytest.raises(ConflictError, match=f"ann did choose with {CK}") as caught:
        office.desk.decide(BOB, Order("h1", item, seen.etag, Action.CONFIRM, office.request()))
    assert (caught.value.by, caught.value.code, caught.value.etag) == ("ann", CK, seen.etag + 1)
    assert office.store.item("h1", item).standing.code == CK


def test_a_repeated_request_returns_the_first_outcome(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?"))
    order = Order("h1", item, 1, Action.CONFIRM, "r")
    first = office.desk.decide(ANN, order)
    again = office.desk.decide(ANN, order)
    assert (first.repeated, again.repeated) == (False, True)
    assert (first.event, first.item) == (again.event, again.item)
    with pytest.raises(InvalidDecisionError, match="used before"):
        office.desk.decide(BOB, order)


def test_every_event_says_who_when_what_and_what_was_on_the_screen(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?"))
    outcome = office.do(ANN, item, Action.PICK, code="C1002-0000-250-000-55", text="as on the insert")
    draft = outcome.event.draft
    assert (draft.by, draft.at, draft.action, draft.code, draft.text) == (
        "ann", office.clock.now(), Action.PICK, TP, "as on the insert",
    )  # fmt: skip
    assert (draft.edition, draft.model) == ("2025", str(outcome.item.mapping.provenance))
    assert draft.after == outcome.item.standing == office.store.item("h1", item).standing
    assert office.desk.view(ANN, "h1", item).history == (outcome.event,)


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
    assert office.desk.view(LEA, "h1", item).item.standing.code == ""
    assert office.desk.verify(ROOT, "h1") == []


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
        office.desk.decide(ANN, Order("h1", item, 1, Action.COMMENT, request_id, text=text))


# --- two readers


def test_the_second_reader_is_blind_until_both_have_decided(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?", facility="h2"))
    query = replace(WAIT, facility="h2")
    office.do(ANN, item, Action.CHOOSE, facility="h2", code=CK, text="CK of course")
    assert office.next(ANN, query) is None
    view = office.next(BOB, query)
    assert view is not None
    assert view.item.standing.first == Reading("ann", "")
    shown = repr((view, office.desk.queue(BOB, query), list(office.desk.run_items(BOB, "h2", view.item.run))))
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
    assert office.desk.view(BOB, "h2", item).item.standing.code == AST
    assert office.desk.agreement(LEA, "h2").pairs == 1


def test_a_blind_conflict_does_not_tell_what_the_first_decided(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?", facility="h2"))
    office.do(ANN, item, Action.CHOOSE, facility="h2", code=CK)
    with pytest.raises(ConflictError) as caught:
        office.desk.decide(BOB, Order("h2", item, 1, Action.CONFIRM, office.request()))
    assert CK not in str(caught.value)
    assert caught.value.code == ""


# --- identical rows


def test_one_decision_serves_identical_rows_after_a_preview(office: Office) -> None:
    run = office.take_in("GOT?", "CPK?", "GOT?", "ＧＯＴ？", "GOT?")
    first, _, third, fourth, fifth = office.items(run)
    office.do(BOB, fourth, Action.CLAIM)
    order = Order("h1", first, 1, Action.CONFIRM, "bulk")
    preview = office.desk.preview(ANN, order)
    assert [(item.id, after.state, after.code) for item, after in preview.changes] == [
        (id_, ItemState.FINAL, AST) for id_ in (first, third, fifth)
    ]
    assert [(item.id, "bob" in why) for item, why in preview.refused] == [(fourth, True)]
    assert office.desk.counts(ANN, "h1").open == 5
    ticked = {first: 1, fifth: 1}
    outcomes = office.desk.decide_identical(ANN, order, ticked)
    assert [(o.item.id, o.item.standing.code, o.repeated) for o in outcomes] == [
        (first, AST, False), (fifth, AST, False),
    ]  # fmt: skip
    assert [o.repeated for o in office.desk.decide_identical(ANN, order, ticked)] == [True, True]
    assert office.desk.view(ANN, "h1", third).item.standing.state is ItemState.PROPOSED
    assert office.desk.view(ANN, "h1", third).identical == 1


def test_identical_rows_are_decided_all_or_none(office: Office) -> None:
    first, second = office.items(office.take_in("GOT?", "GOT?"))
    order = Order("h1", first, 1, Action.NO_CODE, "bulk")
    office.do(BOB, second, Action.CLAIM)
    office.do(BOB, second, Action.RELEASE)
    with pytest.raises(ConflictError) as caught:
        office.desk.decide_identical(ANN, order, {first: 1, second: 1})
    assert caught.value.item == second
    assert office.desk.counts(ANN, "h1").open == 2


def test_a_row_that_is_not_identical_cannot_be_decided_along(office: Office) -> None:
    first, other = office.items(office.take_in("GOT?", "CPK?"))
    with pytest.raises(ConflictError, match="identical"):
        office.desk.decide_identical(ANN, Order("h1", first, 1, Action.CONFIRM, "r"), {first: 1, other: 1})
    with pytest.raises(InvalidDecisionError, match="no row"):
        office.desk.decide_identical(ANN, Order("h1", first, 1, Action.CONFIRM, "r"), {})
    with pytest.raises(InvalidDecisionError, match="only decisions"):
        office.desk.preview(LEA, Order("h1", first, 1, Action.REOPEN, "r", text="why"))


# --- who may


def test_a_facility_of_others_looks_as_if_it_were_not_there(office: Office) -> None:
    run = office.take_in("GOT?")
    [item] = office.items(run)
    desk, order = office.desk, Order("h1", item, 1, Action.CONFIRM, "r")
    asks = [
        lambda: desk.queue(EVE, WAIT), lambda: desk.counts(EVE, "h1"), lambda: desk.view(EVE, "h1", item),
        lambda: desk.runs(EVE, "h1"), lambda: list(desk.run_items(EVE, "h1", run.id)),
        lambda: desk.search(EVE, "h1", "AST"), lambda: desk.contradictions(EVE, "h1"),
        lambda: desk.agreement(EVE, "h1"), lambda: office.next(EVE), lambda: desk.decide(EVE, order),
        lambda: desk.preview(EVE, order), lambda: desk.decide_identical(EVE, order, {item: 1}),
        lambda: office.take_in("AST", user=EVE), lambda: desk.audit(EVE, "h1"),
        lambda: desk.verify(EVE, "h1"), lambda: desk.view(EVE, "h2", item),
        lambda: desk.decide(EVE, replace(order, facility="h2")),
        lambda: desk.queue(EVE, replace(WAIT, facility="h9")),
        lambda: desk.queue(ROOT, replace(WAIT, facility="")),
    ]  # fmt: skip
    for ask in asks:
        with pytest.raises(NotFoundError):
            ask()
    assert desk.facilities(EVE) == [office.users.facility("h2")]


def test_an_inactive_user_is_an_outsider(office: Office) -> None:
    with pytest.raises(NotFoundError):
        office.desk.queue(replace(ANN, active=False), WAIT)


def test_a_viewer_reads_and_changes_nothing(office: Office) -> None:
    viewer = User("vic", "Vic", {"h1": Role.VIEWER})
    [item] = office.items(office.take_in("GOT?"))
    assert office.desk.view(viewer, "h1", item).allowed == frozenset()
    assert len(office.desk.queue(viewer, WAIT).rows) == 1
    order = Order("h1", item, 1, Action.COMMENT, "r", text="hm")
    for ask in (
        lambda: office.desk.decide(viewer, order), lambda: office.desk.preview(viewer, order),
        lambda: office.next(viewer), lambda: office.take_in("AST", user=viewer),
        lambda: office.desk.agreement(viewer, "h1"), lambda: office.desk.audit(viewer, "h1"),
        lambda: office.desk.save_user(viewer, viewer, request_id="r"),
        lambda: office.desk.save_facility(LEA, Facility("h3", "Three"), request_id="r"),
        lambda: office.desk.edition_changed(LEA, request_id="r"), lambda: office.desk.verify(LEA, "h1"),
    ):  # fmt: skip
        with pytest.raises(NotAllowedError):
            ask()


def test_an_admin_makes_users_and_cannot_lock_everybody_out(office: Office) -> None:
    new = User("new", "New", {"h1": Role.VIEWER})
    office.desk.save_user(ROOT, new, request_id="r", password_hash="$argon2")
    assert office.users.user("new") == new
    for harmless in (replace(ROOT, roles={}), replace(ROOT, active=False)):
        with pytest.raises(NotAllowedError, match="own admin role"):
            office.desk.save_user(ROOT, harmless, request_id="s")
    [event] = [e for e in office.desk.audit(ROOT, INSTALLATION) if e.draft.request_id == "r"]
    assert "$argon2" not in repr(event)
    assert "h1=viewer" in event.draft.text


# --- the trail and a new edition


def test_the_exported_trail_verifies_away_from_the_database(office: Office) -> None:
    for item in office.items(office.take_in("GOT?", "CPK?")):
        office.do(ANN, item, Action.CONFIRM)
    out = io.StringIO()
    assert office.desk.export_audit(ROOT, "h1", out) == 3
    events = list(audit.from_json_lines(out.getvalue().splitlines()))
    assert audit.verify(events, office.store.head("h1")) == []
    assert audit.verify(events[:-1], office.store.head("h1")) != []


def test_a_new_edition_reopens_what_it_ended_and_nothing_else(office: Office) -> None:
    listed = [found for code in (AST, CK, TP, ENDED) if (found := CODES.get(code))]
    old = office.open(CodeSearch(listed, listed), "2024")
    run = office.take_in("old", "GOT?")
    ended, kept = office.items(run)
    old.decide(ANN, Order("h1", ended, 1, Action.PICK, office.request(), code=ENDED))
    office.do(ANN, kept, Action.CONFIRM)
    reopened = office.desk.edition_changed(ROOT, request_id="use 2025")
    assert [(r.facility, r.item, r.code, r.successor) for r in reopened] == [("h1", ended, ENDED, SUCCESSOR)]
    assert office.desk.edition_changed(ROOT, request_id="use 2025") == reopened
    assert office.desk.edition_changed(ROOT, request_id="use it again") == []
    view = office.next()
    assert view is not None
    assert (view.item.id, view.item.standing.proposal) == (ended, SUCCESSOR)
    assert Reason.CODE_ENDED in view.item.reasons
    assert office.do(ANN, ended, Action.CONFIRM).item.standing.code == SUCCESSOR
    assert office.desk.verify(ROOT, "h1") == []
