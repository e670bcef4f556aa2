"""What makes two rows one."""

from dataclasses import replace

import pytest

from jlac_mapper.review.local_aliases import alias_key, twin_key
from jlac_mapper.types import LocalTest
from tests.support.review_values import without_notes

ROW = LocalTest("AST(GOT)", abbreviation="AST", specimen="血清", unit="U/L", method="JSCC", reagent="試薬A")


@pytest.mark.parametrize(
    "same",
    [
        replace(ROW, name="ＡＳＴ（ＧＯＴ）"),
        replace(ROW, name="ast (got)", specimen=" 血清"),
        replace(ROW, unit="Ｕ/Ｌ"),
        replace(ROW, local_code="0042", kana="ｴｰｴｽﾃｨｰ", reference_range="13-30", jlac10="3B035"),
    ],
)
def test_spellings_of_one_row_share_a_key(same: LocalTest) -> None:
    assert alias_key(same) == alias_key(ROW)


@pytest.mark.parametrize(
    "field_", ["name", "abbreviation", "specimen", "unit", "method", "reagent", "result_type"]
)
def test_every_field_that_decides_a_code_is_in_the_key(field_: str) -> None:
    assert alias_key(replace(ROW, **{field_: "mg/dL"})) != alias_key(ROW)


def test_fields_do_not_run_into_each_other() -> None:
    assert alias_key(LocalTest("A", abbreviation="BC")) != alias_key(LocalTest("AB", abbreviation="C"))


def test_a_unit_inside_the_reference_range_counts_where_the_field_is_empty() -> None:
    bare = replace(ROW, unit="")
    assert alias_key(replace(bare, reference_range="13-30 U/L")) == alias_key(
        replace(bare, reference_range="10-40 U/L")
    )
    assert alias_key(replace(bare, reference_range="13-30 U/L")) != alias_key(
        replace(bare, reference_range="13-30 mg/dL")
    )


def test_names_of_punctuation_only_stay_apart() -> None:
    assert alias_key(LocalTest("---")) != alias_key(LocalTest("***"))


@pytest.mark.parametrize(
    "twin",
    [
        replace(ROW, name="AST(GOT)時間外"),
        replace(ROW, name="ＡＳＴ（ＧＯＴ）(時間外)"),
        replace(ROW, name="時間外AST(GOT)", abbreviation="AST2"),
        replace(ROW, abbreviation="AST 時間外"),
    ],
)
def test_rows_that_differ_by_notes_alone_are_twins_and_not_one(twin: LocalTest) -> None:
    assert twin_key(twin, without_notes) == twin_key(ROW, without_notes)
    assert alias_key(twin) != alias_key(ROW)


@pytest.mark.parametrize("field_", ["name", "abbreviation", "specimen", "unit", "method", "reagent"])
def test_twins_agree_in_every_field_that_decides_a_code(field_: str) -> None:
    other = replace(ROW, **{field_: "mg/dL"})
    assert twin_key(other, without_notes) != twin_key(ROW, without_notes)


def test_a_row_without_notes_has_its_alias_key_for_a_twin_key() -> None:
    for row in (ROW, LocalTest(""), LocalTest("AST" * 300)):
        assert twin_key(row, without_notes) == alias_key(row)
