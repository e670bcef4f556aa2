"""The service of people: facilities, users, their passwords and tokens, the same for whoever asks."""

from collections.abc import Collection
from datetime import timedelta

from jlac_mapper.errors import InputError, NotAllowedError
from jlac_mapper.ports import Clock
from jlac_mapper.review.access import asking, find_user, require_admin, require_request_id
from jlac_mapper.review.model import INSTALLATION, Action, EventDraft, Facility, Role, User
from jlac_mapper.review.ports import Passwords, UnitOfWork, Work
from jlac_mapper.review.tokens import new_session

SHORTEST_PASSWORD = 12
"""Characters."""


class AlreadyThereError(InputError):
    """What was to be made is there already."""


class NotThereError(InputError):
    """What was to be changed is not there."""


class UnknownFacilityError(InputError):
    """A role names a facility that is not there; `known` are those that are."""

    def __init__(self, key: str, known: Collection[str]) -> None:
        super().__init__(f"there is no facility {key!r}; there are: {', '.join(sorted(known)) or 'none'}")
        self.key = key
        self.known = known


class PeopleService:
    """
    Who may review, and where. Changes are for an admin of the whole installation (NotAllowedError).

    Each change is one event in the installation's chain; the same request id once more changes nothing. A
    request id that stands for something else already is a ConflictError.
    """

    def __init__(self, *, units: UnitOfWork, clock: Clock, passwords: Passwords) -> None:
        self._units = units
        self._clock = clock
        self._passwords = passwords

    def asking(self, login: str) -> User:
        """
        Return the user who asks by name.

        Raises:
            NotFoundError: No such user.
            InputError: The user is no longer active.
        """
        with self._units.reading() as work:
            return asking(work.users, login)

    def users(self, user: User) -> list[User]:
        """Return every user by login (admin)."""
        require_admin(user)
        with self._units.reading() as work:
            return work.users.users()

    def facilities(self, user: User) -> list[Facility]:
        """Return every facility by key (admin)."""
        require_admin(user)
        with self._units.reading() as work:
            return work.users.facilities()

    def save_facility(
        self, user: User, facility: Facility, *, request_id: str, is_new: bool | None = None
    ) -> str:
        """
        Make or change a facility; return what the audit trail says of it.

        Args:
            is_new: Whether it is made (AlreadyThereError) or changed (NotThereError); None takes both.

        Raises:
            InputError: A key that cannot be used.
        """
        require_admin(user)
        text = describe_facility(facility)
        event = self._event(user, Action.FACILITY, request_id, text)
        with self._units.writing() as work:
            if not _is_done(work, request_id):
                known = {each.key for each in work.users.facilities()}
                _require_presence(facility.key in known, is_new, f"facility {facility.key!r}")
            work.users.save_facility(facility, event)
            work.commit()
        return text

    def save_user(
        self,
        user: User,
        changed: User,
        *,
        request_id: str,
        password: str | None = None,
        is_new: bool | None = None,
    ) -> str:
        """
        Make or change a user; return what the audit trail says of it.

        Args:
            user: Who does it; nobody takes the own admin role away (NotAllowedError).
            changed: The user as it is to be.
            password: A new one; None keeps the one there is, or none.
            is_new: Whether the user is made (AlreadyThereError) or changed (NotThereError); None takes both.

        Raises:
            UnknownFacilityError: A role is in no facility that is there.
            InputError: A login that cannot be used, another user's identity at the provider, or a password
                of fewer than SHORTEST_PASSWORD characters.
        """
        require_admin(user)
        still_admin = changed.active and changed.roles.get(INSTALLATION) is Role.ADMIN
        if changed.login == user.login and not still_admin:
            raise NotAllowedError("you would take your own admin role away; let another admin do it")
        if password is not None and len(password) < SHORTEST_PASSWORD:
            raise InputError(
                f"the password has fewer than {SHORTEST_PASSWORD} characters; nothing was changed"
            )
        # Hashing takes long: nobody waits for it.
        password_hash = None if password is None else self._passwords.hash(password)
        text = describe_user(changed, password_hash)
        event = self._event(user, Action.USER, request_id, text)
        with self._units.writing() as work:
            if not _is_done(work, request_id):
                known = find_user(work.users, changed.login)
                _require_presence(known is not None, is_new, f"user {changed.login!r}")
                _require_facilities(work, changed, known)
            work.users.save_user(changed, event, password_hash=password_hash)
            work.commit()
        return text

    def make_token(self, user: User, login: str, life: timedelta) -> str:
        """
        Return a new token for a program that asks as *login* (admin); it is shown this once.

        Raises:
            NotFoundError: No such user.
            InputError: The user is no longer active.
        """
        require_admin(user)
        token, session = new_session(login, self._clock.now(), life)
        with self._units.writing() as work:
            asking(work.users, login)
            work.users.save_session(session)
            work.commit()
        return token

    def _event(self, user: User, action: Action, request_id: str, text: str) -> EventDraft:
        require_request_id(request_id)
        return EventDraft(action, by=user.login, at=self._clock.now(), request_id=request_id, text=text)


def describe_facility(facility: Facility) -> str:
    """Return what the audit trail says of a facility that was made or changed."""
    reading = "two readers" if facility.second_reader else "one reader"
    return f"{facility.key}: {facility.name}, {reading}"


def describe_user(user: User, password_hash: str | None) -> str:
    """Return what the audit trail says of a user who was made or changed; never the password."""
    roles = ", ".join(f"{facility or '*'}={role.value}" for facility, role in sorted(user.roles.items()))
    parts = [f"{user.login}: {user.name}", "active" if user.active else "inactive", roles or "no role"]
    if password_hash is not None:
        parts.append("password set" if password_hash else "password taken away")
    if user.subject:
        parts.append(f"identity {user.subject}")
    return "; ".join(parts)


def _is_done(work: Work, request_id: str) -> bool:
    """Tell whether a request was done before, once no other one is being done: what is checked next holds."""
    work.reviews.hold(INSTALLATION)
    return bool(work.reviews.done(INSTALLATION, request_id))


def _require_presence(is_there: bool, is_new: bool | None, what: str) -> None:
    if is_new is True and is_there:
        raise AlreadyThereError(f"{what} is there already")
    if is_new is False and not is_there:
        raise NotThereError(f"{what} is not there")


def _require_facilities(work: Work, changed: User, known: User | None) -> None:
    """Raise UnknownFacilityError for a role that is new and in no facility that is there."""
    held = known.roles if known else {}
    there = {facility.key for facility in work.users.facilities()}
    for key in changed.roles:
        if key != INSTALLATION and key not in there and key not in held:
            raise UnknownFacilityError(key, there)
