"""`master check` from a file to its findings: a clean file has none, and each rule has a row breaking it."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from jlac_mapper.codes.editions import make_edition
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.codes.successions import Successions
from jlac_mapper.concepts.binding import Binder
from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.master.checks import Finding, Known, Severity, check_edition
from jlac_mapper.master.diff import OldNew
from jlac_mapper.master.importers import read_master
from jlac_mapper.vocabulary import Vocabulary
from tests.support.shipped_release import shipped_starter, shipped_vocabulary
from tests.unit.master_files import HEADER_2026, cells, write_xlsx

TODAY = date(2026, 11, 1)
METHOD = "測定法(JLAC11)"
SPECIMEN = "材料(JLAC11)"
CLEAN: dict[str, str] = {
    "XML用単位": "U/L",
    METHOD: "紫外吸光光度法_試薬",
    "並び順": "500",
    "適用開始日": "00000000",
    "適用終了日": "99999999",
}
ALT = {"JLAC11コード": "C20110000250009F7", "FHIR項目名称": "ALT(GPT)", "略称": "ALT", "並び順": "510"}
UNSPECIFIED = {"JLAC11コード": "C20080000250000F7", "販売名称": "", METHOD: "その他の測定法"}


def row(**changes: str) -> list[str]:
    return cells(HEADER_2026, **(CLEAN | changes))


CLEAN_ROWS = (row(), row(**UNSPECIFIED), row(**ALT))


def edition_of(path: Path, *rows: list[str], second: list[list[str]] | None = None) -> Edition:
    sheets = [("2026年11月", [HEADER_2026, *CLEAN_ROWS, *rows])]
    if second is not None:
        sheets.append(("免疫血液学的検査ABO、Rh", [HEADER_2026, *second]))
    imported = read_master(write_xlsx(path / "m.xlsx", *sheets))
    return make_edition("m", imported.rows, (*imported.notes, *imported.remarks))


@cache
def vocabulary() -> Vocabulary:
    return shipped_vocabulary()


@cache
def binder() -> Binder:
    return Binder(vocabulary(), shipped_starter().known)


def check(edition: Edition, known: Known | None = None) -> list[Finding]:
    """Check as the command does: with the concepts of the edition's codes."""
    bound = replace(known or Known(), binding=binder().bind(edition.codes))
    return check_edition(edition, vocabulary(), TODAY, bound)


def test_a_clean_file_of_two_sheets_gives_no_finding(tmp_path: Path) -> None:
    blood_group = row(
        JLAC11コード="K1001000021190104",
        FHIR項目名称="血液型(ABO)",
        販売名称="",
        表示用単位="型",
        XML用単位="型",
        並び順="900",
        **{METHOD: "試験管法", SPECIMEN: "全血(静脈血、添加物入り)"},
    )
    assert check(edition_of(tmp_path, second=[blood_group])) == []


