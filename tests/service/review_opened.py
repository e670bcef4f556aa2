"""A service over a real SQLite database, a scripted mapper and a small edition, for tests of the edges."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.ports import Mapper
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.model import Action, EventDraft, Facility, Role, User
from jlac_mapper.review.people import PeopleService
from jlac_mapper.review.service import ReviewService
from jlac_mapper.review.tokens import new_session
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.passwords import Argon2Passwords
from jlac_mapper.storage.users import SqlUserStore
from jlac_mapper.storage.work import SqlUnitOfWork
from jlac_mapper.types import Disposition, LocalTest
from tests.support.bound_codes import search_in
from tests.support.fakes import ScriptedMapper
from tests.support.review_values import without_notes

AST, ALT, TP = "C20080000250000F7", "C20090000250000F7", "C20010000250000E5"
LISTED = (
    ListedCode(parse(AST), "AST"),
    ListedCode(parse(ALT), "ALT"),
    ListedCode(parse(TP), "総蛋白"),
)
SCRIPT = {
    "AST": (Disposition.ACCEPTED, (AST,), 0.99),
    "GOT": (Disposition.NEEDS_REVIEW, (AST, ALT), 0.7),
    "GPT": (Disposition.NEEDS_REVIEW, (ALT, AST), 0.6),
}
ROWS = (
    LocalTest("AST", local_code="1"),
    LocalTest("GOT", local_code="2", unit="U/L"),
    LocalTest("GPT", local_code="3"),
    LocalTest("GOT", local_code="4", unit="U/L"),
    LocalTest("謎の検査", local_code="=5"),
)
ROLES = {
    "root": {"": Role.ADMIN},
    "hanako": {"h1": Role.REVIEWER},
    "taro": {"h1": Role.REVIEWER},
    "lead": {"h1": Role.LEAD},
    "chief": {"h1": Role.ADMIN},
    "viewer": {"h1": Role.VIEWER},
    "other": {"h2": Role.ADMIN},
}


class TickingClock:
    """A clock that moves by a second each time it is read."""

    def __init__(self, start: datetime = datetime(2026, 5, 1, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the next second."""
        self._now += timedelta(seconds=1)
        return self._now


@dataclass(frozen=True)
class Opened:
    """What `bootstrap.open_review` gives, with the clock."""

    review: ReviewService
    people: PeopleService
    users: SqlUserStore
    units: SqlUnitOfWork
    codes: CodeSearch
    clock: TickingClock

    def user(self, login: str) -> User:
        """Return one of ROLES."""
        return self.users.user(login)

    def token(self, login: str, *, life: timedelta = timedelta(hours=1)) -> str:
        """Make a session and return its token."""
        token, session = new_session(login, self.clock.now(), life)
        self.users.save_session(session)
        return token


def opened(folder: Path, mapper: Mapper | None = None) -> Opened:
    """Return a service with two facilities and the users of ROLES."""
    database = Database(f"sqlite:///{folder / 'review.sqlite3'}")
    users, units, clock = SqlUserStore(database), SqlUnitOfWork(database), TickingClock()
    codes = search_in(LISTED)
    review = ReviewService(
        units=units,
        clock=clock,
        codes=codes,
        without_notes=without_notes,
        mapper=mapper or ScriptedMapper(SCRIPT),
        edition="2026-04",
    )
    for number, facility in enumerate((Facility("h1", "第一病院"), Facility("h2", "第二病院"))):
        users.save_facility(facility, EventDraft(Action.FACILITY, "cli", clock.now(), f"f{number}"))
    for login, roles in ROLES.items():
        users.save_user(User(login, login.title(), roles), EventDraft(Action.USER, "cli", clock.now(), login))
    people = PeopleService(units=units, clock=clock, passwords=Argon2Passwords())
    return Opened(review, people, users, units, codes, clock)


def with_list(folder: Path, facility: str = "h1") -> Opened:
    """Return a service with ROWS taken in as the first list."""
    found = opened(folder)
    found.review.import_list(
        found.user("root"), facility, file_name="list.csv", digest="0" * 64, tests=ROWS, request_id="import-1"
    )
    return found
