"""
Names mean concepts, and releases number them: what changes with the release, and that nothing else does.

Everything here goes through the real vocabulary, the shipped embedding and calibration and the pipeline that
`jlac_mapper.bootstrap` puts together.
"""

import csv
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from jlac_mapper import bootstrap, model_loading
from jlac_mapper.codes.editions import make_edition
from jlac_mapper.codes.jlac11 import Jlac11Code, parse
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.concepts.binding import Binder, Binding
from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.config import Settings, master_data_dir
from jlac_mapper.llm.score_only_choice import ScoreOnlyChoice
from jlac_mapper.mapping.pipeline import Pipeline
from jlac_mapper.mapping.score import Calibration
from jlac_mapper.master.binding import bind
from jlac_mapper.master.importers import read_master
from jlac_mapper.master.starter import Starter, load_starter
from jlac_mapper.review.commands import Command, ItemQuery
from jlac_mapper.review.model import Action, EventDraft, Facility, Role, User
from jlac_mapper.review.service import OpenedReview
from jlac_mapper.text import fold
from jlac_mapper.types import Disposition, LocalTest, MapOptions, MappingResult, Reason
from jlac_mapper.vocabulary import Concept, ConceptKind, Name, NameForm, Vocabulary

REPOSITORY = Path(__file__).parents[2]
IN_2024, IN_2025, LAST, FIRST, LATER = (
    date(2024, 10, 1),
    date(2025, 12, 1),
    date(2026, 7, 31),
    date(2026, 8, 1),
    date(2026, 11, 27),
)
"""Days of the releases; LAST and FIRST stand around the step of 2026-08."""
ADMIN = User("root", "root", {"": Role.ADMIN})
Build = Callable[[Edition, date], tuple[BoundRelease, Pipeline]]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


@pytest.fixture(scope="module")
def starter() -> Starter:
    return load_starter()


@pytest.fixture(scope="module")
def listed_once(starter: Starter) -> frozenset[str]:
    """Concepts that the starter ever listed."""
    return frozenset().union(*starter.known.values())


@pytest.fixture(scope="module")
def build(vocabulary: Vocabulary, starter: Starter) -> Build:
    """Bind an edition on a day and put the pipeline together."""
    settings = Settings(database_url="sqlite://")
    embedder = model_loading.embedder(settings)
    calibration = Calibration.read(master_data_dir() / "calibration.json")

    def built(edition: Edition, day: date) -> tuple[BoundRelease, Pipeline]:
        bound = bind(edition, starter, vocabulary, day)
        pipeline = bootstrap.build_pipeline(
            settings, bound=bound, embedder=embedder, choice_model=ScoreOnlyChoice(), calibration=calibration
        )
        return bound, pipeline

    return built


@pytest.fixture(scope="module")
def of_2024(official_dir: Path) -> Edition:
    return make_edition("2024-09", read_master(official_dir / "ehr-share-master-202409.xlsx").rows)


@pytest.fixture(scope="module")
def of_2026(official_dir: Path) -> Edition:
    return make_edition("2026", read_master(official_dir / "ehr-share-2026-constructed.csv").rows)


def valid(starter: Starter, day: date) -> tuple[ListedCode, ...]:
    """The starter's codes of a day, as a release of its own would give them."""
    return tuple(replace(c, source="official") for c in starter.edition.codes if c.is_valid_on(day))


# --- each release has its own codes

