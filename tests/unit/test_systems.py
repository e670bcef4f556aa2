"""One row in both code systems: each for itself, and where they read two things neither is accepted."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from jlac_mapper.mapping.jlac10.pipeline import Jlac10Pipeline
from jlac_mapper.mapping.systems import Systems, compared
from jlac_mapper.types import (
    Answers,
    Disposition,
    Jlac10Mapping,
    LocalTest,
    MapOptions,
    MappingResult,
    Reason,
    System,
)
from jlac_mapper.vocabulary import Name, Vocabulary
from tests.unit import jlac10, stages

BOTH = MapOptions(systems=(System.JLAC11, System.JLAC10))
ROWS = [
    LocalTest("AST", specimen="血清", unit="U/L"),
    LocalTest("謎の物質ゼータ"),
    LocalTest(""),
    LocalTest("テオフィリン", specimen="血清"),
    LocalTest("x" * 1000),
]
AST = ROWS[0]
JLAC11 = stages.build_pipeline()


def build_none() -> Jlac10Pipeline:
    raise AssertionError("JLAC10 was not asked for")


def reading_ast_as(concept: str, analyte: str) -> Jlac10Pipeline:
    """A JLAC10 pipeline that takes AST for another concept, which has this analyte."""
    names = (*(name for name in jlac10.NAMES if name.text != "AST"), Name("AST", concept))
    changes = {"ast": {"name": "改名"}, concept: {"jlac10": (analyte,)}}
    concepts = tuple(replace(c, **changes.get(c.key, {})) for c in jlac10.CONCEPTS)
    vocabulary: Vocabulary = replace(jlac10.VOCABULARY, names=names, concepts=concepts)
    return jlac10.build_pipeline(vocabulary=vocabulary)


def both(row: LocalTest, pipeline: Jlac10Pipeline = jlac10.PIPELINE) -> tuple[MappingResult, Jlac10Mapping]:
    (answers,) = Systems(lambda: JLAC11, lambda: pipeline).map_batch([row], BOTH)
    assert answers.jlac11 is not None
    assert answers.jlac10 is not None
    return answers.jlac11, answers.jlac10


# --- who answers


def test_jlac11_alone_builds_no_jlac10() -> None:
    answers = Systems(lambda: JLAC11, build_none).map_batch(ROWS, MapOptions())
    assert answers == [Answers(mapping) for mapping in JLAC11.map_batch(ROWS, MapOptions())]


def test_jlac10_alone_asks_it_alone() -> None:
    options = MapOptions(systems=(System.JLAC10,))
    answers = Systems(lambda: JLAC11, lambda: jlac10.PIPELINE).map_batch(ROWS, options)
    assert [answer.jlac11 for answer in answers] == [None] * len(ROWS)
    assert [answer.jlac10 for answer in answers] == jlac10.PIPELINE.map_batch(ROWS, options)


def test_both_give_one_answer_a_row_in_order_and_jlac10_is_built_once() -> None:
    built: list[int] = []

    def build() -> Jlac10Pipeline:
        built.append(1)
        return jlac10.PIPELINE

    systems = Systems(lambda: JLAC11, build)
    assert built == []
    answers = systems.map_batch(ROWS, BOTH)
    assert systems.map_batch(ROWS[::-1], BOTH) == answers[::-1]
    assert built == [1]
    assert [answer.jlac11 for answer in answers] == JLAC11.map_batch(ROWS, BOTH)
    assert [answer.jlac10 for answer in answers] == jlac10.PIPELINE.map_batch(ROWS, BOTH)


@pytest.mark.parametrize("systems", [(System.JLAC11,), (System.JLAC10,), (System.JLAC11, System.JLAC10)])
def test_no_rows_give_no_answers(systems: Sequence[System]) -> None:
    options = MapOptions(systems=tuple(systems))
    assert Systems(lambda: JLAC11, lambda: jlac10.PIPELINE).map_batch([], options) == []


# --- what they say of each other


def test_two_answers_for_one_concept_are_left_as_they_are() -> None:
    one, other = both(AST)
    assert (one.disposition, other.disposition) == (Disposition.ACCEPTED, Disposition.ACCEPTED)
    assert (one.jlac11[:5], other.code[:5]) == ("C2008", "3B035")


def test_two_readings_without_a_shared_analyte_are_told_and_neither_is_accepted() -> None:
    one, other = both(AST, reading_ast_as("theophylline", "3M010"))
    assert (one.disposition, other.disposition) == (Disposition.NEEDS_REVIEW, Disposition.NEEDS_REVIEW)
    assert one.reasons[-1] is other.reasons[-1] is Reason.SYSTEMS_DISAGREE
    # The codes stay: a person chooses.
    assert (one.jlac11[:5], other.code[:5]) == ("C2008", "3M010")
    assert one.read_as is not None
    assert other.read_as is not None
    assert (one.read_as.key, other.read_as.key) == ("ast", "theophylline")


def test_one_disagreement_leaves_the_other_rows_of_a_batch_alone() -> None:
    systems = Systems(lambda: JLAC11, lambda: reading_ast_as("theophylline", "3M010"))
    rows = [LocalTest("アミラーゼ", specimen="尿"), AST, LocalTest("HBs抗原", specimen="血清", unit="COI")]
    told = [
        Reason.SYSTEMS_DISAGREE in answer.jlac11.reasons
        for answer in systems.map_batch(rows, BOTH)
        if answer.jlac11
    ]
    assert told == [False, True, False]


def test_two_concepts_of_one_analyte_do_not_disagree() -> None:
    one, other = both(AST, reading_ast_as("theophylline", "3B035"))
    assert one.read_as is not None
    assert other.read_as is not None
    assert (one.read_as.key, other.read_as.key) == ("ast", "theophylline")
    assert Reason.SYSTEMS_DISAGREE not in (*one.reasons, *other.reasons)
    assert (one.disposition, other.disposition) == (Disposition.ACCEPTED, Disposition.ACCEPTED)


def test_a_test_that_jlac11_does_not_list_is_no_contradiction() -> None:
    one, other = both(LocalTest("テオフィリン", specimen="血清"))
    assert (one.disposition, one.jlac11) == (Disposition.NO_CODE, "")
    assert (other.disposition, other.code[:5]) == (Disposition.ACCEPTED, "3M010")
    assert Reason.SYSTEMS_DISAGREE not in (*one.reasons, *other.reasons)


@pytest.mark.parametrize(
    "row", [LocalTest("謎の物質ゼータ"), LocalTest(""), LocalTest("コメント"), LocalTest("x" * 1000)]
)
def test_a_row_that_one_of_them_has_no_code_for_is_left_as_it_is(row: LocalTest) -> None:
    one, other = both(row)
    assert [one] == JLAC11.map_batch([row], BOTH)
    assert [other] == jlac10.PIPELINE.map_batch([row], BOTH)


@pytest.mark.parametrize("disposition", [Disposition.NEEDS_REVIEW, Disposition.NO_CODE, Disposition.ERROR])
def test_only_what_was_accepted_is_taken_back(disposition: Disposition) -> None:
    (one,) = JLAC11.map_batch([AST], BOTH)
    (other,) = reading_ast_as("theophylline", "3M010").map_batch([AST], BOTH)
    answers = compared(replace(one, disposition=disposition), other)
    assert answers.jlac11 is not None
    assert answers.jlac10 is not None
    assert answers.jlac11.disposition is disposition
    assert answers.jlac10.disposition is Disposition.NEEDS_REVIEW
