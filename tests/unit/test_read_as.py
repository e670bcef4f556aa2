"""The concept that a row was read as, in every answer: with a code, without one, and where none is known."""

from dataclasses import replace
from datetime import date

import pytest

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.types import Disposition, LocalTest, MapOptions, MappingResult, Reason
from tests.unit.stages import CODES, CONCEPT_OF, build_pipeline, listed
from tests.unit.vocabulary import VOCABULARY

PIPELINE = build_pipeline()


def answer(row: LocalTest) -> MappingResult:
    return PIPELINE.map_batch([row], MapOptions())[0]


def read_as(mapping: MappingResult) -> str | None:
    return mapping.read_as.key if mapping.read_as else None


@pytest.mark.parametrize(
    ("row", "disposition", "concept"),
    [
        (LocalTest("AST", specimen="血清", unit="U/L"), Disposition.ACCEPTED, "ast"),
        (LocalTest("HBs抗原", specimen="血清"), Disposition.NEEDS_REVIEW, "hbs_antigen"),
        (LocalTest("クレアチソキナーゼ", specimen="血清"), Disposition.NEEDS_REVIEW, "creatine_kinase"),
        (LocalTest("CK-MB", specimen="血清", unit="U/L"), Disposition.NO_CODE, "ck_mb"),
        (LocalTest("スギ"), Disposition.NO_CODE, "cedar_pollen"),
        (LocalTest("コメント"), Disposition.NO_CODE, "comment"),
        (LocalTest("アミラーゼ", specimen="尿"), Disposition.NO_CODE, "urine_amylase"),
        (LocalTest("Na", specimen="髄液", unit="mEq/L"), Disposition.NO_CODE, "sodium"),
        (LocalTest("謎の物質ゼータ"), Disposition.NO_CODE, None),
        (LocalTest("プロトロ酸", specimen="血清"), Disposition.NO_CODE, None),  # only resembles a listed name
        (LocalTest("ナトリウム・カリウム"), Disposition.NO_CODE, None),
        (LocalTest(""), Disposition.ERROR, None),
        (LocalTest("AST" * 1000), Disposition.ERROR, None),
    ],
)
def test_an_answer_says_what_the_row_was_read_as_with_a_code_or_without(
    row: LocalTest, disposition: Disposition, concept: str | None
) -> None:
    mapping = answer(row)
    assert (mapping.disposition, read_as(mapping)) == (disposition, concept)


@pytest.mark.parametrize("name", ["AST", "HBs抗原", "クレアチソキナーゼ"])
def test_a_proposed_code_is_one_of_the_concept_that_the_row_was_read_as(name: str) -> None:
    mapping = answer(LocalTest(name, specimen="血清"))
    assert read_as(mapping) == CONCEPT_OF[parse(mapping.jlac11).measurand]
    assert mapping.candidates[0].hypothesis.concept == mapping.read_as


def test_an_item_whose_codes_all_ended_goes_to_a_person_without_a_code() -> None:
    once = (listed("C2042-0000-250-000-F7", valid_to=date(2025, 7, 15)),)
    pipeline = build_pipeline([c for c in CODES if c.code.measurand != "C2042"], ended=once)
    row = LocalTest("アミラーゼ", specimen="血清", unit="U/L")
    (mapping,) = pipeline.map_batch([row], MapOptions())
    assert (mapping.disposition, mapping.jlac11, mapping.standard_name) == (Disposition.NEEDS_REVIEW, "", "")
    assert Reason.ITEM_ENDED in mapping.reasons
    assert Reason.NAME_KNOWN_UNLISTED not in mapping.reasons
    assert read_as(mapping) == "amylase"
    assert "C2042" not in {c.code.measurand for c in mapping.candidates}


def test_an_ended_item_gets_no_code_of_another_that_resembles_it() -> None:
    once = (listed("C7003-0000-250-000-B1", valid_to=date(2025, 7, 15)),)
    taken_for_it = tuple(
        replace(c, confused_with=("sodium",)) if c.key == "potassium" else c for c in VOCABULARY.concepts
    )
    pipeline = build_pipeline(
        [c for c in CODES if c.code.measurand != "C7003"],
        ended=once,
        vocabulary=replace(VOCABULARY, concepts=taken_for_it),
    )
    row = LocalTest("カリウム", specimen="血清", unit="mmol/L")
    (mapping,) = pipeline.map_batch([row], MapOptions())
    assert {c.hypothesis.key for c in mapping.candidates} == {"sodium"}
    assert (mapping.disposition, mapping.jlac11, mapping.standard_name) == (Disposition.NEEDS_REVIEW, "", "")
    assert Reason.ITEM_ENDED in mapping.reasons
    assert read_as(mapping) == "potassium"


def test_an_item_that_was_never_listed_is_not_ended() -> None:
    pipeline = build_pipeline([c for c in CODES if c.code.measurand != "C2042"])
    (mapping,) = pipeline.map_batch([LocalTest("アミラーゼ", specimen="血清", unit="U/L")], MapOptions())
    assert (mapping.disposition, mapping.reasons) == (Disposition.NO_CODE, (Reason.NAME_KNOWN_UNLISTED,))
    assert read_as(mapping) == "amylase"


def test_an_ended_item_is_no_rival_of_a_listed_one_in_another_specimen() -> None:
    once = (listed("C2042-0000-250-000-F7", valid_to=date(2025, 7, 15)),)
    pipeline = build_pipeline([c for c in CODES if c.code.measurand != "C2042"], ended=once)
    rows = [LocalTest("AST", specimen="血清", unit="U/L"), LocalTest("尿アミラーゼ", specimen="尿")]
    listed_one, other = pipeline.map_batch(rows, MapOptions())
    assert (listed_one.disposition, listed_one.jlac11) == (Disposition.ACCEPTED, "C20080000250000F7")
    assert (other.disposition, read_as(other)) == (Disposition.NO_CODE, "urine_amylase")
    assert Reason.ITEM_ENDED not in (*listed_one.reasons, *other.reasons)