STRIP = ("尿蛋白", "尿", "", "(-)")
SHORT_LIST = (
    STRIP,
    ("尿糖(半定量)", "尿", "mg/dL", ""),
    ("尿潜血(半定量)", "尿", "mg/dL", ""),
    ("A/C比", "尿", "mg/gCr", ""),
    ("P/C比", "尿", "g/gCr", ""),
    ("ABO血液型", "EDTA血", "", ""),
    ("Rh血液型", "EDTA血", "", ""),
    ("HBs抗体", "血清", "mIU/mL", ""),
    ("総蛋白", "血清", "g/dL", ""),
    ("随時中性脂肪", "血清", "mg/dL", ""),
    ("CK-MB", "血清", "U/L", ""),
)
UNTIL_2026 = [
    "A1006-0000-100-000-02",
    "A1008-0000-100-000-85",
    "A1009-0000-100-000-85",
    "A1020-0000-100-000-87",
    "A1021-0000-100-000-J6",
    "K1001-0000-211-901-04",
    "K1006-0000-211-901-04",
    "V2011-0000-250-000-B9",
    "C1002-0000-250-000-55",
    "C6002-1336-250-000-85",
    "",
]
SINCE_2026 = [
    "C1002-0000-100-000-85",
    "C4001-0000-100-000-85",
    "A2007-0000-100-000-85",
    "C1009-0000-100-000-87",
    "C1010-0000-100-000-87",
    "K1001-0000-211-000-04",
    "K1006-0000-211-000-04",
    "V2011-0000-250-000-L2",
    "C1002-0000-250-000-55",
    "C6002-1336-250-000-85",
    "",
]


def codes_for(pipeline: Pipeline, rows: Iterable[tuple[str, str, str, str]] = SHORT_LIST) -> list[str]:
    tests = [LocalTest(n, specimen=s, unit=u, reference_range=r) for n, s, u, r in rows]
    answers = pipeline.map_batch(tests, MapOptions())
    return [parse(answer.jlac11).hyphenated if answer.jlac11 else "" for answer in answers]


@pytest.mark.parametrize(
    ("day", "expected"),
    [(IN_2025, UNTIL_2026), (LAST, UNTIL_2026), (FIRST, SINCE_2026), (LATER, SINCE_2026)],
)
def test_the_shipped_release_gives_each_days_own_codes(
    build: Build, starter: Starter, day: date, expected: list[str]
) -> None:
    assert codes_for(build(starter.edition, day)[1]) == expected


def test_one_list_has_the_codes_of_the_release_that_it_is_mapped_with(
    build: Build, starter: Starter, of_2024: Edition
) -> None:
    releases = [(of_2024, IN_2024), (starter.edition, IN_2025), (starter.edition, LATER)]
    found = [codes_for(build(edition, day)[1]) for edition, day in releases]
    assert found == [UNTIL_2026, UNTIL_2026, SINCE_2026]


def test_a_test_whose_last_code_ended_goes_to_a_person_with_what_it_was_read_as(
    build: Build, starter: Starter
) -> None:
    rows = [LocalTest(f"{name}(定性)", specimen="血清") for name in ("HIV-1抗体", "HIV-2抗体")]
    before, after = (build(starter.edition, day)[1].map_batch(rows, MapOptions()) for day in (LAST, FIRST))
    assert [answer.jlac11[:5] for answer in before] == ["V2253", "V2257"]
    for answer, concept in zip(after, ("hiv1_antibody", "hiv2_antibody"), strict=True):
        assert answer.disposition is Disposition.NEEDS_REVIEW
        assert answer.reasons[0] is Reason.ITEM_ENDED
        assert answer.jlac11 == ""
        assert answer.read_as is not None
        assert answer.read_as.key == concept


# --- decisions follow

