"""A row and the mapper's answer survive being kept."""

from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.review.mapping_json import mapping_from_json, mapping_to_json, row_from_json, row_to_json
from jlac_mapper.types import (
    Candidate,
    Disposition,
    Evidence,
    Hypothesis,
    LocalTest,
    MappingResult,
    Provenance,
    Reason,
)
from jlac_mapper.vocabulary import Concept, ConceptKind, Name, ResultType, Timing
from tests.support.review_values import AST, CK

_TEXT = st.text(max_size=8)
_SHARE = st.floats(0, 1)
_SCORES = st.dictionaries(st.sampled_from(["exact", "cosine", "similarity"]), _SHARE)
_REASONS = st.lists(st.sampled_from(Reason), max_size=3).map(tuple)
_VALUES = st.lists(st.tuples(_TEXT, _TEXT), max_size=3).map(tuple)
_EVIDENCE = st.lists(st.builds(Evidence, _TEXT, _VALUES, _TEXT), max_size=2).map(tuple)
_NAMES = st.builds(
    Name, _TEXT, _TEXT, _TEXT, _TEXT, _TEXT, st.sampled_from(ResultType), st.sampled_from(Timing)
)
_CONCEPTS = st.builds(Concept, _TEXT, _TEXT, _TEXT, st.sampled_from(ConceptKind))
_HYPOTHESES = st.builds(Hypothesis, st.none() | _CONCEPTS, st.booleans(), st.none() | _NAMES, _SCORES, _SHARE)
_CANDIDATES = st.builds(
    Candidate, st.sampled_from([parse(AST), parse(CK)]), _TEXT, _HYPOTHESES, _REASONS, _EVIDENCE, _SHARE
)
_MAPPINGS = st.builds(
    MappingResult,
    st.sampled_from(Disposition),
    _TEXT,
    _SHARE,
    _SHARE,
    _TEXT,
    _REASONS,
    st.lists(_CANDIDATES, max_size=2).map(tuple),
    _EVIDENCE,
    st.builds(Provenance, _TEXT, _TEXT, st.dictionaries(_TEXT, _TEXT), _TEXT, _SHARE, _TEXT, _TEXT),
    _TEXT,
    st.none() | _CONCEPTS,
)


@given(_MAPPINGS)
def test_an_answer_comes_back_as_it_was(mapping: MappingResult) -> None:
    assert mapping_from_json(mapping_to_json(mapping)) == mapping


@given(st.builds(LocalTest, *[_TEXT] * 11))
def test_a_row_comes_back_as_it_was(test: LocalTest) -> None:
    assert row_from_json(row_to_json(test)) == test


def test_of_a_concept_its_key_names_and_kind_are_kept_and_its_tables_are_not() -> None:
    whole = Concept("ast", "AST", "Aspartate", ConceptKind.TEST, section="chemistry", jlac10=("3B035",))
    provenance = Provenance("", "", {}, "", 0.5, "", "")
    mapping = MappingResult(Disposition.NO_CODE, "", 0.0, 0.0, "", (), (), (), provenance, read_as=whole)
    assert mapping_from_json(mapping_to_json(mapping)).read_as == Concept("ast", "AST", "Aspartate")
