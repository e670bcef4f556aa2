"""One suite for every UserStore: SQLite and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest

from jlac_mapper.errors import InputError, NotFoundError
from jlac_mapper.review import audit
from jlac_mapper.review.model import INSTALLATION, Action, Facility, Role, Session, User
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.storage.users import SqlUserStore
from tests.support.review_values import NOON, ONE, TWO, a_draft

ANN = User("ann", "Ann 安", {"h1": Role.REVIEWER, "h2": Role.LEAD}, "https://id|7")
SESSION = Session("d" * 64, "ann", "csrf", NOON, NOON + timedelta(hours=8))


def save(users: SqlUserStore, user: User, request_id: str = "save", password_hash: str | None = None) -> None:
    users.save_user(user, a_draft(Action.USER, request_id=request_id), password_hash=password_hash)


def test_facilities_come_back_by_key_and_can_be_changed(users: SqlUserStore) -> None:
    assert users.facilities() == [ONE, TWO]
    changed = replace(ONE, name="壱", second_reader=True)
    users.save_facility(changed, a_draft(Action.FACILITY, request_id="change"))
    assert users.facility("h1") == changed
    with pytest.raises(NotFoundError, match="'h9'"):
        users.facility("h9")


@pytest.mark.parametrize("key", ["", " ", "x" * 41, "a\nb"])
def test_a_key_that_cannot_be_used_is_refused(users: SqlUserStore, key: str) -> None:
    with pytest.raises(InputError):
        users.save_facility(Facility(key, "name"), a_draft(request_id="bad"))
    with pytest.raises(InputError):
        save(users, User(key * 3, "name"))


def test_a_user_comes_back_with_roles_and_identity(users: SqlUserStore) -> None:
    save(users, ANN)
    root = User("root", "Root", {INSTALLATION: Role.ADMIN})
    save(users, root, "root")
    assert users.user("ann") == ANN
    assert users.user_by_subject("https://id|7") == ANN
    assert users.users() == [ANN, root]
    for ask in (
        lambda: users.user("eve"),
        lambda: users.user_by_subject(""),
        lambda: users.password_hash("eve"),
    ):
        with pytest.raises(NotFoundError):
            ask()


def test_a_changed_user_keeps_the_password_unless_it_is_changed_too(users: SqlUserStore) -> None:
    save(users, ANN, "1", password_hash="$argon2id$1")
    changed = replace(ANN, roles={"h1": Role.VIEWER}, subject="")
    save(users, changed, "2")
    assert (users.user("ann"), users.password_hash("ann")) == (changed, "$argon2id$1")
    save(users, changed, "3", password_hash="")
    assert users.password_hash("ann") == ""


def test_one_identity_belongs_to_one_user(users: SqlUserStore) -> None:
    save(users, ANN)
    with pytest.raises(InputError, match="identity"):
        save(users, replace(ANN, login="bob"), "other")
    assert [user.login for user in users.users()] == ["ann"]


def test_the_same_request_is_done_once(users: SqlUserStore) -> None:
    save(users, ANN)
    save(users, replace(ANN, name="Other"))
    assert users.user("ann") == ANN


def test_changes_of_users_and_facilities_are_in_the_installations_chain(
    users: SqlUserStore, store: SqlReviewStore
) -> None:
    save(users, ANN)
    events = store.events(INSTALLATION)
    assert [event.draft.action for event in events] == [Action.FACILITY, Action.FACILITY, Action.USER]
    assert audit.verify(events, store.head(INSTALLATION)) == []


def test_a_session_lasts_until_it_ends(users: SqlUserStore) -> None:
    save(users, ANN)
    users.save_session(SESSION)
    assert users.session(SESSION.token_digest, NOON) == SESSION
    assert users.session(SESSION.token_digest, SESSION.expires_at) is None
    assert users.session("other", NOON) is None
    users.end_session(SESSION.token_digest)
    users.end_session(SESSION.token_digest)
    assert users.session(SESSION.token_digest, NOON) is None


@pytest.mark.parametrize(
    ("user", "password_hash"), [(replace(ANN, active=False), None), (ANN, "$new"), (ANN, "")]
)
def test_sessions_end_with_the_account_and_with_the_password(
    users: SqlUserStore, user: User, password_hash: str | None
) -> None:
    save(users, ANN, "1")
    users.save_session(SESSION)
    save(users, replace(ANN, name="still here"), "2")
    assert users.session(SESSION.token_digest, NOON) == SESSION
    save(users, user, "3", password_hash=password_hash)
    assert users.session(SESSION.token_digest, NOON) is None


def test_ended_sessions_are_swept_away(users: SqlUserStore) -> None:
    save(users, ANN)
    users.save_session(SESSION)
    late = replace(SESSION, token_digest="e" * 64, created_at=SESSION.expires_at)
    users.save_session(replace(late, expires_at=late.created_at + timedelta(hours=1)))
    assert users.session(SESSION.token_digest, NOON) is None


def test_failed_sign_ins_are_counted_by_key_for_a_day(users: SqlUserStore) -> None:
    for minutes in (0, 5, 10):
        users.record_failed_sign_in(["login:ann", "address:2001:db8::7"], NOON + timedelta(minutes=minutes))
    users.record_failed_sign_in(["login:bob"], NOON)
    assert users.failed_sign_ins("login:ann", NOON) == 3
    assert users.failed_sign_ins("login:ann", NOON + timedelta(minutes=5)) == 2
    assert users.failed_sign_ins("login:eve", NOON) == 0
    users.record_failed_sign_in(["login:bob"], NOON + timedelta(days=1, minutes=7))
    assert users.failed_sign_ins("address:2001:db8::7", NOON) == 1
