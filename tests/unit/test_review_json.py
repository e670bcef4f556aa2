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


WHOLE_NAME = Name("血清AST", "ast", "short", "serum", "U/L", ResultType.QUANTITATIVE, Timing.FASTING)
PINNED = MappingResult(
    disposition=Disposition.NEEDS_REVIEW,
    jlac11=AST,
    probability=0.1,
    measurand_probability=1e-07,
    standard_name='AST\u2028"GOT"\\',
    reasons=(Reason.EXACT_NAME, Reason.UNIT_ASSUMED),
    candidates=(
        Candidate(
            parse(AST),
            "AST",
            Hypothesis(
                Concept(
                    "ast", "AST", "Aspartate", ConceptKind.CALCULATED, section="chemistry", units=("U/L",)
                ),
                True,
                WHOLE_NAME,
                {"exact": 1.0, "cosine": 0.30000000000000004},
                0.75,
            ),
            (Reason.EXACT_NAME,),
            (Evidence("specimen.given", (("specimen", "血清"), ("specimen", "\ud800")), "specimen"),),
            0.1,
        ),
        Candidate(parse(CK), "", Hypothesis(None, False, None, {}, 0.0), (), (), 0.0),
    ),
    evidence=(Evidence("unit.assumed"),),
    provenance=Provenance(
        "2025", "a" * 64, {"llm": "m@1", "embedder": "none"}, "c@2", 0.9, "2026-01-02", "0.1.0"
    ),
    message="𠮷\x00\t",
    read_as=Concept("ast", "AST", "Aspartate", ConceptKind.CALCULATED),
)
PINNED_JSON = (
    '{"disposition":"NEEDS_REVIEW","jlac11":"C20080000250000F7","probability":0.1,'
    '"measurand_probability":1e-07,"standard_name":"AST\u2028\\"GOT\\"\\\\","reasons":["EXACT_NAME",'
    '"UNIT_ASSUMED"],"candidates":[{"code":"C20080000250000F7","name":"AST",'
    '"hypothesis":{"concept":["ast","AST","Aspartate","calculated"],"listed":true,'
    '"name":{"text":"血清AST","concept":"ast","form":"short","specimen":"serum","unit":"U/L",'
    '"result_type":"quantitative","timing":"fasting"},"scores":{"exact":1.0,'
    '"cosine":0.30000000000000004},"explained":0.75},"reasons":["EXACT_NAME"],'
    '"evidence":[{"key":"specimen.given","values":[["specimen","血清"],["specimen","\ud800"]],'
    '"source":"specimen"}],"probability":0.1},{"code":"C20010000250000F7","name":"",'
    '"hypothesis":{"concept":null,"listed":false,"name":null,"scores":{},"explained":0.0},'
    '"reasons":[],"evidence":[],"probability":0.0}],"evidence":[{"key":"unit.assumed",'
    '"values":[],"source":""}],"provenance":{"edition":"2025",'
    '"edition_digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",'
    '"models":{"llm":"m@1","embedder":"none"},"calibration":"c@2","threshold":0.9,'
    '"as_of":"2026-01-02","software":"0.1.0"},"message":"𠮷\\u0000\\t","read_as":["ast","AST",'
    '"Aspartate","calculated"]}'
)
"""As it was first written; where it changes, what databases hold is no longer what this program writes."""


def test_an_answer_is_written_and_read_as_databases_hold_it() -> None:
    assert mapping_to_json(PINNED) == PINNED_JSON
    read = mapping_from_json(PINNED_JSON)
    assert mapping_to_json(read) == PINNED_JSON
    name = read.candidates[0].hypothesis.name
    assert name == WHOLE_NAME
    assert (name.key, read.read_as and read.read_as.name_key) == ("血清ast", "ast")


def test_a_row_is_written_without_its_empty_fields_and_half_a_character_is_no_obstacle() -> None:
    test = LocalTest("AST\ud800", unit="U/L", jlac10="3B035", kana="\u2028")
    written = '{"name":"AST\ud800","kana":"\u2028","unit":"U/L","jlac10":"3B035"}'
    assert row_to_json(test) == written
    assert row_from_json(written) == test
    assert row_from_json("{}") == LocalTest("")
    assert row_to_json(LocalTest("")) == "{}"
