"""Composing candidates: each element from its own evidence, inside the codes of the edition."""

import pytest

from jlac_mapper.mapping.comparisons.base import SILENT
from jlac_mapper.types import Hypothesis, Reason
from tests.unit.stages import agreement, build_comparer, compose, first, listed, meaning, normalize

COMPARER = build_comparer()
ASSUMED = {Reason.SPECIMEN_ASSUMED, Reason.UNIT_ASSUMED, Reason.IDENTIFICATION_ASSUMED, Reason.METHOD_ASSUMED}


def assumptions(reasons: tuple[Reason, ...]) -> set[Reason]:
    return set(reasons) & ASSUMED


# --- shares


@pytest.mark.parametrize(
    "fields", [{}, {"unit": "%"}, {"specimen": "髄液"}, {"specimen": "血漿", "unit": "秒"}]
)
def test_the_shares_of_one_concept_are_a_distribution(fields: dict[str, str]) -> None:
    shares = [share for _, share in compose(COMPARER, "PT", **fields)]
    assert sum(shares) == pytest.approx(1.0)
    assert all(0.0 <= share <= 1.0 for share in shares)
    assert shares == sorted(shares, reverse=True)


def test_no_more_candidates_than_asked_for_are_returned_and_the_best_stay() -> None:
    test = normalize("PT")
    hypothesis = compose(COMPARER, "PT")[0][0].hypothesis
    all_of_them = COMPARER.compare(test, hypothesis, limit=9)
    assert len(all_of_them.candidates) == 4
    few = COMPARER.compare(test, hypothesis, limit=2)
    assert (few.candidates, few.agreement) == (all_of_them.candidates[:2], all_of_them.agreement)


# --- specimen


@pytest.mark.parametrize(
    ("specimen", "expected"),
    [("血清", "250"), ("茶スピッツ", "250"), ("血漿", "240"), ("EDTA血漿", "242")],
)
def test_the_specimen_field_decides_the_specimen(specimen: str, expected: str) -> None:
    code, reasons = first(COMPARER, "総蛋白", specimen=specimen, unit="g/dL")
    assert code == f"C1002-0000-{expected}-000-55"
    assert not assumptions(reasons)


def test_an_unsaid_specimen_is_the_usual_one_and_says_so() -> None:
    code, reasons = first(COMPARER, "総蛋白", unit="g/dL")
    assert code == "C1002-0000-250-000-55"
    assert Reason.SPECIMEN_ASSUMED in reasons


def test_an_unsaid_specimen_is_no_assumption_where_one_alone_is_listed() -> None:
    code, reasons = first(COMPARER, "AST", unit="U/L")
    assert code == "C2008-0000-250-000-F7"
    assert reasons == (Reason.METHOD_UNSPECIFIED,)


def test_an_unknown_specimen_text_is_a_reason_of_its_own() -> None:
    _, reasons = first(COMPARER, "総蛋白", specimen="謎の容器", unit="g/dL")
    assert Reason.SPECIMEN_UNRECOGNISED in reasons
    assert Reason.SPECIMEN_ASSUMED not in reasons


def test_a_site_default_fills_an_unsaid_specimen() -> None:
    site = build_comparer(site_defaults={"specimen": "242"})
    code, reasons = first(site, "総蛋白", unit="g/dL")
    assert code == "C1002-0000-242-000-55"
    assert Reason.SITE_DEFAULT in reasons
    assert not assumptions(reasons)


def test_the_row_speaks_before_the_site_default() -> None:
    site = build_comparer(site_defaults={"specimen": "242"})
    code, reasons = first(site, "総蛋白", unit="g/dL", specimen="血清")
    assert code == "C1002-0000-250-000-55"
    assert Reason.SITE_DEFAULT not in reasons


def test_a_specimen_that_the_concept_is_not_listed_in_is_said() -> None:
    _, reasons = first(COMPARER, "ナトリウム", specimen="髄液", unit="mmol/L")
    assert Reason.SPECIMEN_NOT_LISTED in reasons


def test_the_broader_specimen_stands_for_one_that_is_not_listed() -> None:
    code, reasons = first(COMPARER, "WBC", specimen="EDTA血", unit="×10^2/μL")
    assert code == "B1002-0000-211-000-G0"
    assert Reason.SPECIMEN_BROADER in reasons
    code, reasons = first(COMPARER, "WBC", specimen="EDTA血", unit="千/μL")
    assert code == "B1002-0000-212-000-G1"
    assert Reason.SPECIMEN_BROADER not in reasons


def test_the_right_unit_in_the_broader_specimen_clearly_leads_over_another_unit() -> None:
    (best, share), *_ = compose(COMPARER, "WBC", specimen="EDTA血", unit="×10^2/μL")
    assert best.code.unit == "G0"
    assert share > 0.8


def test_a_narrower_specimen_than_the_given_one_is_an_assumption() -> None:
    code, reasons = first(COMPARER, "WBC", specimen="全血", unit="×10^2/μL")
    assert code == "B1002-0000-211-000-G0"
    assert Reason.SPECIMEN_ASSUMED in reasons


