"""Nothing is lost between the core's types and the messages."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper import types
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.errors import InputError
from jlac_mapper.grpc_api import convert
from jlac_mapper.grpc_api._pb.v1 import mapper_service_pb2, mapping_pb2

TEXT = st.text(max_size=8)
SHARE = st.floats(0, 1)
REASONS = st.lists(st.sampled_from(types.Reason), max_size=3).map(tuple)
EVIDENCE = st.lists(st.builds(types.Evidence, TEXT, TEXT, TEXT), max_size=2).map(tuple)
CODES = st.from_regex(r"[A-HK-MPV][0-9]{14}[0-9A-Z]{2}", fullmatch=True).map(parse)
LISTED = st.builds(types.TestName, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, st.sampled_from(types.ResultType))
UNLISTED = st.builds(types.BackgroundName, TEXT, TEXT, TEXT)
SPOKESMEN = st.one_of(
    st.tuples(LISTED, st.none()), st.tuples(st.none(), UNLISTED), st.tuples(st.none(), st.none())
)
HYPOTHESES = st.builds(
    lambda measurand, spokesman, scores, explained: types.Hypothesis(
        measurand, spokesman[0], spokesman[1], scores, explained
    ),
    TEXT,
    SPOKESMEN,
    st.dictionaries(TEXT, SHARE, max_size=3),
    SHARE,
)
CANDIDATES = st.builds(types.Candidate, CODES, TEXT, HYPOTHESES, REASONS, EVIDENCE, SHARE)
PROVENANCES = st.builds(
    types.Provenance, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=2), TEXT, SHARE, TEXT, TEXT
)
MAPPINGS = st.builds(
    types.Mapping,
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
)


@given(MAPPINGS)
def test_a_mapping_comes_back_as_it_went(mapping: types.Mapping) -> None:
    sent = convert.mapping_to_proto(mapping).SerializeToString()
    assert convert.mapping_from_proto(mapping_pb2.Mapping.FromString(sent)) == mapping


@given(st.builds(types.LocalTest, *[TEXT] * len(dataclasses.fields(types.LocalTest))))
def test_a_row_comes_back_as_it_went(test: types.LocalTest) -> None:
    sent = convert.local_test_to_proto(test).SerializeToString()
    assert convert.local_test_from_proto(mapping_pb2.LocalTest.FromString(sent)) == test


def test_a_candidate_s_code_is_sent_whole_and_split() -> None:
    hypothesis = types.Hypothesis("C2008", None, None, {}, 1.0)
    candidate = types.Candidate(parse("C2008-0000-250-000-F7"), "AST", hypothesis, (), ())
    provenance = types.Provenance("", "", {}, "", 0.5, "", "")
    mapping = types.Mapping(
        types.Disposition.ACCEPTED, "C20080000250000F7", 1, 1, "AST", (), (candidate,), (), provenance
    )
    [sent] = convert.mapping_to_proto(mapping).candidates
    assert sent.code == "C20080000250000F7"
    assert sent.elements == mapping_pb2.CodeElements(
        measurand="C2008", identification="0000", specimen="250", method="000", unit="F7"
    )


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
    assert options == types.MapOptions(given, "F1", {"specimen": "250"})


@pytest.mark.parametrize("asked", [-1, 51])
def test_a_top_k_outside_its_limits_is_refused(asked: int) -> None:
    with pytest.raises(InputError, match="top_k"):
        convert.options_from_proto(mapper_service_pb2.MapOptions(top_k=asked), {})
