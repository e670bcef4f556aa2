"""
Walks the descriptors: an RPC without a case here, or one that is not implemented, fails.

ReviewService's calls have theirs in test_grpc_review.py, which needs a database.
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable

import pytest
from google.protobuf.descriptor import FileDescriptor
from grpc_harness import Running, rows, running, single

from jlac_mapper.grpc_api import _pb
from jlac_mapper.grpc_api._pb.v1 import mapper_service_pb2 as pb
from tests.support.fakes import EchoMapper


def every_rpc() -> list[str]:
    """Return the full names of all RPCs in the generated code."""
    modules = [m.name for m in pkgutil.walk_packages(_pb.__path__, f"{_pb.__name__}.")]
    files: list[FileDescriptor] = [
        importlib.import_module(name).DESCRIPTOR for name in modules if name.endswith("_pb2")
    ]
    return [
        method.full_name
        for file in files
        for service in file.services_by_name.values()
        if service.name != "ReviewService"
        for method in service.methods
    ]


async def map_test(server: Running) -> None:
    assert (await server.stub.MapTest(single("AST"))).mapping.standard_name == "AST"


async def batch_map_tests(server: Running) -> None:
    response = await server.stub.BatchMapTests(pb.BatchMapTestsRequest(rows=rows(["AST", "ALT"])))
    assert [outcome.mapping.standard_name for outcome in response.outcomes] == ["AST", "ALT"]


async def stream_map_tests(server: Running) -> None:
    requests = [pb.StreamMapTestsRequest(rows=rows([name])) for name in ("AST", "ALT")]
    call = server.stub.StreamMapTests(iter(requests))
    assert [r.outcomes[0].mapping.standard_name async for r in call] == ["AST", "ALT"]


CASES: dict[str, Callable[[Running], Awaitable[None]]] = {
    "jlac.mapper.v1.MapperService.MapTest": map_test,
    "jlac.mapper.v1.MapperService.BatchMapTests": batch_map_tests,
    "jlac.mapper.v1.MapperService.StreamMapTests": stream_map_tests,
}


@pytest.mark.parametrize("rpc", every_rpc())
async def test_every_rpc_of_the_protos_is_served_and_tested(rpc: str) -> None:
    async with running(EchoMapper()) as server:
        await CASES[rpc](server)


def test_no_case_is_left_over_from_an_rpc_that_is_gone() -> None:
    assert set(CASES) == set(every_rpc())