def test_a_tube_decides_where_the_edition_lists_its_blood_or_its_plasma_alone() -> None:
    code, reasons = first(COMPARER, "PT", specimen="凝固管", unit="%")
    assert code == "B2006-0000-244-000-12"
    assert not assumptions(reasons)


def test_a_tube_leaves_open_whether_its_blood_was_spun() -> None:
    code, reasons = first(COMPARER, "血糖", specimen="NaF", unit="mg/dL")
    assert code == "C4001-0000-245-000-85"
    assert Reason.SPECIMEN_ASSUMED in reasons
    specimens = {c.code.specimen for c, share in compose(COMPARER, "血糖", specimen="NaF") if share > 0.1}
    assert specimens == {"215", "245"}


@pytest.mark.parametrize(
    ("specimen", "expected"),
    [("NaF血漿（灰）", "245"), ("NaF全血/NaF", "215"), ("血清（灰）", "250")],
)
def test_a_tube_beside_the_specimen_itself_adds_nothing(specimen: str, expected: str) -> None:
    code, reasons = first(COMPARER, "血糖", specimen=specimen, unit="mg/dL")
    assert code == f"C4001-0000-{expected}-000-85"
    assert not assumptions(reasons)


def test_blood_with_citrate_may_be_the_plasma_that_is_listed() -> None:
    code, reasons = first(COMPARER, "PT", specimen="クエン酸血", unit="%")
    assert code == "B2006-0000-244-000-12"
    assert Reason.SPECIMEN_ASSUMED in reasons


def test_two_listed_specimens_in_the_field_are_a_choice_for_a_person() -> None:
    code, reasons = first(COMPARER, "総蛋白", specimen="血清・血漿", unit="g/dL")
    assert code == "C1002-0000-250-000-55"
    assert Reason.SPECIMEN_ASSUMED in reasons


def test_the_jlac10_code_tells_the_specimen_that_no_field_gives() -> None:
    code, reasons = first(COMPARER, "総蛋白", unit="g/dL", jlac10="3A010000002327101")
    assert code == "C1002-0000-250-000-55"
    assert not assumptions(reasons)
    code, _ = first(COMPARER, "総蛋白", unit="g/dL", jlac10="3A010000002227101")
    assert code.split("-")[2] in {"240", "242"}


@pytest.mark.parametrize(
    ("specimen", "expected"),
    [("血清", 1.0), ("EDTA血漿", 1.0), ("", 0.0), ("謎", -0.5), ("髄液", -1.0), ("尿", -1.0), ("血液", 1.0)],
)
def test_specimen_agreement_says_how_a_row_stands_to_a_concept(specimen: str, expected: float) -> None:
    assert agreement(COMPARER, "total_protein", "総蛋白", specimen=specimen).specimen == expected


def test_specimen_agreement_needs_both_the_field_and_the_name() -> None:
    assert agreement(COMPARER, "sodium", "髄液ナトリウム", specimen="血清").specimen == -1.0
    assert agreement(COMPARER, "white_blood_cells", "WBC", specimen="EDTA血").specimen == 1.0
    assert agreement(COMPARER, "total_protein", "総蛋白", specimen="クエン酸血").specimen == -1.0
    assert agreement(COMPARER, "prothrombin_time", "PT", specimen="クエン酸血").specimen == 1.0


# --- unit


@pytest.mark.parametrize(("unit", "digits"), [("秒", "F0"), ("sec", "F0"), ("%", "12"), ("INR", "61")])
def test_the_unit_tells_the_results_of_a_clotting_time_apart(unit: str, digits: str) -> None:
    code, reasons = first(COMPARER, "PT", specimen="クエン酸血漿", unit=unit)
    assert code == f"B2006-0000-244-000-{digits}"
    assert not assumptions(reasons)


def test_a_name_can_imply_the_unit() -> None:
    code, reasons = first(COMPARER, "PT-INR", specimen="クエン酸血漿")
    assert code == "B2006-0000-244-000-61"
    assert not assumptions(reasons)


def test_an_unsaid_unit_among_several_is_an_assumption() -> None:
    _, reasons = first(COMPARER, "PT", specimen="クエン酸血漿")
    assert Reason.UNIT_ASSUMED in reasons


def test_the_reference_range_gives_the_unit_that_the_unit_field_leaves_out() -> None:
    code, reasons = first(COMPARER, "PT", specimen="クエン酸血漿", reference_range="70-130 %")
    assert code == "B2006-0000-244-000-12"
    assert not assumptions(reasons)


def test_the_unit_field_speaks_before_the_reference_range() -> None:
    code, _ = first(COMPARER, "PT", specimen="クエン酸血漿", unit="秒", reference_range="70-130 %")
    assert code == "B2006-0000-244-000-F0"


@pytest.mark.parametrize("unit", ["mEq/L", "mmol/L", "ミリモル/L"])
def test_a_milliequivalent_of_an_electrolyte_is_a_millimole(unit: str) -> None:
    code, reasons = first(COMPARER, "Na", specimen="血清", unit=unit)
    assert code == "C7002-0000-250-000-B1"
    assert Reason.UNIT_CONFLICT not in reasons