NEW = "C20080000250010F7"
PLASMA_000 = UNSPECIFIED | {"JLAC11コード": "C20080000240000F7", SPECIMEN: "血漿"}
ENDED = {"適用終了日": "20260331"}
BROKEN: dict[str, tuple[dict[str, str], str, str]] = {
    "code-length": ({"JLAC11コード": NEW[:-1]}, NEW[:-1], "a JLAC11 code"),
    "code-alphabet": ({"JLAC11コード": "I" + NEW[1:]}, "I" + NEW[1:], "a JLAC11 code"),
    "code-jlac10": ({"JLAC11コード": "3B035000002327201"}, "3B035000002327201", "a JLAC11 code"),
    "code-dummy": ({"JLAC11コード": "9" * 17}, "9" * 17, "a JLAC11 code"),
    "code-missing": ({"JLAC11コード": "", "JLAC10コード": ""}, "", ""),
    "jlac10-only": ({"JLAC11コード": ""}, "", ""),
    "unit-name": ({"表示用単位": "mg/dL"}, "mg/dL", "U/L"),
    "specimen-name": ({SPECIMEN: "血漿"}, "血漿", "血清"),
    "product-method": ({METHOD: "紫外吸光光度法_別", "販売名称": "甲"}, "紫外吸光光度法_別", "甲"),
    "product-missing": ({"販売名称": ""}, "紫外吸光光度法_試薬", "a product"),
    "method-not-000": ({METHOD: "その他の測定法", "販売名称": ""}, "その他の測定法", "method 000"),
    "method-000-product": (PLASMA_000 | {"販売名称": "甲"}, "甲", ""),
    "method-000-name": (PLASMA_000 | {METHOD: "紫外吸光光度法"}, "紫外吸光光度法", "その他の測定法"),
    "date-unreadable": ({"適用終了日": "20261301"}, "00000000 20261301", "YYYYMMDD"),
    "date-order": (
        {"適用開始日": "20270401", "適用終了日": "20270331"},
        "2027-04-01 to 2027-03-31",
        "an end on the start or later",
    ),
    "date-dummy": ({"適用終了日": "xxxxxxxx"}, "xxxxxxxx", "YYYYMMDD, 00000000 or 99999999"),
    "jlac10-malformed": ({"JLAC10コード": "3B03500000232720"}, "3B03500000232720", "a JLAC10 code"),
    "product-ended": (ENDED | {"販売名称": "旧", METHOD: "法_旧"}, "2026-03-31", ""),
    "product-partly-ended": (
        ENDED | {"JLAC11コード": "C20080000240009F7", SPECIMEN: "血漿"},
        "open",
        "ended 2026-03-31",
    ),
    "ended-no-successor": (ENDED | {"JLAC11コード": "C20090000250001F7"}, "2026-03-31", "a successor"),
    "duplicate-merged": ({"JLAC11コード": "C20080000250009F7"}, "first on row 2", "each code on one row"),
    "sort-order": ({"並び順": "501"}, "501", "500"),
    "kelvin-sign": ({"FHIR項目名称": "\u212a蛋白"}, "\u212a蛋白", "K蛋白"),
    "kangxi-radical": ({"FHIR項目名称": "蛋\u2f69"}, "蛋\u2f69", "蛋白"),
    "fullwidth-bracket": ({"FHIR項目名称": "AST（GOT）"}, "AST（GOT）", "AST(GOT)"),
    "vowel-hyphen": ({"FHIR項目名称": "アミラ－ゼ"}, "アミラ－ゼ", "アミラーゼ"),
    "entity": ({"FHIR項目名称": "AST&ENTER;改"}, "AST&ENTER;改", "AST 改"),
    "stray-blank": ({"表示用単位": "U/L   "}, "U/L   ", "U/L"),
    "name-family": (
        {"JLAC11コード": "V2011000025000134", "FHIR項目名称": "HBs抗原", "表示用単位": "COI", "並び順": "9"},
        "HBs抗原",
        "抗体",
    ),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_row_that_breaks_a_rule_is_found_with_its_place_and_what_was_expected(
    tmp_path: Path, rule: str
) -> None:
    changes, there, expected = BROKEN[rule]
    findings = check(edition_of(tmp_path, row(**({"JLAC11コード": NEW} | changes))))
    (finding,) = [each for each in findings if each.rule == rule]
    assert (finding.found, finding.expected) == (there, expected)
    own = 2 if rule == "product-partly-ended" else 5  # there the row that is still open is the odd one
    assert finding.places == (("2026年11月", own),)


def test_a_code_on_two_sheets_is_told_with_both(tmp_path: Path) -> None:
    findings = check(edition_of(tmp_path, second=[row()]))
    (finding,) = findings
    assert (finding.rule, finding.code) == ("duplicate-across-sheets", "C20080000250009F7")
    assert finding.places == (("免疫血液学的検査ABO、Rh", 2),)
    assert finding.found == "first on sheet 2026年11月, row 2"


def test_equal_oddities_are_one_finding_with_every_row(tmp_path: Path) -> None:
    odd = [row(JLAC11コード=f"C200800002500{i}F7", 略称="A（S）T") for i in (11, 12, 13)]
    (finding,) = check(edition_of(tmp_path, *odd))
    assert finding.rule == "fullwidth-bracket"
    assert [number for _, number in finding.places] == [5, 6, 7]
    assert "row 5 and 2 more" in finding.message


def test_a_dummy_jlac10_code_is_told_and_not_kept(tmp_path: Path) -> None:
    edition = edition_of(tmp_path, row(JLAC11コード=NEW, JLAC10コード="9" * 17))
    (finding,) = check(edition)
    assert (finding.rule, finding.expected) == ("code-dummy", "a JLAC10 code")
    assert next(each for each in edition.codes if str(each.code) == NEW).jlac10 == ()


def test_a_method_that_no_product_decides_may_have_a_remark_in_its_place(tmp_path: Path) -> None:
    other = {"JLAC11コード": "C20080000250901F7", "販売名称": "(試薬によらない)", METHOD: "計算法"}
    assert check(edition_of(tmp_path, row(**other))) == []


def test_a_start_of_nines_is_a_placeholder_and_an_end_of_nines_is_open(tmp_path: Path) -> None:
    (finding,) = check(edition_of(tmp_path, row(JLAC11コード=NEW, 適用開始日="99999999")))
    assert (finding.rule, finding.code, finding.found) == ("date-dummy", NEW, "99999999")


# --- against the element tables and the list ------------------------------------------------------

TABLES = (
    Element(ElementKind.SPECIMEN, "250", "血清"),
    Element(ElementKind.SPECIMEN, "251", "分離血清", withdrawn=True),
    Element(ElementKind.UNIT, "F7", "U/L", ("単位毎立",)),
    Element(ElementKind.METHOD, "C2008009", "紫外吸光光度法_試薬"),
    Element(ElementKind.METHOD, "C2008000", "その他の測定法"),
    Element(ElementKind.METHOD, "C2011009", "紫外吸光光度法_試薬"),
)


@pytest.mark.parametrize(
    ("rule", "changes", "there", "expected"),
    [
        ("unit-name", {"表示用単位": "μg"}, "μg", "U/L"),
        (
            "unit-code",
            {"JLAC11コード": "C2008000025000955", "表示用単位": "g/dL"},
            "55",
            "a unit code of the element table",
        ),
        ("specimen-name", {SPECIMEN: "ただの血"}, "ただの血", "血清"),
        (
            "specimen-code",
            {"JLAC11コード": "C20080000251009F7", SPECIMEN: "分離血清"},
            "251",
            "a specimen code of the element table",
        ),
        ("method-name", {METHOD: "可視法_試薬"}, "可視法_試薬", "紫外吸光光度法_試薬"),
        ("method-code", {"JLAC11コード": NEW}, "紫外吸光光度法_試薬", "a method of the list"),
    ],
)
def test_texts_are_held_against_the_official_tables(
    tmp_path: Path, rule: str, changes: dict[str, str], there: str, expected: str
) -> None:
    code = {"JLAC11コード": "C20080001250009F7"}
    findings = check(edition_of(tmp_path, row(**(code | changes))), Known(elements=TABLES))
    assert [(f.rule, f.found, f.expected) for f in findings] == [(rule, there, expected)]
    assert findings[0].places == (("2026年11月", 5),)


def test_another_spelling_of_the_element_table_is_no_finding(tmp_path: Path) -> None:
    edition = edition_of(tmp_path, row(JLAC11コード="C20080001250009F7", 表示用単位="単位毎立"))
    assert check(edition, Known(elements=TABLES)) == []
    assert [finding.rule for finding in check(edition)] == ["unit-name"]


# --- against the release before -------------------------------------------------------------------


def listed(code: str, name: str = "AST", **more: object) -> ListedCode:
    return replace(ListedCode(parse(code), name, sheet="表", row=9), **more)  # type: ignore[arg-type]


def changes(before: list[ListedCode], after: list[ListedCode], **known: object) -> list[tuple[str, ...]]:
    against = replace(Known(before=make_edition("before", before)), **known)  # type: ignore[arg-type]
    findings = check(make_edition("after", after), against)
    return [(f.rule, f.code, f.found, f.expected) for f in findings]


AST, AST_OTHER = "C20080000250000F7", "C20080000240000F7"
URINE, URINE_NEW = "A1006000010000002", "C1002000010000002"


def test_equal_releases_have_no_findings() -> None:
    assert changes([listed(AST)], [listed(AST)]) == []


def test_a_new_code_and_one_that_starts_later_are_told_apart() -> None:
    later = listed(AST_OTHER, valid_from=date(2026, 12, 1))
    assert changes([], [listed(AST), later]) == [
        ("release-added", AST, AST, ""),
        ("release-starts-later", AST_OTHER, "2026-12-01", ""),
    ]


def test_a_code_that_is_gone_is_told_with_the_tables_reason() -> None:
    assert changes([listed(AST)], []) == [("release-ended", AST, "", AST)]
    table = {AST: OldNew("", "販売中止")}
    known = Known(before=make_edition("before", [listed(AST)]), old_new=table)
    [finding] = check(make_edition("after", []), known)
    assert finding.message == "AST: no longer usable, nothing replaces it 販売中止"


def test_a_code_that_moved_within_its_measurand_is_no_warning() -> None:
    old, new = "V20100001250000F8", "V20100000250000F8"
    table = Successions.of_identifications({("V2010", "0001", "F8"): "0000"})
    found = changes([listed(old, "HBs抗原")], [listed(new, "HBs抗原")], successions=table)
    assert ("release-moved", old, new, old) in found


@pytest.mark.parametrize("told_by", ["name", "table"])
def test_a_code_that_moved_to_another_measurand_is_told(told_by: str) -> None:
    name = "尿蛋白(定性)" if told_by == "name" else "蛋白定性(尿)"
    table = {URINE: OldNew(URINE_NEW, "統合")} if told_by == "table" else {}
    edition = make_edition("after", [listed(URINE_NEW, name)])
    known = Known(before=make_edition("before", [listed(URINE, "尿蛋白(定性)")]), old_new=table)
    (moved, added) = check(edition, known)
    assert (moved.severity, moved.rule) == (Severity.WARNING, "release-moved-measurand")
    assert (moved.code, moved.found, moved.expected) == (URINE, URINE_NEW, URINE)
    assert f"told by {told_by}" in moved.message
    assert moved.places == (("表", 9),)
    assert added.rule == "release-added"


def test_a_code_of_another_name_is_told_with_both() -> None:
    assert changes([listed(AST, "旧名")], [listed(AST, "新名")]) == [("release-renamed", AST, "新名", "旧名")]


def test_a_start_that_moved_back_and_a_new_code_that_starts_before_others_are_backdated() -> None:
    before = [listed(AST, valid_from=date(2026, 4, 1))]
    moved = listed(AST, valid_from=date(2025, 4, 1))
    new = listed(AST_OTHER, valid_from=date(2026, 3, 1))
    assert changes(before, [moved, new]) == [
        ("release-backdated", AST_OTHER, "2026-03-01", ""),
        ("release-backdated", AST, "2025-04-01", "2026-04-01"),
        ("release-added", AST_OTHER, AST_OTHER, ""),
    ]
    assert changes(before, [*before, listed(AST_OTHER, valid_from=date(2026, 4, 2))])[0][0] == "release-added"
