"""Reagent labels as package inserts word them: general name, trade name, company, edition."""

import time

import pytest

from jlac_mapper.reading.products import RECOGNISED, ProductMatcher
from tests.unit.test_products import AST


@pytest.fixture(scope="module")
def matcher() -> ProductMatcher:
    return ProductMatcher(AST)


INSERTS = (
    (
        "アスパラギン酸アミノトランスフェラーゼキット クオリジェント AST 積水メディカル株式会社 第5版",
        "クオリジェント　AST",
    ),
    (
        "血液検査用 アスパラギン酸アミノトランスフェラーゼ キット　クオリジェント AST-L　"
        "製造販売元 ゼータ診断薬株式会社　第12版",
        "クオリジェント　AST－L",
    ),
    (
        "自動分析装置用 AST測定試薬 Lタイプワコー AST・J2 (株)オメガ 2021年4月改訂(第3版)",
        "Lタイプワコー　AST・J2",
    ),
    (
        "免疫学的ASTキット / AUリエージェント AST / Nova Biotec GmbH / 第 2 版 2020年1月",
        "AUリエ－ジェント　AST",
    ),
    ("一般的名称：酵素法 AST キット 販売名：マルチローター3 発売元 青葉化学工業(株) 初版", "マルチローターⅢ"),
    ("ゼータ診断薬株式会社 ASTキット バナリスト AST 改訂第4版", "バナリスト　AST"),
    (
        "ＡＳＴキット、「クイックオート ネオ AST」、シノテスト Co., Ltd.、Ver. 3.0",
        "クイックオート　ネオ　AST",
    ),
    ("ｱｽﾊﾟﾗｷﾞﾝ酸ｱﾐﾉﾄﾗﾝｽﾌｪﾗｰｾﾞ測定用試薬 AST試薬・L｢ｺｸｻｲ｣ 令和3年6月(第1版)", "AST試薬・L「コクサイ」"),
    ("クオリジェント AST 血液検査用 AST キット 有限会社オメガ (第7版、2018年5月改訂)", "クオリジェント　AST"),
)


@pytest.mark.parametrize(("label", "product"), INSERTS)
def test_a_product_is_found_behind_the_general_name_of_its_insert(
    matcher: ProductMatcher, label: str, product: str
) -> None:
    found = matcher.match(label, AST)
    assert found.product == product
    assert found.recognised


@pytest.mark.parametrize(
    "label",
    [
        "ASTキット EX クオリジェント AST 積水メディカル株式会社 第5版",
        "ASTキット N-クオリジェント AST 積水メディカル株式会社",
        "ASTキット スーパークオリジェント AST 第5版",
        "ASTキット クオリジェント AST NX 積水メディカル株式会社 第5版",
        "ASTキット クオリジェント AST-N 株式会社ゼータ",
        "ASTキット クオリジェント AST Ver.2",
        "ASTキット クオリジェント AST Ver. 2.0",
        "ASTキット クオリジェント ASTコントロール 積水メディカル株式会社 第5版",
        "ASTキット クオリジェント AST用標準液 積水メディカル株式会社 第5版",
        "ASTキット ゼータリキッド AST 積水メディカル株式会社 第5版",
        "ASTキット 積水メディカル株式会社 第5版",
    ],
)
def test_an_insert_of_another_version_or_use_names_no_listed_product(
    matcher: ProductMatcher, label: str
) -> None:
    assert not matcher.match(label, AST).recognised


def test_a_listed_name_worded_like_a_general_name_gives_way_to_the_trade_name() -> None:
    products = ("HDL-コレステロールキット", "ゼータ　HDL－C")
    matcher = ProductMatcher(products)
    assert matcher.match("HDL-コレステロールキット ゼータ HDL-C 第2版", products).product == products[1]
    assert not matcher.match("HDL-コレステロールキット シグマリキッド HDL-C 第2版", products).recognised
    assert matcher.match("HDL-コレステロールキット 第2版", products).product == products[0]


def test_a_name_with_a_slash_is_found_inside_a_label() -> None:
    matcher = ProductMatcher(("ゼータHIV　AG／AB",))
    found = matcher.match("HIVキット/ゼータHIV AG/AB/第2版", matcher.products)
    assert found.recognised


@pytest.mark.parametrize(
    ("text", "recognised"), [("日立 UA試薬・L コクサイ", False), ("セロテック UA-L", True), ("UA-L", True)]
)
def test_a_text_of_another_maker_is_not_the_product(text: str, recognised: bool) -> None:
    matcher = ProductMatcher(("尿酸測定用「セロテック」UA－L",))
    assert (matcher.match(f"尿酸測定用 {text}", matcher.products).score >= RECOGNISED) == recognised


@pytest.mark.parametrize("label", ["{}", "HBs抗原キット {} 株式会社ゼータ 第3版"])
def test_the_name_of_a_product_known_elsewhere_is_not_read_as_one_alike(label: str) -> None:
    matcher = ProductMatcher(("ゼータスフィア　HBS抗原", "ゼータスフィア　HBS抗体"))
    text = label.format("ゼータスフィア HBs抗原")
    assert matcher.match(text, [0]).recognised
    assert matcher.match(text, [1]).score < RECOGNISED


@pytest.mark.parametrize("text", ["用" * 20_000 + "キット", "製造販売元 A B C D " * 1_000 + "株式会社z"])
def test_a_very_long_label_is_read_in_reasonable_time(matcher: ProductMatcher, text: str) -> None:
    start = time.perf_counter()
    assert not matcher.match(text, AST).recognised
    assert time.perf_counter() - start < 10
