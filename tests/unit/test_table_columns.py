"""Recognising headers, and finding the header row."""

import pytest

from jlac_mapper.errors import InputError
from jlac_mapper.tables.headings import FIELDS, find_header, headers_seen, parse_overrides, recognise


def test_every_english_field_name_is_recognised() -> None:
    assert recognise(FIELDS) == {field: index for index, field in enumerate(FIELDS)}


HOSPITAL_HEADERS = {
    "local_code": ["項目コード", "検査コード", "院内コード", "ローカルコード", " Local Code ", "LOCAL_CODE"],
    "name": ["項目名称", "検査名", "検査項目名", "項目名", "名称", "検査名称", "検査名\n(漢字)", "項目名称*"],
    "abbreviation": ["略称", "略名"],
    "kana": ["カナ", "ｶﾅ名称", "読み", "項目名（ｶﾅ）"],
    "specimen": ["材料", "検体", "検体名", "検査材料", "検体種別", "採取管", "容器"],
    "unit": ["単位", "結果単位"],
    "reference_range": ["基準値", "基準範囲", "正常値", "参考基準値", "基準値（男性）"],
    "method": ["測定法", "検査方法", "方法"],
    "reagent": ["試薬", "試薬名", "販売名", "販売名称", "測定機器", "試薬・測定機器"],
    "result_type": ["結果型", "データ型", "結果種別", "ﾃﾞｰﾀ型"],
    "jlac10": ["JLAC10コード", "JLAC10", "ＪＬＡＣ１０", "JLAC10(15桁)", "JLAC10（15桁）"],
}


@pytest.mark.parametrize(
    ("header", "field"),
    [(header, field) for field, headers in HOSPITAL_HEADERS.items() for header in headers],
)
def test_the_headers_of_hospitals_are_recognised(header: str, field: str) -> None:
    assert recognise([header]) == {field: 0}


@pytest.mark.parametrize(
    "header", ["材料コード", "項目名（英語）", "材料(コード)", "備考", "", "単位コード", "名称区分"]
)
def test_other_headers_are_left_alone(header: str) -> None:
    assert recognise([header]) == {}


def test_of_two_columns_of_a_field_the_more_telling_wins_and_then_the_first() -> None:
    assert recognise(["名称", "項目名称", "単位", "単位"]) == {"name": 1, "unit": 2}


def test_the_header_is_the_row_that_names_most_fields() -> None:
    rows = [["検査項目一覧"], ["検査名"], [], ["項目コード", "検査名", "単位"], ["001", "AST", "U/L"]]
    found = find_header(rows, {})
    assert found is not None
    assert (found.index, dict(found.columns)) == (3, {"local_code": 0, "name": 1, "unit": 2})


def test_a_row_after_the_twentieth_is_no_header() -> None:
    assert find_header([["-"]] * 19 + [["検査名"]], {}) is not None
    assert find_header([["-"]] * 20 + [["検査名"]], {}) is None


def test_a_given_column_overrides_what_is_recognised_and_serves_no_other_field() -> None:
    found = find_header([["名称", "ラベル", "検体"]], {"name": "ラベル", "unit": "検体"})
    assert found is not None
    assert dict(found.columns) == {"name": 1, "unit": 2}


def test_a_given_column_that_is_not_there_finds_no_header() -> None:
    assert find_header([["検査名", "単位"]], {"unit": "たんい"}) is None


@pytest.mark.parametrize(
    ("argument", "message"),
    [("name", "field=HEADER"), ("name=", "field=HEADER"), ("naem=検査名", "unknown field 'naem'")],
)
def test_a_malformed_column_argument_says_what_is_wrong(argument: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_overrides([argument])


def test_a_field_given_twice_is_refused_and_a_header_may_hold_an_equals_sign() -> None:
    assert parse_overrides(["name=a=b", "unit=単位"]) == {"name": "a=b", "unit": "単位"}
    with pytest.raises(InputError, match="twice"):
        parse_overrides(["name=a", "name=b"])


def test_the_headers_shown_in_an_error_are_those_of_the_likeliest_row() -> None:
    assert (
        headers_seen([["一覧"], ["コード", "テスト", "単位"], ["1", "AST", "U/L"]]) == "コード, テスト, 単位"
    )
    assert headers_seen([]) == "none"
