"""The service of people over both databases: who may, what must hold, and what the trail says."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from jlac_mapper.errors import ConflictError, InputError, JlacMapperError, NotAllowedError, NotFoundError
from jlac_mapper.review.access import signed_in
from jlac_mapper.review.model import INSTALLATION, Facility, Role, User
from jlac_mapper.review.people import AlreadyThereError, NotThereError, UnknownFacilityError
from jlac_mapper.review.tokens import digest
from tests.support.review_office import ANN, LEA, ROOT, Office

CAL = User("cal", "Cal", {"h1": Role.VIEWER})
THREE = Facility("h3", "Three", second_reader=True)
PASSWORD = "correct horse"


def test_only_an_admin_of_the_installation_sees_and_changes_people(office: Office) -> None:
    people = office.people
    for ask in (
        lambda: people.users(LEA),
        lambda: people.facilities(LEA),
        lambda: people.save_user(LEA, CAL, request_id="r"),
        lambda: people.save_facility(LEA, THREE, request_id="r"),
        lambda: people.make_token(LEA, "ann", timedelta(days=1)),
        lambda: people.users(replace(ROOT, active=False)),
    ):
        with pytest.raises(NotAllowedError, match="admin of the whole installation"):
            ask()
    assert {user.login for user in people.users(ROOT)} == {"ann", "bob", "eve", "lea", "root"}
    assert [facility.key for facility in people.facilities(ROOT)] == ["h1", "h2"]


@pytest.mark.parametrize(
    ("do", "kind", "said"),
    [
        (lambda p: p.save_user(ROOT, ANN, request_id="r", is_new=True), AlreadyThereError, "user 'ann'"),
        (lambda p: p.save_user(ROOT, CAL, request_id="r", is_new=False), NotThereError, "user 'cal'"),
        (
            lambda p: p.save_user(ROOT, replace(CAL, roles={"h9": Role.LEAD}), request_id="r"),
            UnknownFacilityError,
            "no facility 'h9'; there are: h1, h2",
        ),
        (lambda p: p.save_user(ROOT, CAL, request_id="r", password="short"), InputError, "fewer than 12"),
        (lambda p: p.save_user(ROOT, CAL, request_id="r", password=""), InputError, "fewer than 12"),
        (lambda p: p.save_user(ROOT, replace(CAL, login=" "), request_id="r"), InputError, "be a login"),
        (lambda p: p.save_user(ROOT, CAL, request_id=""), JlacMapperError, "a request needs an id"),
        (
            lambda p: p.save_facility(ROOT, Facility("h1", "One"), request_id="r", is_new=True),
            AlreadyThereError,
            "facility 'h1' is there already",
        ),
        (lambda p: p.save_facility(ROOT, THREE, request_id="r", is_new=False), NotThereError, "is not there"),
        (lambda p: p.make_token(ROOT, "cal", timedelta(days=1)), NotFoundError, "no user 'cal'"),
    ],
)
def test_what_must_hold_is_one_line_and_changes_nothing(
    office: Office, do: Callable[[object], object], kind: type[JlacMapperError], said: str
) -> None:
    before = office.store.head(INSTALLATION), office.people.users(ROOT), office.people.facilities(ROOT)
    with pytest.raises(kind, match=said) as caught:
        do(office.people)
    assert "\n" not in str(caught.value)
    after = office.store.head(INSTALLATION), office.people.users(ROOT), office.people.facilities(ROOT)
    assert after == before


def test_the_same_request_makes_once_and_another_one_cannot_use_its_id(office: Office) -> None:
    for _ in range(2):
        said = office.people.save_user(ROOT, CAL, request_id="cal", is_new=True)
    assert said == "cal: Cal; active; h1=viewer"
    assert [e.draft.text for e in office.store.events(INSTALLATION) if e.draft.request_id == "cal"] == [said]
    with pytest.raises(ConflictError, match="was used before"):
        office.people.save_facility(ROOT, THREE, request_id="cal")
    assert "h3" not in {facility.key for facility in office.people.facilities(ROOT)}


def test_of_two_who_make_the_same_user_at_once_one_is_told(office: Office) -> None:
    seen: list[str] = []

    def make(number: int) -> None:
        try:
            office.people.save_user(ROOT, replace(CAL, name=f"{number}"), request_id=f"{number}", is_new=True)
        except AlreadyThereError as error:
            seen.append(str(error))

    threads = [threading.Thread(target=make, args=(number,)) for number in range(2)]
    with office.units.writing() as work:
        work.reviews.hold(INSTALLATION)
        for thread in threads:
            thread.start()
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    assert seen == ["user 'cal' is there already"]


def test_a_facility_is_made_and_changed_and_the_trail_says_how_it_is_read(office: Office) -> None:
    assert office.people.save_facility(ROOT, THREE, request_id="1", is_new=True) == "h3: Three, two readers"
    changed = replace(THREE, second_reader=False)
    assert office.people.save_facility(ROOT, changed, request_id="2", is_new=False) == "h3: Three, one reader"
    assert changed in office.people.facilities(ROOT)


def test_a_token_opens_a_session_and_ends_when_the_password_changes(office: Office) -> None:
    token = office.people.make_token(ROOT, "ann", timedelta(days=2))
    found = signed_in(office.users, token, office.clock.now())
    assert found is not None
    session, user = found
    assert (session.token_digest, user) == (digest(token), ANN)
    assert session.expires_at - session.created_at == timedelta(days=2)
    office.people.save_user(ROOT, ANN, request_id="new password", password=PASSWORD)
    assert office.users.password_hash("ann") == f"$argon2{PASSWORD}"
    assert signed_in(office.users, token, office.clock.now()) is None


def test_who_is_no_longer_active_neither_asks_nor_gets_a_token(office: Office) -> None:
    office.people.save_user(ROOT, replace(ANN, active=False), request_id="off")
    for ask in (
        lambda: office.people.asking("ann"),
        lambda: office.people.make_token(ROOT, "ann", timedelta(days=1)),
    ):
        with pytest.raises(InputError, match="no longer active"):
            ask()
