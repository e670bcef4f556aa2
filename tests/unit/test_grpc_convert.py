"""Nothing is lost between the core's types and the messages."""

import dataclasses
import re

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper import types
from jlac_mapper.codes import jlac10
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.errors import InputError
from jlac_mapper.grpc_api import convert
from jlac_mapper.grpc_api._pb.v1 import mapper_service_pb2, mapping_pb2
from jlac_mapper.grpc_api.errors import FieldError
from jlac_mapper.vocabulary import Concept, ConceptKind, Name, ResultType, Timing
from jlac_mapper.wording import catalogue
from tests.support.evidence_keys import keys

TEXT = st.text(max_size=8)
SHARE = st.floats(0, 1)
REASONS = st.lists(st.sampled_from(types.Reason), max_size=3).map(tuple)
CODES = st.from_regex(r"[A-HK-MPV][0-9]{14}[0-9A-Z]{2}", fullmatch=True).map(parse)
CONCEPTS = st.builds(Concept, TEXT, TEXT, TEXT, st.sampled_from(ConceptKind))


def said(key: str) -> st.SearchStrategy[types.Evidence]:
    """Evidence of a key with all the values that its words need."""
    if key == "concept.name":
        concept = st.tuples(st.tuples(st.just("concept"), TEXT))
        more = st.lists(st.tuples(st.sampled_from(types.Measure), TEXT), max_size=2).map(tuple)
        fixed = st.tuples(*(st.tuples(st.just(name), TEXT) for name in ("name", "kind")))
        values = st.tuples(concept, fixed, more).map(lambda parts: sum(parts, ()))
    elif key == "concept.language_model":
        values = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
    else:
        names = re.findall(r"\{(\w+)\}", catalogue()[key]["en"])
        kinds = st.sampled_from([kind.value for kind in ResultType if kind])
        values = st.tuples(*(st.tuples(st.just(name), kinds if name == "scale" else TEXT) for name in names))
    return st.builds(types.Evidence, st.just(key), values, TEXT)


EVIDENCE = st.lists(st.sampled_from(sorted(keys())).flatmap(said), max_size=2).map(tuple)


@st.composite
def hypotheses(draw: st.DrawFn) -> types.Hypothesis:
    """Every form of a hypothesis: with and without a concept, listed or not, with and without a name."""
    concept, is_listed = draw(st.none() | CONCEPTS), draw(st.booleans())
    key = st.just(concept.key if concept else "")
    unlisted = st.builds(Name, TEXT, key)  # of such a name its text alone is sent
    listed = st.builds(
        Name, TEXT, key, TEXT, TEXT, TEXT, st.sampled_from(ResultType), st.sampled_from(Timing)
    )
    name = draw(st.none() | (listed if is_listed else unlisted))
    scores = draw(st.dictionaries(TEXT, SHARE, max_size=3))
    return types.Hypothesis(concept, is_listed, name, scores, draw(SHARE))


CANDIDATES = st.builds(types.Candidate, CODES, TEXT, hypotheses(), REASONS, EVIDENCE, SHARE)
PROVENANCES = st.builds(
    types.Provenance, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=2), TEXT, SHARE, TEXT, TEXT
)
MAPPINGS = st.builds(
    types.MappingResult,
    st.sampled_from(types.Disposition),
    TEXT,
    SHARE,
    SHARE,
    TEXT,
    REASONS,
    st.lists(CANDIDATES, max_size=2).map(tuple),
    EVIDENCE,
    PROVENANCES,
    TEXT,
    st.none() | CONCEPTS,
)
JLAC10_CODES = st.from_regex(r"[0-9][A-Z][0-9]{3}[0-9A-Z]{4}[0-9]{6}([0-9A-Z]{2})?", fullmatch=True).map(
    jlac10.parse
)
JLAC10_CANDIDATES = st.builds(
    types.Jlac10Candidate, JLAC10_CODES, TEXT, CONCEPTS, REASONS, EVIDENCE, SHARE, SHARE
)
JLAC10_MAPPINGS = st.builds(
    types.Jlac10Mapping,
    st.sampled_from(types.Disposition),
    TEXT,
    SHARE,
    SHARE,
    TEXT,
    REASONS,
    st.lists(JLAC10_CANDIDATES, max_size=2).map(tuple),
    EVIDENCE,
    PROVENANCES,
    TEXT,
    st.none() | CONCEPTS,
)


@given(MAPPINGS)
def test_a_mapping_comes_back_as_it_went(mapping: types.MappingResult) -> None:
    sent = convert.mapping_to_proto(mapping).SerializeToString()
    assert convert.mapping_from_proto(mapping_pb2.Mapping.FromString(sent)) == mapping


