"""The service of review: every verb of review, the same for page, gRPC and command line."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.errors import ConflictError, InvalidDecisionError, NotAllowedError
from jlac_mapper.ports import Clock, Mapper
from jlac_mapper.review import blind, bulk, workflow
from jlac_mapper.review.access import enter, request_reused, require_request_id
from jlac_mapper.review.admin_service import AdminService
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
from jlac_mapper.review.model import OPEN, Action, HouseName, Item, Role, Run, User
from jlac_mapper.review.ports import ReviewStore, UserStore
from jlac_mapper.review.turns import Turns

_CLAIM_ATTEMPTS = 20
_LARGEST_PAGE = 500


class OpenedReview(Protocol):
    """The service with what the edges need beside it; `bootstrap.open_review` gives them."""

    @property
    def review(self) -> "ReviewService":
        """Every verb of review."""
        ...

    @property
    def users(self) -> UserStore:
        """Who may come in."""
        ...

    @property
    def codes(self) -> CodeSearch:
        """Names of codes."""
        ...


class ReviewService(AdminService):
    """
    What a signed-in user can do; the edges only translate.

    Each method takes the user first and checks the role (NotAllowedError) and that the facility is theirs
    (NotFoundError: an outsider does not learn that it exists). Methods may be called from any thread.
    """

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
        super().__init__(store=store, users=users, clock=clock, mapper=mapper, codes=codes, edition=edition)
        self._turns = Turns(store, users, clock, codes, edition)

    # --- reading

    def queue(
        self, user: User, query: ItemQuery, *, after: Cursor | None = None, limit: int = 50
    ) -> QueuePage:
        """Return one page of the queue, of at most 500 rows (viewer)."""
        enter(self._users, user, query.facility, Role.VIEWER)
        limit = max(1, min(limit, _LARGEST_PAGE))
        rows = self._store.queue(query, now=self._clock.now(), after=after, limit=limit)
        last = Cursor(rows[-1].id, rows[-1].probability) if len(rows) == limit else None
        return QueuePage(tuple(blind.row_for(row, user.login) for row in rows), last)

    def counts(self, user: User, facility: str, run: int | None = None) -> Counts:
        """Return progress and the user's own rate; the day is the last 24 hours (viewer)."""
        enter(self._users, user, facility, Role.VIEWER)
        now = self._clock.now()
        return Counts(
            states=self._store.counts(facility, run),
            by_user_today=self._store.decided_since(facility, user.login, now - timedelta(days=1)),
            by_user_last_hour=self._store.decided_since(facility, user.login, now - timedelta(hours=1)),
        )

    def view(self, user: User, facility: str, item: int) -> ItemView:
        """
        Return one item with its history, house names and what the user may do (viewer).

        While a first decision waits for the blind second one, only its author sees it.
        """
        entered, role = enter(self._users, user, facility, Role.VIEWER)
        found = self._store.item(facility, item)
        history = tuple(self._store.history(facility, item))
        alike = self._store.identical(facility, found.key, OPEN)
        return ItemView(
            item=blind.item_for(found, user.login),
            history=blind.history_for(history, found.standing, entered, user.login),
            identical=sum(other != item for other in alike),
            house_names=tuple(self._store.house_names(facility, [found.key]).get(found.key, ())),
            allowed=workflow.allowed(
                found, login=user.login, role=role, now=self._clock.now(), last=workflow.last_turn(history)
            ),
        )

    def runs(self, user: User, facility: str) -> list[Run]:
        """Return the lists of a facility, the newest first (viewer)."""
        enter(self._users, user, facility, Role.VIEWER)
        return self._store.runs(facility)

    def run_items(self, user: User, facility: str, run: int) -> Iterator[Item]:
        """Yield a list's items by row, cut to what the user may see: what exports are made of (viewer)."""
        enter(self._users, user, facility, Role.VIEWER)
        self._store.run(facility, run)
        row = 0
        while page := self._store.run_items(facility, run, after_row=row):
            yield from (blind.item_for(item, user.login) for item in page)
            row = page[-1].row

    def search(self, user: User, facility: str, text: str, limit: int = 20) -> list[ListedCode]:
        """Search the edition by words of code, name, product, specimen and unit (viewer)."""
        enter(self._users, user, facility, Role.VIEWER)
        return self._codes.search(text, limit)

    def contradictions(self, user: User, facility: str) -> list[HouseName]:
        """Return final decisions of one key with different codes, by key (viewer)."""
        enter(self._users, user, facility, Role.VIEWER)
        return self._store.contradictions(facility)

    def agreement(self, user: User, facility: str) -> Agreement:
        """Return how first and second readers agree (lead)."""
        enter(self._users, user, facility, Role.LEAD)
        return blind.agreement(self._store.readings(facility))

    # --- deciding

    def next_item(self, user: User, query: ItemQuery, *, request_id: str, after: int = 0) -> ItemView | None:
        """
        Claim and return the next item to read after *after*, from the beginning again at the end (reviewer).

        None where nothing waits for this user. An item that someone else takes at the same moment is
        passed over.
        """
        enter(self._users, user, query.facility, Role.REVIEWER)
        require_request_id(request_id)
        earlier = self._store.done(query.facility, request_id)
        if earlier:
            first = earlier[0].draft
            if first.action is not Action.CLAIM or first.item is None or first.by != user.login:
                raise request_reused(request_id)
            return self.view(user, query.facility, first.item)
        at = self._cursor(query.facility, after)
        for _ in range(_CLAIM_ATTEMPTS):
            found = self._store.next_for(query, user.login, now=self._clock.now(), after=at)
            if found is None and at is not None:
                at = None
                continue
            if found is None:
                return None
            item = self._store.item(query.facility, found)
            try:
                self.decide(user, Command(query.facility, found, item.etag, Action.CLAIM, request_id))
            except (ConflictError, NotAllowedError):  # someone else was quicker
                continue
            return self.view(user, query.facility, found)
        raise ConflictError("others take the items faster than one can be given to you: try again")

    def decide(self, user: User, command: Command) -> Outcome:
        """
        Do one command: any Action up to REOPEN (see workflow.RULES for who may do which in which state).

        Raises:
            ConflictError: The item changed since; the message shows what stands now.
            NotAllowedError: Not with this role, or not in this state.
            InvalidDecisionError: A code that is not listed, a missing question or reason.
            NotFoundError: No such item in the user's facilities.
        """
        return self._turns.take(user, [command])[0]

    def preview(self, user: User, command: Command) -> Preview:
        """
        Return what *command* (a decision or SEND_BACK) would do to its item and the identical open rows.

        The item itself is first; at most 500 rows. Nothing changes. The code is the one that *command* means
        for its item: for the others it becomes CONFIRM, CHOOSE or PICK as their own candidates are.
        """
        facility, role = enter(self._users, user, command.facility, Role.REVIEWER)
        items = bulk.identical(self._store, command)
        commands = bulk.commands(command, items, self._codes.is_current)
        changes, refused = self._turns.foresee(user, role, facility, list(zip(commands, items, strict=True)))
        return Preview(
            tuple((blind.item_for(item, user.login), standing) for item, standing in changes),
            tuple((blind.item_for(item, user.login), why) for item, why in refused),
        )

    def decide_identical(self, user: User, command: Command, etags: Mapping[int, int]) -> list[Outcome]:
        """
        Do *command* on the items of a preview, one event an item, all of them or none.

        Args:
            etags: Item id -> etag for the items of `Preview.changes` that the user left ticked.

        Raises:
            ConflictError: One of them changed since the preview; `item` says which. Others as `decide`.
        """
        enter(self._users, user, command.facility, Role.REVIEWER)
        if earlier := self._turns.repeated(user, command):
            return earlier
        items = bulk.identical(self._store, command)
        ticked = [one for one in bulk.commands(command, items, self._codes.is_current) if one.item in etags]
        if missing := set(etags) - {one.item for one in ticked}:
            item = min(missing)
            raise ConflictError(f"item {item} is no longer open and identical: preview again", item=item)
        if not ticked:
            raise InvalidDecisionError("no row is ticked")
        return self._turns.take(user, [replace(one, etag=etags[one.item]) for one in ticked])

    def _cursor(self, facility: str, after: int) -> Cursor | None:
        found = self._store.items(facility, [after]) if after else []
        return Cursor(after, found[0].mapping.probability) if found else None
