"""A real server with ReviewService on a free port."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc_harness import details_of, status_of
from review_opened import ROWS, Opened, opened, with_list

from jlac_mapper.config import Settings
from jlac_mapper.grpc_api._pb.v1 import review_pb2
from jlac_mapper.grpc_api._pb.v1 import review_service_pb2 as pb
from jlac_mapper.grpc_api._pb.v1.review_service_pb2_grpc import ReviewServiceStub
from jlac_mapper.grpc_api.convert import local_test_to_proto
from jlac_mapper.grpc_api.review_servicer import ReviewServicer
from jlac_mapper.grpc_api.server import MapperServer
from jlac_mapper.ports import Mapper
from jlac_mapper.types import LocalTest
from tests.support.fakes import EchoMapper
from tests.support.grpc_fakes import ServedApp

if TYPE_CHECKING:  # only the type stubs know it
    from jlac_mapper.grpc_api._pb.v1.review_service_pb2_grpc import ReviewServiceAsyncStub

FILTER = pb.ItemFilter(facility="h1")
Metadata = Sequence[tuple[str, str]]


class WatchedServicer(ReviewServicer):
    """A ReviewServicer that tells when it has finished with an import, also with one that was given up."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.import_over = asyncio.Event()

    async def ImportList(self, request_iterator: Any, context: Any) -> pb.ImportListResponse:  # noqa: N802
        """Take a list in."""
        try:
            return await super().ImportList(request_iterator, context)
        finally:
            self.import_over.set()


@dataclass(frozen=True)
class Reviewing:
    """A server that serves, a client of it, and the service behind it."""

    servicer: WatchedServicer
    stub: "ReviewServiceAsyncStub"
    opened: Opened
    channel: grpc.aio.Channel

    def who(self, login: str) -> Metadata:
        """Return the metadata of a signed-in user."""
        return (("authorization", f"Bearer {self.opened.token(login)}"),)

    def order(self, item: int, action: str, *, etag: int = 1, request: str = "r", **fields: str) -> Any:
        """Return an order for facility h1."""
        kind = review_pb2.Action.Value(f"ACTION_{action}")
        return pb.Order(facility="h1", item=item, etag=etag, action=kind, request_id=request, **fields)

    async def decide(self, login: str, item: int, action: str, **fields: Any) -> Any:
        """Do one order and return its outcome."""
        request = pb.DecideItemRequest(order=self.order(item, action, **fields))
        return (await self.stub.DecideItem(request, metadata=self.who(login))).outcome


@asynccontextmanager
async def reviewing(
    folder: Path, *, lists: bool = True, export_templates: str = "", mapper: Mapper | None = None
) -> AsyncIterator[Reviewing]:
    """Serve review, with the first list taken in where *lists* says so."""
    review = with_list(folder) if lists else opened(folder, mapper)
    servicer = WatchedServicer(review, review.clock, export_templates=export_templates)
    server = MapperServer(ServedApp(EchoMapper(), Settings(database_url="sqlite://")), review=servicer)
    address = await server.start("127.0.0.1", 0)
    await server.load()
    async with grpc.aio.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            yield Reviewing(servicer, ReviewServiceStub(channel), review, channel)
        finally:
            await server.stop(0)


async def refused(call: Any) -> tuple[grpc.StatusCode, str, dict[str, str], str]:
    """Return code, reason, metadata of the ErrorInfo and message of a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call if not hasattr(call, "__aiter__") else [message async for message in call]
    details: Any = details_of(status_of(caught.value))
    info = details["ErrorInfo"]
    assert info.domain == "jlac-mapper"
    return caught.value.code(), info.reason, dict(info.metadata), caught.value.details() or ""


def requests() -> dict[str, Any]:
    """Return a usable request for each call, in facility h1."""
    order = pb.Order(facility="h1", item=2, etag=1, action=review_pb2.ACTION_CONFIRM, request_id="decide")
    return {
        "ListRuns": pb.ListRunsRequest(facility="h1"),
        "ListItems": pb.ListItemsRequest(filter=FILTER),
        "GetItem": pb.GetItemRequest(facility="h1", item=2),
        "ClaimNextItem": pb.ClaimNextItemRequest(filter=FILTER, request_id="claim"),
        "SearchCodes": pb.SearchCodesRequest(facility="h1", text="ast"),
        "DecideItem": pb.DecideItemRequest(order=order),
        "PreviewIdentical": pb.PreviewIdenticalRequest(order=order),
        "DecideIdentical": pb.DecideIdenticalRequest(order=order, etags={2: 1}),
        "ImportList": iter(upload("import")),
        "ExportRun": pb.ExportRunRequest(facility="h1", run=1, format=pb.EXPORT_FORMAT_CSV),
        "GetAgreement": pb.GetAgreementRequest(facility="h1"),
        "VerifyAudit": pb.VerifyAuditRequest(facility="h1"),
    }


def upload(request_id: str, tests: tuple[LocalTest, ...] = ROWS, **header: str) -> list[pb.ImportListRequest]:
    """Return the messages of a list, a row each."""
    fields = {"facility": "h1", "file_name": "a.csv", "request_id": request_id, **header}
    first = pb.ImportListRequest.Header(**fields)
    rows = [pb.ImportRows(tests=[local_test_to_proto(test)]) for test in tests]
    return [pb.ImportListRequest(header=first), *(pb.ImportListRequest(rows=row) for row in rows)]


async def exported(server: Reviewing, login: str, kind: str, **fields: Any) -> tuple[str, str, bytes]:
    """Return name, media type and content of an export."""
    request = pb.ExportRunRequest(
        facility="h1", format=pb.ExportFormat.Value(f"EXPORT_FORMAT_{kind}"), **fields
    )
    parts = [part async for part in server.stub.ExportRun(request, metadata=server.who(login))]
    assert all(not part.file_name for part in parts[1:])
    return parts[0].file_name, parts[0].media_type, b"".join(part.content for part in parts)