@given(JLAC10_MAPPINGS)
def test_a_jlac10_mapping_comes_back_as_it_went(mapping: types.Jlac10Mapping) -> None:
    sent = convert.jlac10_mapping_to_proto(mapping).SerializeToString()
    assert convert.jlac10_mapping_from_proto(mapping_pb2.Jlac10Mapping.FromString(sent)) == mapping


@given(st.builds(types.LocalTest, *[TEXT] * len(dataclasses.fields(types.LocalTest))))
def test_a_row_comes_back_as_it_went(test: types.LocalTest) -> None:
    sent = convert.local_test_to_proto(test).SerializeToString()
    assert convert.local_test_from_proto(mapping_pb2.LocalTest.FromString(sent)) == test


def test_a_candidate_s_code_is_sent_whole_and_split() -> None:
    hypothesis = types.Hypothesis(None, True, None, {}, 1.0)
    candidate = types.Candidate(parse("C2008-0000-250-000-F7"), "AST", hypothesis, (), ())
    provenance = types.Provenance("", "", {}, "", 0.5, "", "")
    mapping = types.MappingResult(
        types.Disposition.ACCEPTED, "C20080000250000F7", 1, 1, "AST", (), (candidate,), (), provenance
    )
    [sent] = convert.mapping_to_proto(mapping).candidates
    assert sent.code == "C20080000250000F7"
    assert sent.elements == mapping_pb2.CodeElements(
        measurand="C2008", identification="0000", specimen="250", method="000", unit="F7"
    )


@pytest.mark.parametrize("result", ["", "01"])
def test_a_jlac10_candidate_s_code_is_sent_whole_and_split(result: str) -> None:
    ast = Concept("ast", "AST", "Aspartate aminotransferase", ConceptKind.TEST)
    code = jlac10.parse("3B035-0000-023-272" + result)
    candidate = types.Jlac10Candidate(code, "AST [血清]", ast, (), (), 0.8, 0.9)
    provenance = types.Provenance("", "", {}, "", 0.5, "", "")
    mapping = types.Jlac10Mapping(
        types.Disposition.ACCEPTED, str(code), 0.8, 0.9, "AST [血清]", (), (candidate,), (), provenance
    )
    [sent] = convert.jlac10_mapping_to_proto(mapping).candidates
    assert sent.code == "3B0350000023272" + result
    assert sent.elements == mapping_pb2.Jlac10Elements(
        analyte="3B035", identification="0000", specimen="023", method="272", result=result
    )
    assert (sent.probability, sent.analyte_probability) == (0.8, 0.9)


@pytest.mark.parametrize(
    ("message", "kind", "renamed"),
    [
        (mapping_pb2.Jlac10Mapping, types.Jlac10Mapping, {"concept": "read_as"}),
        (mapping_pb2.Jlac10Candidate, types.Jlac10Candidate, {"elements": "code"}),
        (mapping_pb2.Jlac10Elements, jlac10.Jlac10Code, {}),
    ],
)
def test_a_jlac10_message_has_the_fields_of_its_type(
    message: type[Message], kind: type, renamed: dict[str, str]
) -> None:
    names = {renamed.get(field.name, field.name) for field in message.DESCRIPTOR.fields}
    assert names == {field.name for field in dataclasses.fields(kind)}


def test_a_concept_and_a_piece_of_evidence_are_sent_for_people_and_for_programs() -> None:
    ast = Concept("ast", "AST", "Aspartate aminotransferase", ConceptKind.CALCULATED)
    name = Name("GOT", "ast", "old", "serum", "U/L", ResultType.QUANTITATIVE, Timing.FASTING)
    evidence = types.Evidence("specimen.only_listed", (("specimen", "血清"),), "release")
    candidate = types.Candidate(
        parse("C2008-0000-250-000-F7"), "AST", types.Hypothesis(ast, True, name, {}, 1.0), (), (evidence,)
    )
    provenance = types.Provenance("", "", {}, "", 0.5, "", "")
    mapping = types.MappingResult(
        types.Disposition.NO_CODE, "", 0, 0, "", (), (candidate,), (evidence,), provenance, read_as=ast
    )
    sent = convert.mapping_to_proto(mapping)
    concept = mapping_pb2.Concept(
        key="ast", name="AST", name_en="Aspartate aminotransferase", kind="calculated"
    )
    assert sent.concept == concept
    [hypothesis] = [candidate.hypothesis for candidate in sent.candidates]
    assert hypothesis.concept == concept
    assert hypothesis.measurand == "C2008"
    assert hypothesis.listed == mapping_pb2.ListedName(
        name="GOT",
        measurand="C2008",
        kind="old",
        specimen="serum",
        unit="U/L",
        result_type="quantitative",
        timing="fasting",
    )
    expected = mapping_pb2.Evidence(
        element="specimen",
        statement="血清: the only one listed",
        source="release",
        key="specimen.only_listed",
        values=[mapping_pb2.EvidenceValue(name="specimen", value="血清")],
    )
    assert list(sent.evidence) == [expected]
    assert list(sent.candidates[0].evidence) == [expected]


