"""What review asks of a database. One contract suite runs over every adapter, on SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from jlac_mapper.review.commands import Cursor, Facets, ItemQuery, QueueRow, Reopened
from jlac_mapper.review.model import (
    ChainHead,
    Change,
    Event,
    EventDraft,
    Facility,
    Item,
    ItemState,
    LocalAlias,
    NewItem,
    NewRun,
    Run,
    Session,
    User,
)
from jlac_mapper.review.rules import KeptRule, Rule
from jlac_mapper.tables.whole import ListColumn


class UnitOfWork(Protocol):
    """
    Gives the stores over one transaction: what a request asks and changes is all of one moment.

    DatabaseError comes from any use of it where the database cannot be used.
    """

    def reading(self) -> AbstractContextManager["Work"]:
        """Give the stores to read with; nobody waits for this unit, and it waits for nobody."""
        ...

    def writing(self) -> AbstractContextManager["Work"]:
        """
        Give the stores to read and write with; without `Work.commit` nothing of it is kept.

        On SQLite there is one such unit at a time, so what takes long is done outside.
        """
        ...


class Work(UnitOfWork, Protocol):
    """
    An open unit of work.

    A unit that is opened inside it joins it: it is kept when both are committed, and where it is not
    committed it alone is undone. Inside a unit that reads none can write (RuntimeError).
    """

    @property
    def reviews(self) -> "ReviewStore":
        """Lists, items, events and local aliases."""
        ...

    @property
    def users(self) -> "UserStore":
        """Facilities, users and their sessions."""
        ...

    def commit(self) -> None:
        """Keep what was written; nothing more can be asked of this unit. For one that reads it is no news."""
        ...


class ReviewStore(Protocol):
    """
    Keeps lists, items, events and local aliases; knows no rule of who may do what.

    Every method is about one facility and never shows another's rows. What a method writes is kept with its
    unit of work. Events get their place in the facility's chain there, one writer of a facility at a time:
    from the first event on until the unit ends.
    """

    def import_run(
        self, run: NewRun, items: Sequence[NewItem], event: EventDraft, columns: Sequence[ListColumn] = ()
    ) -> Run:
        """
        Take a list in, with every column that it has; the same facility and request id again returns the
        first run.

        A row that would wait for a person while an item with the same alias key and local code is open gets
        no item of its own: the open one answers it, in `run_items`, `counts` and the queue of the run.

        Raises:
            NotFoundError: No such facility.
        """
        ...

    def runs(self, facility: str) -> list[Run]:
        """Return the lists, the newest first."""
        ...

    def run(self, facility: str, run: int) -> Run:
        """Return one list. Raises NotFoundError."""
        ...

    def columns(self, facility: str, run: int) -> tuple[ListColumn, ...]:
        """Return the columns of a list, in place; none where none were kept. Raises NotFoundError."""
        ...

    def item(self, facility: str, item: int) -> Item:
        """Return one item. Raises NotFoundError."""
        ...

    def items(self, facility: str, ids: Sequence[int]) -> list[Item]:
        """Return items by rising id; unknown ones and those of other facilities are left out."""
        ...

    def run_items(self, facility: str, run: int, *, after_row: int = 0, limit: int = 500) -> list[Item]:
        """Return a list's items by row: read it to its end with the last row as *after_row*."""
        ...

    def queue(
        self,
        query: ItemQuery,
        *,
        now: datetime,
        after: Cursor | None = None,
        limit: int = 50,
        backwards: bool = False,
    ) -> list[QueueRow]:
        """Return the rows behind a cursor in the query's order, or those before it, the nearest first."""
        ...

    def facets(self, query: ItemQuery) -> Facets:
        """
        Return how many items a query finds, and how many for each value of each facet.

        A running claim is no state here: IN_REVIEW finds nothing. An item that answers rows of later lists
        counts for each of those lists, and once in all.
        """
        ...

    def next_for(
        self, query: ItemQuery, login: str, *, now: datetime, after: Cursor | None = None
    ) -> int | None:
        """
        Return the first item (id) behind a cursor that *login* may read next; None where there is none.

        Of the query's states, without items claimed by or assigned to someone else, and without those
        whose first reader *login* was.
        """
        ...

    def identical(self, facility: str, key: str, states: Sequence[ItemState]) -> list[int]:
        """Return the ids of the items with an alias key in some states, rising."""
        ...

    def twins(self, facility: str, twin_key: str, states: Sequence[ItemState]) -> list[int]:
        """Return the ids of the items with a twin key in some states, rising; the identical among them."""
        ...

    def counts(self, facility: str, run: int | None = None) -> dict[ItemState, int]:
        """Return how many items stand in each stored state; absent states have none."""
        ...

    def decided_since(self, facility: str, login: str, since: datetime) -> int:
        """Return how many decisions (DECISIONS and SETTLE) a user made since a moment."""
        ...

    def apply(self, facility: str, changes: Sequence[Change], request_id: str) -> tuple[list[Event], bool]:
        """
        Make changes and append their events; only where every etag still holds.

        Returns:
            The events, and False; or, where the request id was used before in the facility, the events
            of that time and True, and nothing is changed.

        Raises:
            ConflictError: An etag no longer holds (`item` says which one); the unit must not be committed.
            NotFoundError: An item is not there; likewise.
        """
        ...

    def hold(self, facility: str) -> None:
        """Wait for the other writers of a facility's chain; until the unit ends there is none but this."""
        ...

    def done(self, facility: str, request_id: str) -> list[Event]:
        """Return the events of an earlier request; none where it is new."""
        ...

    def history(self, facility: str, item: int) -> list[Event]:
        """Return an item's events, oldest first; the import is its run's."""
        ...

    def events(self, facility: str, *, after: int = 0, limit: int = 1000) -> list[Event]:
        """Return events of a chain by sequence: read it to its end with the last sequence as *after*."""
        ...

    def head(self, facility: str) -> ChainHead:
        """Return the chain's length and last hash, as kept apart from the events."""
        ...

    def local_aliases(self, facility: str, keys: Sequence[str]) -> dict[str, list[LocalAlias]]:
        """Return the final decisions of each alias key, the newest first; absent keys have none."""
        ...

    def local_aliases_elsewhere(self, facility: str, keys: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return key -> code -> how many other facilities decided so; it does not tell which ones."""
        ...

    def similar(self, facility: str, item: int, limit: int) -> list[LocalAlias]:
        """
        Return final decisions of other names that are an item's twins or were read as the same concept.

        One a name and code, the newest first. Identical rows are no others: `local_aliases` has them.

        Raises:
            NotFoundError: No such item.
        """
        ...

    def contradictions(self, facility: str) -> list[LocalAlias]:
        """Return the final decisions of every key that has more than one code, by key, newest first."""
        ...

    def readings(self, facility: str) -> dict[tuple[str, str], int]:
        """Return (first code, second code) -> number of items that two people read."""
        ...

    def final_codes(self, facility: str) -> dict[str, int]:
        """Return code -> number of final decisions, UNCODABLE left out."""
        ...

    def rules(self, facility: str) -> list[KeptRule]:
        """Return the facility rules that hold, the oldest first."""
        ...

    def keep_rules(self, facility: str, rules: Sequence[Rule], event: EventDraft) -> int:
        """
        Keep rules of one answer and return its number; each ends an earlier one of the same scope.

        The same facility and request id again returns the first number.
        """
        ...

    def end_rules(self, facility: str, answer: int, event: EventDraft) -> list[Rule]:
        """End the rules of an answer and return them. Raises NotFoundError where none of it holds."""
        ...

    def helped_by_rules(self, facility: str) -> list[int]:
        """Return the ids of accepted items that say SITE_RULE, rising."""
        ...

    def reopen(self, facility: str, moved: Mapping[str, str], event: EventDraft) -> list[Reopened]:
        """
        Reopen every final decision for the codes of *moved* (code -> successor, or "").

        Each gets an event like *event* with its item, before and after; its proposal becomes the
        successor, its readings are cleared, and CODE_ENDED joins its reasons.
        """
        ...


class Passwords(Protocol):
    """What is kept of passwords. Both methods take tens of milliseconds on purpose: not in a transaction."""

    def hash(self, password: str) -> str:
        """Return what to keep for a password."""
        ...

    def verify(self, saved: str, password: str) -> bool:
        """Tell whether *password* is the one of what was kept; "" is nobody's and takes as long."""
        ...


class UserStore(Protocol):
    """Keeps facilities, users, their sessions and failed sign-ins."""

    def facilities(self) -> list[Facility]:
        """Return every facility by key."""
        ...

    def facility(self, key: str) -> Facility:
        """Return one facility. Raises NotFoundError."""
        ...

    def save_facility(self, facility: Facility, event: EventDraft) -> None:
        """Make or change a facility, with an event in the installation's chain."""
        ...

    def users(self) -> list[User]:
        """Return every user by login."""
        ...

    def user(self, login: str) -> User:
        """Return one user. Raises NotFoundError."""
        ...

    def user_by_subject(self, subject: str) -> User:
        """Return the user with an OIDC subject (`issuer|sub`). Raises NotFoundError."""
        ...

    def save_user(self, user: User, event: EventDraft, *, password_hash: str | None = None) -> None:
        """
        Make or change a user, with an event in the installation's chain.

        *password_hash* None keeps the one there is, "" takes it away. A user who is no longer active, or
        whose password changes, loses every session.
        """
        ...

    def password_hash(self, login: str) -> str:
        """Return a user's password hash as saved (argon2), "" without one. Raises NotFoundError."""
        ...

    def save_session(self, session: Session) -> None:
        """Keep a session; ended ones of every user are removed on the way."""
        ...

    def session(self, token_digest: str, now: datetime) -> Session | None:
        """Return a session that has not ended."""
        ...

    def end_session(self, token_digest: str) -> None:
        """Forget a session; none is no error."""
        ...

    def record_failed_sign_in(self, keys: Sequence[str], at: datetime) -> None:
        """Count one failure a key, such as `login:a` or `address:2001:db8::7`; older than a day go."""
        ...

    def failed_sign_ins(self, key: str, since: datetime) -> int:
        """Return how many failures a key has since a moment."""
        ...
