"""
Is review quick and safe? A queue of 100,000 items, 20 reviewers at once, a new edition, on a real database.

The queue holds rows that the real mapper answered, as a hospital's lists would fill it. Without --database an
SQLite file in a temporary folder is used; the named database must be empty and is left full.

    python eval/bench_review.py --items 100000 --seconds 120
    python eval/bench_review.py --database postgresql://user@host/empty
"""

import argparse
import json
import random
import statistics
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench_throughput import make_tests
from sqlalchemy import Engine, event

from jlac_mapper.bootstrap import App, build_app, open_people, open_review
from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.config import Settings
from jlac_mapper.errors import ConflictError
from jlac_mapper.review.commands import Command, ItemOrder, ItemQuery, TableOrder
from jlac_mapper.review.lists import first_standing
from jlac_mapper.review.local_aliases import alias_key
from jlac_mapper.review.model import (
    WAITING,
    Action,
    EventDraft,
    Facility,
    ItemState,
    NewItem,
    NewRun,
    Role,
    Standing,
    User,
)
from jlac_mapper.review.ports import ReviewStore
from jlac_mapper.review.service import ReviewService
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.types import LocalTest, MapOptions, MappingResult, Reason

FACILITY = "h1"
ADMIN = User("admin", "Admin", {"": Role.ADMIN})
TARGETS = {
    "import_seconds": 30.0,
    "next_ms_p95": 10.0,
    "table_ms_p95": 500.0,
    "reopen_seconds": 60.0,
    "errors": 0,
    "lost": 0,
}
_LIST_ROWS = 3_000


def request_id() -> str:
    return uuid.uuid4().hex


def fill(
    store: ReviewStore, answers: list[tuple[LocalTest, MappingResult]], items: int, facility: str
) -> float:
    """Take in lists until *items* wait; return the seconds of the slowest list."""
    slowest = 0.0
    for start in range(0, items, _LIST_ROWS):
        rows = []
        for number in range(start, min(start + _LIST_ROWS, items)):
            test, mapping = answers[number % len(answers)]
            test = replace(test, name=f"{test.name} {number // len(answers)}", local_code=str(number))
            standing = Standing(ItemState.PROPOSED, proposal=first_standing(mapping).proposal)
            rows.append(NewItem(test, mapping, alias_key(test), standing))
        now = datetime.now(UTC)
        run = NewRun(facility, f"list-{start}.csv", f"{start:064}", "bench", "bench", now)
        begun = time.perf_counter()
        store.import_run(run, rows, EventDraft(Action.IMPORT, "admin", now, request_id()))
        slowest = max(slowest, time.perf_counter() - begun)
    return slowest


def percentiles(work: Callable[[int], Any], times: int) -> dict[str, float]:
    """Return the median and the 95th percentile of *times* calls, in milliseconds."""
    spent = []
    for number in range(times):
        begun = time.perf_counter()
        work(number)
        spent.append(1000 * (time.perf_counter() - begun))
    spent.sort()
    return {"p50": round(statistics.median(spent), 2), "p95": round(spent[int(0.95 * (times - 1))], 2)}


