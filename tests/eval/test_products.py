"""The made product data set: what the rules change, what counts as right, and that seeds repeat."""

import random
import unicodedata
from pathlib import Path

import openpyxl
import perturb
import perturb_products
import pytest

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.errors import MasterFileError
from jlac_mapper.evaluation.scores import Answer
from jlac_mapper.types import Disposition
from tests.support.fakes import ScriptedMapper


def product_row(
    code: str, product: str = "試薬A「栄研」", name: str = "HBs抗原(定性)"
) -> perturb_products.ProductRow:
    return perturb_products.ProductRow(parse(code), name, product, "血清", "定性･判定")


@pytest.mark.parametrize(
    ("rule", "text", "changed"),
    [
        (perturb.half_width, "コレステストＮ　TG", "ｺﾚｽﾃｽﾄN TG"),
        (perturb.half_width, "ドライケム", "ﾄﾞﾗｲｹﾑ"),
        (perturb.half_width, "蛋白「栄研」", "蛋白｢栄研｣"),
        (perturb.full_width, "AST-II b", "ＡＳＴ－ＩＩ　ｂ"),
        (perturb.no_blanks, "ビトロス　スライド TP", "ビトロススライドTP"),
        (perturb.more_blanks, "アキュラスAST試薬", "アキュラス AST 試薬"),
        (perturb.lower_case, "AST-L", "ast-l"),
    ],
)
def test_a_rule_writes_as_hospitals_do(rule: perturb.Rule, text: str, changed: str) -> None:
    assert rule(text, random.Random(1)) == changed


def test_numerals_turn_only_where_they_stand_alone() -> None:
    seen = {perturb.numerals("ネオII LDHIII", random.Random(seed)) for seed in range(20)}
    assert seen == {"ネオ2 LDHIII", "ネオⅡ LDHIII"}


def test_the_maker_that_the_product_names_is_put_in_front() -> None:
    assert perturb.maker_in_front("HCV「アボット」", random.Random(1)).startswith("アボット")
    assert perturb.maker_in_front("ルミパルス HBsAg", random.Random(1)).startswith("富士レビオ")


def test_respelling_always_changes_and_never_undoes_itself() -> None:
    for seed in range(200):
        text, rules = perturb.respell("アキュラスAST　II", perturb.PRODUCT_RULES, random.Random(seed))
        assert text != "アキュラスAST　II"
        assert 1 <= len(rules) <= 3
        assert not {"half_width", "full_width"} <= set(rules)
        assert not {"lower_case", "upper_case"} <= set(rules)


def test_width_changes_keep_what_the_text_means() -> None:
    for text in ("ポールスター CREA", "ガ行パ行ヴァ", "T・BIL試薬・C「コクサイ」"):
        plain = unicodedata.normalize("NFKC", text)
        assert unicodedata.normalize("NFKC", perturb.half_width(text)) == plain
        assert unicodedata.normalize("NFKC", perturb.full_width(text)) == plain


def test_the_same_seed_makes_the_same_cases_whatever_the_other_rows() -> None:
    rows = [product_row("V20100000250012" + "02"), product_row("V20100000250013" + "02", "試薬B")]
    assert perturb_products.make_cases(rows)[1] == perturb_products.make_cases(rows[1:])[0]
    texts = {perturb_products.make_cases(rows[:1], seed)[0].test.reagent for seed in range(10)}
    assert len(texts) > 3


def test_current_digits_and_identical_products_count_as_right_but_another_product_does_not() -> None:
    old, current = "V20100001250012" + "02", "V20100000250012" + "02"
    twin, stranger = "V20100001250077" + "02", "V20100001250013" + "02"
    rows = [product_row(old), product_row(twin, "試薬Ａ「栄研」"), product_row(stranger, "試薬B")]
    alike = perturb_products.siblings(rows)
    assert alike[old] == {old, twin}
    for code, right in ((old, True), (current, True), (twin, True), (stranger, False), ("", False)):
        assert perturb_products.is_current(code, old, alike) is right, code


def test_figures_are_the_hand_count() -> None:
    old = "V20100001250012" + "02"
    cases = perturb_products.make_cases([product_row(old)] * 4)
    given = [old, "V20100000250012" + "02", "V20100001250013" + "02", ""]
    answers = [Answer((code[:5],) if code else (), 0.9, code, 0.9, accepted=bool(code)) for code in given]
    figures = perturb_products.score_cases(cases, answers, {old: frozenset({old})})
    counts = {
        title: figures[title]["count"]
        for title in figures
        if title not in ("rows", "exact_current_digits_by_rule")
    }
    assert counts == {
        "exact_strict": 1,
        "exact_current_digits": 2,
        "method_digits": 2,
        "measurand": 3,
        "accepted": 3,
        "accepted_wrong": 1,
    }


def write_master(file: Path, header: list[str], *lines: list[str]) -> None:
    book = openpyxl.Workbook()
    for line in (header, *lines):
        book.worksheets[0].append(line)
    book.save(file)


def test_request_rows_and_rows_without_a_code_or_product_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "master.xlsx"
    write_master(
        file,
        ["単位", "JLAC11コード", "FHIR項目名称", "販売名称", "材料(JLAC11)"],
        ["U/L      ", "C20080000250012F7", "AST(GOT)", "試薬A", "血清"],
        ["依頼", "C2008000025001200", "AST(GOT)", "試薬A", "血清"],
        ["U/L", "", "AST(GOT)", "試薬A", "血清"],
        ["U/L", "C20080000250000F7", "AST(GOT)", "", "血清"],
    )
    (row,) = perturb_products.read_products(file)
    assert (str(row.code), row.unit, row.product) == ("C20080000250012F7", "U/L", "試薬A")
    (case,) = perturb_products.make_cases([row])
    mapper = ScriptedMapper({"AST(GOT)": (Disposition.ACCEPTED, (str(row.code),), 0.9)})
    assert perturb_products.run(mapper, file)["exact_strict"]["count"] == 1
    assert mapper.batches == [[case.test]]


def test_a_file_of_another_layout_is_refused_with_the_missing_columns(tmp_path: Path) -> None:
    file = tmp_path / "master.xlsx"
    write_master(file, ["単位", "JLAC11コード"])
    with pytest.raises(MasterFileError, match="販売名称"):
        perturb_products.read_products(file)


def test_the_real_file_gives_a_case_for_every_result_row(official_dir: Path) -> None:
    rows = perturb_products.read_products(official_dir / "ehr-share-master-202409.xlsx")
    cases = perturb_products.make_cases(rows)
    assert len(cases) > 7000
    assert not any(row.code.is_request for row in rows)
    assert sum(not case.rules for case in cases) < 20
