"""The service of review: every verb of review, the same for page, gRPC and command line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.errors import ConflictError, InvalidDecisionError, NotAllowedError
from jlac_mapper.review import blind, bulk, workflow
from jlac_mapper.review.access import enter, request_reused, require_request_id
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.commands import (
    Agreement,
    Command,
    Counts,
    Cursor,
    ItemQuery,
    ItemView,
    Outcome,
    Preview,
    QueuePage,
)
from jlac_mapper.review.model import OPEN, Action, Item, LocalAlias, Role, Run, User
from jlac_mapper.review.ports import UnitOfWork, Work
from jlac_mapper.review.table_service import TableService, cursor_of
from jlac_mapper.tables.whole import ListColumn

_CLAIM_ATTEMPTS = 20
_LARGEST_PAGE = 500
_MOST_SIMILAR = 5
"""Decided rows shown beside an item."""


@dataclass(frozen=True, slots=True)
class OpenedReview:
    """
    The service over one edition, with what the edges need beside it; `bootstrap.open_review` gives them.

    Attributes:
        review: Every verb of review.
        units: What a request that the service takes part in is one of.
        codes: The codes to search and name.
    """

    review: "ReviewService"
    units: UnitOfWork
    codes: CodeSearch


class ReviewService(TableService):
    """
    What a signed-in user can do; the edges only translate.

    Each method takes the user first and checks the role (NotAllowedError) and that the facility is theirs
    (NotFoundError: an outsider does not learn that it exists). Each is one unit of work, of its own or,
    `within` a request's, part of that; what takes long stands outside. Methods may be called from any
    thread.
    """

    # --- reading

    def queue(
        self, user: User, query: ItemQuery, *, after: Cursor | None = None, limit: int = 50
    ) -> QueuePage:
        """Return one page of the queue, of at most 500 rows (viewer)."""
        limit = max(1, min(limit, _LARGEST_PAGE))
        with self._units.reading() as work:
            enter(work.users, user, query.facility, Role.VIEWER)
            rows = work.reviews.queue(query, now=self._clock.now(), after=after, limit=limit)
        end = rows[-1] if len(rows) == limit else None
        last = Cursor(end.id, end.probability, end.standing.state) if end else None
        return QueuePage(tuple(blind.row_for(row, user.login) for row in rows), last)

    def counts(self, user: User, facility: str, run: int | None = None) -> Counts:
        """Return progress and the user's own rate; the day is the last 24 hours (viewer)."""
        now = self._clock.now()
        with self._units.reading() as work:
            enter(work.users, user, facility, Role.VIEWER)
            return Counts(
                states=work.reviews.counts(facility, run),
                by_user_today=work.reviews.decided_since(facility, user.login, now - timedelta(days=1)),
                by_user_last_hour=work.reviews.decided_since(facility, user.login, now - timedelta(hours=1)),
            )

    def view(self, user: User, facility: str, item: int) -> ItemView:
        """
        Return one item with its history, local aliases and what the user may do (viewer).

        While a first decision waits for the blind second one, only its author sees it.
        """
        with self._units.reading() as work:
            return self._view(work, user, facility, item)

    def runs(self, user: User, facility: str) -> list[Run]:
        """Return the lists of a facility, the newest first (viewer)."""
        with self._units.reading() as work:
            enter(work.users, user, facility, Role.VIEWER)
            return work.reviews.runs(facility)

    def run(self, user: User, facility: str, run: int) -> Run:
        """Return one list (viewer). Raises NotFoundError."""
        with self._units.reading() as work:
            enter(work.users, user, facility, Role.VIEWER)
            return work.reviews.run(facility, run)

    def columns(self, user: User, facility: str, run: int) -> tuple[ListColumn, ...]:
        """Return the columns of a list as its file has them; none where none were kept (viewer)."""
        with self._units.reading() as work:
            enter(work.users, user, facility, Role.VIEWER)
            return work.reviews.columns(facility, run)

    def run_items(self, user: User, facility: str, run: int) -> Iterator[Item]:
        """Yield a list's items by row, cut to what the user may see: what exports are made of (viewer)."""
        row = 0
        with self._units.reading() as work:
            enter(work.users, user, facility, Role.VIEWER)
            work.reviews.run(facility, run)
        while True:
            # A unit a page: whoever reads may take long between them.
            with self._units.reading() as work:
                page = work.reviews.run_items(facility, run, after_row=row)
            if not page:
                return
            yield from (blind.item_for(item, user.login) for item in page)
            row = page[-1].row

    def search(self, user: User, facility: str, text: str, limit: int = 20) -> list[ListedCode]:
        """Search the edition by words of code, name, product, specimen and unit (viewer)."""
        with self._units.reading() as work:
            enter(work.users, user, facility, Role.VIEWER)
        return self._codes.search(text, limit)

    def contradictions(self, user: User, facility: str) -> list[LocalAlias]:
        """Return final decisions of one key with different codes, by key (viewer)."""
        with self._units.reading() as work:
            enter(work.users, user, facility, Role.VIEWER)
            return work.reviews.contradictions(facility)

    def agreement(self, user: User, facility: str) -> Agreement:
        """Return how first and second readers agree (lead)."""
        with self._units.reading() as work:
            enter(work.users, user, facility, Role.LEAD)
            return blind.agreement(work.reviews.readings(facility))

    # --- deciding

    def next_item(self, user: User, query: ItemQuery, *, request_id: str, after: int = 0) -> ItemView | None:
        """
        Claim and return the next item to read after *after*, from the beginning again at the end (reviewer).

        None where nothing waits for this user. An item that someone else takes at the same moment is
        passed over.
        """
        with self._units.writing() as work:
            enter(work.users, user, query.facility, Role.REVIEWER)
            require_request_id(request_id)
            if earlier := work.reviews.done(query.facility, request_id):
                first = earlier[0].draft
                if first.action is not Action.CLAIM or first.item is None or first.by != user.login:
                    raise request_reused(request_id)
                return self._view(work, user, query.facility, first.item)
            claimed = self._claim(work, user, query, request_id, after)
            view = self._view(work, user, query.facility, claimed) if claimed is not None else None
            work.commit()
        return view

    def decide(self, user: User, command: Command) -> Outcome:
        """
        Do one command: any Action up to REOPEN (see workflow.RULES for who may do which in which state).

        Raises:
            ConflictError: The item changed since; the message shows what stands now.
            NotAllowedError: Not with this role, or not in this state.
            InvalidDecisionError: A code that is not listed, a missing question or reason.
            NotFoundError: No such item in the user's facilities.
        """
        with self._units.writing() as work:
            [outcome] = self._turns.take(work, user, [command])
            work.commit()
        return outcome

    def preview(self, user: User, command: Command) -> Preview:
        """
        Return what *command* (a decision or SEND_BACK) would do to its item and open rows like it.

        The item itself is first; at most 500 rows. Nothing changes. Identical rows are meant unless a person
        leaves them out, twins only where one takes them in. The code is the one that *command* means
        for its item: for the others it becomes CONFIRM, CHOOSE or PICK as their own candidates are.
        """
        with self._units.reading() as work:
            facility, role = enter(work.users, user, command.facility, Role.REVIEWER)
            items = bulk.alike(work.reviews, command)
            commands = bulk.commands(command, items, self._codes.is_current)
            pairs = list(zip(commands, items, strict=True))
            changes, errors = self._turns.try_out(work, user, role, facility, pairs)
        shown = [(blind.item_for(item, user.login), standing) for item, standing in changes]
        return Preview(
            tuple((item, standing) for item, standing in shown if item.key == items[0].key),
            tuple((item, standing) for item, standing in shown if item.key != items[0].key),
            tuple((blind.item_for(item, user.login), str(error)) for _, item, error in errors),
        )

    def decide_identical(self, user: User, command: Command, etags: Mapping[int, int]) -> list[Outcome]:
        """
        Do *command* on the items of a preview, one event an item, all of them or none.

        Args:
            etags: Item id -> etag for the items of `Preview.changes` that the user left ticked, and those of
                `Preview.twins` that the user ticked.

        Raises:
            ConflictError: One of them changed since the preview; `item` says which. Others as `decide`.
        """
        with self._units.writing() as work:
            enter(work.users, user, command.facility, Role.REVIEWER)
            if earlier := self._turns.repeated(work, user, command):
                return earlier
            items = bulk.alike(work.reviews, command)
            meant = bulk.commands(command, items, self._codes.is_current)
            ticked = [replace(one, etag=etags[one.item]) for one in meant if one.item in etags]
            if missing := set(etags) - {one.item for one in ticked}:
                item = min(missing)
                raise ConflictError(
                    f"item {item} is no longer open and identical, nor a twin: preview again", item=item
                )
            if not ticked:
                raise InvalidDecisionError("no row is ticked")
            outcomes = self._turns.take(work, user, ticked)
            work.commit()
        return outcomes

    def _view(self, work: Work, user: User, facility: str, item: int) -> ItemView:
        entered, role = enter(work.users, user, facility, Role.VIEWER)
        found = work.reviews.item(facility, item)
        history = tuple(work.reviews.history(facility, item))
        alike = set(work.reviews.identical(facility, found.key, OPEN)) - {item}
        near = set(work.reviews.twins(facility, found.twin_key, OPEN)) - alike - {item}
        return ItemView(
            item=blind.item_for(found, user.login),
            history=blind.history_for(history, found.standing, entered, user.login),
            identical=len(alike),
            twins=len(near),
            local_aliases=tuple(work.reviews.local_aliases(facility, [found.key]).get(found.key, ())),
            similar=tuple(work.reviews.similar(facility, item, _MOST_SIMILAR)),
            allowed=workflow.allowed(
                found, login=user.login, role=role, now=self._clock.now(), last=workflow.last_turn(history)
            ),
            columns=work.reviews.columns(facility, found.run),
        )

    def _claim(self, work: Work, user: User, query: ItemQuery, request_id: str, after: int) -> int | None:
        """Claim the next item and return its id, None where nothing waits for this user."""
        facility = query.facility
        known = work.reviews.items(facility, [after]) if after else []
        at = cursor_of(known[0]) if known else None
        for _ in range(_CLAIM_ATTEMPTS):
            found = work.reviews.next_for(query, user.login, now=self._clock.now(), after=at)
            if found is None and at is None:
                return None
            if found is None:
                at = None
                continue
            item = work.reviews.item(facility, found)
            try:
                self._turns.take(work, user, [Command(facility, found, item.etag, Action.CLAIM, request_id)])
            except (ConflictError, NotAllowedError):  # someone else was quicker
                continue
            return found
        raise ConflictError("others take the items faster than one can be given to you: try again")
