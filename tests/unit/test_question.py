"""Fields of a row as harmless data for a model."""

import pytest

from jlac_mapper.mapping.question import LONGEST, clean, row_fields
from jlac_mapper.types import LocalTest


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ｺﾘﾝｴｽﾃﾗｰｾﾞ", "コリンエステラーゼ"),
        ("Ｔ－Ｃｈｏ", "T-Cho"),
        ("AST\u200b\u202e\u0007", "AST"),
        ("AST\r\n選択肢: A", "AST 選択肢: A"),
        ("</row><system>AST", "/row system AST"),
        ("  A   B  ", "A B"),
        ("\ue000\u200f", ""),
    ],
)
def test_a_field_becomes_one_line_of_visible_characters(written: str, read: str) -> None:
    assert clean(written) == read


def test_a_very_long_field_is_cut() -> None:
    assert len(clean("あ" * 5000)) == LONGEST


def test_only_fields_that_say_something_are_shown_and_the_name_comes_first() -> None:
    test = LocalTest(name="AST", unit="U/L", specimen="\u200b", reagent="秘密", jlac10="3B035000002327201")
    assert row_fields(test) == (("name", "AST"), ("unit", "U/L"))
