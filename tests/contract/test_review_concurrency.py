"""
Twenty reviewers at once: no decision is lost or doubled, and nothing fails but honest conflicts.

They share four Database objects, as the threads of four servers do.
"""

import random
import threading
import time
from collections import Counter

from jlac_mapper.errors import ConflictError
from jlac_mapper.review.commands import Command, ItemQuery
from jlac_mapper.review.model import DECISIONS, WAITING, Action, ItemState, Role, User
from jlac_mapper.review.service import ReviewService
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.storage.users import SqlUserStore
from jlac_mapper.storage.work import SqlUnitOfWork
from tests.support.fakes import ScriptedMapper
from tests.support.review_values import CODES, StandingClock, a_draft, a_run, new_items, without_notes

REVIEWERS, SERVERS, EACH, ITEMS = 20, 4, 6, 300
DEADLINE_SECONDS = 600.0
QUERY = ItemQuery("h1", states=WAITING)
ADMIN = User("root", "Root", {"": Role.ADMIN})


def open_review(database: Database) -> ReviewService:
    return ReviewService(
        units=SqlUnitOfWork(database),
        clock=StandingClock(),
        mapper=ScriptedMapper({}),
        codes=CODES,
        without_notes=without_notes,
        edition="2025",
    )


class Reviewer(threading.Thread):
    """Decides EACH items without pause; half the time tries what another may have been given."""

    def __init__(self, review: ReviewService, number: int, until: float) -> None:
        super().__init__()
        self.user = User(f"r{number}", "R", {"h1": Role.REVIEWER})
        self.rng = random.Random(number)
        self.review, self.until, self.requests = review, until, 0
        self.told: list[tuple[int, int]] = []
        self.seen: Counter[str] = Counter()

    def request(self) -> str:
        self.requests += 1
        return f"{self.user.login} {self.requests}"

    def run(self) -> None:
        while len(self.told) < EACH and time.monotonic() < self.until:
            try:
                self.decide(self.review)
            except ConflictError:
                self.seen["conflict"] += 1
            except Exception as error:
                self.seen[f"{type(error).__name__}: {error}"] += 1

    def decide(self, review: ReviewService) -> None:
        if self.rng.random() < 0.5:
            rows = review.queue(self.user, QUERY, limit=5).rows
            item, etag = self.rng.choice([(row.id, row.etag) for row in rows])
        else:
            view = review.next_item(self.user, QUERY, request_id=self.request())
            assert view is not None
            item, etag = view.item.id, view.item.etag
        command = Command("h1", item, etag, Action.NO_CODE, self.request())
        outcomes = [review.decide(self.user, command), review.decide(self.user, command)]
        assert [outcome.repeated for outcome in outcomes] == [False, True]
        self.told.append((outcomes[0].event.sequence, item))


def test_twenty_reviewers_at_once_lose_and_double_nothing(
    review_database: Database, users: SqlUserStore
) -> None:
    assert users.facility("h1")
    names = [f"name {number}" for number in range(ITEMS)]
    SqlReviewStore(review_database).import_run(a_run(), new_items(*names), a_draft(Action.IMPORT))
    url = review_database.url.render_as_string(hide_password=False)
    # SQLite lets writers wait in no order: how long the last one waits is a matter of the machine.
    servers = [Database(url, busy_seconds=DEADLINE_SECONDS) for _ in range(SERVERS)]
    reviews = [open_review(database) for database in servers]
    assert all(review.facilities(ADMIN) for review in reviews)  # all of them are open
    until = time.monotonic() + DEADLINE_SECONDS
    reviewers = [Reviewer(reviews[number % SERVERS], number, until) for number in range(REVIEWERS)]
    for reviewer in reviewers:
        reviewer.start()
    for reviewer in reviewers:
        reviewer.join()
    for database in servers:
        database.close()
    seen = sum((reviewer.seen for reviewer in reviewers), Counter[str]())
    assert set(seen) <= {"conflict"}, seen
    review = open_review(review_database)
    told = sorted(pair for reviewer in reviewers for pair in reviewer.told)
    kept = [
        (event.sequence, event.draft.item)
        for event in review.audit(ADMIN, "h1")
        if event.draft.action in DECISIONS
    ]
    assert told == kept
    assert len(told) == REVIEWERS * EACH
    assert max(Counter(item for _, item in told).values()) == 1
    assert review.counts(ADMIN, "h1").states[ItemState.FINAL] == len(told)
    assert review.verify(ADMIN, "h1") == []
