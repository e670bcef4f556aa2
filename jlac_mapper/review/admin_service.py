"""Administration in the service of review: lists, the audit trail, a new edition."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import IO, Self

from jlac_mapper.errors import InputError
from jlac_mapper.ports import Clock, Mapper
from jlac_mapper.review import audit
from jlac_mapper.review.access import enter, require_admin, require_request_id
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.commands import Reopened
from jlac_mapper.review.lists import ListImporter
from jlac_mapper.review.model import INSTALLATION, Action, Event, EventDraft, Facility, Item, Role, Run, User
from jlac_mapper.review.ports import UnitOfWork, Work
from jlac_mapper.review.tokens import new_secret
from jlac_mapper.tables.whole import ListColumn
from jlac_mapper.types import LocalTest


class AdminService:
    """See ReviewService, which adds what reviewers do all day."""

    def __init__(
        self,
        *,
        units: UnitOfWork,
        clock: Clock,
        mapper: Mapper,
        codes: CodeSearch,
        without_notes: Callable[[str], str],
        edition: str,
    ) -> None:
        self._units = units
        self._clock = clock
        self._codes = codes
        self._edition = edition
        self._lists = ListImporter(clock, mapper, codes, without_notes, edition)

    def within(self, work: Work) -> Self:
        """Return the same service inside a unit of work that is open: what it does is kept with that one."""
        joined = copy(self)
        joined._units = work
        return joined

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
        columns: Sequence[ListColumn] = (),
        cells: Sequence[Sequence[str]] = (),
    ) -> Run:
        """
        Map rows (local aliases first) and take them into the queue in one transaction (reviewer).

        *progress* is called with the number of rows mapped so far, from this thread. An exception that it
        raises stops the import and nothing is kept.

        Args:
            tests: A test a row.
            columns: Every column of the list, kept as it is; empty where there is no table.
            cells: The cells of each row, in the order of *columns* (see `tables.whole`).

        Raises:
            InputError: There are no rows, or not as many rows of cells.
        """
        if cells and len(cells) != len(tests):
            raise InputError(f"{file_name}: {len(cells)} rows of cells for {len(tests)} rows")
        with self._units.reading() as work:
            enter(work.users, user, facility, Role.REVIEWER)
        require_request_id(request_id)
        return self._lists.take_in(
            self._units,
            user,
            facility,
            file_name=file_name,
            digest=digest,
            tests=tests,
            request_id=request_id,
            progress=progress,
            columns=columns,
            cells=cells,
        )

    def facility(self, user: User, key: str) -> Facility:
        """Return a facility in which the user has a role."""
        with self._units.reading() as work:
            return enter(work.users, user, key, Role.VIEWER)[0]

    def facilities(self, user: User) -> list[Facility]:
        """Return the facilities in which the user has a role."""
        with self._units.reading() as work:
            return [facility for facility in work.users.facilities() if user.role_in(facility.key)]

    def audit(self, user: User, facility: str, *, after: int = 0) -> Iterator[Event]:
        """Yield a chain from the event behind *after* on (admin); INSTALLATION is that of users."""
        with self._units.reading() as work:
            _require_auditor(work, user, facility)
        return self._events(facility, after)

    def verify(self, user: User, facility: str) -> list[str]:
        """Return what is wrong with a chain, one line each; empty where nothing is (admin)."""
        with self._units.reading() as work:
            _require_auditor(work, user, facility)
            head = work.reviews.head(facility)
            problems = audit.verify(_events(work, facility, head.count), head)
            beyond = work.reviews.events(facility, after=head.count, limit=1)
            if beyond and work.reviews.head(facility).count == head.count:
                problems.append(
                    f"event {beyond[0].sequence} lies beyond the end of the chain at {head.count}"
                )
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

        One unit of work a facility; the same request id again goes on where it was interrupted and returns
        all of them.
        """
        require_admin(user)
        require_request_id(request_id)
        event = EventDraft(
            Action.REOPEN,
            by=user.login,
            at=self._clock.now(),
            request_id=request_id,
            text=f"edition {self._edition} ended or moved the code",
            edition=self._edition,
        )
        return self._reopen(user, event, keeps=True)

    def foresee_edition(self, user: User) -> list[Reopened]:
        """Return what `edition_changed` would reopen; nothing is changed (admin)."""
        require_admin(user)
        event = EventDraft(Action.REOPEN, by=user.login, at=self._clock.now(), request_id=new_secret())
        return self._reopen(user, event, keeps=False)

    def try_row(self, user: User, test: LocalTest) -> Item:
        """
        Return what would become of a row: an item as a list's would be, which is kept nowhere (admin).

        What a facility decided takes no part in it.
        """
        require_admin(user)
        return self._lists.try_row(test)

    def _reopen(self, user: User, event: EventDraft, *, keeps: bool) -> list[Reopened]:
        """Reopen, a facility a unit of work; what is not kept was done, and is undone."""
        reopened: list[Reopened] = []
        for facility in self.facilities(user):
            with self._units.writing() as work:
                moved = {
                    code: self._codes.successor(code)
                    for code in work.reviews.final_codes(facility.key)
                    if not self._codes.is_current(code)
                }
                reopened += work.reviews.reopen(facility.key, moved, event)
                if keeps:
                    work.commit()
        return reopened

    def _events(self, facility: str, after: int) -> Iterator[Event]:
        """Yield a chain page by page, each in a unit of its own: whoever reads may take long between them."""
        while True:
            with self._units.reading() as work:
                page = work.reviews.events(facility, after=after)
            if not page:
                return
            yield from page
            after = page[-1].sequence


def _require_auditor(work: Work, user: User, facility: str) -> None:
    if facility == INSTALLATION:
        require_admin(user)
    else:
        enter(work.users, user, facility, Role.ADMIN)


def _events(work: Work, facility: str, last: int) -> Iterator[Event]:
    """Yield a chain's events up to one."""
    after = 0
    while page := work.reviews.events(facility, after=after):
        for event in page:
            if event.sequence > last:
                return
            yield event
        after = page[-1].sequence
