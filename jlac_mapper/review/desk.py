"""The reviewers' desk: every verb of review, the same for page, gRPC and command line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import IO

from jlac_mapper.ports import Clock, Mapper
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review_ports import ReviewStore, UserStore
from jlac_mapper.review_requests import (
    Agreement,
    Counts,
    Cursor,
    ItemQuery,
    ItemView,
    Order,
    Outcome,
    Preview,
    QueuePage,
    Reopened,
)
from jlac_mapper.review_types import Action, Event, Facility, HouseName, Item, Run, User
from jlac_mapper.types import ListedCode, LocalTest

CLAIM = timedelta(minutes=15)
"""How long a claim runs; opening the item again renews it."""


class ReviewDesk:
    """
    What a signed-in user can do; the edges only translate.

    Each method takes the user first and checks the role (NotAllowedError) and that the facility is theirs
    (NotFoundError: an outsider does not learn that it exists). Methods may be called from any thread.
    """

    def __init__(
        self, *, store: ReviewStore, users: UserStore, clock: Clock, mapper: Mapper, codes: CodeSearch,
        edition: str, software: str,
    ) -> None:  # fmt: skip
        raise NotImplementedError

    # --- reading

    def queue(
        self, user: User, query: ItemQuery, *, after: Cursor | None = None, limit: int = 50
    ) -> QueuePage:
        """Return one page of the queue (viewer)."""
        raise NotImplementedError

    def counts(self, user: User, facility: str, run: int | None = None) -> Counts:
        """Return progress and rate (viewer)."""
        raise NotImplementedError

    def view(self, user: User, facility: str, item: int) -> ItemView:
        """
        Return one item with its history, house names and what the user may do (viewer).

        While a first decision waits for the blind second one, only its author sees it.
        """
        raise NotImplementedError

    def runs(self, user: User, facility: str) -> list[Run]:
        """Return the lists of a facility, the newest first (viewer)."""
        raise NotImplementedError

    def run_items(self, user: User, facility: str, run: int) -> Iterator[Item]:
        """Yield a list's items by row, cut to what the user may see: what exports are made of (viewer)."""
        raise NotImplementedError

    def search(self, user: User, facility: str, text: str, limit: int = 20) -> list[ListedCode]:
        """Search the edition by words of code, name, product, specimen and unit (viewer)."""
        raise NotImplementedError

    def contradictions(self, user: User, facility: str) -> list[HouseName]:
        """Return final decisions of one key with different codes, by key (viewer)."""
        raise NotImplementedError

    def agreement(self, user: User, facility: str) -> Agreement:
        """Return how first and second readers agree (lead)."""
        raise NotImplementedError

    # --- deciding

    def next_item(self, user: User, query: ItemQuery, *, request_id: str, after: int = 0) -> ItemView | None:
        """
        Claim and return the next item to read after *after*, from the beginning again at the end (reviewer).

        None where nothing waits for this user. An item that someone else takes at the same moment is
        passed over.
        """
        raise NotImplementedError

    def decide(self, user: User, order: Order) -> Outcome:
        """
        Do one order: any Action up to REOPEN (see workflow.py for who may do which in which state).

        Raises:
            ConflictError: The item changed since; the message shows what stands now.
            NotAllowedError: Not with this role, or not in this state.
            InvalidDecisionError: A code that is not listed, a missing question or reason.
            NotFoundError: No such item in the user's facilities.
        """
        raise NotImplementedError

    def preview(self, user: User, order: Order) -> Preview:
        """Return what *order* would do to its item and all identical open rows; nothing changes."""
        raise NotImplementedError

    def decide_identical(self, user: User, order: Order, etags: Mapping[int, int]) -> list[Outcome]:
        """
        Do *order* on the items of a preview, one event an item, all of them or none.

        Args:
            etags: Item id -> etag for the items of `Preview.changes` that the user left ticked.

        Raises:
            ConflictError: One of them changed since the preview; `item` says which. Others as `decide`.
        """
        raise NotImplementedError

    # --- lists

    def import_list(
        self, user: User, facility: str, *, file_name: str, digest: str, tests: Sequence[LocalTest],
        request_id: str, progress: Callable[[int], None] = lambda _done: None,
    ) -> Run:  # fmt: skip
        """
        Map rows (house names first) and take them into the queue in one transaction (reviewer).

        *progress* is called with the number of rows mapped so far, from this thread. An exception that it
        raises stops the import and nothing is kept.
        """
        raise NotImplementedError

    # --- administration

    def facilities(self, user: User) -> list[Facility]:
        """Return the facilities in which the user has a role."""
        raise NotImplementedError

    def save_facility(self, user: User, facility: Facility, *, request_id: str) -> None:
        """Make or change a facility (admin of the whole installation)."""
        raise NotImplementedError

    def save_user(
        self, user: User, changed: User, *, request_id: str, password_hash: str | None = None
    ) -> None:
        """Make or change a user (admin of the whole installation); nobody takes the own admin role away."""
        raise NotImplementedError

    def audit(self, user: User, facility: str) -> Iterator[Event]:
        """Yield the facility's whole chain (admin)."""
        raise NotImplementedError

    def verify(self, user: User, facility: str) -> list[str]:
        """Return what is wrong with the chain, one line each; empty: nothing (admin)."""
        raise NotImplementedError

    def export_audit(self, user: User, facility: str, out: IO[str]) -> int:
        """Write the chain as JSON lines; return how many events (admin)."""
        raise NotImplementedError

    def edition_changed(self, user: User, *, request_id: str) -> list[Reopened]:
        """Reopen, everywhere, every final decision whose code the desk's edition ended or moved (admin)."""
        raise NotImplementedError


__all__ = ["CLAIM", "Action", "ReviewDesk"]
