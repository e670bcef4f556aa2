"""The method digits: from the reagent or instrument name alone."""

import math
from datetime import date

import pytest

from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.mapping.comparisons.method import MethodChoices, MethodComparison
from jlac_mapper.types import Evidence, Reason
from tests.unit.stages import WEIGHTS, build_comparer, compose, first, listed

UNSPECIFIED = listed("C2008-0000-250-000-F7")
SHIKARIKID = listed("C2008-0000-250-009-F7", "シカリキッド AST")
L_TYPE = listed("C2008-0000-250-010-F7", "LタイプワコーAST・J2")
AST = (UNSPECIFIED, SHIKARIKID, L_TYPE)
AST_KEY = "ast"


def choose(
    codes: tuple[ListedCode, ...], reagent: str = "", method: str = "", ended: tuple[ListedCode, ...] = ()
) -> list[tuple[str, tuple[Reason, ...]]]:
    comparison = MethodComparison({AST_KEY: codes}, {AST_KEY: ended}, WEIGHTS)
    return shown(comparison.choose(reagent, method, AST_KEY, codes))


def shown(choices: MethodChoices) -> list[tuple[str, tuple[Reason, ...]]]:
    return [(choice.listed.code.method, choice.compared.reasons) for choice in choices.choices]


def choices_among(
    codes: tuple[ListedCode, ...], reagent: str = "", *others: tuple[ListedCode, ...]
) -> MethodChoices:
    """What is left of one concept's codes beside those of others."""
    concepts = {"this": codes, **{f"other {number}": found for number, found in enumerate(others)}}
    return MethodComparison(concepts, {}, WEIGHTS).choose(reagent, "", "this", codes)


def test_without_a_product_the_method_is_unspecified() -> None:
    assert choose(AST) == [("000", (Reason.METHOD_UNSPECIFIED,))]


@pytest.mark.parametrize(
    "reagent",
    ["シカリキッド AST", "ｼｶﾘｷｯﾄﾞ　ＡＳＴ", "シカリキッドAST測定用試薬", "関東化学 シカリキッド AST"],
)
def test_a_product_is_found_as_hospitals_write_it(reagent: str) -> None:
    assert choose(AST, reagent) == [("009", (Reason.PRODUCT_MATCHED,))]


def test_the_evidence_names_the_product() -> None:
    (choice,) = choices_among(AST, "シカリキッドAST").choices
    assert choice.compared.evidence == (
        Evidence("method.product", (("product", "シカリキッド AST"),), "reagent"),
    )
    assert 0.9 < choice.share <= 1.0


def test_a_method_field_counts_only_when_it_holds_the_very_product() -> None:
    assert choose(AST, method="シカリキッド AST") == [("009", (Reason.PRODUCT_MATCHED,))]
    assert choose(AST, method="シカリキッド") == [("000", (Reason.METHOD_UNSPECIFIED,))]
    assert choose(AST, method="JSCC標準化対応法") == [("000", (Reason.METHOD_UNSPECIFIED,))]


def test_a_reagent_of_another_name_is_unrecognised_and_keeps_method_000() -> None:
    assert choose(AST, "自家製試薬ゼータ") == [("000", (Reason.PRODUCT_UNRECOGNISED,))]
    (choice,) = choices_among(AST, "自家製試薬ゼータ").choices
    assert choice.share == 0.3


def test_a_text_that_leaves_out_the_version_is_ambiguous() -> None:
    versions = (
        listed("C2008-0000-250-020-F7", "ゼータ AST II"),
        listed("C2008-0000-250-021-F7", "ゼータ AST III"),
    )
    ((_, reasons),) = choose(versions, "ゼータ AST")
    assert reasons == (Reason.PRODUCT_AMBIGUOUS,)


def test_one_product_under_two_methods_is_ambiguous() -> None:
    twice = (listed("C2008-0000-250-030-F7", "ゼータ AST"), listed("C2008-0000-250-031-F7", "ゼータ AST"))
    found = choose(twice, "ゼータ AST")
    assert [method for method, _ in found] == ["030", "031"]
    assert all(Reason.PRODUCT_AMBIGUOUS in reasons for _, reasons in found)


def test_products_without_method_000_are_given_for_a_person_to_choose() -> None:
    choices = choices_among((SHIKARIKID, L_TYPE))
    assert shown(choices) == [("009", (Reason.METHOD_ASSUMED,)), ("010", (Reason.METHOD_ASSUMED,))]
    assert [choice.share for choice in choices.choices] == [0.5, 0.5]
    assert choices.fit <= 0.1


