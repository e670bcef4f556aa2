"""A real server on a free port, for the gRPC tests."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from jlac_mapper.config import Settings
from jlac_mapper.grpc_api._pb.v1 import mapper_service_pb2 as pb
from jlac_mapper.grpc_api._pb.v1 import mapping_pb2
from jlac_mapper.grpc_api._pb.v1.mapper_service_pb2_grpc import MapperServiceStub
from jlac_mapper.grpc_api.server import MapperServer
from jlac_mapper.ports import Jlac10Mapper
from tests.support.fakes import EchoMapper
from tests.support.grpc_fakes import EchoJlac10Mapper, ServedApp

if TYPE_CHECKING:  # only the type stubs know it
    from jlac_mapper.grpc_api._pb.v1.mapper_service_pb2_grpc import MapperServiceAsyncStub

MIB = 1024 * 1024


@dataclass(frozen=True)
class Running:
    """A server that serves, and a client of it."""

    server: MapperServer
    address: str
    channel: grpc.aio.Channel
    stub: "MapperServiceAsyncStub"


@asynccontextmanager
async def running(
    mapper: EchoMapper,
    *,
    make_jlac10: Callable[[], Jlac10Mapper] = EchoJlac10Mapper,
    queue_rows: int = 4096,
    max_message_bytes: int = 16 * MIB,
) -> AsyncIterator[Running]:
    """Serve *mapper*; its memory of batches begins after the server's own warm-up row."""
    settings = Settings(database_url="sqlite://", grpc_max_message_bytes=max_message_bytes)
    server = MapperServer(ServedApp(mapper, settings, make_jlac10), queue_rows=queue_rows)
    address = await server.start("127.0.0.1", 0)
    await server.load()
    mapper.batches.clear()
    options = [("grpc.max_receive_message_length", 64 * MIB), ("grpc.enable_http_proxy", 0)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        try:
            yield Running(server, address, channel, MapperServiceStub(channel))
        finally:
            await server.stop(0)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until what this process itself brings about has come."""
    async with asyncio.timeout(600):
        while not condition():
            await asyncio.sleep(0.01)


def single(name: str, **fields: str) -> pb.MapTestRequest:
    """Return a request for one row."""
    return pb.MapTestRequest(test=mapping_pb2.LocalTest(name=name, **fields))


def rows(names: Iterable[str]) -> list[pb.TestRow]:
    """Return rows whose client_row_id is `id-` and the name."""
    return [pb.TestRow(client_row_id=f"id-{n}", test=mapping_pb2.LocalTest(name=n)) for n in names]


def status_of(error: grpc.aio.AioRpcError | grpc.RpcError) -> status_pb2.Status:
    """Return the rich status of a failed call."""
    assert isinstance(error, grpc.aio.AioRpcError | grpc.Call)
    status: status_pb2.Status | None = rpc_status.from_call(error)  # type: ignore[arg-type]
    assert status is not None
    return status


def details_of(status: status_pb2.Status) -> dict[str, Message]:
    """Return the unpacked details of a status by message name."""
    found: dict[str, Message] = {}
    for detail in status.details:
        message: Message = getattr(error_details_pb2, detail.TypeName().rpartition(".")[2])()
        assert detail.Unpack(message)
        found[message.DESCRIPTOR.name] = message
    return found
