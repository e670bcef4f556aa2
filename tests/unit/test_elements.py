"""What element tables add to the vocabulary."""

from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.master.elements import in_force, with_units
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.types import LocalTest
from jlac_mapper.vocabulary import ResultType, Unit, Vocabulary

VOCABULARY = Vocabulary(
    (),
    (),
    (),
    (
        Unit("F7", "U/L", "U/L", ResultType.QUANTITATIVE, ("ユー毎エル",)),
        Unit("", "10*5/uL", "10^5/μL", ResultType.QUANTITATIVE, ()),
    ),
)


def unit(code: str, name: str, *spellings: str, withdrawn: bool = False) -> Element:
    return Element(ElementKind.UNIT, code, name, spellings, withdrawn)


def read(vocabulary: Vocabulary, text: str) -> list[str]:
    return [q.canonical for q in Normalizer(vocabulary).normalize(LocalTest("AST", unit=text)).quantities]


def test_a_unit_is_read_in_a_spelling_that_only_the_table_knows() -> None:
    more = with_units(VOCABULARY, [unit("F7", "U/L", "カルメン価", "IU/L")])
    assert read(VOCABULARY, "カルメン価") == []
    assert read(more, "カルメン価") == ["U/L"]
    assert more.units[0].spellings == ("ユー毎エル", "カルメン価")  # IU/L is read by the rules


def test_without_a_unit_table_the_vocabulary_stays_as_it_is() -> None:
    assert with_units(VOCABULARY, [Element(ElementKind.SPECIMEN, "250", "血清")]) is VOCABULARY


def test_a_spelling_of_two_units_and_those_of_a_withdrawn_one_are_not_read() -> None:
    tables = [
        unit("F7", "U/L", "単価"),
        unit("Z1", "指数値", "単価"),
        unit("Z2", "旧式", "ふる価", withdrawn=True),
    ]
    more = with_units(VOCABULARY, tables)
    assert read(more, "単価") == []
    assert read(more, "ふる価") == []
    assert read(more, "指数値") == ["指数値"]


def test_a_code_that_the_vocabulary_lacks_becomes_a_unit_or_the_code_of_one_without() -> None:
    more = with_units(VOCABULARY, [unit("Z5", "10*5/μL", "十万個"), unit("Z6", "mg/dL", "ミリ%")])
    assert [(u.code, u.canonical) for u in more.units] == [
        ("F7", "U/L"),
        ("Z5", "10*5/uL"),
        ("Z6", "mg/dL"),
    ]
    assert more.units[2].result_type is ResultType.QUANTITATIVE
    assert read(more, "十万個") == ["10*5/uL"]


def test_another_code_of_a_unit_that_the_vocabulary_has_changes_nothing() -> None:
    assert with_units(VOCABULARY, [unit("Z7", "IU/L")]).units == VOCABULARY.units


def test_of_two_tables_the_later_names_a_code_and_both_spell_it() -> None:
    old, new = unit("F7", "IU/L", "a"), unit("F7", "U/L", "b")
    assert in_force([old, new]) == {(ElementKind.UNIT, "F7"): unit("F7", "U/L", "b", "IU/L", "a")}
