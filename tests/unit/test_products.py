"""Reagent and instrument texts matched to the products that an edition lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.reading.product_words import product_key
from jlac_mapper.reading.products import RECOGNISED, ProductMatcher

AST = (
    "クオリジェント　AST",
    "クオリジェント　AST－L",
    "Lタイプワコー　AST・J2",
    "エクディアXL‘栄研’ASTII",
    "エクディアXL‘栄研’ASTIII",
    "自動分析用試薬「生研」GOT－JS",
    "AUリエ－ジェント　AST",
    "クイックオート　ネオ　AST",
    "AST試薬・L「コクサイ」",
    "マルチローターⅢ",
    "コバス　8000",
    "LABOSPECT　008　日立自動分析装置",
    "LABOSPECT　008α　日立自動分析装置",
    "臨床化学自動分析装置　TBA-2000ＦR",
    "バナリスト　AST",
    "バナリストエースAST",
    "CA測定用試薬",
    "メディエースRPR&ENTER;(A)(M)(H)",
)


@pytest.fixture(scope="module")
def matcher() -> ProductMatcher:
    return ProductMatcher(AST)


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("クオリジェントAST", "クオリジェント　AST"),
        ("ｸｵﾘｼﾞｪﾝﾄ ast-l", "クオリジェント　AST－L"),
        ("積水メディカル　クオリジェント AST-L試薬", "クオリジェント　AST－L"),
        ("Lタイプワコー AST・J2 富士フイルム和光純薬", "Lタイプワコー　AST・J2"),
        ("エクディアXL「栄研」AST Ⅱ", "エクディアXL‘栄研’ASTII"),
        ("エクディアXL 栄研 AST-3", "エクディアXL‘栄研’ASTIII"),
        ("デンカ 自動分析用試薬 生研 GOT-JS キット", "自動分析用試薬「生研」GOT－JS"),
        ("AUリエージェントAST", "AUリエ－ジェント　AST"),
        ("シノテスト　クイックオート・ネオ　ＡＳＴ（Ｒ１）", "クイックオート　ネオ　AST"),
        ("AST試薬・L コクサイ", "AST試薬・L「コクサイ」"),
        ("マルチローター3", "マルチローターⅢ"),
        ("ロシュ cobas 8000", "コバス　8000"),
        ("LABOSPECT008", "LABOSPECT　008　日立自動分析装置"),
        ("日立 LABOSPECT 008α", "LABOSPECT　008α　日立自動分析装置"),
        ("TBA-2000FR", "臨床化学自動分析装置　TBA-2000ＦR"),
        ("クオリジュント AST", "クオリジェント　AST"),
        ("AST クオリジェント", "クオリジェント　AST"),
        ("メディエースRPR (A)(M)(H)", "メディエースRPR&ENTER;(A)(M)(H)"),
    ],
)
def test_a_product_is_found_as_hospitals_write_it(matcher: ProductMatcher, text: str, product: str) -> None:
    found = matcher.match(text, AST)
    assert found.product == product
    assert found.recognised


@pytest.mark.parametrize(
    "text",
    [
        "AST",
        "UV法",
        "JSCC標準化対応法",
        "シスメックス",
        "クオリジェント ALT",
        "コバス 6000",
        "CA",
        "シーメンス CA",
        "未記入",
        "バナリストプラスAST",
    ],
)
def test_a_text_that_names_no_listed_product_is_not_recognised(matcher: ProductMatcher, text: str) -> None:
    found = matcher.match(text, AST)
    assert found.score < RECOGNISED
    assert not found.ambiguous


LABELS = (
    ("体外診断用医薬品 〈クオリジェント AST-L〉 測定キット", "クオリジェント　AST－L"),
    ("クオリジェント AST キット(自動分析装置用) R1 20mL×2", "クオリジェント　AST"),
    ("LSIメディエンス／エクディアXL栄研 AST-III REF 123-45678 (BM6050用)", "エクディアXL‘栄研’ASTIII"),
    ("AST活性測定用 Lタイプワコー AST・J2 富士フイルム和光純薬(株) for AU5800", "Lタイプワコー　AST・J2"),
    ("コバス8000/Alinity c専用 AST試薬・L「コクサイ」 第5版 2～10℃保存", "AST試薬・L「コクサイ」"),
    ("自動分析用試薬 ﾃﾞﾝｶ/「生研」GOT-JS 100回用", "自動分析用試薬「生研」GOT－JS"),
    ("認証番号 225ADEZX00123000 臨床化学自動分析装置 TBA-2000FR", "臨床化学自動分析装置　TBA-2000ＦR"),
    ("マルチローターⅢ 体外診断薬 10枚入", "マルチローターⅢ"),
)


@pytest.mark.parametrize(("label", "product"), LABELS)
def test_a_product_is_found_inside_a_label_as_boxes_word_it(
    matcher: ProductMatcher, label: str, product: str
) -> None:
    found = matcher.match(label, AST)
    assert found.product == product
    assert found.recognised


@pytest.mark.parametrize(
    "label",
    [
        "体外診断用医薬品 クオリジェント AST-N 測定キット",
        "クオリジェント AST キャリブレーター R1 20mL×2",
        "バナリスト AST プラス (BM6050用) REF 123-45678",
        "エクディアXL栄研 AST-IV キット 第2版",
        "体外診断用医薬品 測定キット (コバス6000用) R1 20mL×2",
        "シーメンス CA測定用 IVD",
        "承認番号 22100AMX00123000",
    ],
)
def test_a_label_of_another_version_or_use_names_no_listed_product(
    matcher: ProductMatcher, label: str
) -> None:
    assert not matcher.match(label, AST).recognised


def test_the_reagent_is_meant_where_a_label_also_names_its_analyser(matcher: ProductMatcher) -> None:
    assert matcher.match("クオリジェント AST コバス 8000", AST).product == "クオリジェント　AST"


def test_two_reagents_on_one_label_are_not_one_product(matcher: ProductMatcher) -> None:
    assert not matcher.match("AUリエージェント AST / クオリジェント AST-L", AST).recognised


def test_a_text_without_the_version_picks_the_product_without_it(matcher: ProductMatcher) -> None:
    assert matcher.match("クオリジェント AST", AST).product == "クオリジェント　AST"
    assert matcher.match("バナリスト AST", AST).product == "バナリスト　AST"


def test_a_text_without_the_version_is_ambiguous_where_every_product_has_one(matcher: ProductMatcher) -> None:
    found = matcher.match("エクディアXL 栄研 AST", AST)
    assert found.score >= RECOGNISED
    assert found.ambiguous
    assert matcher.match("Lタイプワコー AST", AST).ambiguous


def test_a_version_that_is_not_listed_is_not_taken_for_another(matcher: ProductMatcher) -> None:
    assert not matcher.match("エクディアXL 栄研 AST IV", AST).recognised
    assert not matcher.match("クオリジェント AST-N", AST).recognised


def test_only_the_products_among_those_given_are_found(matcher: ProductMatcher) -> None:
    assert matcher.match("クオリジェント AST", [1, 2]).score < 1.0
    assert not matcher.match("クオリジェント AST", [1, 2]).recognised
    assert matcher.match("クオリジェント AST", [0, 1]).index == 0
    with pytest.raises(KeyError):
        matcher.match("クオリジェント AST", ["見知らぬ試薬"])


def test_names_that_fold_alike_are_ambiguous_unless_written_exactly() -> None:
    twins = ("ビアンコーレ　UAII", "ビアンコーレ　UAⅡ")
    matcher = ProductMatcher(twins)
    assert matcher.match("ビアンコーレ UA2", twins).ambiguous
    assert matcher.match(twins[1], twins).product == twins[1]
    assert matcher.match(twins[1], twins).recognised


def test_nothing_to_compare_gives_an_empty_match(matcher: ProductMatcher) -> None:
    assert matcher.match("", AST).index == -1
    assert matcher.match("クオリジェント AST", []).product == ""


def test_roman_and_arabic_numerals_and_quotes_share_one_key() -> None:
    written = ["アクアオート　カイノス　TP-Ⅱ試薬", "ｱｸｱｵｰﾄ ｶｲﾉｽ TP-2試薬", "アクアオート「カイノス」TPII試薬"]
    assert len({product_key(text) for text in written}) == 1
    assert product_key("TP-III") != product_key("TP-II") != product_key("TP")


@given(st.text(max_size=40))
def test_matching_never_raises_and_stays_in_range(text: str) -> None:
    found = ProductMatcher(AST[:4]).match(text, AST[:4])
    assert 0.0 <= found.runner_up <= found.score <= 1.0
