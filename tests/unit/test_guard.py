"""Contradictions between a row and a candidate."""

import pytest

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.mapping.guard import check, is_other_method, jlac10_agreement
from jlac_mapper.types import Candidate, Hypothesis, Reason
from tests.unit.stages import normalize

ANALYTES = {"C2008": ("3B035",), "V2010": ("5F016",), "C4001": ("3D010",), "B1002": ()}
HYPOTHESIS = Hypothesis("C2008", None, None, {}, 1.0)


def found(code: str, name: str, *reasons: Reason, **fields: str) -> tuple[Reason, ...]:
    candidate = Candidate(parse(code), "", HYPOTHESIS, reasons, ())
    return check(normalize(name, **fields), candidate, ANALYTES)


AST = "C2008-0000-250-000-F7"


def test_a_row_without_contradictions_has_none() -> None:
    assert found(AST, "AST", specimen="血清", unit="U/L") == ()


@pytest.mark.parametrize(
    ("jlac10", "expected"),
    [
        ("3B035000002327201", (Reason.JLAC10_AGREES,)),
        ("3B035-0000-023-272-01", (Reason.JLAC10_AGREES,)),
        ("3B045000002327201", (Reason.JLAC10_CONFLICT,)),
        ("", ()),
        ("unreadable", ()),
    ],
)
def test_the_jlac10_code_agrees_or_contradicts(jlac10: str, expected: tuple[Reason, ...]) -> None:
    assert found(AST, "AST", jlac10=jlac10) == expected


def test_jlac10_says_nothing_where_the_measurands_analytes_are_unknown() -> None:
    test = normalize("WBC", jlac10="3B035000002327201")
    assert jlac10_agreement(test, "B1002", ANALYTES) == 0.0
    assert jlac10_agreement(test, "C2008", ANALYTES) == 1.0
    assert jlac10_agreement(test, "V2010", ANALYTES) == -1.0
    assert jlac10_agreement(normalize("WBC"), "C2008", ANALYTES) == 0.0


def test_a_specimen_after_a_meal_has_no_listed_result() -> None:
    assert Reason.TIMING_NOT_LISTED in found("C4001-0000-250-000-85", "血糖(食後)", specimen="血清")
    assert Reason.TIMING_NOT_LISTED not in found("C4001-1337-250-000-85", "空腹時血糖", specimen="血清")


def test_a_fasting_row_on_the_untimed_code_assumes_the_identification() -> None:
    assert Reason.IDENTIFICATION_ASSUMED in found("C4001-0000-250-000-85", "血糖(空腹時)")
    assert Reason.IDENTIFICATION_ASSUMED not in found("C4001-1337-250-000-85", "血糖(空腹時)")
    assert Reason.IDENTIFICATION_ASSUMED not in found(AST, "AST(空腹時)")


@pytest.mark.parametrize("name", ["HBs抗原(PCR)", "HBs抗原 核酸定量", "HBs-DNA"])
def test_amplified_nucleic_acids_are_no_antigen(name: str) -> None:
    assert is_other_method(normalize(name), "V2010")
    assert not is_other_method(normalize(name), "V2184")
    assert not is_other_method(normalize("HBs抗原(CLIA)"), "V2010")


def test_two_specimens_in_a_name_contradict_a_field_that_is_only_one_of_them() -> None:
    assert Reason.SPECIMEN_NOT_LISTED in found(AST, "AST(尿) 血清", specimen="血清", unit="U/L")
    assert Reason.SPECIMEN_NOT_LISTED not in found(AST, "AST(血清)", specimen="血清", unit="U/L")


@pytest.mark.parametrize("name", ["尿蛋白定量", "尿中蛋白(定量)", "蛋白濃度"])
def test_a_measured_amount_is_no_result_of_a_test_strip(name: str) -> None:
    strip = "A1006-0000-100-000-85"
    assert Reason.RESULT_TYPE_CONFLICT in found(strip, name, specimen="尿", unit="mg/dL")
    assert Reason.RESULT_TYPE_CONFLICT not in found(strip, "尿蛋白", specimen="尿", unit="mg/dL")


@pytest.mark.parametrize(
    "method", ["ウエスタンブロット法", "ウェスタンブロット", "中和法", "WB", "Western blot", "確認試験"]
)
def test_a_confirmation_method_is_another_test_than_the_screening(method: str) -> None:
    assert Reason.METHOD_CONFLICT in found("V2010-0000-250-000-02", "HBs抗原", method=method)


@pytest.mark.parametrize("method", ["CLEIA", "イムノクロマト法", "WBC", ""])
def test_a_screening_method_is_no_conflict(method: str) -> None:
    assert Reason.METHOD_CONFLICT not in found("V2010-0000-250-000-02", "HBs抗原", method=method)


def test_only_infection_tests_have_confirmation_methods() -> None:
    assert not is_other_method(normalize("AST", method="中和法"), "C2008")
    assert is_other_method(normalize("HBs抗原確認"), "V2010")


def test_an_unread_unit_is_a_reason() -> None:
    assert found(AST, "AST", unit="謎単位x") == (Reason.UNIT_UNRECOGNISED,)


def test_name_and_field_that_name_two_specimens_contradict_the_code() -> None:
    assert Reason.SPECIMEN_NOT_LISTED in found(AST, "髄液AST", specimen="血清")
    assert Reason.SPECIMEN_NOT_LISTED in found(AST, "血清AST", specimen="尿")


def test_the_contradiction_of_specimens_is_not_said_twice() -> None:
    assert found(AST, "髄液AST", Reason.SPECIMEN_NOT_LISTED, specimen="血清") == ()


@pytest.mark.parametrize(
    ("name", "specimen"),
    [
        ("血清AST", "血清"),
        ("血清AST", "血液"),
        ("血漿AST", "EDTA血漿"),
        ("血漿PT", "凝固管"),
        ("AST(蓄尿)", "尿"),
    ],
)
def test_words_and_fields_that_can_mean_one_specimen_do_not_contradict(name: str, specimen: str) -> None:
    assert Reason.SPECIMEN_NOT_LISTED not in found(AST, name, specimen=specimen)


def test_a_request_code_is_never_a_result() -> None:
    assert Reason.REQUEST_ROW in found("C2008-0000-250-009-00", "AST")
    assert Reason.REQUEST_ROW in found("C2008-9999-250-000-F7", "AST")


def test_a_qualitative_name_with_a_numeric_unit_is_a_conflict() -> None:
    code = "V2010-0000-250-000-02"
    assert Reason.RESULT_TYPE_CONFLICT in found(code, "HBs抗原定性", unit="IU/mL")
    assert Reason.RESULT_TYPE_CONFLICT not in found(code, "HBs抗原定性", unit="COI")
    assert Reason.RESULT_TYPE_CONFLICT not in found(code, "HBs抗原定性", reference_range="(-)")
