"""Facilities, users, sessions and failed sign-ins in a database: the UserStore with SQLAlchemy."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from jlac_mapper.errors import InputError, NotFoundError
from jlac_mapper.review.access import request_reused
from jlac_mapper.review.audit import read_moment, write_moment
from jlac_mapper.review.model import INSTALLATION, EventDraft, Facility, Role, Session, User
from jlac_mapper.storage import chain
from jlac_mapper.storage.database import Connections
from jlac_mapper.storage.review_tables import facilities, failed_sign_ins, sessions, user_roles, users
from jlac_mapper.storage.row_fields import columns_of, fields_in

_REMEMBERED = timedelta(days=1)


class SqlUserStore:
    """See UserStore."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def facilities(self) -> list[Facility]:
        """Return every facility by key."""
        with self._connections.reading() as connection:
            found = [_facility(row) for row in connection.execute(select(facilities))]
        return sorted(found, key=lambda facility: facility.key)

    def facility(self, key: str) -> Facility:
        """Return one facility. Raises NotFoundError."""
        with self._connections.reading() as connection:
            found = connection.execute(select(facilities).where(facilities.c.key == key)).one_or_none()
        if found is None:
            raise NotFoundError(f"there is no facility {key!r}")
        return _facility(found)

    def save_facility(self, facility: Facility, event: EventDraft) -> None:
        """
        Make or change a facility, with an event in the installation's chain.

        Raises:
            InputError: The key is empty, longer than 40 characters or not printable.
        """
        _require_key(facility.key, 40, "facility key")
        values = {"name": facility.name, "second_reader": facility.second_reader}
        with self._connections.writing() as connection:
            if not _is_new(connection, event):
                return
            of_key = facilities.c.key == facility.key
            if connection.execute(update(facilities).where(of_key).values(values)).rowcount == 0:
                connection.execute(insert(facilities).values(key=facility.key, **values))

    def users(self) -> list[User]:
        """Return every user by login."""
        with self._connections.reading() as connection:
            return sorted(_users(connection), key=lambda user: user.login)

    def user(self, login: str) -> User:
        """Return one user. Raises NotFoundError."""
        return self._one(users.c.login == login, f"there is no user {login!r}")

    def user_by_subject(self, subject: str) -> User:
        """Return the user with an OIDC subject. Raises NotFoundError."""
        return self._one(users.c.subject == subject, "no user has this identity at the provider")

    def save_user(self, user: User, event: EventDraft, *, password_hash: str | None = None) -> None:
        """
        Make or change a user, with an event in the installation's chain.

        Raises:
            InputError: The login is empty, longer than 100 characters or not printable, or another user
                has the subject.
        """
        _require_key(user.login, 100, "login")
        values: dict[str, Any] = {"name": user.name, "subject": user.subject or None, "active": user.active}
        with self._connections.writing() as connection:
            if not _is_new(connection, event):
                return
            taken = select(users.c.login).where(users.c.subject == user.subject, users.c.login != user.login)
            if user.subject and connection.execute(taken).first():
                raise InputError(f"another user than {user.login!r} has this identity at the provider")
            if password_hash is not None:
                values["password_hash"] = password_hash
            of_login = users.c.login == user.login
            if connection.execute(update(users).where(of_login).values(values)).rowcount == 0:
                connection.execute(insert(users).values(login=user.login, **{"password_hash": "", **values}))
            connection.execute(delete(user_roles).where(user_roles.c.login == user.login))
            roles = [
                {"login": user.login, "facility": facility, "role": role.value}
                for facility, role in user.roles.items()
            ]
            if roles:
                connection.execute(insert(user_roles), roles)
            if not user.active or password_hash is not None:
                connection.execute(delete(sessions).where(sessions.c.login == user.login))

    def password_hash(self, login: str) -> str:
        """Return a user's password hash as saved, "" without one. Raises NotFoundError."""
        with self._connections.reading() as connection:
            statement = select(users.c.password_hash).where(users.c.login == login)
            found = connection.execute(statement).scalar_one_or_none()
        if found is None:
            raise NotFoundError(f"there is no user {login!r}")
        return str(found)

    def save_session(self, session: Session) -> None:
        """Keep a session; ended ones of every user are removed on the way."""
        with self._connections.writing() as connection:
            ended = sessions.c.expires_at <= write_moment(session.created_at)
            connection.execute(delete(sessions).where(ended))
            connection.execute(
                insert(sessions).values(
                    **columns_of(session)
                    | {
                        "created_at": write_moment(session.created_at),
                        "expires_at": write_moment(session.expires_at),
                    }
                )
            )

    def session(self, token_digest: str, now: datetime) -> Session | None:
        """Return a session that has not ended."""
        statement = select(sessions).where(
            sessions.c.token_digest == token_digest, sessions.c.expires_at > write_moment(now)
        )
        with self._connections.reading() as connection:
            found = connection.execute(statement).one_or_none()
        if found is None:
            return None
        moments = {"created_at": read_moment(found.created_at), "expires_at": read_moment(found.expires_at)}
        return Session(**fields_in(found, Session) | moments)

    def end_session(self, token_digest: str) -> None:
        """Forget a session; none is no error."""
        with self._connections.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_digest == token_digest))

    def record_failed_sign_in(self, keys: Sequence[str], at: datetime) -> None:
        """Count one failure under each key; those older than a day go."""
        with self._connections.writing() as connection:
            old = failed_sign_ins.c.at < write_moment(at - _REMEMBERED)
            connection.execute(delete(failed_sign_ins).where(old))
            connection.execute(
                insert(failed_sign_ins), [{"key": key, "at": write_moment(at)} for key in keys]
            )

    def failed_sign_ins(self, key: str, since: datetime) -> int:
        """Return how many failures a key has since a moment."""
        statement = select(func.count()).where(
            failed_sign_ins.c.key == key, failed_sign_ins.c.at >= write_moment(since)
        )
        with self._connections.reading() as connection:
            return connection.execute(statement).scalar_one()

    def _one(self, condition: Any, missing: str) -> User:
        with self._connections.reading() as connection:
            found = _users(connection, condition)
        if not found:
            raise NotFoundError(missing)
        return found[0]


def _is_new(connection: Connection, event: EventDraft) -> bool:
    """Append the event to the installation's chain; False where its request was done before."""
    head = chain.lock_head(connection, INSTALLATION)
    if earlier := chain.of_request(connection, INSTALLATION, event.request_id):
        if (earlier[0].draft.action, earlier[0].draft.by) != (event.action, event.by):
            raise request_reused(event.request_id)
        return False
    chain.append(connection, head, [replace(event, item=None, run=None)])
    return True


def _users(connection: Connection, condition: Any = None) -> list[User]:
    statement, roles_wanted = select(users), select(user_roles)
    if condition is not None:
        statement = statement.where(condition)
        of_them = select(users.c.login).where(condition)
        roles_wanted = roles_wanted.where(user_roles.c.login.in_(of_them))
    roles: dict[str, dict[str, Role]] = defaultdict(dict)
    for row in connection.execute(roles_wanted):
        roles[row.login][row.facility] = Role(row.role)
    return [
        User(row.login, row.name, roles.get(row.login, {}), row.subject or "", row.active)
        for row in connection.execute(statement)
    ]


def _facility(row: Any) -> Facility:
    return Facility(row.key, row.name, row.second_reader)


def _require_key(text: str, longest: int, what: str) -> None:
    if not text.strip() or len(text) > longest or not text.isprintable():
        raise InputError(f"{text!r} cannot be a {what}: give 1 to {longest} printable characters")
