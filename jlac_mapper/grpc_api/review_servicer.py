"""ReviewService: who asks, then the same service as the page's; it blocks, so threads make the calls."""

import asyncio
import math
from collections.abc import AsyncIterable, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeVar

import grpc

from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.exports.files import ExportFile, export_file
from jlac_mapper.exports.templates import facility_template, whole_template
from jlac_mapper.grpc_api import review_asked as asked
from jlac_mapper.grpc_api import review_convert as convert
from jlac_mapper.grpc_api._pb.v1 import review_service_pb2 as pb
from jlac_mapper.grpc_api._pb.v1.review_service_pb2_grpc import ReviewServiceServicer
from jlac_mapper.grpc_api.callers import Metadata, caller
from jlac_mapper.grpc_api.errors import FieldError, errors_as_statuses
from jlac_mapper.grpc_api.review_import import ImportUpload
from jlac_mapper.ports import Clock
from jlac_mapper.review.commands import ItemView, Outcome, QueuePage
from jlac_mapper.review.model import User
from jlac_mapper.review.ports import Work
from jlac_mapper.review.service import OpenedReview, ReviewService
from jlac_mapper.wording import Language

THREADS = 8
"""Calls of the service at once; a database gains little from more."""

LARGEST_PAGE = 500
DEFAULT_PAGE = 50
LARGEST_SEARCH = 200
DEFAULT_SEARCH = 20
PIECE_BYTES = 64 * 1024

Context = grpc.aio.ServicerContext[Any, Any]
_T = TypeVar("_T")


