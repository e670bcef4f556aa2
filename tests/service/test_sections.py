"""Rows of urine, spinal and body fluids whose specimen only their section tells, through the public API."""

from datetime import date
from functools import cache

import pytest

from jlac_mapper import LocalTest, Mapper, open_mapper
from jlac_mapper.types import Disposition, MappingResult, Reason

FLUIDS = [
    ("尿化学", "蛋白", "mg/dL"),
    ("尿化学", "Na", "mEq/L"),
    ("尿化学", "Cre", "mg/dL"),
    ("髄液", "蛋白", "mg/dL"),
    ("髄液", "糖", "mg/dL"),
    ("髄液", "細胞数", "/μL"),
    ("髄液", "LDH", "U/L"),
    ("穿刺液", "LDH", "U/L"),
    ("穿刺液", "蛋白", "g/dL"),
    ("穿刺液", "アミラーゼ", "U/L"),
    ("血液", "Na", "mEq/L"),
]


@cache
def mapper() -> Mapper:
    return open_mapper(master="starter", as_of=date(2025, 12, 1))


def answer(name: str, **fields: str) -> MappingResult:
    [found] = mapper().map([LocalTest(name, **fields)])
    return found


@pytest.mark.parametrize(("section", "name", "unit"), FLUIDS)
def test_no_fluid_is_accepted_as_blood(section: str, name: str, unit: str) -> None:
    found = answer(name, section=section, unit=unit)
    if found.disposition is Disposition.ACCEPTED:
        assert section == "尿化学"
        assert found.candidates[0].code.specimen == "100"


@pytest.mark.parametrize(
    ("section", "name", "concept"),
    [
        ("髄液", "蛋白", "髄液蛋白"),
        ("髄液", "細胞数", "髄液細胞数"),
        ("穿刺液", "LDH", "穿刺液LD"),
        ("尿化学", "Na", "尿中ナトリウム"),
    ],
)
def test_a_section_tells_what_the_name_means(section: str, name: str, concept: str) -> None:
    found = answer(name, section=section)
    assert found.disposition is Disposition.NO_CODE
    assert found.read_as is not None
    assert found.read_as.name == concept


def test_a_name_whose_specimen_is_a_habit_waits_for_a_person() -> None:
    found = answer("蛋白", unit="mg/dL")
    assert found.disposition is Disposition.NEEDS_REVIEW
    assert Reason.SPECIMEN_ASSUMED in found.reasons


def test_a_test_that_is_not_measured_in_a_section_waits_for_a_person() -> None:
    found = answer("ALT", section="細菌検査", unit="U/L")
    assert found.disposition is Disposition.NEEDS_REVIEW
    assert Reason.SECTION_CONFLICT in found.reasons


def test_jlac10_reads_the_section_as_well() -> None:
    rows = [
        LocalTest("蛋白", section="髄液"),
        LocalTest("TP", section="感染症"),
        LocalTest("ALT", section="細菌検査"),
    ]
    csf, treponema, alt = (found.jlac10 for found in mapper().answers(rows, systems=["jlac10"]))
    assert csf is not None
    assert csf.code[:5] == "1C010"
    assert csf.code[9:12] == "041"
    assert treponema is not None
    assert treponema.read_as is not None
    assert treponema.read_as.section == "infection"
    assert alt is not None
    assert Reason.SECTION_CONFLICT in alt.reasons
