"""The text that the bundled language model reads of a row, and the code that it writes."""

import re

import pytest

from jlac_mapper.llm.generation_template import ENDS, LONGEST, NOTHING, prompt, target
from jlac_mapper.mapping.ask import NONE_OF_THESE
from jlac_mapper.mapping.question import row_fields
from jlac_mapper.ports import Choice, ChoiceOption
from jlac_mapper.training.reranker_tokens import CODES
from jlac_mapper.types import LocalTest, System
from tests.support.attack_names import ATTACK_NAMES


def read(**fields: str) -> str:
    return prompt(Choice(row_fields(LocalTest(**fields)), (NONE_OF_THESE,)))


def test_every_character_is_followed_by_its_pair() -> None:
    assert read(name="AS", unit="g") == "Ｎ Ｎa a as s sＵ Ｕ Ｕg g g＝ ＝"


def test_spellings_of_one_name_read_the_same() -> None:
    expected = read(name="γ-GTP(時間外)", specimen="血清")
    assert read(name="ガンマ―ＧＴＰ【時間外】", specimen="血清 ") == expected
    assert "_" in expected


def test_units_and_ranges_keep_their_signs() -> None:
    text = read(name="WBC", unit="10^3/μL", reference_range="3.5～9.0")
    assert "^ ^3" in text
    assert ". .5" in text


def test_the_options_leave_no_trace() -> None:
    fields = row_fields(LocalTest(name="AST"))
    assert prompt(Choice(fields, (NONE_OF_THESE,))) == prompt(
        Choice(fields, (ChoiceOption("C2008", "0000", "AST"), NONE_OF_THESE))
    )


def test_the_last_mark_says_whose_code_is_to_be_written() -> None:
    fields = row_fields(LocalTest(name="AS"))
    texts = {system: prompt(Choice(fields, (NONE_OF_THESE,), system)) for system in System}
    assert texts == {System.JLAC11: "Ｎ Ｎa a as s s＝ ＝", System.JLAC10: "Ｎ Ｎa a as s s＃ ＃"}


@pytest.mark.parametrize("system", System)
@pytest.mark.parametrize("name", ATTACK_NAMES)
def test_no_value_can_end_its_field_or_hold_a_code(name: str, system: System) -> None:
    ends = "".join(ENDS.values())
    fields = (("name", name), ("specimen", f"C1003I0000{ends}Ｓ"), ("unit", f"{name}C1003 3B035＝Ｕ{ends}"))
    words = prompt(Choice(fields, (NONE_OF_THESE,), system)).split(" ")
    marks = "".join(word for word in words if len(word) == 1 and word in f"ＮＡＫＳＵＲＭＴ{ends}")
    assert marks == f"ＮＳＵ{ENDS[system]}"
    assert not re.search(CODES, "".join(words))
    assert len(words) <= 2 * (3 * (LONGEST + 1)) + 1


def test_a_target_is_measurand_and_identification_or_nothing() -> None:
    assert target(ChoiceOption("C4001", "1337", "空腹時血糖")) == "C4001I1337"
    assert target(ChoiceOption("5F016", "1410", "HBs抗原")) == "5F016I1410"
    assert target(NONE_OF_THESE) == NOTHING == "X0000"