def test_where_nothing_is_known_of_a_name_no_concept_is_sent() -> None:
    provenance = types.Provenance("", "", {}, "", 0.5, "", "")
    mapping = types.MappingResult(types.Disposition.NO_CODE, "", 0, 0, "", (), (), (), provenance)
    assert not convert.mapping_to_proto(mapping).HasField("concept")


def test_a_kind_of_concept_of_a_newer_version_is_a_clear_error() -> None:
    message = mapping_pb2.Mapping(
        disposition=mapping_pb2.DISPOSITION_NO_CODE, concept=mapping_pb2.Concept(key="x", kind="planet")
    )
    with pytest.raises(InputError, match="planet"):
        convert.mapping_from_proto(message)


def test_a_reason_of_a_newer_version_is_a_clear_error() -> None:
    message = mapping_pb2.Mapping(disposition=mapping_pb2.DISPOSITION_ACCEPTED, reasons=["FULL_MOON"])
    with pytest.raises(InputError, match="FULL_MOON"):
        convert.mapping_from_proto(message)


@pytest.mark.parametrize("number", [0, 99])
def test_a_disposition_that_is_unset_or_of_a_newer_version_is_a_clear_error(number: int) -> None:
    message = mapping_pb2.Mapping()
    message.MergeFromString(bytes([0x08, number]))
    with pytest.raises(InputError, match="disposition"):
        convert.mapping_from_proto(message)


@pytest.mark.parametrize(("asked", "given"), [(0, 5), (1, 1), (50, 50)])
def test_an_unset_top_k_is_five(asked: int, given: int) -> None:
    message = mapper_service_pb2.MapOptions(facility="F1", top_k=asked)
    options = convert.options_from_proto(message, {"specimen": "250"})
    assert options == types.MapOptions(given, "F1", site_defaults={"specimen": "250"})


@pytest.mark.parametrize("asked", [-1, 51])
def test_a_top_k_outside_its_limits_is_refused(asked: int) -> None:
    with pytest.raises(FieldError, match="top_k") as refused:
        convert.options_from_proto(mapper_service_pb2.MapOptions(top_k=asked), {})
    assert refused.value.field == "options.top_k"


JLAC11, JLAC10 = mapping_pb2.CODE_SYSTEM_JLAC11, mapping_pb2.CODE_SYSTEM_JLAC10


def test_every_code_system_is_in_the_proto_and_no_other() -> None:
    listed = {name.removeprefix("CODE_SYSTEM_") for name in mapping_pb2.CodeSystem.DESCRIPTOR.values_by_name}
    assert listed - {"UNSPECIFIED"} == {system.name for system in types.System}


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ([], (types.System.JLAC11,)),
        ([JLAC11], (types.System.JLAC11,)),
        ([JLAC10], (types.System.JLAC10,)),
        ([JLAC10, JLAC11], (types.System.JLAC11, types.System.JLAC10)),
    ],
)
def test_systems_are_read_in_one_order_and_none_is_jlac11(
    asked: list[mapping_pb2.CodeSystem.ValueType], given: tuple[types.System, ...]
) -> None:
    assert convert.options_from_proto(mapper_service_pb2.MapOptions(systems=asked), {}).systems == given


@pytest.mark.parametrize(
    ("asked", "place", "said"),
    [
        ([0], 0, "CODE_SYSTEM_UNSPECIFIED; known: CODE_SYSTEM_JLAC11, CODE_SYSTEM_JLAC10"),
        ([1, 99], 1, "99; known: CODE_SYSTEM_JLAC11, CODE_SYSTEM_JLAC10"),
        ([2, 1, 2], 2, "CODE_SYSTEM_JLAC10 again"),
    ],
)
def test_a_system_that_is_unknown_or_repeated_is_refused_where_it_stands(
    asked: list[mapping_pb2.CodeSystem.ValueType], place: int, said: str
) -> None:
    with pytest.raises(FieldError) as refused:
        convert.options_from_proto(mapper_service_pb2.MapOptions(systems=asked), {})
    assert refused.value.field == f"options.systems[{place}]"
    assert str(refused.value).startswith(f"options.systems[{place}] is {said}")
