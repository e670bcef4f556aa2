"""People, a service, a clock: what the tests of review work with."""

from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.commands import Command, ItemQuery, ItemView, Outcome
from jlac_mapper.review.model import INSTALLATION, WAITING, Action, Role, Run, User
from jlac_mapper.review.people import PeopleService
from jlac_mapper.review.service import ReviewService
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.storage.users import SqlUserStore
from jlac_mapper.storage.work import SqlUnitOfWork
from jlac_mapper.types import Disposition, LocalTest
from jlac_mapper.vocabulary import Concept
from tests.support.fakes import ScriptedMapper
from tests.support.review_values import AST, CK, CODES, StandingClock, a_draft, without_notes

ANN = User("ann", "Ann", {"h1": Role.REVIEWER, "h2": Role.REVIEWER})
BOB = User("bob", "Bob", {"h1": Role.REVIEWER, "h2": Role.REVIEWER})
LEA = User("lea", "Lea", {"h1": Role.LEAD, "h2": Role.LEAD})
EVE = User("eve", "Eve", {"h2": Role.LEAD})
ROOT = User("root", "Root", {INSTALLATION: Role.ADMIN})
WAIT = ItemQuery("h1", states=WAITING)
ANSWERS = {
    "AST": (Disposition.ACCEPTED, (AST,), 0.99),
    "GOT?": (Disposition.NEEDS_REVIEW, (AST, CK), 0.6),
    "CPK?": (Disposition.NEEDS_REVIEW, (CK, AST), 0.5),
    "old": (Disposition.NEEDS_REVIEW, (CK,), 0.5),
    "unknown": (Disposition.NO_CODE, (), 0.0),
}


class OpenPasswords:
    """Keeps passwords where a test can read them."""

    def hash(self, password: str) -> str:
        return f"$argon2{password}"

    def verify(self, saved: str, password: str) -> bool:
        return saved == self.hash(password)


class Office:
    """A service with people, a clock and a counter of requests."""

    def __init__(self, database: Database, store: SqlReviewStore, users: SqlUserStore) -> None:
        self.units = SqlUnitOfWork(database)
        self.clock = StandingClock()
        self.mapper = ScriptedMapper(ANSWERS)
        self.store = store
        self.users = users
        self.requests = 0
        for user in (ANN, BOB, LEA, EVE, ROOT):
            users.save_user(user, a_draft(Action.USER, request_id=f"make {user.login}"))
        self.review = self.open()
        self.people = PeopleService(units=self.units, clock=self.clock, passwords=OpenPasswords())

    def open(self, codes: CodeSearch = CODES, edition: str = "2025") -> ReviewService:
        return ReviewService(
            units=self.units,
            clock=self.clock,
            mapper=self.mapper,
            codes=codes,
            without_notes=without_notes,
            edition=edition,
        )

    def read_as(self, concept: str, *names: str) -> None:
        """Let the mapper read names as a concept."""
        for name in names:
            self.mapper.read_as[name] = Concept(concept, concept, concept)

    def request(self) -> str:
        self.requests += 1
        return f"request {self.requests}"

    def take_in(self, *names: str, user: User = ANN, facility: str = "h1") -> Run:
        tests = [LocalTest(name, local_code=str(number)) for number, name in enumerate(names)]
        return self.review.import_list(
            user, facility, file_name="list.csv", digest="d" * 64, tests=tests, request_id=self.request()
        )

    def next(self, user: User = ANN, query: ItemQuery = WAIT, after: int = 0) -> ItemView | None:
        return self.review.next_item(user, query, request_id=self.request(), after=after)

    def do(self, user: User, item: int, action: Action, *, facility: str = "h1", **more: str) -> Outcome:
        etag = self.store.item(facility, item).etag
        return self.review.decide(user, Command(facility, item, etag, action, self.request(), **more))

    def items(self, run: Run) -> list[int]:
        return [item.id for item in self.store.run_items(run.facility, run.id)]
