"""A process that decides is killed fifty times: what it was told is kept, and nothing is half-written."""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

from jlac_mapper.review.model import Action, EventDraft, Facility, ItemState, Role, User
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.users import SqlUserStore
from tests.service import review_writer
from tests.support.review_values import NOON

KILLS = 50
ADMIN = User("root", "Root", {"": Role.ADMIN})


def lines(path: Path) -> list[list[str]]:
    """Return what was told in full: kind, request and items of each line that has its full stop."""
    told = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
    return [parts[:-1] for parts in told if parts and parts[-1] == "."]


def kill_after(url: str, acknowledged: Path, number: int, seconds: float) -> None:
    """Start a writer, and kill it that long after it wrote its first line."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.service.review_writer"])
    writer = context.Process(
        target=review_writer.write_until_killed, args=(url, acknowledged, number), daemon=True
    )
    before = len(lines(acknowledged))
    writer.start()
    while len(lines(acknowledged)) == before:
        assert writer.is_alive(), "the writer ended by itself"
        time.sleep(0.005)
    time.sleep(seconds)
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    assert writer.exitcode == -signal.SIGKILL


def test_fifty_kills_lose_no_acknowledged_decision_and_leave_none_half_written(tmp_path: Path) -> None:
    url, acknowledged = f"sqlite:///{tmp_path / 'review.sqlite3'}", tmp_path / "acknowledged"
    review = review_writer.open_review(url)
    made = EventDraft(Action.FACILITY, "root", NOON, "make")
    SqlUserStore(Database(url)).save_facility(Facility("h1", "One"), made)
    review_writer.take_in(review, ADMIN, "the first list")
    rng = random.Random(5)
    for number in range(KILLS):
        kill_after(url, acknowledged, number, rng.uniform(0, 0.12))

    review = review_writer.open_review(url)
    assert review.verify(ADMIN, "h1") == []
    events = [event.draft for event in review.audit(ADMIN, "h1")]
    by_request: dict[str, list[EventDraft]] = {}
    for event in events:
        by_request.setdefault(event.request_id, []).append(event)
    told = lines(acknowledged)
    assert len(told) >= KILLS
    for kind, request, what in told:
        if kind == "import":
            assert [event.run for event in by_request[request]] == [int(what)]
        else:
            assert sorted(event.item or 0 for event in by_request[request]) == sorted(
                map(int, what.split(","))
            )
    runs = review.runs(ADMIN, "h1")
    assert len(runs) == sum(event.action is Action.IMPORT for event in events)
    last = {event.item: event for event in events if event.item is not None}
    states: Counter[ItemState] = Counter()
    for run in runs:
        items = list(review.run_items(ADMIN, "h1", run.id))
        assert [item.row for item in items] == list(range(1, review_writer.ROWS + 1))
        for item in items:
            states[item.standing.state] += 1
            made = last[item.id].after if item.id in last else None
            assert item.standing == made or (made is None and item.standing.state is ItemState.PROPOSED)
    assert states[ItemState.FINAL] > KILLS // 2  # however soon each was killed
    assert all(event.at > NOON for event in events)
