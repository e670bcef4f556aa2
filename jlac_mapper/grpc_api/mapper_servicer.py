"""MapperService: reads messages, hands the rows to the batching worker, writes the answers in order."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
from google.rpc import status_pb2

from jlac_mapper.errors import NotFoundError, ServerBusyError
from jlac_mapper.field_limits import overlong_field
from jlac_mapper.grpc_api import convert
from jlac_mapper.grpc_api._pb.v1 import mapper_service_pb2 as pb
from jlac_mapper.grpc_api._pb.v1 import mapping_pb2
from jlac_mapper.grpc_api._pb.v1.mapper_service_pb2_grpc import MapperServiceServicer
from jlac_mapper.grpc_api.batching import MAX_BATCH_ROWS, BatchingWorker, Flow, Outcome
from jlac_mapper.grpc_api.errors import (
    FieldError,
    RowFieldError,
    RowFieldTooLongError,
    errors_as_statuses,
    to_status,
)
from jlac_mapper.types import (
    Answers,
    Disposition,
    Jlac10Mapping,
    LocalTest,
    MapOptions,
    MappingResult,
    Reason,
)

WINDOW_CHUNKS = 4
"""Chunks of one stream that are in work at once; more only costs memory."""

MAX_STREAMS = 64
"""Streams served at once; each can hold WINDOW_CHUNKS messages in memory."""

Context = grpc.aio.ServicerContext[Any, Any]
_Chunk = tuple[Sequence[pb.TestRow], "asyncio.Future[list[Outcome]]"]


class MapperServicer(MapperServiceServicer):
    """The three ways to ask; see mapper_service.proto for what they promise."""

    def __init__(
        self,
        worker: BatchingWorker,
        site_defaults: Mapping[str, str],
        *,
        max_streams: int = MAX_STREAMS,
    ) -> None:
        self._worker = worker
        self._site_defaults = site_defaults
        self._free_streams = max_streams

    async def MapTest(self, request: pb.MapTestRequest, context: Context) -> pb.MapTestResponse:  # noqa: N802
        """Map one row; a row that cannot be mapped fails the call."""
        response = pb.MapTestResponse(client_row_id=request.client_row_id)
        async with errors_as_statuses(context):
            answers = self._worker.submit(
                [convert.local_test_from_proto(request.test)],
                self._options(request.options),
                seconds_left=context.time_remaining(),
            )
            [outcome] = await answers
            answer = _checked(outcome, request.test, "test")
            if isinstance(answer, Exception):
                raise answer
            _write(response, answer)
        return response

    async def BatchMapTests(  # noqa: N802
        self, request: pb.BatchMapTestsRequest, context: Context
    ) -> pb.BatchMapTestsResponse:
        """Map the rows of one message."""
        response = pb.BatchMapTestsResponse()
        async with errors_as_statuses(context):
            answers = self._worker.submit(
                _tests(request.rows), self._options(request.options), seconds_left=context.time_remaining()
            )
            response.outcomes.extend(_outcomes(request.rows, await answers))
        return response

    async def StreamMapTests(  # noqa: N802
        self, request_iterator: AsyncIterable[pb.StreamMapTestsRequest], context: Context
    ) -> AsyncIterator[pb.StreamMapTestsResponse]:
        """Map chunk after chunk, answers in the order of the chunks."""
        async with errors_as_statuses(context):
            with self._stream_slot():
                # One chunk is awaited below and one is held by the reader, besides those in the queue.
                window: asyncio.Queue[_Chunk | Exception | None] = asyncio.Queue(WINDOW_CHUNKS - 2)
                reader = asyncio.create_task(self._read(request_iterator, context, window))
                try:
                    while (chunk := await window.get()) is not None:
                        if isinstance(chunk, Exception):
                            raise chunk
                        rows, answers = chunk
                        yield pb.StreamMapTestsResponse(outcomes=_outcomes(rows, await answers))
                finally:
                    reader.cancel()
                    while not window.empty():
                        left = window.get_nowait()
                        if isinstance(left, tuple):
                            left[1].cancel()

    async def _read(
        self,
        requests: AsyncIterable[pb.StreamMapTestsRequest],
        context: Context,
        window: "asyncio.Queue[_Chunk | Exception | None]",
    ) -> None:
        """Queue the chunks of a stream; ends the window with None, or with what went wrong."""
        flow = Flow()
        try:
            async for request in requests:
                answers = await self._worker.submit_when_room(
                    _tests(request.rows),
                    self._options(request.options),
                    seconds_left=context.time_remaining(),
                    flow=flow,
                )
                try:
                    await window.put((request.rows, answers))
                except asyncio.CancelledError:
                    answers.cancel()
                    raise
        except Exception as error:
            await window.put(error)
        else:
            await window.put(None)

    def _options(self, message: pb.MapOptions) -> MapOptions:
        return convert.options_from_proto(message, self._site_defaults)

    @contextmanager
    def _stream_slot(self) -> Iterator[None]:
        if self._free_streams < 1:
            raise ServerBusyError("too many streams are open; open this one again a little later")
        self._free_streams -= 1
        try:
            yield
        finally:
            self._free_streams += 1


def _tests(rows: Sequence[pb.TestRow]) -> list[LocalTest]:
    if len(rows) > MAX_BATCH_ROWS:
        raise FieldError("rows", f"{len(rows)} rows in one message; at most {MAX_BATCH_ROWS}")
    return [convert.local_test_from_proto(row.test) for row in rows]


def _outcomes(rows: Sequence[pb.TestRow], answers: Sequence[Outcome]) -> list[pb.RowOutcome]:
    """
    Return the outcome of each row.

    Raises:
        NotFoundError: The options name a facility that is not there: no row is to blame.
    """
    for answer in answers:
        if isinstance(answer, NotFoundError):
            raise answer
    statuses: dict[int, status_pb2.Status] = {}  # one incident for an error that several rows share
    # All of them are kept to the end: the identity of one that is gone may be given to the next.
    checked = [
        _checked(answer, row.test, f"rows[{number}].test")
        for number, (row, answer) in enumerate(zip(rows, answers, strict=True))
    ]
    outcomes = []
    for row, answer in zip(rows, checked, strict=True):
        outcome = pb.RowOutcome(client_row_id=row.client_row_id)
        if isinstance(answer, Exception):
            if id(answer) not in statuses:
                statuses[id(answer)] = to_status(answer)
            outcome.error.CopyFrom(statuses[id(answer)])
        else:
            _write(outcome, answer)
        outcomes.append(outcome)
    return outcomes


def _write(message: pb.MapTestResponse | pb.RowOutcome, answers: Answers) -> None:
    """Put the mapping of each code system into its field; what was not asked for stays unset."""
    if answers.jlac11 is not None:
        message.mapping.CopyFrom(convert.mapping_to_proto(answers.jlac11))
    if answers.jlac10 is not None:
        message.jlac10.CopyFrom(convert.jlac10_mapping_to_proto(answers.jlac10))


def _checked(outcome: Outcome, test: mapping_pb2.LocalTest, path: str) -> Outcome:
    """
    Return answers with disposition ERROR as the error that they are; *path* is the row's in the request.

    What is wrong with a row is wrong in every code system: the first one to say so speaks.
    """
    if isinstance(outcome, Exception):
        return outcome
    for answer in (outcome.jlac11, outcome.jlac10):
        if answer is not None and answer.disposition is Disposition.ERROR:
            return _row_error(answer, test, path)
    return outcome


def _row_error(
    answer: MappingResult | Jlac10Mapping, test: mapping_pb2.LocalTest, path: str
) -> RowFieldError:
    if Reason.FIELD_TOO_LONG in answer.reasons:
        field = overlong_field(convert.local_test_from_proto(test))
        return RowFieldTooLongError(f"{path}.{field}", answer.message)
    field = f"{path}.name" if Reason.NAME_EMPTY in answer.reasons else path
    return RowFieldError(field, answer.message or ";".join(answer.reasons))
