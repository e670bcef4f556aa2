"""The code's structure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.errors import InvalidCodeError


def test_a_code_splits_into_its_five_elements() -> None:
    code = parse("C2008-0000-250-009-F7")
    assert (code.measurand, code.identification, code.specimen, code.method, code.unit) == (
        "C2008",
        "0000",
        "250",
        "009",
        "F7",
    )
    assert str(code) == "C20080000250009F7"
    assert code.hyphenated == "C2008-0000-250-009-F7"


@pytest.mark.parametrize(
    "text", ["", "C2008", "C2008000025000F7", "C2008000025000900F7", "22008000025000900", "99999999999999999"]
)
def test_what_is_no_code_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(InvalidCodeError, match="is not a JLAC11 code"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "request_code"),
    [("V2010000025000000", True), ("V2263999925000300", True), ("V2010000025000002", False)],
)
def test_request_codes_are_told_from_results(text: str, request_code: bool) -> None:
    assert parse(text).is_request is request_code


@given(st.from_regex(r"[A-HK-MPV][0-9]{14}[0-9A-Z]{2}", fullmatch=True))
def test_parsing_and_writing_are_inverse(text: str) -> None:
    assert str(parse(text)) == text
    assert parse(parse(text).hyphenated) == parse(text)
