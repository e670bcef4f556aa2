"""Evidence in words: nothing that the program can say lacks its words, and no words are left over."""

import dataclasses
import re
import string

import pytest

from jlac_mapper.mapping.comparisons.base import Element
from jlac_mapper.types import Evidence, LocalTest, Measure
from jlac_mapper.vocabulary import ConceptKind, ResultType
from jlac_mapper.wording import Language, catalogue, is_machine, say, source_word
from tests.support.evidence_keys import keys, levels
from tests.support.shipped_release import shipped_vocabulary

NAME = "concept.name"
NAME_WORDS = {"concept.listed", "concept.unlisted", "concept.no_code", "concept.rank"}
"""What sentences of a name and of a language model are put together from."""
QUESTIONS = {
    *("specimen", "where", "nothing", "written", "unit", "scale", "name_partly", "name_similar", "no_code"),
    *("said", "usual", "against"),
}
"""What questions about a list are put together from."""
FIELDS = {field.name for field in dataclasses.fields(LocalTest)}
OTHER_SOURCES = {"release", "site", "language_model", "elsewhere"}


def blanks(text: str) -> set[str]:
    """The values that a text has places for."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def in_any_language(names: set[str]) -> set[str]:
    """The values, those that are told in the reader's language under one name."""
    return {re.sub("_(?:ja|en)$", "", name) for name in names}


def test_every_key_that_the_program_can_produce_has_words_and_no_words_are_left_over() -> None:
    sources = {key for key in catalogue() if key.startswith("source.")}
    assert set(catalogue()) == (
        keys() - {NAME}
        | NAME_WORDS
        | {f"element.{key.partition('.')[0]}" for key in keys()}
        | {f"score.{score}" for score in Measure}
        | {f"question.{key}" for key in QUESTIONS}
        | {f"tests.{concept.section}" for concept in shipped_vocabulary().concepts}
        | {f"kind.{kind}" for kind in ConceptKind}
        | {f"scale.{kind}" for kind in ResultType if kind}
        | sources
    )
    assert {source.removeprefix("source.") for source in sources} <= FIELDS | OTHER_SOURCES
    assert {f"source.{source}" for source in OTHER_SOURCES} <= sources


def test_every_level_of_the_weights_is_one_that_a_comparison_can_reach_and_every_element_has_words() -> None:
    assert set(levels()) == {element.value for element in Element}
    assert {f"element.{element}" for element in levels()} <= set(catalogue())
    said = {key.partition(".")[0] for key in keys()}
    assert said == {*levels(), "concept", "decision"}


def test_every_text_is_in_both_languages_with_the_same_blanks_and_reads_as_its_language() -> None:
    for key, texts in catalogue().items():
        assert list(texts) == list(Language), key
        assert in_any_language(blanks(texts["ja"])) == in_any_language(blanks(texts["en"])), key
        assert not any(name.endswith("_en") for name in blanks(texts["ja"])), key
        assert not any(name.endswith("_ja") for name in blanks(texts["en"])), key
        assert not re.search("[\u3041-\u9fff（）]", texts["en"]), key
        words = re.sub(r"\{\w+\}|JLAC10|[:\s]", "", texts["ja"])
        assert not words or re.search("[\u3041-\u9fff（）]", words), key
        assert all(text.strip() for text in texts.values()), key


@pytest.mark.parametrize("language", Language)
def test_every_key_is_said_with_each_of_its_values(language: str) -> None:
    for key in keys() - {NAME, "concept.language_model"}:
        values = tuple((name, f"<{name}>") for name in sorted(blanks(catalogue()[key][language])))
        if key == "scale.other":
            values = (("scale", "qualitative"),)
        text = say(Evidence(key, values, "name"), language).text
        assert "{" not in text, key
        if key != "scale.other":
            assert all(value in text for _, value in values), key


@pytest.mark.parametrize("kind", ConceptKind)
def test_what_has_no_listed_code_is_called_by_its_kind(kind: ConceptKind) -> None:
    values = (
        ("concept", ""),
        ("concept_ja", "標準"),
        ("concept_en", "standard"),
        ("name", "N"),
        ("kind", kind.value),
    )
    words = catalogue()[f"kind.{kind}"]
    assert say(Evidence(NAME, values), "ja").text == f"収載コードのないもの: N（{words['ja']}）"
    assert say(Evidence(NAME, values), "en").text == f"no listed code: N ({words['en']})"


def test_a_listed_concept_is_called_by_its_name_in_the_reader_s_language_with_each_measure() -> None:
    values = [
        ("concept", "ast"),
        ("concept_ja", "アスト"),
        ("concept_en", "Ast"),
        ("name", "GOT"),
        ("kind", "test"),
    ]
    for score in Measure:
        values += [(score, "0.50"), (f"{score}_rank", "2")]
    said = {language: say(Evidence(NAME, tuple(values), "name"), language) for language in Language}
    assert said["en"].text == "Ast: GOT: " + ", ".join(
        f"{catalogue()[f'score.{score}']['en']} 0.50 (rank 2)" for score in Measure
    )
    assert said["ja"].text == "アスト: GOT: " + ", ".join(
        f"{catalogue()[f'score.{score}']['ja']} 0.50 （2位）" for score in Measure
    )
    assert (said["ja"].element, said["ja"].source) == ("測定物", "項目名称より")


def test_a_source_that_is_a_text_of_the_row_stays_as_it_is() -> None:
    assert source_word("院内GOT", "ja") == "院内GOT"
    assert source_word("", "en") == ""
    assert source_word("name.x", "en") == "name.x"


def test_braces_in_a_value_are_text() -> None:
    assert say(Evidence("method.product_unrecognised", (("text", "{text} {0} {"),)), "en").text == (
        "{text} {0} {: no listed product"
    )


def test_evidence_for_what_the_name_means_is_the_machine_s_and_everything_else_is_not() -> None:
    told = {NAME, "concept.language_model", "concept.meaning"}
    assert {key for key in keys() if is_machine(Evidence(key))} == told


def test_a_key_without_words_is_a_defect() -> None:
    with pytest.raises(KeyError):
        say(Evidence("specimen.from_the_moon", ()), "en")
