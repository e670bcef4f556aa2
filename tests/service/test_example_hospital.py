"""The shipped example through the composed app with the starter master: the newcomer's first result."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from jlac_mapper.bootstrap import App, build_app
from jlac_mapper.config import Settings, master_data_dir
from jlac_mapper.types import Disposition, LocalTest, MapOptions, MappingResult, Reason

_COLUMNS = {
    "local_code": "項目コード",
    "name": "項目名称",
    "abbreviation": "略称",
    "specimen": "材料",
    "unit": "単位",
    "reference_range": "基準値",
    "method": "測定法",
    "reagent": "試薬",
    "jlac10": "JLAC10コード",
}


@dataclass(frozen=True)
class Answered:
    """One row of the example: what came out, and what a technologist expects."""

    test: LocalTest
    expected: str
    mapping: MappingResult

    @property
    def is_listed(self) -> bool:
        """Tell whether the row has a listed code."""
        return not self.expected.startswith("NO")

    @property
    def top(self) -> str:
        """The measurand of the best candidate."""
        return self.mapping.candidates[0].code.measurand if self.mapping.candidates else ""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    database = tmp_path_factory.mktemp("example") / "editions.sqlite3"
    return build_app(Settings(database_url=f"sqlite:///{database}"), as_of=date(2026, 1, 15))


@pytest.fixture(scope="module")
def rows(app: App) -> list[Answered]:
    folder = master_data_dir() / "examples"
    expected = {
        row["項目コード"]: row["expected_measurand"] for row in read(folder / "example_hospital_expected.csv")
    }
    given = list(read(folder / "example_hospital.csv"))
    tests = [LocalTest(**{field: row[header] for field, header in _COLUMNS.items()}) for row in given]
    mappings = app.mapper.map_batch(tests, MapOptions())
    return [Answered(t, expected[t.local_code], m) for t, m in zip(tests, mappings, strict=True)]


def read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def test_the_example_has_rows_of_every_kind(rows: list[Answered]) -> None:
    kinds = {"NONE": 0, "NOCODE": 0, "listed": 0}
    for row in rows:
        kinds[row.expected.split(":")[0] if not row.is_listed else "listed"] += 1
    assert len(rows) >= 120
    assert kinds["listed"] >= 50
    assert kinds["NONE"] >= 40
    assert kinds["NOCODE"] >= 5


def test_every_accepted_row_is_right(rows: list[Answered]) -> None:
    wrong = [
        (row.test.name, row.expected, row.mapping.jlac11)
        for row in rows
        if row.mapping.disposition is Disposition.ACCEPTED and row.mapping.jlac11[:5] != row.expected
    ]
    assert wrong == []


def test_no_row_without_a_listed_code_is_accepted_and_most_are_settled(rows: list[Answered]) -> None:
    without = [row for row in rows if not row.is_listed]
    assert [row.test.name for row in without if row.mapping.disposition is Disposition.ACCEPTED] == []
    settled = sum(row.mapping.disposition is Disposition.NO_CODE for row in without)
    assert settled / len(without) >= 0.9


def test_nearly_every_listed_row_leads_with_its_measurand(rows: list[Answered]) -> None:
    listed = [row for row in rows if row.is_listed]
    wrong = [(row.test.name, row.expected, row.top) for row in listed if row.top != row.expected]
    assert len(wrong) <= 0.05 * len(listed), wrong


def test_most_listed_rows_need_no_person(rows: list[Answered]) -> None:
    listed = [row for row in rows if row.is_listed]
    accepted = sum(row.mapping.disposition is Disposition.ACCEPTED for row in listed)
    assert accepted / len(listed) >= 0.8


def test_every_proposed_code_is_listed_on_the_day(app: App, rows: list[Answered]) -> None:
    proposed = [row.mapping.jlac11 for row in rows if row.mapping.jlac11]
    assert len(proposed) >= 50
    assert [code for code in proposed if not app.mapper.is_listed(code, app.as_of)] == []


@pytest.mark.parametrize(
    ("local_code", "code"),
    [
        ("0101", "C1002-0000-250-000-55"),
        ("0132", "C4001-1337-245-000-85"),
        ("0133", "C4001-1336-245-000-85"),
        ("0201", "B1002-0000-211-000-G0"),
        ("0203", "B1001-0000-211-000-G3"),
        ("0207", "B1003-0000-211-000-G3"),
        ("0211", "B2006-0000-244-000-F0"),
        ("0212", "B2006-0000-244-000-12"),
        ("0213", "B2006-0000-244-000-61"),
        ("0304", "V2010-0000-250-000-F8"),
        ("0314", "V2256-0000-242-000-41"),
        ("0401", "A1006-0000-100-000-02"),
        ("0405", "A1021-0000-100-000-J6"),
        ("0501", "K1001-0000-211-901-04"),
    ],
)
def test_the_whole_code_follows_from_the_fields(rows: list[Answered], local_code: str, code: str) -> None:
    (row,) = [row for row in rows if row.test.local_code == local_code]
    assert (row.mapping.disposition, row.mapping.jlac11) == (Disposition.ACCEPTED, code.replace("-", ""))


@pytest.mark.parametrize(
    ("local_code", "reason"),
    [
        ("0119", Reason.NAME_KNOWN_UNLISTED),
        ("0146", Reason.NAME_IS_PANEL),
        ("0136", Reason.NAME_KNOWN_UNLISTED),
        ("0152", Reason.NAME_KNOWN_UNLISTED),
    ],
)
def test_a_row_without_a_code_says_why(rows: list[Answered], local_code: str, reason: Reason) -> None:
    (row,) = [row for row in rows if row.test.local_code == local_code]
    assert row.mapping.disposition is Disposition.NO_CODE
    assert reason in row.mapping.reasons


def test_the_answer_names_edition_day_and_calibration(app: App, rows: list[Answered]) -> None:
    provenance = rows[0].mapping.provenance
    assert (provenance.edition, provenance.edition_digest) == ("starter", app.edition_info.digest)
    assert provenance.as_of == "2026-01-15"
    assert provenance.calibration
    assert provenance.models["language_model"] == "score_only"
    assert all(row.mapping.provenance == provenance for row in rows)


def test_rows_one_by_one_get_the_answers_of_the_batch(app: App, rows: list[Answered]) -> None:
    for row in rows[::3]:
        assert app.mapper.map_batch([row.test], MapOptions()) == [row.mapping]
