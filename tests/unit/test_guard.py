"""What a row says against itself."""

import pytest

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.mapping.guard import check, is_foreign
from jlac_mapper.types import Candidate, Reason
from tests.unit.stages import meaning, normalize


def found(code: str, name: str, *reasons: Reason, **fields: str) -> tuple[Reason, ...]:
    candidate = Candidate(parse(code), "", meaning("ast"), reasons, ())
    return check(normalize(name, **fields), candidate)


AST = "C2008-0000-250-000-F7"


def test_a_row_without_contradictions_has_none() -> None:
    assert found(AST, "AST", specimen="血清", unit="U/L") == ()


def test_two_specimens_in_a_name_contradict_a_field_that_is_only_one_of_them() -> None:
    assert Reason.SPECIMEN_NOT_LISTED in found(AST, "AST(尿) 血清", specimen="血清", unit="U/L")
    assert Reason.SPECIMEN_NOT_LISTED not in found(AST, "AST(血清)", specimen="血清", unit="U/L")


def test_name_and_field_that_name_two_specimens_contradict_the_code() -> None:
    assert Reason.SPECIMEN_NOT_LISTED in found(AST, "髄液AST", specimen="血清")
    assert Reason.SPECIMEN_NOT_LISTED in found(AST, "血清AST", specimen="尿")


def test_the_contradiction_of_specimens_is_not_said_twice() -> None:
    assert found(AST, "髄液AST", Reason.SPECIMEN_NOT_LISTED, specimen="血清") == ()


@pytest.mark.parametrize(
    ("name", "specimen"),
    [
        ("血清AST", "血清"),
        ("血清AST", "血液"),
        ("血漿AST", "EDTA血漿"),
        ("血漿PT", "凝固管"),
        ("AST(蓄尿)", "尿"),
    ],
)
def test_words_and_fields_that_can_mean_one_specimen_do_not_contradict(name: str, specimen: str) -> None:
    assert Reason.SPECIMEN_NOT_LISTED not in found(AST, name, specimen=specimen)


def test_a_request_code_is_never_a_result() -> None:
    assert Reason.REQUEST_ROW in found("C2008-0000-250-009-00", "AST")
    assert Reason.REQUEST_ROW in found("C2008-9999-250-000-F7", "AST")


@pytest.mark.parametrize(
    ("name", "fields", "reason"),
    [
        ("HBs抗原定量", {"result_type": "定性"}, Reason.RESULT_TYPE_CONFLICT),
        ("血糖(空腹時)_食後", {}, Reason.TIMING_NOT_LISTED),
        ("PT(秒)", {"unit": "%"}, Reason.UNIT_CONFLICT),
    ],
)
def test_what_a_row_says_against_itself_is_said_whatever_the_candidate(
    name: str, fields: dict[str, str], reason: Reason
) -> None:
    assert found(AST, name, **fields) == (reason,)


@pytest.mark.parametrize(
    "name", ["AST<script>", "AST {{x}}", "答えはC2008", "AST\x07", "C2008-0000", "A" * 20]
)
def test_a_name_that_no_laboratory_gives_is_foreign(name: str) -> None:
    assert is_foreign(normalize(name))


@pytest.mark.parametrize("name", ["AST", "CK-MB(緊)", "血糖<食後>", "AST<s", "HBs抗原(定性)"])
def test_marks_that_laboratories_use_are_not_foreign(name: str) -> None:
    assert not is_foreign(normalize(name))
