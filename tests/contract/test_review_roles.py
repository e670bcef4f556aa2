"""The reviewers' review over both databases: who may do what, the audit trail, a new edition."""

import io
from dataclasses import replace

import pytest

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.errors import NotAllowedError, NotFoundError
from jlac_mapper.review import audit
from jlac_mapper.review.commands import Command
from jlac_mapper.review.model import INSTALLATION, Action, Facility, ItemState, Role, Standing, User
from jlac_mapper.types import LocalTest, Reason
from tests.support.bound_codes import search_in
from tests.support.review_office import ANN, EVE, LEA, ROOT, WAIT, Office
from tests.support.review_values import AST, CK, CODES, ENDED, SUCCESSOR, TP

# --- who may


def test_a_facility_of_others_looks_as_if_it_were_not_there(office: Office) -> None:
    run = office.take_in("GOT?")
    [item] = office.items(run)
    review, command = office.review, Command("h1", item, 1, Action.CONFIRM, "r")
    asks = [
        lambda: review.queue(EVE, WAIT),
        lambda: review.counts(EVE, "h1"),
        lambda: review.view(EVE, "h1", item),
        lambda: review.runs(EVE, "h1"),
        lambda: list(review.run_items(EVE, "h1", run.id)),
        lambda: review.search(EVE, "h1", "AST"),
        lambda: review.contradictions(EVE, "h1"),
        lambda: review.agreement(EVE, "h1"),
        lambda: office.next(EVE),
        lambda: review.decide(EVE, command),
        lambda: review.preview(EVE, command),
        lambda: review.decide_identical(EVE, command, {item: 1}),
        lambda: office.take_in("AST", user=EVE),
        lambda: review.audit(EVE, "h1"),
        lambda: review.verify(EVE, "h1"),
        lambda: review.view(EVE, "h2", item),
        lambda: review.decide(EVE, replace(command, facility="h2")),
        lambda: review.queue(EVE, replace(WAIT, facility="h9")),
        lambda: review.queue(ROOT, replace(WAIT, facility="")),
    ]
    for ask in asks:
        with pytest.raises(NotFoundError):
            ask()
    assert review.facilities(EVE) == [office.users.facility("h2")]


def test_an_inactive_user_is_an_outsider(office: Office) -> None:
    with pytest.raises(NotFoundError):
        office.review.queue(replace(ANN, active=False), WAIT)


def test_a_viewer_reads_and_changes_nothing(office: Office) -> None:
    viewer = User("vic", "Vic", {"h1": Role.VIEWER})
    [item] = office.items(office.take_in("GOT?"))
    assert office.review.view(viewer, "h1", item).allowed == frozenset()
    assert len(office.review.queue(viewer, WAIT).rows) == 1
    command = Command("h1", item, 1, Action.COMMENT, "r", text="hm")
    for ask in (
        lambda: office.review.decide(viewer, command),
        lambda: office.review.preview(viewer, command),
        lambda: office.next(viewer),
        lambda: office.take_in("AST", user=viewer),
        lambda: office.review.agreement(viewer, "h1"),
        lambda: office.review.audit(viewer, "h1"),
        lambda: office.people.save_user(viewer, viewer, request_id="r"),
        lambda: office.people.save_facility(LEA, Facility("h3", "Three"), request_id="r"),
        lambda: office.review.edition_changed(LEA, request_id="r"),
        lambda: office.review.foresee_edition(LEA),
        lambda: office.review.try_row(LEA, LocalTest("AST")),
        lambda: office.review.verify(LEA, "h1"),
    ):
        with pytest.raises(NotAllowedError):
            ask()


def test_an_admin_makes_users_and_cannot_lock_everybody_out(office: Office) -> None:
    new = User("new", "New", {"h1": Role.VIEWER})
    office.people.save_user(ROOT, new, request_id="r", password="correct horse battery")
    assert office.users.user("new") == new
    assert office.users.password_hash("new").startswith("$argon2")
    for harmless in (replace(ROOT, roles={}), replace(ROOT, active=False)):
        with pytest.raises(NotAllowedError, match="own admin role"):
            office.people.save_user(ROOT, harmless, request_id="s")
    [event] = [e for e in office.review.audit(ROOT, INSTALLATION) if e.draft.request_id == "r"]
    assert "$argon2" not in repr(event)
    assert "correct horse" not in repr(event)
    assert "h1=viewer" in event.draft.text


# --- the trail and a new edition


def test_the_exported_trail_verifies_away_from_the_database(office: Office) -> None:
    for item in office.items(office.take_in("GOT?", "CPK?")):
        office.do(ANN, item, Action.CONFIRM)
    out = io.StringIO()
    assert office.review.export_audit(ROOT, "h1", out) == 3
    events = list(audit.from_json_lines(out.getvalue().splitlines()))
    assert audit.verify(events, office.store.head("h1")) == []
    assert audit.verify(events[:-1], office.store.head("h1")) != []


def test_a_row_is_tried_as_it_would_be_taken_in_and_is_kept_nowhere(office: Office) -> None:
    tried = office.review.try_row(ROOT, LocalTest("GOT?", unit="U/L"))
    assert tried.standing == Standing(ItemState.PROPOSED, proposal=AST)
    assert tried.mapping.candidates[1].code == parse(CK)
    assert office.review.try_row(ROOT, LocalTest("AST")).standing.state is ItemState.ACCEPTED
    assert office.review.runs(ROOT, "h1") == []


def test_a_new_edition_reopens_what_it_ended_and_nothing_else(office: Office) -> None:
    listed = [found for code in (AST, CK, TP, ENDED) if (found := CODES.get(code))]
    old = office.open(search_in(replace(found, valid_to=None) for found in listed), "2024")
    run = office.take_in("old", "GOT?")
    ended, kept = office.items(run)
    old.decide(ANN, Command("h1", ended, 1, Action.PICK, office.request(), code=ENDED))
    office.do(ANN, kept, Action.CONFIRM)
    foreseen = office.review.foresee_edition(ROOT)
    assert office.review.foresee_edition(ROOT) == foreseen
    assert office.store.item("h1", ended).standing.state is ItemState.FINAL
    assert office.review.verify(ROOT, "h1") == []
    reopened = office.review.edition_changed(ROOT, request_id="use 2025")
    assert reopened == foreseen
    assert [(r.facility, r.item, r.code, r.successor) for r in reopened] == [("h1", ended, ENDED, SUCCESSOR)]
    assert office.review.edition_changed(ROOT, request_id="use 2025") == reopened
    assert office.review.edition_changed(ROOT, request_id="use it again") == []
    view = office.next()
    assert view is not None
    assert (view.item.id, view.item.standing.proposal) == (ended, SUCCESSOR)
    assert Reason.CODE_ENDED in view.item.reasons
    assert office.do(ANN, ended, Action.CONFIRM).item.standing.code == SUCCESSOR
    assert office.review.verify(ROOT, "h1") == []
