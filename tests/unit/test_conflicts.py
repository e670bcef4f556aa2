"""What of a row speaks for or against a code: the reasons that its comparisons give."""

import pytest

from jlac_mapper.mapping.comparisons.method import is_other_test
from jlac_mapper.mapping.comparisons.other_code import OtherCodeComparison
from jlac_mapper.types import Reason
from jlac_mapper.vocabulary import Concept
from tests.unit.stages import WEIGHTS, agreement, build_comparer, compared, compose
from tests.unit.vocabulary import VOCABULARY

COMPARER = build_comparer()
CONCEPTS = VOCABULARY.by_key()
HBV_DNA = Concept("hbv_dna", "HBV-DNA", "HBV DNA", section="infection")
AST = "C2008-0000-250-000-F7"


def found(code: str, name: str, **fields: str) -> set[Reason]:
    """The reasons that all comparisons give for one code."""
    return {reason for one in compared(code, name, **fields).values() for reason in one.reasons}


def of_row(name: str, **fields: str) -> set[Reason]:
    """The reasons of the best candidate."""
    return set(compose(COMPARER, name, **fields)[0][0].reasons)


def test_a_row_without_contradictions_has_none() -> None:
    assert found(AST, "AST", specimen="血清", unit="U/L") == {Reason.METHOD_UNSPECIFIED}


@pytest.mark.parametrize(
    ("jlac10", "expected"),
    [
        ("3B035000002327201", {Reason.JLAC10_AGREES}),
        ("3B035-0000-023-272-01", {Reason.JLAC10_AGREES}),
        ("3B045000002327201", {Reason.JLAC10_CONFLICT}),
        ("", set()),
        ("unreadable", set()),
    ],
)
def test_the_jlac10_code_agrees_or_contradicts(jlac10: str, expected: set[Reason]) -> None:
    said = found(AST, "AST", jlac10=jlac10)
    assert said & {Reason.JLAC10_AGREES, Reason.JLAC10_CONFLICT} == expected
    assert of_row("AST", jlac10=jlac10) == said


def test_jlac10_says_nothing_where_the_concepts_analytes_are_unknown() -> None:
    code = "3B035000002327201"
    unknown = OtherCodeComparison(WEIGHTS).compare(Concept("new", "新規", "New"), code)
    assert (unknown.level, unknown.agreement, unknown.reasons) == ("unsaid", 0.0, ())
    assert agreement(COMPARER, "ast", "WBC", jlac10=code).other_code == 1.0
    assert agreement(COMPARER, "hbs_antigen", "WBC", jlac10=code).other_code == -1.0
    assert agreement(COMPARER, "ast", "WBC").other_code == 0.0


def test_a_specimen_after_a_meal_has_no_listed_result() -> None:
    assert Reason.TIMING_NOT_LISTED in found("C4001-0000-250-000-85", "血糖(食後)", specimen="血清")
    assert Reason.TIMING_NOT_LISTED not in found("C4001-1337-250-000-85", "空腹時血糖", specimen="血清")


def test_a_fasting_row_on_the_untimed_code_assumes_the_identification() -> None:
    assert Reason.IDENTIFICATION_ASSUMED in found("C4001-0000-250-000-85", "血糖(空腹時)")
    assert Reason.IDENTIFICATION_ASSUMED not in found("C4001-1337-250-000-85", "血糖(空腹時)")
    assert Reason.IDENTIFICATION_ASSUMED not in found(AST, "AST(空腹時)")


@pytest.mark.parametrize("name", ["HBs抗原(PCR)", "HBs抗原 核酸定量", "HBs-DNA"])
def test_amplified_nucleic_acids_are_no_antigen(name: str) -> None:
    antigen = CONCEPTS["hbs_antigen"]
    assert is_other_test(antigen, name, "")
    assert not is_other_test(HBV_DNA, name, "")
    assert not is_other_test(antigen, "HBs抗原(CLIA)", "")


@pytest.mark.parametrize("name", ["尿蛋白定量", "尿中蛋白(定量)", "蛋白濃度"])
def test_a_measured_amount_is_no_result_of_a_test_strip(name: str) -> None:
    strip = "A1006-0000-100-000-85"
    assert Reason.RESULT_TYPE_CONFLICT in found(strip, name, specimen="尿", unit="mg/dL")
    assert Reason.RESULT_TYPE_CONFLICT not in found(strip, "尿蛋白", specimen="尿", unit="mg/dL")


@pytest.mark.parametrize(
    "method", ["ウエスタンブロット法", "ウェスタンブロット", "中和法", "WB", "Western blot", "確認試験"]
)
def test_a_confirmation_method_is_another_test_than_the_screening(method: str) -> None:
    assert Reason.METHOD_CONFLICT in of_row("HBs抗原", method=method)
    assert agreement(COMPARER, "hbs_antigen", "HBs抗原", method=method).method == -1.0


@pytest.mark.parametrize("method", ["CLEIA", "イムノクロマト法", "WBC", ""])
def test_a_screening_method_is_no_conflict(method: str) -> None:
    assert Reason.METHOD_CONFLICT not in of_row("HBs抗原", method=method)
    assert agreement(COMPARER, "hbs_antigen", "HBs抗原", method=method).method == 0.0


def test_only_infection_tests_have_confirmation_methods() -> None:
    assert not is_other_test(CONCEPTS["ast"], "AST", "中和法")
    assert Reason.METHOD_CONFLICT not in of_row("AST", method="中和法")
    assert is_other_test(CONCEPTS["hbs_antigen"], "HBs抗原確認", "")


def test_an_unread_unit_is_a_reason() -> None:
    assert found(AST, "AST", unit="謎単位x") == {Reason.UNIT_UNRECOGNISED, Reason.METHOD_UNSPECIFIED}


def test_a_qualitative_name_with_a_numeric_unit_is_a_conflict() -> None:
    code = "V2010-0000-250-000-02"
    assert Reason.RESULT_TYPE_CONFLICT in found(code, "HBs抗原定性", unit="IU/mL")
    assert Reason.RESULT_TYPE_CONFLICT not in found(code, "HBs抗原定性", unit="COI")
    assert Reason.RESULT_TYPE_CONFLICT not in found(code, "HBs抗原定性", reference_range="(-)")