MOVED = {
    "A1006000010000085": "C1002000010000085",
    "A1008000010000085": "C4001000010000085",
    "A1009000010000085": "A2007000010000085",
    "A1020000010000087": "C1009000010000087",
    "A10210000100000J6": "C1010000010000087",
    "A1021000010000085": "C1002000010000085",
    "K1001000021190104": "",
    "V20110000250000B9": "V20110000250000L2",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{tmp_path / 'j.sqlite3'}")


def decide(opened: OpenedReview, codes: Sequence[str]) -> None:
    """Let an admin decide a code for one name each."""
    now = datetime.now(UTC)
    with opened.units.writing() as work:
        work.users.save_facility(Facility("h1", "第一病院"), EventDraft(Action.FACILITY, "cli", now, "f"))
        work.users.save_user(ADMIN, EventDraft(Action.USER, "cli", now, "u"))
        work.commit()
    tests = [LocalTest(f"謎の検査{i}") for i in range(len(codes))]
    opened.review.import_list(ADMIN, "h1", file_name="a", digest="0" * 64, tests=tests, request_id="i")
    for item, code in enumerate(codes, start=1):
        opened.review.decide(ADMIN, Command("h1", item, 1, Action.PICK, f"r{item}", code=code))


def test_decisions_are_reopened_on_the_day_of_the_step_with_the_new_codes_proposed(
    settings: Settings,
) -> None:
    decide(bootstrap.open_review(settings, bootstrap.build_app(settings, as_of=LAST)), list(MOVED))
    same = bootstrap.open_review(settings, bootstrap.build_app(settings, as_of=LAST))
    assert same.review.edition_changed(ADMIN, request_id="same") == []
    opened = bootstrap.open_review(settings, bootstrap.build_app(settings, as_of=FIRST))
    reopened = opened.review.edition_changed(ADMIN, request_id="step")
    # A blood group keeps its own method; only its method 000 is new.
    wanted = {old: new for old, new in MOVED.items() if new}
    assert {each.code: each.successor for each in reopened} == wanted
    waiting = opened.review.queue(ADMIN, ItemQuery("h1", reason=Reason.CODE_ENDED)).rows
    assert [row.standing.proposal for row in waiting] == list(wanted.values())
    assert {old: opened.codes.successor(old) for old in MOVED} == MOVED


def test_decisions_of_the_release_before_are_reopened_with_their_successors_in_the_new_one(
    settings: Settings, of_2024: Edition, of_2026: Edition
) -> None:
    store = bootstrap.open_store(settings)
    for edition in (of_2024, of_2026):
        store.save(edition, source_file="official", imported_at=datetime.now(UTC))
    products = [
        next(str(c.code) for c in of_2024.codes if str(c.code).startswith(measurand) and c.product)
        for measurand in ("A10060001100", "A10080001100", "A10090001100", "A10200000100")
    ]
    app = bootstrap.build_app(settings, master="2024-09", as_of=IN_2024)
    decide(bootstrap.open_review(settings, app), [*products, "A1006000010000002"])
    app = bootstrap.build_app(settings, master="2026", as_of=LATER)
    opened = bootstrap.open_review(settings, app, replaced="2024-09")
    reopened = {
        each.code: each.successor for each in opened.review.edition_changed(ADMIN, request_id="changed")
    }
    assert set(reopened) >= set(products)
    moved = {"A1006": "C1002", "A1008": "C4001", "A1009": "A2007", "A1020": "C1009"}
    for old in products:
        assert (reopened[old][:5], reopened[old][9:12]) == (moved[old[:5]], "100")
        assert opened.codes.successor(old) == reopened[old]
    assert all(opened.codes.is_current(new) for new in reopened.values() if new)


# --- the release of 2026


def test_every_name_of_urine_blood_groups_and_infection_finds_its_code_in_the_release_of_2026(
    build: Build, vocabulary: Vocabulary, listed_once: frozenset[str], of_2026: Edition
) -> None:
    concepts = vocabulary.by_key()
    names = [
        name
        for name in vocabulary.names
        if name.concept in listed_once
        and concepts[name.concept].section in ("urine", "transfusion", "infection")
    ]
    assert len(names) > 1500
    bound, pipeline = build(of_2026, LATER)
    assert (bound.binding.unbound, bound.binding.unclear) == ((), ())
    answers = pipeline.map_batch([LocalTest(name.text) for name in names], MapOptions())
    open_ones = (Disposition.ACCEPTED, Disposition.NEEDS_REVIEW)
    assert [n.text for n, a in zip(names, answers, strict=True) if a.disposition not in open_ones] == []
    of_urine = {
        (answer.jlac11[:5], answer.jlac11[9:12])
        for name, answer in zip(names, answers, strict=True)
        if concepts[name.concept].section == "urine" and answer.disposition is Disposition.ACCEPTED
    }
    assert {measurand for measurand, _ in of_urine} == {"C1002", "C4001", "A2007", "C1009", "C1010"}
    assert {specimen for _, specimen in of_urine} <= {"100", "130"}
    gone = {"A1006", "A1008", "A1009", "A1020", "A1021", "V2169", "V2253", "V2257"}
    assert gone.isdisjoint(candidate.code.measurand for a in answers for candidate in a.candidates)


# --- other numbers change nothing but numbers

NUMBER_ALONE_TELLS = frozenset({"A1006", "A1021", "V2169", "V2252"})
"""
Measurands of the 2024-09 file of which some rows' names say another concept than their number.

A1006 and A1021: P/C ratio and semi-quantitative protein stand under both; V2169: its names are V2168's;
V2252, p24 antigen: ten rows are named as antigen and antibody together.
"""
NAMED_ALIKE = frozenset({"V2010", "V2011", "V2168", "V2171", "V2184", "V2259", "V2263", "C4001"})
"""
Measurands that share names or JLAC10 analytes with others, so that a name weighs less there.

Under the known number of another test the number then counts for more than the name.
"""


def renumbered(codes: Iterable[ListedCode], numbers: Mapping[str, str]) -> Edition:
    """The codes as a release of other numbers."""
    return make_edition(
        "renumbered",
        [replace(listed, code=_under(listed.code, numbers), source="official") for listed in codes],
    )


def _under(code: Jlac11Code, numbers: Mapping[str, str]) -> Jlac11Code:
    return replace(code, measurand=numbers.get(code.measurand, code.measurand))


def fresh_and_exchanged(codes: Iterable[ListedCode], seed: int) -> list[dict[str, str]]:
    """Two renamings of 30 measurands: to numbers that stood for nothing, and among each other."""
    draw = random.Random(seed)
    known = {listed.code.measurand for listed in codes} - NUMBER_ALONE_TELLS
    drawn = draw.sample(sorted(known), 30)
    fresh = {measurand: f"{measurand[0]}9{i:03}" for i, measurand in enumerate(drawn)}
    drawn = draw.sample(sorted(known - NAMED_ALIKE - {"C2008", "C2011"}), 28)
    among = dict(zip(drawn, draw.sample(drawn, len(drawn)), strict=True))
    return [fresh, {**among, "C2008": "C2011", "C2011": "C2008"}]


@pytest.fixture(scope="module")
def both_lists() -> list[LocalTest]:
    """Every distinct row of both lists of hospital names."""
    fields = (
        "name",
        "abbreviation",
        "specimen",
        "unit",
        "reference_range",
        "method",
        "result_type",
    )
    rows: dict[LocalTest, None] = {}
    for name in ("lists_developed.csv", "lists_held_out.csv"):
        with (REPOSITORY / "eval" / "datasets" / name).open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                rows[LocalTest(**{field: row[field] for field in fields})] = None
    assert len(rows) > 5000
    return list(rows)


@dataclass(frozen=True)
class Said:
    """What an answer says with its codes translated back; candidates in an order without probabilities."""

    words: tuple[object, ...]
    probabilities: tuple[float, ...]

    def differs_from(self, other: "Said") -> bool:
        if self.words != other.words:
            return True
        pairs = zip(self.probabilities, other.probabilities, strict=True)
        return any(abs(one - two) > 1e-9 for one, two in pairs)


def said(answer: MappingResult, numbers: Mapping[str, str]) -> Said:
    back = {new: old for old, new in numbers.items()}

    def translated(code: str) -> str:
        return back.get(code[:5], code[:5]) + code[5:]

    candidates = sorted(
        (translated(str(c.code)), c.hypothesis.key, c.name, c.reasons, c.probability)
        for c in answer.candidates
    )
    read_as = answer.read_as.key if answer.read_as else ""
    words = (
        answer.disposition,
        answer.reasons,
        translated(answer.jlac11),
        answer.standard_name,
        read_as,
        tuple(candidate[:-1] for candidate in candidates),
    )
    chances = (candidate[-1] for candidate in candidates)
    return Said(words, (answer.probability, answer.measurand_probability, *chances))


@pytest.mark.parametrize("release", ["starter", "2024-09"])
def test_30_other_numbers_change_nothing_but_the_numbers(
    build: Build,
    starter: Starter,
    both_lists: list[LocalTest],
    release: str,
    request: pytest.FixtureRequest,
) -> None:
    if release == "starter":
        codes, day = valid(starter, IN_2025), IN_2025
    else:
        codes, day = request.getfixturevalue("of_2024").codes, IN_2024
    every = MapOptions(top_k=100)
    before = [said(a, {}) for a in build(renumbered(codes, {}), day)[1].map_batch(both_lists, every)]
    for numbers in fresh_and_exchanged(codes, seed=2026):
        pipeline = build(renumbered(codes, numbers), day)[1]
        after = [said(a, numbers) for a in pipeline.map_batch(both_lists, every)]
        differing = [
            (test.name, old, new)
            for test, old, new in zip(both_lists, before, after, strict=True)
            if new.differs_from(old)
        ]
        assert differing[:3] == []


@pytest.fixture(scope="module")
def binder(vocabulary: Vocabulary, starter: Starter) -> Binder:
    return Binder(vocabulary, starter.known)


def bound_otherwise(
    binder: Binder, codes: Sequence[ListedCode], numbers: Mapping[str, str], before: Binding
) -> set[str]:
    """Measurands, by their old numbers, of which some code has other concepts under the new numbers."""
    after = binder.bind(renumbered(codes, numbers).codes)
    return {
        listed.code.measurand
        for listed in codes
        if before.of(listed.code) != after.of(_under(listed.code, numbers))
    }


def test_what_the_number_alone_tells_of_the_2024_file_is_known(binder: Binder, of_2024: Edition) -> None:
    every = {m: f"{m[0]}9{i:03}" for i, m in enumerate(sorted({c.code.measurand for c in of_2024.codes}))}
    assert len(every) == 57
    before = binder.bind(of_2024.codes)
    assert bound_otherwise(binder, of_2024.codes, every, before) == NUMBER_ALONE_TELLS


@pytest.mark.parametrize("seed", range(8))
def test_any_30_other_numbers_bind_as_before(
    binder: Binder, starter: Starter, of_2024: Edition, seed: int
) -> None:
    for codes in (of_2024.codes, valid(starter, IN_2025)):
        before = binder.bind(codes)
        for numbers in fresh_and_exchanged(codes, seed):
            assert bound_otherwise(binder, codes, numbers, before) == set()


# --- a longer release

LONGER_BY = 300


@pytest.fixture(scope="module")
def longer(vocabulary: Vocabulary, listed_once: frozenset[str]) -> dict[str, ListedCode]:
    """Made-up codes of 300 concepts that the starter never listed, in their most usual specimen and unit."""
    specimens = {s.key: s for s in vocabulary.specimens if s.code}
    units = {unit.canonical: unit for unit in reversed(vocabulary.units) if unit.code}
    called: dict[str, set[str]] = {}
    for name in vocabulary.names:
        if name.form != NameForm.HOMONYM:
            called.setdefault(fold(name.text), set()).add(name.concept)

    def named_as_itself(concept: Concept) -> bool:
        return called.get(fold(concept.name), {concept.key}) == {concept.key}

    fit = [
        concept
        for concept in vocabulary.concepts
        if concept.kind is ConceptKind.TEST
        and concept.key not in listed_once
        and concept.units
        and any(key in specimens for key in concept.specimens)
        and named_as_itself(concept)
    ]
    made_up: dict[str, str] = {}
    codes = {}
    for number, concept in enumerate(random.Random(2026).sample(fit, LONGER_BY), start=1):
        specimen = next(specimens[key] for key in concept.specimens if key in specimens)
        unit = concept.units[0]
        known = units.get(unit)
        digits = known.code if known else made_up.setdefault(unit, f"Z{_DIGITS[len(made_up)]}")
        codes[concept.key] = ListedCode(
            Jlac11Code(f"C9{number:03}", "0000", specimen.code, "000", digits),
            concept.name,
            jlac10=tuple(code.replace("-", "") for code in concept.jlac10),
            specimen_name=specimen.name,
            unit_name=known.name if known else unit,
        )
    assert not {code.code.unit for code in codes.values() if code.unit_name in made_up} & {
        unit.code for unit in vocabulary.units
    }
    return codes


_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.fixture(scope="module")
def names_of_longer(vocabulary: Vocabulary, longer: dict[str, ListedCode]) -> list[Name]:
    """Every name of those concepts but homonyms, and names of a venous gas where the code is arterial."""
    return [
        name
        for name in vocabulary.names
        if name.concept in longer
        and name.form != NameForm.HOMONYM
        and not ("静脈" in name.text and "動脈" in longer[name.concept].specimen_name)
    ]


def rows_of(names: Iterable[Name], longer: Mapping[str, ListedCode]) -> list[LocalTest]:
    return [
        LocalTest(name.text, specimen=longer[name.concept].specimen_name, unit=longer[name.concept].unit_name)
        for name in names
    ]


def test_names_of_a_test_that_a_release_lists_anew_find_its_code(
    build: Build, starter: Starter, longer: dict[str, ListedCode], names_of_longer: list[Name]
) -> None:
    bound, pipeline = build(make_edition("longer", [*valid(starter, IN_2025), *longer.values()]), IN_2025)
    assert (bound.binding.unbound, bound.binding.unclear) == ((), ())
    assert {bound.binding.of(code.code) for code in longer.values()} == {(key,) for key in longer}
    answers = pipeline.map_batch(rows_of(names_of_longer, longer), MapOptions())
    shares: Counter[str] = Counter()
    wrong = []
    for name, answer in zip(names_of_longer, answers, strict=True):
        right = bool(answer.candidates) and answer.candidates[0].code == longer[name.concept].code
        accepted = answer.disposition is Disposition.ACCEPTED
        shares.update(names=1, right=right, accepted=accepted, wrong_accepted=accepted and not right)
        if not right or not (accepted or answer.disposition is Disposition.NEEDS_REVIEW):
            wrong.append((name.text, name.concept, answer.disposition, answer.jlac11))
    print(dict(shares))
    assert wrong == []
    assert shares["wrong_accepted"] == 0
    assert shares["accepted"] >= 0.95 * shares["names"]


def test_without_those_codes_their_names_have_none_and_are_read_as_the_same_tests(
    build: Build, starter: Starter, longer: dict[str, ListedCode], names_of_longer: list[Name]
) -> None:
    pipeline = build(make_edition("shorter", valid(starter, IN_2025)), IN_2025)[1]
    answers = pipeline.map_batch(rows_of(names_of_longer, longer), MapOptions())
    open_ones = [
        (name.text, answer.disposition)
        for name, answer in zip(names_of_longer, answers, strict=True)
        if answer.disposition is not Disposition.NO_CODE
    ]
    assert open_ones == []
    assert all(answer.jlac11 == "" for answer in answers)
    read = [answer.read_as.key if answer.read_as else "" for answer in answers]
    otherwise = [
        (name.text, key) for name, key in zip(names_of_longer, read, strict=True) if key != name.concept
    ]
    print({"names": len(read), "read otherwise": len(otherwise)}, otherwise)
    assert otherwise == []


def test_a_moved_item_whose_unit_was_not_seen_goes_to_review_without_a_code(
    build: Build, starter: Starter
) -> None:
    rows = [
        LocalTest("尿蛋白定量", specimen="蓄尿", unit="mg/dL"),
        LocalTest("尿蛋白定量", specimen="髄液", unit="mg/dL"),
    ]
    known, unseen = (build(starter.edition, day)[1].map_batch(rows, MapOptions()) for day in (LAST, FIRST))
    assert [answer.disposition for answer in known] == [Disposition.ACCEPTED, Disposition.NO_CODE]
    assert known[0].jlac11 == "A1021000013000085"
    assert [answer.disposition for answer in unseen] == [Disposition.NEEDS_REVIEW, Disposition.NO_CODE]
    assert Reason.UNIT_NOT_KNOWN in unseen[0].reasons
    assert unseen[0].jlac11 == ""
    assert unseen[0].read_as is not None
    assert unseen[0].read_as.key == "urine_protein"
