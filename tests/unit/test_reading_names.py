"""What stands beside the name proper: headings, remarks, words in another order."""

import pytest

from jlac_mapper.reading.names import NameReader
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.text import clean, fold
from jlac_mapper.types import LocalTest, NormalizedTest
from tests.support.shipped_release import shipped_normalizer, shipped_vocabulary
from tests.unit.vocabulary import VOCABULARY

SMALL, STARTER = Normalizer(VOCABULARY), shipped_normalizer()
SHIPPED_NAMES = NameReader(shipped_vocabulary())


def normalize(name: str) -> NormalizedTest:
    return SMALL.normalize(LocalTest(name=name))


def with_starter(name: str) -> NormalizedTest:
    return STARTER.normalize(LocalTest(name=name))


# --- headings


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        ("生化:K", ("生化",)),
        ("生化：Ｋ", ("生化",)),
        ("【血算】WBC", ("血算",)),
        ("夜間）K", ("夜間",)),
        ("脂質／中性脂肪", ("脂質",)),
        ("感染症:HBsAg", ("感染症",)),
        ("感染症検査/HBs抗原", ("感染症検査",)),
        ("凝固-APTT", ("凝固",)),
    ],
)
def test_a_section_or_an_hour_over_a_known_name_is_a_note(name: str, notes: tuple[str, ...]) -> None:
    test = with_starter(name)
    assert test.remark == ""
    assert test.notes == notes
    assert test.keys[-1] in ("k", "wbc", "中性脂肪", "aptt", "hbs抗原", "hbsag")


def test_a_specimen_in_a_heading_is_a_fact() -> None:
    test = with_starter("髄液検査:Na")
    assert test.name_specimens == ("csf",)
    assert test.remark == ""


@pytest.mark.parametrize("name", ["東棟:AST", "東棟)AST", "[東棟]AST", "AST(東棟)", "AST〔東棟〕"])
def test_a_word_that_no_table_knows_over_or_behind_a_known_name_is_kept_apart(name: str) -> None:
    test = normalize(name)
    assert test.remark == "東棟"
    assert test.keys[-1] == "ast"


@pytest.mark.parametrize(
    "name",
    [
        "東棟:未知",  # nothing known follows
        "東棟/AST",  # a slash stands inside names
        "アイソザイム:AST",  # what makes another test of CK may make one of AST
        "AST(アイソザイム)",
        "non-AST",  # a hyphen joins parts of one name as well
        "東棟 AST",
        "CK/AST",  # a listed name is no heading
        "CK-MB:AST",
        "HBs抗原(定性)",
    ],
)
def test_nothing_else_is_a_remark(name: str) -> None:
    test = normalize(name)
    assert test.remark == ""
    assert test.notes == ()


@pytest.mark.parametrize(
    "name", ["ビリルビン〔直接〕", "LDL-コレステロール(直接)", "Rh(D)血液型", "HBs抗原(高感度)/測定値"]
)
def test_brackets_that_belong_to_a_known_name_are_no_remark(name: str) -> None:
    assert with_starter(name).remark == ""


@pytest.mark.parametrize("name", ["AST(比)", "AST(IgG結合)", "LD(遺伝子)", "CK(M)", "ALP(骨)", "TP(感染症)"])
def test_a_word_that_makes_another_test_is_no_remark(name: str) -> None:
    test = with_starter(name)
    assert test.remark == ""
    assert fold(name.partition("(")[0]) not in test.keys


@pytest.mark.parametrize(
    "name", ["感染症:TP", "感染症検査 TP", "薬物:TP", "腫瘍マーカー:TG", "甲状腺)TG", "イオン:Ca"]
)
def test_a_section_is_no_note_over_a_name_of_another(name: str) -> None:
    test = with_starter(name)
    assert not any(name.startswith(note) for note in test.notes)
    assert test.keys[-1] not in ("tp", "tg", "ca")


# --- words in another order


@pytest.mark.parametrize(
    ("name", "known"), [("抗原HBs", "hbs抗原"), ("蛋白・総", "総蛋白"), ("アイソザイム,CK", "ckアイソザイム")]
)
def test_a_known_name_is_found_with_a_word_at_the_other_end(name: str, known: str) -> None:
    assert known in normalize(name).keys


def test_a_word_stays_in_its_place_where_no_known_name_comes_of_it() -> None:
    assert normalize("抗原HBe定").keys == ("抗原hbe定",)


def test_a_blank_inside_a_known_name_makes_no_specimen_of_its_first_letter() -> None:
    test = with_starter("尿 酸")
    assert test.keys == ("尿酸",)
    assert test.name_specimens == ()


# --- the name without what a shop writes around it


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("AST(病棟)", "AST"),
        ("AST(東)", "AST"),
        ("AST(西病棟)", "AST"),
        ("東棟:AST", "AST"),
        ("緊急AST", "AST"),
        ("AST時間外", "AST"),
        ("時間外:AST", "AST"),
        ("AST-緊", "AST"),
        ("ＡＳＴ（救急）", "AST"),
        ("AST2", "AST"),
        ("AST-2", "AST"),
        ("AST 2", "AST"),
        ("AST(2)", "AST"),
        ("血糖2回目", "血糖"),
        ("AST緊急(酵素法)", "AST(酵素法)"),
        ("ビリルビン(直接)至急", "ビリルビン(直接)"),
        ("CA19-9(2)", "CA19-9"),
        ("再生不良性貧血(再)", "再生不良性貧血"),
    ],
)
def test_wing_hour_notes_and_a_count_are_no_part_of_the_name(name: str, same: str) -> None:
    assert fold(SHIPPED_NAMES.without_notes(clean(name))) == fold(SHIPPED_NAMES.without_notes(clean(same)))


@pytest.mark.parametrize(
    "name",
    [
        "AST",
        "AST(GOT)",
        "AST(酵素法)",
        "ビリルビン(直接)",
        "尿蛋白定性",
        "血糖食後2時間",
        "血糖(食後1時間)",
        "IgG4",
        "IgG 4",
        "CA19-9",
        "LDH1",
        "HIV-1/2",
        "ER",
        "",
        "(至急)",
        "---",
    ],
)
def test_what_makes_another_test_stays_in_the_name(name: str) -> None:
    assert SHIPPED_NAMES.without_notes(clean(name)) == clean(name)