def test_products_alone_weigh_more_than_method_000_in_a_unit_of_equal_values() -> None:
    """An equal unit weighs e^-3: the row's very unit, listed for products only, must lead over it."""
    fit = choices_among((SHIKARIKID,)).fit
    assert math.exp(-3) < fit < 1


@pytest.mark.parametrize("reagent", ["", "オーソ バイオビュー"])
def test_blood_groups_have_a_method_that_no_product_decides(reagent: str) -> None:
    blood_group = (listed("K1001-0000-211-901-04", "試験管法"),)
    assert choose(blood_group, reagent) == [("901", ())]


def test_method_000_leads_over_calculated_methods() -> None:
    both = (listed("C6011-0000-250-901-85"), listed("C6011-0000-250-000-85"))
    assert choose(both) == [("000", (Reason.METHOD_UNSPECIFIED,))]


@pytest.mark.parametrize(
    "label", ["{}", "血液検査用 乳酸脱水素酵素 キット {} 製造販売元 株式会社オメガ 第3版"]
)
def test_one_trade_name_under_two_concepts_has_the_method_of_each(label: str) -> None:
    ast = (UNSPECIFIED, listed("C2008-0000-250-031-F7", "ゼータパネル"))
    ld = (listed("C2012-0000-250-000-F7"), listed("C2012-0000-250-044-F7", "ゼータパネル"))
    for codes, other, method in ((ast, ld, "031"), (ld, ast, "044")):
        choices = choices_among(codes, label.format("ゼータパネル"), other)
        assert shown(choices) == [(method, (Reason.PRODUCT_MATCHED,))]
        assert choices.choices[0].listed.code.measurand == codes[0].code.measurand


@pytest.mark.parametrize("label", ["{}", "B型肝炎ウイルス表面抗原キット {} 製造販売元 株式会社オメガ 第3版"])
def test_a_product_listed_for_another_concept_only_is_unrecognised(label: str) -> None:
    """The two names are alike enough for a typing error, yet each is a product of its own."""
    antigen = (listed("V2010-0000-250-000-34"), listed("V2010-0000-250-011-34", "ゼータスフィア HBS抗原"))
    antibody = (listed("V2011-0000-250-000-B9"), listed("V2011-0000-250-012-B9", "ゼータスフィア HBS抗体"))
    text = label.format("ゼータスフィア HBs抗原")
    assert shown(choices_among(antigen, text, antibody)) == [("011", (Reason.PRODUCT_MATCHED,))]
    assert shown(choices_among(antibody, text, antigen)) == [("000", (Reason.PRODUCT_UNRECOGNISED,))]


def test_an_ended_product_leads_to_its_successor() -> None:
    successor = listed("C2008-0000-250-040-F7", "ゼータ AST ネオ")
    ended = listed(
        "C2008-0001-250-039-F7",
        "シグマ AST",
        successor=str(successor.code),
        valid_to=date(2025, 7, 15),
    )
    found = choose((UNSPECIFIED, successor), "シグマ AST", ended=(ended,))
    assert found == [("040", (Reason.PRODUCT_MATCHED, Reason.CODE_ENDED))]


def test_a_product_listed_for_another_unit_draws_the_row_there() -> None:
    """The product's slot is preferred where the row does not say the unit itself."""
    codes = (
        listed("B2006-0000-244-000-F0"),
        listed("B2006-0000-244-000-12"),
        listed("B2006-0000-244-050-12", "ゼータ PT"),
    )
    assert (
        first(build_comparer(codes), "PT", specimen="クエン酸血漿", reagent="ゼータ PT")[0]
        == "B2006-0000-244-050-12"
    )


def test_the_right_unit_is_kept_where_the_product_is_listed_for_another() -> None:
    codes = (listed("B2006-0000-244-000-F0"), listed("B2006-0000-244-050-12", "ゼータ PT"))
    code, reasons = first(
        build_comparer(codes), "PT", specimen="クエン酸血漿", unit="秒", reagent="ゼータ PT"
    )
    assert code == "B2006-0000-244-000-F0"
    assert Reason.PRODUCT_UNRECOGNISED in reasons


def test_a_matched_product_takes_nearly_all_of_the_share() -> None:
    found = compose(build_comparer(AST), "AST", specimen="血清", unit="U/L", reagent="シカリキッド AST")
    assert [c.code.hyphenated for c, _ in found] == ["C2008-0000-250-009-F7"]
    assert found[0][1] > 0.95
