"""A process that decides without pause and says so of each decision, until it is killed."""

import os
import random
import uuid
from datetime import UTC, datetime
from pathlib import Path

from jlac_mapper.errors import ConflictError
from jlac_mapper.review.commands import Command, ItemQuery
from jlac_mapper.review.model import WAITING, Action, Role, User
from jlac_mapper.review.service import ReviewService
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.work import SqlUnitOfWork
from jlac_mapper.types import LocalTest
from tests.support.fakes import ScriptedMapper
from tests.support.review_values import CODES, without_notes

QUERY = ItemQuery("h1", states=WAITING)
ROWS = 40


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def open_review(url: str) -> ReviewService:
    database = Database(url)
    return ReviewService(
        units=SqlUnitOfWork(database),
        clock=SystemClock(),
        mapper=ScriptedMapper({}),
        codes=CODES,
        without_notes=without_notes,
        edition="2025",
    )


def new_request() -> str:
    return uuid.uuid4().hex


def take_in(review: ReviewService, user: User, request_id: str) -> int:
    """Take in a list in which every name stands twice; return its id."""
    tests = [LocalTest(f"{request_id[:8]} {number // 2}") for number in range(ROWS)]
    run = review.import_list(user, "h1", file_name="l", digest="0" * 64, tests=tests, request_id=request_id)
    return run.id


def decide(review: ReviewService, user: User, rng: random.Random) -> str:
    """Decide the next row, alone or with the identical ones; return what was acknowledged."""
    view = review.next_item(user, QUERY, request_id=new_request())
    if view is None:
        request = new_request()
        return f"import {request} {take_in(review, user, request)}"
    item = view.item.id
    command = Command("h1", item, view.item.etag, Action.NO_CODE, new_request())
    if rng.random() < 0.5:
        changes = review.preview(user, command).changes
        review.decide_identical(user, command, {found.id: found.etag for found, _ in changes})
        return f"decide {command.request_id} {','.join(str(found.id) for found, _ in changes)}"
    outcome = review.decide(user, command)
    if rng.random() < 0.2:
        command = Command("h1", item, outcome.item.etag, Action.UNDO, new_request())
        review.decide(user, command)
    return f"decide {command.request_id} {item}"


def write_until_killed(url: str, acknowledged: Path, number: int) -> None:
    """Write one line a decision to *acknowledged*, each after the database has said yes."""
    review = open_review(url)
    user = User(f"r{number}", "R", {"h1": Role.REVIEWER})
    rng = random.Random(number)
    # One write to the kernel a line: nothing waits in this process when it is killed. The kernel itself may
    # cut a line between two pages of the file; only a line with its full stop was told.
    target = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(target, b"\n")
    while True:
        try:
            line = decide(review, user, rng)
        except ConflictError:
            continue
        os.write(target, f"{line} .\n".encode())
