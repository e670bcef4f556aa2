"""Administration in the service of review: facilities, users, the audit trail, a new edition."""

from collections.abc import Callable, Iterator, Sequence
from typing import IO

from jlac_mapper.errors import NotAllowedError
from jlac_mapper.ports import Clock, Mapper
from jlac_mapper.review import audit
from jlac_mapper.review.access import enter, require_admin, require_request_id
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.commands import Reopened
from jlac_mapper.review.lists import ListImporter
from jlac_mapper.review.model import INSTALLATION, Action, Event, EventDraft, Facility, Role, Run, User
from jlac_mapper.review.ports import ReviewStore, UserStore
from jlac_mapper.types import LocalTest


class AdminService:
    """See ReviewService, which adds what reviewers do all day."""

    def __init__(
        self,
        *,
        store: ReviewStore,
        users: UserStore,
        clock: Clock,
        mapper: Mapper,
        codes: CodeSearch,
        edition: str,
    ) -> None:
        self._store = store
        self._users = users
        self._clock = clock
        self._codes = codes
        self._edition = edition
        self._lists = ListImporter(store, clock, mapper, codes, edition)

    def import_list(
        self,
        user: User,
        facility: str,
        *,
        file_name: str,
        digest: str,
        tests: Sequence[LocalTest],
        request_id: str,
        progress: Callable[[int], None] = lambda _done: None,
    ) -> Run:
        """
        Map rows (house names first) and take them into the queue in one transaction (reviewer).

        *progress* is called with the number of rows mapped so far, from this thread. An exception that it
        raises stops the import and nothing is kept.

        Raises:
            InputError: There are no rows.
        """
        enter(self._users, user, facility, Role.REVIEWER)
        require_request_id(request_id)
        return self._lists.take_in(
            user, facility, file_name=file_name, digest=digest, tests=tests, request_id=request_id,
            progress=progress,
        )  # fmt: skip

    def facilities(self, user: User) -> list[Facility]:
        """Return the facilities in which the user has a role."""
        return [facility for facility in self._users.facilities() if user.role_in(facility.key)]

    def save_facility(self, user: User, facility: Facility, *, request_id: str) -> None:
        """Make or change a facility (admin of the whole installation)."""
        require_admin(user)
        reading = "two readers" if facility.second_reader else "one reader"
        text = f"{facility.key}: {facility.name}, {reading}"
        self._users.save_facility(facility, self._event(user, Action.FACILITY, request_id, text))

    def save_user(
        self, user: User, changed: User, *, request_id: str, password_hash: str | None = None
    ) -> None:
        """Make or change a user (admin of the whole installation); nobody takes the own admin role away."""
        require_admin(user)
        still_admin = changed.active and changed.roles.get(INSTALLATION) is Role.ADMIN
        if changed.login == user.login and not still_admin:
            raise NotAllowedError("you would take your own admin role away; let another admin do it")
        event = self._event(user, Action.USER, request_id, describe_user(changed, password_hash))
        self._users.save_user(changed, event, password_hash=password_hash)

    def audit(self, user: User, facility: str, *, after: int = 0) -> Iterator[Event]:
        """Yield a chain from the event behind *after* on (admin); INSTALLATION is that of users."""
        self._require_auditor(user, facility)
        return self._events(facility, None, after)

    def verify(self, user: User, facility: str) -> list[str]:
        """Return what is wrong with a chain, one line each; empty where nothing is (admin)."""
        self._require_auditor(user, facility)
        head = self._store.head(facility)
        problems = audit.verify(self._events(facility, head.count), head)
        beyond = self._store.events(facility, after=head.count, limit=1)
        if beyond and self._store.head(facility).count == head.count:
            problems.append(f"event {beyond[0].sequence} lies beyond the end of the chain at {head.count}")
        return problems

    def export_audit(self, user: User, facility: str, out: IO[str]) -> int:
        """Write a chain as JSON lines; return how many events (admin)."""
        count = 0
        for count, event in enumerate(self.audit(user, facility), start=1):  # noqa: B007
            out.write(audit.to_json_line(event) + "\n")
        return count

    def edition_changed(self, user: User, *, request_id: str) -> list[Reopened]:
        """
        Reopen, everywhere, every final decision whose code the service's edition ended or moved (admin).

        One transaction a facility; the same request id again goes on where it was interrupted and
        returns all of them.
        """
        require_admin(user)
        reopened: list[Reopened] = []
        text = f"edition {self._edition} ended or moved the code"
        for facility in self._users.facilities():
            moved = {
                code: self._codes.successor(code)
                for code in self._store.final_codes(facility.key)
                if not self._codes.is_current(code)
            }
            event = self._event(user, Action.REOPEN, request_id, text)
            reopened += self._store.reopen(facility.key, moved, event)
        return reopened

    def _event(self, user: User, action: Action, request_id: str, text: str) -> EventDraft:
        require_request_id(request_id)
        return EventDraft(
            action,
            by=user.login,
            at=self._clock.now(),
            request_id=request_id,
            text=text,
            edition=self._edition,
        )

    def _require_auditor(self, user: User, facility: str) -> None:
        if facility == INSTALLATION:
            require_admin(user)
        else:
            enter(self._users, user, facility, Role.ADMIN)

    def _events(self, facility: str, last: int | None, after: int = 0) -> Iterator[Event]:
        while page := self._store.events(facility, after=after):
            for event in page:
                if last is not None and event.sequence > last:
                    return
                yield event
            after = page[-1].sequence


def describe_user(user: User, password_hash: str | None) -> str:
    """Return what the audit trail says of a user who was made or changed; never the password."""
    roles = ", ".join(f"{facility or '*'}={role.value}" for facility, role in sorted(user.roles.items()))
    parts = [f"{user.login}: {user.name}", "active" if user.active else "inactive", roles or "no role"]
    if password_hash is not None:
        parts.append("password set" if password_hash else "password taken away")
    if user.subject:
        parts.append(f"identity {user.subject}")
    return "; ".join(parts)