def queue_figures(review: ReviewService, store: ReviewStore, items: int) -> dict[str, Any]:
    """Time what a reviewer's page asks for while everything waits."""
    now = datetime.now(UTC)
    every = ItemQuery(FACILITY, states=WAITING)
    queries = {
        "all": every,
        "middle run": replace(every, run=store.runs(FACILITY)[-(items // _LIST_ROWS // 2) - 1].id),
        "reason": replace(every, reason=Reason.UNIT_ASSUMED),
        "rare reason": replace(every, reason=Reason.JLAC10_CONFLICT),
        "section": replace(every, section="V"),
        "probability 0.5-0.6": replace(every, min_probability=0.5, max_probability=0.6),
        "reason, section, probability": replace(
            every, reason=Reason.SPECIMEN_ASSUMED, section="E", min_probability=0.8
        ),
        "by probability": replace(every, order=ItemOrder.PROBABILITY),
        "reason by probability": replace(
            every, order=ItemOrder.PROBABILITY, reason=Reason.NAME_PARTLY_EXPLAINED
        ),
        "assigned to nobody": replace(every, assigned_to=""),
    }
    tables = {
        "all": every,
        "by name": replace(every, order=TableOrder.NAME),
        "by state": replace(every, order=TableOrder.STATE),
        "least probable first": replace(every, order=TableOrder.UNCERTAIN),
        "text": replace(every, text="ast"),
        "text that nothing has": replace(every, text="nothing at all"),
        "text by name": replace(every, text="ast", order=TableOrder.NAME),
        "main reason": replace(every, main_reason=Reason.UNIT_ASSUMED),
    }
    figures: dict[str, Any] = {"page_ms": {}, "next_ms": {}, "table_ms": {}}
    for name, query in tables.items():
        figures["table_ms"][name] = percentiles(
            lambda _, q=query: (review.queue(ADMIN, q, limit=100), review.facets(ADMIN, q)), 10
        )
    for name, query in queries.items():
        figures["page_ms"][name] = percentiles(lambda _, q=query: review.queue(ADMIN, q), 20)
        figures["next_ms"][name] = percentiles(lambda _, q=query: store.next_for(q, "a", now=now), 20)
    figures["deep_page_ms"] = percentiles(
        lambda n: store.queue(every, now=now, after=_deep(items, n), limit=50), 20
    )
    figures["counts_ms"] = percentiles(lambda _: review.counts(ADMIN, FACILITY), 20)
    figures["counts_of_run_ms"] = percentiles(lambda _: review.counts(ADMIN, FACILITY, 1), 20)
    reviewer = User("solo", "Solo", {FACILITY: Role.REVIEWER})

    def one(_number: int) -> None:
        view = review.next_item(reviewer, every, request_id=request_id())
        assert view is not None
        review.decide(reviewer, command_for(view.item.id, view.item.etag))

    figures["next_and_decide_ms"] = percentiles(one, 200)
    figures["next_and_decide_transactions"] = transactions(lambda: one(0))
    return figures


def transactions(work: Callable[[], Any]) -> int:
    """Return how many transactions *work* begins."""
    begun = 0

    def count(_connection: object) -> None:
        nonlocal begun
        begun += 1

    event.listen(Engine, "begin", count)
    try:
        work()
    finally:
        event.remove(Engine, "begin", count)
    return begun


def _deep(items: int, number: int) -> Any:
    from jlac_mapper.review.commands import Cursor

    return Cursor(items // 2 + number)


def command_for(item: int, etag: int) -> Command:
    return Command(FACILITY, item, etag, Action.NO_CODE, request_id())


def concurrent(review: ReviewService, reviewers: int, seconds: float) -> dict[str, Any]:
    """Let reviewers decide at once and hold what they were told against the trail."""
    stop = time.monotonic() + seconds
    acknowledged: list[tuple[int, int]] = []
    seen: Counter[str] = Counter()
    spent: list[float] = []
    lock = threading.Lock()

    def work(number: int) -> None:
        user = User(f"r{number}", "R", {FACILITY: Role.REVIEWER})
        rng = random.Random(number)
        while time.monotonic() < stop:
            begun = time.perf_counter()
            try:
                item, etag = find(review, user, rng)
                outcome = review.decide(user, command_for(item, etag))
                with lock:
                    seen["decided"] += 1
                    acknowledged.append((outcome.event.sequence, item))
                    spent.append(time.perf_counter() - begun)
            except ConflictError:
                seen["conflicts"] += 1
            except Exception as error:
                seen[f"error {type(error).__name__}: {error}"[:120]] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(reviewers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "reviewers": reviewers,
        "seconds": seconds,
        **seen,
        "ms_p50": round(1000 * statistics.median(spent), 1),
        "ms_p95": round(1000 * sorted(spent)[int(0.95 * (len(spent) - 1))], 1),
        **check(review, acknowledged),
    }


def find(review: ReviewService, user: User, rng: random.Random) -> tuple[int, int]:
    """Return an item and its etag: mostly one of the user's own, one in five what others may be reading."""
    query = ItemQuery(FACILITY, states=WAITING)
    if rng.random() < 0.2:
        row = rng.choice(review.queue(user, query, limit=20).rows)
        return row.id, row.etag
    view = review.next_item(user, query, request_id=request_id())
    if view is None:
        raise RuntimeError("the queue is too short for this run")
    return view.item.id, view.item.etag


def check(review: ReviewService, acknowledged: list[tuple[int, int]]) -> dict[str, int]:
    """Hold the acknowledged decisions against the trail: lost ones, items decided twice, broken links."""
    decided = {e.sequence: e.draft.item for e in review.audit(ADMIN, FACILITY) if e.draft.code == UNCODABLE}
    twice = sum(count > 1 for count in Counter(decided.values()).values())
    lost = sum(decided.get(sequence) != item for sequence, item in acknowledged)
    return {"lost": lost, "decided_twice": twice, "broken_links": len(review.verify(ADMIN, FACILITY))}


def reopen_seconds(store: ReviewStore, answers: list[tuple[LocalTest, MappingResult]], items: int) -> float:
    """Fill a facility with final decisions, end one code in ten, and time what reopens them."""
    coded = [(test, mapping) for test, mapping in answers if mapping.jlac11]
    rows = []
    for number in range(items):
        test, mapping = coded[number % len(coded)]
        standing = Standing(ItemState.FINAL, code=mapping.jlac11, proposal=mapping.jlac11)
        rows.append(NewItem(test, mapping, alias_key(test), standing))
    now = datetime.now(UTC)
    run = NewRun("final", "final.csv", "1" * 64, "bench", "bench", now)
    store.import_run(run, rows, EventDraft(Action.IMPORT, "admin", now, request_id()))
    begun = time.perf_counter()
    codes = sorted(store.final_codes("final"))
    moved = dict.fromkeys(codes, codes[0])  # the worst case: every decision
    found = store.reopen("final", moved, EventDraft(Action.REOPEN, "admin", now, request_id()))
    assert len(found) == items
    return time.perf_counter() - begun


def open_app(database: str) -> App:
    return build_app(Settings(database_url=database), master="starter")


def run(database: str, items: int, seconds: float, reviewers: int) -> dict[str, Any]:
    """Measure everything once and compare with the targets."""
    app = open_app(database)
    opened = open_review(app.settings, app)
    review, store = opened.review, SqlReviewStore(Database(database))
    people = open_people(app.settings)
    people.save_user(ADMIN, ADMIN, request_id=request_id())
    for key in (FACILITY, "import", "final"):
        people.save_facility(ADMIN, Facility(key, key), request_id=request_id())
    tests = make_tests([name.text for name in load_vocabulary().names], _LIST_ROWS)
    begun = time.perf_counter()
    listed = review.import_list(
        ADMIN, "import", file_name="list.csv", digest="0" * 64, tests=tests, request_id=request_id()
    )
    import_seconds = time.perf_counter() - begun
    answers = list(zip(tests, app.mapper.map_batch(tests, MapOptions()), strict=True))
    figures = {
        "database": database.split(":")[0],
        "items": items,
        "import_seconds": round(import_seconds, 2),
        "import_rows": listed.rows,
        "store_list_seconds": round(fill(store, answers, items, FACILITY), 2),
        **queue_figures(review, store, items),
        "concurrent": concurrent(review, reviewers, seconds),
        "reopen_seconds": round(reopen_seconds(store, answers, items), 2),
    }
    together = figures["concurrent"]
    errors = sum(count for name, count in together.items() if name.startswith("error"))
    met = {
        "import_seconds": import_seconds < TARGETS["import_seconds"],
        "next_ms_p95": all(f["p95"] < TARGETS["next_ms_p95"] for f in figures["next_ms"].values()),
        "table_ms_p95": all(f["p95"] < TARGETS["table_ms_p95"] for f in figures["table_ms"].values()),
        "reopen_seconds": figures["reopen_seconds"] < TARGETS["reopen_seconds"],
        "errors": errors == 0,
        "lost": together["lost"] + together["decided_twice"] + together["broken_links"] == 0,
    }
    return {"figures": figures, "targets": TARGETS, "met": met}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--database", default="", help="SQLAlchemy URL of an empty database")
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--reviewers", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = arguments.database or f"sqlite:///{Path(folder) / 'review.sqlite3'}"
        result = run(database, arguments.items, arguments.seconds, arguments.reviewers)
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
