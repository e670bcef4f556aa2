"""Answers about groups of rows are kept and taken back as a whole; on both databases."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jlac_mapper.bootstrap import SystemClock
from jlac_mapper.cli.main import main
from jlac_mapper.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from jlac_mapper.review.memory import FacilityMapper
from jlac_mapper.review.model import Action, EventDraft, Facility, ItemState, Role, User
from jlac_mapper.review.rule_book import RuleBook
from jlac_mapper.review.rules import Rule, RuleKind, Scope
from jlac_mapper.review.service import ReviewService
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.users import SqlUserStore
from jlac_mapper.storage.work import SqlUnitOfWork
from jlac_mapper.types import Disposition, LocalTest, MapOptions, MappingResult, Reason
from tests.support.shipped_app import shipped_app

LEAD = User("lea", "Lea", {"h1": Role.LEAD, "h2": Role.LEAD})
ADMIN = User("root", "Root", {"": Role.ADMIN})
REVIEWER = User("ken", "Ken", {"h1": Role.REVIEWER})
SERUM = Rule(RuleKind.SPECIMEN, Scope(usual="serum"), "血清")
PLASMA = Rule(RuleKind.SPECIMEN, Scope(usual="serum"), "血漿(ヘパリン入り)")
UNCODED = Rule(RuleKind.NO_CODE, Scope(concept="hormone"))
ROWS = [
    LocalTest("AST", unit="U/L"),
    LocalTest("TSH", specimen="血清"),
    LocalTest("ALT", specimen="血清", unit="U/L"),
]


class Office:
    """The rule book, review and mapper of two facilities over one database; the release is built once."""

    def __init__(self, database: Database) -> None:
        users, app = SqlUserStore(database), shipped_app()
        for number, key in enumerate(("h1", "h2")):
            event = EventDraft(Action.FACILITY, "cli", datetime.now(UTC), f"f{number}")
            users.save_facility(Facility(key, key), event)
        units, clock = SqlUnitOfWork(database), SystemClock()
        self.url = database.url.render_as_string(hide_password=False)
        self.mapper = FacilityMapper[MappingResult](app.mapper, units, app.codes)
        self.book = RuleBook(units, clock, self.mapper)
        self.review = ReviewService(
            units=units,
            clock=clock,
            mapper=app.mapper,
            codes=app.codes,
            without_notes=app.without_notes,
            edition="starter",
        )

    def answers(self, facility: str) -> list[MappingResult]:
        return self.mapper.map_batch(ROWS, MapOptions(facility=facility))


@pytest.fixture
def office(review_database: Database) -> Office:
    return Office(review_database)


@pytest.fixture
def book(office: Office) -> RuleBook:
    return office.book


def test_an_answer_holds_in_its_facility_from_the_next_call_on(office: Office) -> None:
    assert office.book.answer(LEAD, "h1", [SERUM], request_id="one") == 1
    here, there = office.answers("h1")[0], office.answers("h2")[0]
    assert here.disposition is Disposition.ACCEPTED
    assert Reason.SITE_RULE in here.reasons
    assert there.disposition is Disposition.NEEDS_REVIEW


def test_a_later_answer_takes_the_place_of_an_earlier_one(office: Office, book: RuleBook) -> None:
    book.answer(LEAD, "h1", [SERUM, UNCODED], request_id="one")
    assert book.answer(LEAD, "h1", [PLASMA], request_id="two") == 2
    assert [(kept.answer, kept.rule) for kept in book.rules(REVIEWER, "h1")] == [(1, UNCODED), (2, PLASMA)]
    assert office.answers("h1")[0].candidates[0].code.specimen == "243"


def test_a_judgement_takes_the_place_of_a_unit_of_the_same_test(book: RuleBook) -> None:
    scope = Scope(concept="hbs_antigen")
    judged = Rule(RuleKind.SCALE, scope, "定性")
    book.answer(LEAD, "h1", [Rule(RuleKind.UNIT, scope, "COI")], request_id="one")
    book.answer(LEAD, "h1", [judged], request_id="two")
    assert [kept.rule for kept in book.rules(LEAD, "h1")] == [judged]


def test_the_same_request_is_done_once(book: RuleBook) -> None:
    assert [book.answer(LEAD, "h1", [SERUM], request_id="one") for _ in range(2)] == [1, 1]
    assert len(book.rules(LEAD, "h1")) == 1
    book.take_back(LEAD, "h1", 1, request_id="two")
    with pytest.raises(ConflictError):
        book.answer(LEAD, "h1", [SERUM], request_id="two")


def test_an_answer_is_taken_back_with_what_it_alone_had_settled(office: Office, book: RuleBook) -> None:
    book.answer(LEAD, "h1", [SERUM], request_id="one")
    book.answer(LEAD, "h1", [UNCODED], request_id="two")
    review = office.review
    run = review.import_list(
        LEAD, "h1", file_name="list.csv", digest="d", tests=ROWS, request_id="import", progress=lambda _: None
    )
    states = [item.standing.state for item in review.run_items(LEAD, "h1", run.id)]
    assert states == [ItemState.ACCEPTED] * 3
    assert book.take_back(LEAD, "h1", 1, request_id="back") == (1, 1)
    states = [item.standing.state for item in review.run_items(LEAD, "h1", run.id)]
    assert states == [ItemState.PROPOSED, ItemState.ACCEPTED, ItemState.ACCEPTED]
    actions = [event.draft.action for event in review.audit(ADMIN, "h1")]
    assert actions[-2:] == [Action.RULE_END, Action.REOPEN]
    with pytest.raises(NotFoundError, match="no answer 1 here that still holds"):
        book.take_back(LEAD, "h1", 1, request_id="again")


def test_who_may_answer_for_a_facility(book: RuleBook) -> None:
    with pytest.raises(NotAllowedError):
        book.answer(REVIEWER, "h1", [SERUM], request_id="one")
    with pytest.raises(NotFoundError):
        book.rules(REVIEWER, "h2")
    with pytest.raises(InputError, match="no question is answered"):
        book.answer(LEAD, "h1", [], request_id="one")


def test_the_command_line_keeps_answers_of_a_facility(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", office.url)
    monkeypatch.chdir(tmp_path)
    Path("list.csv").write_text("検査名,単位\nAST,U/L\nALT,U/L\n", encoding="utf-8")
    assert main(["review", "user", "add", "lea", "--role", "h1=lead"]) == 0
    assert main(["questions", "list.csv", "-o", "q.csv"]) == 0
    with Path("q.csv").open(encoding="utf-8-sig", newline="") as stream:
        header, *lines = csv.reader(stream)
    with Path("q.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([header, *([*line[:-1], "="] for line in lines)])
    assert main(["map", "list.csv", "--facility", "h1", "--answers", "q.csv", "-o", "first.csv"]) == 0
    assert main(["map", "list.csv", "--facility", "h1", "-o", "second.csv"]) == 0
    assert Path("first.csv").read_bytes() == Path("second.csv").read_bytes()
    assert "SITE_RULE" in Path("second.csv").read_text(encoding="utf-8-sig")
    capsys.readouterr()
    assert main(["review", "rules", "list", "--facility", "h1", "--user", "lea"]) == 0
    assert "血清" in capsys.readouterr().out
    assert main(["review", "rules", "undo", "1", "--facility", "h1", "--user", "lea"]) == 0
    assert "1 rules ended" in capsys.readouterr().out
    assert main(["map", "list.csv", "--facility", "h1", "-o", "third.csv"]) == 0
    assert "SITE_RULE" not in Path("third.csv").read_text(encoding="utf-8-sig")
    assert main(["map", "list.csv", "--facility", "nowhere", "--answers", "q.csv", "-o", "x.csv"]) == 2