class ReviewServicer(ReviewServiceServicer):
    """The calls of review_service.proto; each finds out first who asks."""

    def __init__(self, opened: OpenedReview, clock: Clock, *, export_templates: str = "") -> None:
        self._review = opened.review
        self._units = opened.units
        self._codes = opened.codes
        self._clock = clock
        self._export_templates = export_templates
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="review")

    def close(self) -> None:
        """Let running calls of the service end; no new ones."""
        self._threads.shutdown()

    async def ListRuns(self, request: pb.ListRunsRequest, context: Context) -> pb.ListRunsResponse:  # noqa: N802
        """Return a facility's lists."""
        async with errors_as_statuses(context):
            runs = await self._reading(context, lambda review, user: review.runs(user, request.facility))
            return pb.ListRunsResponse(runs=map(convert.run_to_proto, runs))

    async def ListItems(self, request: pb.ListItemsRequest, context: Context) -> pb.ListItemsResponse:  # noqa: N802
        """Return a page of the queue."""

        def queue(review: ReviewService, user: User) -> QueuePage:
            return review.queue(
                user,
                asked.query_from_proto(request.filter),
                after=asked.cursor_from_token(request.page_token),
                limit=_limit("page_size", request.page_size, DEFAULT_PAGE, LARGEST_PAGE),
            )

        async with errors_as_statuses(context):
            page = await self._reading(context, queue)
            now = self._clock.now()
            return pb.ListItemsResponse(
                rows=[convert.row_to_proto(row, now) for row in page.rows],
                next_page_token=asked.cursor_to_token(page.next),
            )

    async def GetItem(self, request: pb.GetItemRequest, context: Context) -> pb.GetItemResponse:  # noqa: N802
        """Return one item's page."""
        async with errors_as_statuses(context):
            view = await self._reading(
                context, lambda review, user: review.view(user, request.facility, request.item)
            )
            return pb.GetItemResponse(view=convert.view_to_proto(view))

    async def ClaimNextItem(  # noqa: N802
        self, request: pb.ClaimNextItemRequest, context: Context
    ) -> pb.ClaimNextItemResponse:
        """Claim the next item."""

        def claim(review: ReviewService, user: User) -> ItemView | None:
            query = asked.waiting_query_from_proto(request.filter)
            return review.next_item(
                user, query, request_id=asked.request_id(request.request_id), after=request.after
            )

        async with errors_as_statuses(context):
            view = await self._writing(context, claim)
            return pb.ClaimNextItemResponse(view=convert.view_to_proto(view) if view else None)

    async def SearchCodes(self, request: pb.SearchCodesRequest, context: Context) -> pb.SearchCodesResponse:  # noqa: N802
        """Search the edition."""

        def search(review: ReviewService, user: User) -> list[ListedCode]:
            limit = _limit("limit", request.limit, DEFAULT_SEARCH, LARGEST_SEARCH)
            return review.search(user, request.facility, request.text, limit)

        async with errors_as_statuses(context):
            found = await self._reading(context, search)
            return pb.SearchCodesResponse(codes=map(convert.code_to_proto, found))

    async def DecideItem(self, request: pb.DecideItemRequest, context: Context) -> pb.DecideItemResponse:  # noqa: N802
        """Do one order."""
        async with errors_as_statuses(context):
            outcome = await self._writing(
                context, lambda review, user: review.decide(user, asked.order_from_proto(request.order))
            )
            return pb.DecideItemResponse(outcome=convert.outcome_to_proto(outcome))

    async def PreviewIdentical(  # noqa: N802
        self, request: pb.PreviewIdenticalRequest, context: Context
    ) -> pb.PreviewIdenticalResponse:
        """Say what an order would do to identical rows."""
        async with errors_as_statuses(context):
            found = await self._reading(
                context, lambda review, user: review.preview(user, asked.order_from_proto(request.order))
            )
            response = pb.PreviewIdenticalResponse()
            for rows, written in ((found.changes, response.changes), (found.twins, response.twins)):
                for item, after in rows:
                    written.add(item=convert.item_to_proto(item), after=convert.standing_to_proto(after))
            for item, why in found.refused:
                response.refused.add(item=convert.item_to_proto(item), why=why)
            return response

    async def DecideIdentical(  # noqa: N802
        self, request: pb.DecideIdenticalRequest, context: Context
    ) -> pb.DecideIdenticalResponse:
        """Decide identical rows."""

        def decide(review: ReviewService, user: User) -> list[Outcome]:
            order = asked.order_from_proto(request.order)
            return review.decide_identical(user, order, asked.etags_from_proto(request.etags))

        async with errors_as_statuses(context):
            outcomes = await self._writing(context, decide)
            return pb.DecideIdenticalResponse(outcomes=map(convert.outcome_to_proto, outcomes))

    async def ImportList(  # noqa: N802
        self, request_iterator: AsyncIterable[pb.ImportListRequest], context: Context
    ) -> pb.ImportListResponse:
        """Take a list in: mapping takes long, so this is no unit of work."""
        async with errors_as_statuses(context):
            user = await self._reading(context, lambda _review, user: user)
            upload = ImportUpload()
            async for request in request_iterator:
                upload.take(request)
            with upload.stopped_on_cancel() as progress:
                run = await self._call(upload.import_into, self._review, user, progress)
            return pb.ImportListResponse(run=convert.run_to_proto(run))

    async def ExportRun(  # noqa: N802
        self, request: pb.ExportRunRequest, context: Context
    ) -> AsyncIterator[pb.ExportRunResponse]:
        """Write a file."""
        async with errors_as_statuses(context):
            file = await self._reading(context, lambda review, user: self._export(review, user, request))
            yield pb.ExportRunResponse(
                file_name=file.name, media_type=file.media_type, content=file.content[:PIECE_BYTES]
            )
            for start in range(PIECE_BYTES, len(file.content), PIECE_BYTES):
                yield pb.ExportRunResponse(content=file.content[start : start + PIECE_BYTES])

    async def GetAgreement(  # noqa: N802
        self, request: pb.GetAgreementRequest, context: Context
    ) -> pb.GetAgreementResponse:
        """Say how readers agree."""
        async with errors_as_statuses(context):
            found = await self._reading(
                context, lambda review, user: review.agreement(user, request.facility)
            )
            response = pb.GetAgreementResponse(pairs=found.pairs)
            if not math.isnan(found.observed):
                response.observed = found.observed
            if not math.isnan(found.kappa):
                response.kappa = found.kappa
            return response

    async def VerifyAudit(self, request: pb.VerifyAuditRequest, context: Context) -> pb.VerifyAuditResponse:  # noqa: N802
        """Check the audit chain."""
        async with errors_as_statuses(context):
            problems = await self._reading(
                context, lambda review, user: review.verify(user, request.facility)
            )
            return pb.VerifyAuditResponse(problems=problems)

    def _export(self, review: ReviewService, user: User, request: pb.ExportRunRequest) -> ExportFile:
        layout = facility_template(self._export_templates, request.facility)
        return export_file(
            review,
            self._codes,
            user,
            request.facility,
            request.run if request.HasField("run") else None,
            asked.format_from_proto(request.format),
            now=self._clock.now(),
            template=whole_template(layout) if request.all_columns else layout,
            language=request.language or Language.JAPANESE,
        )

    async def _reading(self, context: Context, function: Callable[[ReviewService, User], _T]) -> _T:
        """Ask for something on behalf of who calls, all in one unit of work."""
        return await self._call(self._in, self._units.reading, context.invocation_metadata(), function)

    async def _writing(self, context: Context, function: Callable[[ReviewService, User], _T]) -> _T:
        """Do something on behalf of who calls, all in one unit of work."""
        return await self._call(self._in, self._units.writing, context.invocation_metadata(), function)

    def _in(
        self,
        begin: Callable[[], AbstractContextManager[Work]],
        metadata: Metadata | None,
        function: Callable[[ReviewService, User], _T],
    ) -> _T:
        with begin() as work:
            user = caller(work.users, metadata, self._clock.now())
            result = function(self._review.within(work), user)
            work.commit()
        return result

    async def _call(self, function: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(function, *args, **kwargs))


def _limit(field: str, given: int, default: int, largest: int) -> int:
    if not 0 <= given <= largest:
        raise FieldError(field, f"{field} is {given}; give 1 to {largest}, or 0 for {default}")
    return given or default
