"""What MapperService says of a row: what it was read as, why, and which of a batch's rows failed."""

from collections.abc import Sequence
from typing import Any

from grpc_harness import details_of, rows, running, single

from jlac_mapper.grpc_api._pb.v1 import mapper_service_pb2 as pb
from jlac_mapper.grpc_api._pb.v1 import mapping_pb2
from jlac_mapper.types import LocalTest, MapOptions, MappingResult
from tests.support.fakes import EchoMapper
from tests.unit.stages import build_pipeline


class Reader(EchoMapper):
    """The real stages over the small vocabulary."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = build_pipeline()

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """Map rows."""
        return self.stages.map_batch(tests, options)


async def test_an_answer_says_what_the_row_was_read_as_also_without_a_code() -> None:
    async with running(Reader()) as server:
        ast, ck_mb, unknown = [
            (await server.stub.MapTest(single(name))).mapping for name in ("GOT", "CK-MB", "謎謎")
        ]
    assert (ast.concept.key, ast.concept.name_en) == ("ast", "Aspartate aminotransferase")
    assert ast.candidates[0].hypothesis.concept == ast.concept
    assert ck_mb.disposition == mapping_pb2.DISPOSITION_NO_CODE
    assert ck_mb.concept == mapping_pb2.Concept(key="ck_mb", name="CK-MB", name_en="CK-MB", kind="test")
    assert unknown.disposition == mapping_pb2.DISPOSITION_NO_CODE
    assert not unknown.HasField("concept")
    [unit] = [said for said in ast.evidence if said.element == "unit"]
    assert (unit.key, unit.statement, unit.source) == (
        "unit.only_listed",
        "U/L: the only one listed",
        "release",
    )
    assert [(pair.name, pair.value) for pair in unit.values] == [("unit", "U/L")]


async def test_every_row_that_fails_is_told_with_its_own_place() -> None:
    async with running(EchoMapper()) as server:
        response = await server.stub.BatchMapTests(pb.BatchMapTestsRequest(rows=rows(["", "a"] * 20)))
    details: list[Any] = [details_of(outcome.error) for outcome in response.outcomes[::2]]
    places = [found["BadRequest"].field_violations[0].field for found in details]
    assert places == [f"rows[{number}].test.name" for number in range(0, 40, 2)]
