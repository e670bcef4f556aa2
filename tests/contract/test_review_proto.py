"""The words and fields of review.proto are those of the core's types."""

import dataclasses
from enum import StrEnum

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor

from jlac_mapper.exports.files import ExportFormat
from jlac_mapper.grpc_api._pb.v1 import review_pb2, review_service_pb2
from jlac_mapper.review import commands, model


@pytest.mark.parametrize(
    ("listed", "kind", "prefix"),
    [
        (review_pb2.ItemState.DESCRIPTOR, model.ItemState, "ITEM_STATE_"),
        (review_pb2.Action.DESCRIPTOR, model.Action, "ACTION_"),
        (review_pb2.ItemOrder.DESCRIPTOR, commands.ItemOrder, "ITEM_ORDER_"),
        (review_service_pb2.ExportFormat.DESCRIPTOR, ExportFormat, "EXPORT_FORMAT_"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_every_word_is_in_the_proto_and_no_other(
    listed: EnumDescriptor, kind: type[StrEnum], prefix: str
) -> None:
    words = {name.removeprefix(prefix) for name in listed.values_by_name} - {"UNSPECIFIED"}
    assert words == {member.name for member in kind}


_ON_THE_WIRE = {"local_aliases": "house_names"}
"""Fields whose name on the wire is older than their name in the program."""


@pytest.mark.parametrize(
    ("message", "kind", "left_out"),
    [
        (review_pb2.Item.DESCRIPTOR, model.Item, {"key", "twin_key"}),
        (review_pb2.Standing.DESCRIPTOR, model.Standing, set()),
        (review_pb2.Reading.DESCRIPTOR, model.Reading, set()),
        (review_pb2.Run.DESCRIPTOR, model.Run, set()),
        (review_pb2.HouseName.DESCRIPTOR, model.LocalAlias, {"facility", "key"}),
        (review_pb2.QueueRow.DESCRIPTOR, commands.QueueRow, {"department"}),
        (review_pb2.ItemView.DESCRIPTOR, commands.ItemView, set()),
        (review_service_pb2.Order.DESCRIPTOR, commands.Command, set()),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_message_has_the_fields_of_its_type(message: Descriptor, kind: type, left_out: set[str]) -> None:
    names = {field.name for field in message.fields}
    assert (
        names == {_ON_THE_WIRE.get(field.name, field.name) for field in dataclasses.fields(kind)} - left_out
    )


def test_an_event_has_the_fields_of_its_draft_its_place_and_its_hash() -> None:
    names = {field.name for field in review_pb2.Event.DESCRIPTOR.fields}
    draft = {field.name for field in dataclasses.fields(model.EventDraft)}
    assert names == draft | {"sequence", "hash"}
