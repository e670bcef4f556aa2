"""JLAC10 codes as people write them, and the tables that their elements stand in."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.codes.jlac10 import Jlac10Code, Jlac10Tables, parse
from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.errors import InvalidCodeError, JlacMapperError

AST = Jlac10Code("3B035", "0000", "023", "272", "01")
ORDER = replace(AST, result="")


def codes() -> st.SearchStrategy[Jlac10Code]:
    return st.builds(
        Jlac10Code,
        st.from_regex(r"[0-9][A-Z][0-9]{3}", fullmatch=True),
        st.from_regex(r"[0-9A-Z]{4}", fullmatch=True),
        st.from_regex(r"[0-9]{3}", fullmatch=True),
        st.from_regex(r"[0-9]{3}", fullmatch=True),
        st.from_regex(r"([0-9A-Z]{2})?", fullmatch=True),
    )


# --- codes


@pytest.mark.parametrize(
    "text",
    [
        "3B035000002327201",
        "3B035-0000-023-272-01",
        "3b035-0000-023-272-01",
        " 3B035 0000 023 272 01\n",
        "3B035-000002327201",
        "3B0 35-0000-02327201",
        "3B035\u30000000\u3000023\u3000272\u300001",
    ],
)
def test_a_result_code_is_read_with_or_without_hyphens_and_blanks(text: str) -> None:
    assert parse(text) == AST


@pytest.mark.parametrize("text", ["3B0350000023272", "3B035-0000-023-272", "3b035 0000 023 272 "])
def test_an_order_code_has_fifteen_characters(text: str) -> None:
    assert parse(text) == ORDER


def test_a_code_is_written_in_one_piece_and_as_people_write_it() -> None:
    assert (str(AST), AST.hyphenated) == ("3B035000002327201", "3B035-0000-023-272-01")
    assert (str(ORDER), ORDER.hyphenated) == ("3B0350000023272", "3B035-0000-023-272")


@given(codes())
def test_a_code_comes_back_from_both_spellings(code: Jlac10Code) -> None:
    assert parse(str(code)) == parse(code.hyphenated) == parse(str(code).lower()) == code
    assert len(str(code)) in (15, 17)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "3B035",
        "3B03500000232720",
        "3B0350000023272011",
        "3B035000002327",
        "3B035-0000-023",
        "B0350000023272",
        "33035000002327201",
        "BB035000002327201",
        "3B0X5000002327201",
        "3B0350000O2327201",
        "3B035000002X27201",
        "3B0350000023X7201",
        "3B035_0000_023_272_01",
        "3B035/0000/023/272/01",
        "C20080000250000F7",
        "99999999999999999",
        "3B035000002327201 3B035000002327201",
        "3B０35000002327201",
        "3B0３5000002327201",
    ],
)
def test_anything_else_is_refused_in_one_line_that_says_what_was_expected(text: str) -> None:
    with pytest.raises(InvalidCodeError) as refused:
        parse(text)
    assert isinstance(refused.value, JlacMapperError)
    assert repr(text) in str(refused.value)
    assert "not a JLAC10 code: expected a digit, a letter and 3 digits" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_codes_are_ordered_by_their_elements_and_an_order_stands_before_its_results() -> None:
    order = [ORDER, AST, replace(AST, result="11"), replace(AST, method="911"), replace(AST, analyte="3B045")]
    assert sorted([order[4], order[2], order[0], order[3], order[1]]) == order


# --- tables

ELEMENTS = (
    Element(ElementKind.JLAC10_ANALYTE, "3B035", "AST", ("GOT", "aspartate aminotransferase")),
    Element(ElementKind.JLAC10_ANALYTE, "1A990", "尿定性"),
    Element(ElementKind.JLAC10_ANALYTE, "5C999", "廃止の分析物", withdrawn=True),
    Element(ElementKind.JLAC10_IDENTIFICATION, "1300", "空腹時"),
    Element(ElementKind.JLAC10_SPECIMEN, "023", "血清"),
    Element(ElementKind.JLAC10_METHOD, "272", "紫外吸光光度法"),
    Element(ElementKind.JLAC10_RESULT, "01", "定量値"),
    Element(ElementKind.JLAC10_RESULT, "99", "廃止の結果", withdrawn=True),
    Element(ElementKind.JLAC10_MEMBER, "1A990000053", "蛋白 定性", ("protein",)),
    Element(ElementKind.JLAC10_MEMBER, "1A990000054", "糖 定性"),
    Element(ElementKind.JLAC10_MEMBER, "1A990000060", "廃止の項目", withdrawn=True),
    Element(ElementKind.SPECIMEN, "250", "血清"),
    Element(ElementKind.UNIT, "F7", "U/L"),
)


def test_elements_are_sorted_into_their_tables_with_the_standard_name_first() -> None:
    tables = Jlac10Tables.of("jlac10", ELEMENTS)
    assert tables.name == "jlac10"
    assert tables.analytes == {"3B035": ("AST", "GOT", "aspartate aminotransferase"), "1A990": ("尿定性",)}
    assert tables.identifications == {"1300": ("空腹時",)}
    assert tables.specimens == {"023": ("血清",)}
    assert tables.methods == {"272": ("紫外吸光光度法",)}
    assert tables.results == {"01": ("定量値",)}
    assert tables.members == {("1A990", "0000"): (("53", "蛋白 定性"), ("54", "糖 定性"))}


def test_what_is_deleted_is_told_and_in_no_table() -> None:
    assert Jlac10Tables.of("jlac10", ELEMENTS).withdrawn == {
        (ElementKind.JLAC10_ANALYTE, "5C999"),
        (ElementKind.JLAC10_RESULT, "99"),
        (ElementKind.JLAC10_MEMBER, "1A990000060"),
    }


def test_of_a_code_on_two_lines_the_first_stands() -> None:
    twice = (*ELEMENTS, Element(ElementKind.JLAC10_ANALYTE, "3B035", "別の名"))
    assert Jlac10Tables.of("jlac10", twice).analytes["3B035"][0] == "AST"


def test_tables_without_analytes_are_none() -> None:
    assert not Jlac10Tables()
    assert Jlac10Tables().digest == ""
    only_jlac11 = Jlac10Tables.of("jlac10", ELEMENTS[-2:])
    assert not only_jlac11
    assert only_jlac11.digest == ""
    assert Jlac10Tables.of("jlac10", ELEMENTS)


def test_the_digest_is_of_codes_and_names_whatever_their_order_and_the_tables_name() -> None:
    digest = Jlac10Tables.of("a", ELEMENTS).digest
    assert len(digest) == 64
    assert Jlac10Tables.of("b", [*ELEMENTS[:8][::-1], *ELEMENTS[8:]]).digest == digest
    changed = [replace(e, name="ＡＳＴ") if e.code == "3B035" else e for e in ELEMENTS]
    assert Jlac10Tables.of("a", changed).digest != digest
    for left_out in range(len(ELEMENTS)):
        e = ELEMENTS[left_out]
        if e.kind.value.startswith("jlac10") and not e.withdrawn:
            assert Jlac10Tables.of("a", [*ELEMENTS[:left_out], *ELEMENTS[left_out + 1 :]]).digest != digest
