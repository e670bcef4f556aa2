"""What the section field of a row says: its specimen where the row gives none, and what is measured there."""

import pytest

from jlac_mapper.reading.sections import SectionReader
from jlac_mapper.types import LocalTest, NormalizedTest, Reason
from tests.support.shipped_release import shipped_normalizer, shipped_vocabulary


def read(section: str) -> str:
    found = SectionReader(shipped_vocabulary()).read(section)
    return found.key if found else ""


def normalize(section: str, name: str, **fields: str) -> NormalizedTest:
    return shipped_normalizer().normalize(LocalTest(name, section=section, **fields))


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("生化学", "chemistry"),
        ("生化学的検査", "chemistry"),
        ("生化学検査室", "chemistry"),
        ("ｾｲｶｶﾞｸ", "chemistry"),
        ("血液学的検査", "haematology"),
        ("凝固・線溶", "coagulation"),
        ("免疫血清部門", "immunology"),
        ("感染症検査", "infection"),
        ("尿一般", "urine"),
        ("尿・生化学", "urine_chemistry"),
        ("生化学（尿）", "urine_chemistry"),
        ("髄液検査", "csf"),
        ("穿刺液", "puncture_fluid"),
        ("一般検査", "general"),
        ("Clinical Chemistry", "chemistry"),
        ("第二内科", ""),
        ("検査", ""),
        ("", ""),
    ],
)
def test_a_section_is_read_as_hospitals_write_it(section: str, key: str) -> None:
    assert read(section) == key


def test_of_several_sections_the_one_that_states_a_specimen_counts() -> None:
    assert read("生化学/尿") == "urine"


def test_a_section_gives_the_specimen_of_a_row_that_gives_none() -> None:
    test = normalize("尿化学", "Na")
    assert (test.specimens, test.specimen_source) == (("urine",), "section")
    assert test.keys[0] == "尿na"


def test_a_habit_is_no_specimen() -> None:
    assert normalize("生化学", "Na").specimens == ()


@pytest.mark.parametrize(
    ("field", "said"), [({"specimen": "血清"}, ("serum",)), ({"specimen": "謎の液"}, ())]
)
def test_a_specimen_field_goes_before_the_section(field: dict[str, str], said: tuple[str, ...]) -> None:
    assert normalize("生化学", "Na", **field).specimens == said


@pytest.mark.parametrize(
    ("section", "name", "specimen"),
    [("尿化学", "Na", "血清"), ("尿化学", "Na(血清)", ""), ("髄液", "蛋白", "尿")],
)
def test_a_section_of_another_specimen_contradicts_the_row(section: str, name: str, specimen: str) -> None:
    assert Reason.SECTION_CONFLICT in normalize(section, name, specimen=specimen).contradictions


@pytest.mark.parametrize(
    ("section", "specimen"),
    [
        ("尿化学", "蓄尿"),
        ("血液", "EDTA血"),
        ("血液", "骨髄"),
        ("凝固", "尿"),
        ("穿刺液", "胸水"),
        ("体液", "髄液"),
    ],
)
def test_a_section_takes_every_specimen_that_is_usual_in_it(section: str, specimen: str) -> None:
    assert Reason.SECTION_CONFLICT not in normalize(section, "蛋白", specimen=specimen).contradictions
