"""Values that the tests of review are made of, and a clock that stands still until it is told to go on."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.reading.names import NameReader
from jlac_mapper.review.commands import Command
from jlac_mapper.review.local_aliases import alias_key, twin_key
from jlac_mapper.review.model import (
    Action,
    Event,
    EventDraft,
    Facility,
    Item,
    ItemState,
    NewItem,
    NewRun,
    Standing,
)
from jlac_mapper.types import (
    Candidate,
    Disposition,
    Evidence,
    Hypothesis,
    LocalTest,
    MappingResult,
    Provenance,
    Reason,
)
from jlac_mapper.vocabulary import Concept, Name
from tests.support.bound_codes import search_in
from tests.unit.vocabulary import VOCABULARY

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
AST, CK, TP = "C20080000250000F7", "C20010000250000F7", "C10020000250000" + "55"
ENDED, SUCCESSOR = "C20080001250000F7", AST
ONE, TWO = Facility("h1", "One"), Facility("h2", "Two", second_reader=True)
PROVENANCE = Provenance("2025", "a" * 64, {"retrieval": "test"}, "none", 0.9, "2026-01-02", "0")
without_notes = NameReader(VOCABULARY).without_notes
CODES = search_in(
    [
        *(ListedCode(parse(code), name) for code, name in ((AST, "AST"), (CK, "CK"), (TP, "総蛋白"))),
        ListedCode(parse(ENDED), "AST", valid_to=date(2025, 12, 31), successor=SUCCESSOR),
    ]
)


@dataclass
class StandingClock:
    """A clock that the test moves."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def go_on(self, by: timedelta) -> None:
        self.at += by


def a_mapping(
    code: str = AST, *others: str, probability: float = 0.5, reasons: tuple[Reason, ...] = ()
) -> MappingResult:
    """A mapping for review that proposes *code*, or NO_CODE where it is empty."""
    codes = [one for one in (code, *others) if one]
    evidence = (Evidence("unit.given", (("unit", "U/L"),), "unit"),)
    concept, name = Concept("ast", "AST", "AST"), Name("AST", "ast", unit="U/L")
    candidates = tuple(
        Candidate(
            parse(one),
            f"name of {one}",
            Hypothesis(concept, True, name, {"exact": 1.0}, 1.0),
            (Reason.EXACT_NAME,),
            evidence,
            probability,
        )
        for one in codes
    )
    return MappingResult(
        Disposition.NEEDS_REVIEW if code else Disposition.NO_CODE,
        code,
        probability,
        probability,
        f"name of {code}" if code else "",
        reasons or (Reason.EXACT_NAME, Reason.UNIT_ASSUMED),
        candidates,
        evidence,
        PROVENANCE,
    )


def an_item(standing: Standing | None = None, *, mapping: MappingResult | None = None) -> Item:
    mapping = mapping or a_mapping(AST, CK)
    standing = standing or Standing(ItemState.PROPOSED, proposal=mapping.jlac11)
    test = LocalTest("AST(GOT)", unit="U/L")
    return Item(7, "h1", 1, 1, test, mapping, mapping.reasons, alias_key(test), standing, etag=3)


def a_command(action: Action, item: Item | None = None, *, code: str = "", text: str = "") -> Command:
    item = item or an_item()
    return Command(item.facility, item.id, item.etag, action, "request", code=code, text=text)


def a_draft(action: Action = Action.COMMENT, **fields: object) -> EventDraft:
    draft = EventDraft(action, by="ann", at=NOON, request_id="r1")
    return replace(draft, **fields)  # type: ignore[arg-type]


def an_event(action: Action, by: str, before: Standing, after: Standing) -> Event:
    return Event("h1", 1, a_draft(action, by=by, item=7, before=before, after=after), "0", "1")


def new_items(*names: str, mapping: MappingResult | None = None) -> list[NewItem]:
    """Rows that wait, one a name."""
    mapping = mapping or a_mapping(AST, CK)
    standing = Standing(ItemState.PROPOSED, proposal=mapping.jlac11)
    tests = [LocalTest(name, local_code=str(i), specimen="血清", unit="U/L") for i, name in enumerate(names)]
    return [
        NewItem(test, mapping, alias_key(test), standing, twin_key(test, without_notes)) for test in tests
    ]


def a_run(facility: str = "h1", *, file_name: str = "list.csv") -> NewRun:
    return NewRun(facility, file_name, "d" * 64, "2025@aaaa", str(PROVENANCE), NOON)