@pytest.mark.parametrize("unit", ["COI", "S/CO", "INDEX"])
def test_cutoff_ratios_are_one_class_of_units(unit: str) -> None:
    code, reasons = first(COMPARER, "HBs抗原", specimen="血清", unit=unit)
    assert code == "V2010-0000-250-000-34"
    assert Reason.UNIT_CONFLICT not in reasons


@pytest.mark.parametrize(("unit", "digits"), [("IU/mL", "F8"), ("U/mL", "F8"), ("COI", "34")])
def test_the_unit_tells_the_results_of_hbs_antigen_apart(unit: str, digits: str) -> None:
    assert first(COMPARER, "HBs抗原", specimen="血清", unit=unit)[0] == f"V2010-0000-250-000-{digits}"


@pytest.mark.parametrize(
    "fields",
    [{"reference_range": "(-)"}, {"result_type": "定性"}, {"unit": "定性"}, {"reference_range": "陰性"}],
)
def test_a_qualitative_row_gets_the_qualitative_result(fields: dict[str, str]) -> None:
    code, reasons = first(COMPARER, "HBs抗原", specimen="血清", **fields)
    assert code == "V2010-0000-250-000-02"
    assert Reason.RESULT_TYPE_CONFLICT not in reasons


def test_a_qualitative_row_of_a_concept_without_such_a_result_is_a_conflict() -> None:
    _, reasons = first(COMPARER, "AST定性", specimen="血清")
    assert Reason.RESULT_TYPE_CONFLICT in reasons


def test_a_unit_that_is_not_listed_is_a_conflict() -> None:
    assert Reason.UNIT_CONFLICT in first(COMPARER, "AST", specimen="血清", unit="mg/dL")[1]
    assert Reason.UNIT_CONFLICT in first(COMPARER, "総蛋白", specimen="血清", unit="mg/dL")[1]


@pytest.mark.parametrize(
    ("name", "unit", "expected"),
    [
        ("総蛋白", "g/dL", 1.0),
        ("総蛋白", "", 0.0),
        ("総蛋白", "mg/dL", 0.5),
        ("総蛋白", "U/L", -1.0),
        ("Na", "mEq/L", 1.0),
    ],
)
def test_unit_agreement_tells_another_scale_from_another_quantity(
    name: str, unit: str, expected: float
) -> None:
    concept = {"総蛋白": "total_protein", "Na": "sodium"}[name]
    assert agreement(COMPARER, concept, name, unit=unit).unit == expected


# --- identification


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("空腹時血糖", "1337"),
        ("血糖(空腹時)", "1337"),
        ("血糖(随時)", "1336"),
        ("随時血糖", "1336"),
        ("血糖", "0000"),
    ],
)
def test_fasting_and_random_glucose_differ_by_identification(name: str, digits: str) -> None:
    code, _ = first(COMPARER, name, specimen="血清", unit="mg/dL")
    assert code == f"C4001-{digits}-250-000-85"


def test_jlac10_digits_tell_a_fasting_specimen() -> None:
    code, _ = first(COMPARER, "血糖", specimen="血清", unit="mg/dL", jlac10="3D010139902327101")
    assert code == "C4001-1337-250-000-85"


def test_the_old_random_digits_are_used_where_the_new_ones_are_not_listed() -> None:
    old = build_comparer([listed("C4001-0000-250-000-85"), listed("C4001-1299-250-000-85")])
    assert first(old, "血糖(随時)", specimen="血清", unit="mg/dL")[0] == "C4001-1299-250-000-85"
    assert first(old, "血糖", specimen="血清", unit="mg/dL")[0] == "C4001-0000-250-000-85"


def test_the_current_identification_leads_over_an_old_serial_number() -> None:
    both = build_comparer([listed("B2006-0003-244-000-61"), listed("B2006-0000-244-000-61")])
    assert first(both, "PT-INR", specimen="クエン酸血漿", unit="INR")[0] == "B2006-0000-244-000-61"


# --- completions


def test_a_completion_from_the_starter_is_marked() -> None:
    completed = build_comparer([listed("C2008-0000-250-000-F7", source="starter")], completed=True)
    assert Reason.COMPLETED_FROM_STARTER in first(completed, "AST", specimen="血清", unit="U/L")[1]
    assert Reason.COMPLETED_FROM_STARTER not in first(COMPARER, "AST", specimen="血清", unit="U/L")[1]


# --- what has nothing to offer


def test_a_panel_or_a_concept_without_a_code_offers_nothing() -> None:
    panel = Hypothesis(None, False, None, {}, 1.0)
    composed = COMPARER.compare(normalize("Na・K"), panel, limit=5)
    assert (composed.candidates, composed.agreement) == ((), SILENT)
    assert COMPARER.compare(normalize("CK-MB"), meaning("ck_mb"), limit=5).candidates == ()
