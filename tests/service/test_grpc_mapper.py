"""MapperService over a real connection: answers, order, errors, load."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc_harness import Running, details_of, rows, running, single, status_of, until
from grpc_health.v1 import health_pb2, health_pb2_grpc

from jlac_mapper.grpc_api._pb.v1 import mapper_service_pb2 as pb
from jlac_mapper.grpc_api._pb.v1 import mapping_pb2
from jlac_mapper.grpc_api.mapper_servicer import MAX_STREAMS, WINDOW_CHUNKS
from tests.support.fakes import EchoMapper, GatedMapper

CODE = grpc.StatusCode


def chunks(count: int, size: int) -> list[pb.StreamMapTestsRequest]:
    names = [f"row {n}" for n in range(count)]
    return [
        pb.StreamMapTestsRequest(rows=rows(names[start : start + size])) for start in range(0, count, size)
    ]


async def accepted(server: Running, requests: list[pb.StreamMapTestsRequest]) -> tuple[Any, Any]:
    """Open a stream, again while too many are open; return it and its first answer."""
    while True:
        call = server.stub.StreamMapTests(iter(requests))
        try:
            return call, await call.read()
        except grpc.aio.AioRpcError as error:
            if error.code() is not CODE.RESOURCE_EXHAUSTED:
                raise
            await asyncio.sleep(0.05)


async def refused(call: Any) -> Any:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def test_one_row_is_answered_with_its_id_and_all_its_fields_reach_the_mapper() -> None:
    async with running(EchoMapper()) as server:
        request = single("AST", unit="U/L")
        request.client_row_id = "7"
        response = await server.stub.MapTest(request)
    assert response.client_row_id == "7"
    assert response.mapping.standard_name == "AST"
    assert response.mapping.disposition == mapping_pb2.DISPOSITION_ACCEPTED
    assert response.mapping.provenance.edition == "fake"


async def test_facility_and_top_k_reach_the_mapper() -> None:
    mapper = EchoMapper()
    async with running(mapper) as server:
        request = single("AST")
        request.options.MergeFrom(pb.MapOptions(facility="F1", top_k=3))
        await server.stub.MapTest(request)
    assert (mapper.options[-1].facility, mapper.options[-1].top_k) == ("F1", 3)


async def test_needs_review_is_an_answer() -> None:
    async with running(EchoMapper()) as server:
        response = await server.stub.MapTest(single("REVIEW me"))
    assert response.mapping.disposition == mapping_pb2.DISPOSITION_NEEDS_REVIEW
    assert list(response.mapping.reasons) == ["SIMILAR_NAME"]


async def test_a_single_row_without_a_name_is_an_invalid_argument_that_names_the_field() -> None:
    async with running(EchoMapper()) as server:
        error = await refused(server.stub.MapTest(single(" ")))
    details: dict[str, Any] = details_of(status_of(error))
    assert error.code() is CODE.INVALID_ARGUMENT
    assert (details["ErrorInfo"].domain, details["ErrorInfo"].reason) == ("jlac-mapper", "ROW_INVALID")
    assert [violation.field for violation in details["BadRequest"].field_violations] == ["test.name"]


async def test_a_row_without_a_name_fails_alone_in_a_batch() -> None:
    async with running(EchoMapper()) as server:
        response = await server.stub.BatchMapTests(pb.BatchMapTestsRequest(rows=rows(["a", "", "c"])))
    assert [outcome.client_row_id for outcome in response.outcomes] == ["id-a", "id-", "id-c"]
    assert [outcome.WhichOneof("outcome") for outcome in response.outcomes] == ["mapping", "error", "mapping"]
    error = response.outcomes[1].error
    details: dict[str, Any] = details_of(error)
    assert error.code == CODE.INVALID_ARGUMENT.value[0]
    assert details["BadRequest"].field_violations[0].field == "rows[1].test.name"


async def test_a_batch_of_256_is_mapped_and_one_of_257_is_refused_with_the_limit() -> None:
    async with running(EchoMapper()) as server:
        full = await server.stub.BatchMapTests(pb.BatchMapTestsRequest(rows=rows(map(str, range(256)))))
        assert [outcome.mapping.standard_name for outcome in full.outcomes] == [str(n) for n in range(256)]
        error = await refused(
            server.stub.BatchMapTests(pb.BatchMapTestsRequest(rows=rows(map(str, range(257)))))
        )
    details: dict[str, Any] = details_of(status_of(error))
    [violation] = details["BadRequest"].field_violations
    assert (error.code(), violation.field) == (CODE.INVALID_ARGUMENT, "rows")
    assert "256" in violation.description


async def test_a_top_k_outside_its_limits_is_refused() -> None:
    async with running(EchoMapper()) as server:
        request = single("AST")
        request.options.top_k = 51
        error = await refused(server.stub.MapTest(request))
    details: dict[str, Any] = details_of(status_of(error))
    assert details["BadRequest"].field_violations[0].field == "options.top_k"


async def test_an_empty_batch_is_an_empty_answer() -> None:
    async with running(EchoMapper()) as server:
        assert len((await server.stub.BatchMapTests(pb.BatchMapTestsRequest())).outcomes) == 0


async def test_200_concurrent_rows_are_answered_rightly_and_mapped_in_batches() -> None:
    mapper = GatedMapper()
    async with running(mapper) as server:
        mapper.close()
        names = [f"test {n}" for n in range(200)]
        calls = asyncio.gather(*(server.stub.MapTest(single(name)) for name in names))
        await asyncio.to_thread(mapper.wait_until_entered)
        await until(lambda: server.server.waiting() + len(mapper.held) == len(names))
        mapper.gate.set()
        responses = await calls
    assert [response.mapping.standard_name for response in responses] == names
    assert sorted(name for batch in mapper.batches for name in batch) == sorted(names)
    assert len(mapper.batches) <= 2  # what came first, and what came while it was mapped
    assert len(mapper.threads) == 1


async def test_a_stream_of_5000_rows_keeps_order_and_echoes_ids() -> None:
    async with running(EchoMapper()) as server:
        requests = chunks(5000, 64)
        free = asyncio.Semaphore(4)

        async def paced() -> AsyncIterator[pb.StreamMapTestsRequest]:
            for request in requests:
                await free.acquire()
                yield request

        ids, sizes = [], []
        async for response in server.stub.StreamMapTests(paced()):
            free.release()
            sizes.append(len(response.outcomes))
            ids += [(o.client_row_id, o.mapping.standard_name) for o in response.outcomes]
    assert ids == [(f"id-row {n}", f"row {n}") for n in range(5000)]
    assert sizes == [64] * 78 + [8]


async def test_a_sender_that_does_not_pace_itself_is_answered_too_from_a_small_window() -> None:
    mapper = GatedMapper()
    async with running(mapper) as server:
        mapper.close()
        call = server.stub.StreamMapTests(iter(chunks(300, 1)))
        await asyncio.to_thread(mapper.wait_until_entered)
        await asyncio.sleep(0.1)
        mapper.gate.set()
        names = [response.outcomes[0].mapping.standard_name async for response in call]
    assert names == [f"row {n}" for n in range(300)]
    assert max(len(batch) for batch in mapper.batches) <= WINDOW_CHUNKS


async def test_streams_at_once_do_not_mix_their_rows() -> None:
    async with running(EchoMapper()) as server:

        async def stream(mark: str) -> list[str]:
            requests = [
                pb.StreamMapTestsRequest(rows=rows([f"{mark}{n}", f"{mark}{n}'"])) for n in range(100)
            ]
            call = server.stub.StreamMapTests(iter(requests))
            return [o.mapping.standard_name async for response in call for o in response.outcomes]

        marks = [f"stream {n} row " for n in range(10)]
        answers = await asyncio.gather(*(stream(mark) for mark in marks))
    assert answers == [[f"{mark}{n}{end}" for n in range(100) for end in ("", "'")] for mark in marks]


async def test_a_bad_row_and_a_bad_chunk_in_a_stream_fail_where_they_stand() -> None:
    async with running(EchoMapper()) as server:
        requests = [*chunks(2, 1), pb.StreamMapTestsRequest(rows=rows([""])), *chunks(257, 257)]
        call = server.stub.StreamMapTests(iter(requests))
        answered: list[Any] = [await call.read() for _ in range(3)]
        error = await refused(call.read())
    assert [response.outcomes[0].WhichOneof("outcome") for response in answered] == [
        "mapping",
        "mapping",
        "error",
    ]
    details: dict[str, Any] = details_of(status_of(error))
    assert error.code() is CODE.INVALID_ARGUMENT
    assert details["BadRequest"].field_violations[0].field == "rows"


async def test_streams_cancelled_half_way_leave_nothing_behind() -> None:
    mapper = EchoMapper()
    async with running(mapper) as server:
        for _ in range(MAX_STREAMS + 6):
            call, _ = await accepted(server, chunks(40, 1))
            call.cancel()
        call, first = await accepted(server, chunks(10, 5))
        second = await call.read()
        assert [len(response.outcomes) for response in (first, second)] == [5, 5]
        assert await call.read() is grpc.aio.EOF
        assert (await server.stub.MapTest(single("after"))).mapping.standard_name == "after"


async def test_more_streams_than_allowed_are_asked_to_come_back() -> None:
    never = asyncio.Event()

    async def open_forever() -> AsyncIterator[pb.StreamMapTestsRequest]:
        yield chunks(1, 1)[0]
        await never.wait()

    async with running(EchoMapper()) as server:
        calls = [server.stub.StreamMapTests(open_forever()) for _ in range(MAX_STREAMS)]
        await asyncio.gather(*(call.read() for call in calls))
        error = await refused(server.stub.StreamMapTests(iter(chunks(1, 1))).read())
        for call in calls:
            call.cancel()
    assert error.code() is CODE.RESOURCE_EXHAUSTED
    assert {"ErrorInfo", "RetryInfo"} == set(details_of(status_of(error)))


async def test_a_full_queue_is_resource_exhausted_with_a_retry_delay() -> None:
    mapper = GatedMapper()
    async with running(mapper, queue_rows=512) as server:
        mapper.close()
        full = pb.BatchMapTestsRequest(rows=rows(map(str, range(256))))
        in_work = asyncio.ensure_future(server.stub.BatchMapTests(full))
        await asyncio.to_thread(mapper.wait_until_entered)
        calls = [asyncio.ensure_future(server.stub.BatchMapTests(full)) for _ in range(3)]
        # two wait, one finds the queue full
        done, others = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        [error] = [call.exception() for call in done]
        mapper.gate.set()
        answers = await asyncio.gather(in_work, *others)
    assert isinstance(error, grpc.aio.AioRpcError)
    details: dict[str, Any] = details_of(status_of(error))
    assert (error.code(), details["ErrorInfo"].reason) == (CODE.RESOURCE_EXHAUSTED, "SERVER_BUSY")
    assert details["RetryInfo"].retry_delay.ToTimedelta().total_seconds() == 1
    assert [len(answer.outcomes) for answer in answers] == [256] * 3


async def test_a_row_whose_deadline_passed_never_reaches_the_mapper() -> None:
    mapper = GatedMapper()
    async with running(mapper) as server:
        mapper.close()
        first = asyncio.ensure_future(server.stub.MapTest(single("first")))
        await asyncio.to_thread(mapper.wait_until_entered)
        error = await refused(server.stub.MapTest(single("late"), timeout=0.5))
        # What the server answers after the late row, it has read after it.
        await health_pb2_grpc.HealthStub(server.channel).Check(health_pb2.HealthCheckRequest())
        await until(lambda: server.server.waiting() == 0)
        mapper.gate.set()
        await first
        await server.stub.MapTest(single("next"))
    assert error.code() is CODE.DEADLINE_EXCEEDED
    assert mapper.batches == [("first",), ("next",)]


async def test_an_unforeseen_error_tells_the_caller_an_incident_id_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(EchoMapper()) as server:
        with caplog.at_level(logging.ERROR):
            error = await refused(server.stub.MapTest(single("BROKEN")))
    details: dict[str, Any] = details_of(status_of(error))
    assert error.code() is CODE.INTERNAL
    assert error.details() == f"internal error, incident {details['ErrorInfo'].metadata['incident']}"
    assert "nobody's business" not in str(status_of(error))
    assert details["ErrorInfo"].metadata["incident"] in caplog.text
    assert "nobody's business" in caplog.text


async def test_a_row_that_breaks_the_mapper_fails_alone_in_a_batch() -> None:
    async with running(EchoMapper()) as server:
        response = await server.stub.BatchMapTests(pb.BatchMapTestsRequest(rows=rows(["a", "BROKEN", "c"])))
    assert [outcome.mapping.standard_name for outcome in response.outcomes] == ["a", "", "c"]
    assert response.outcomes[1].error.code == CODE.INTERNAL.value[0]


@pytest.mark.parametrize("field", ["kana", "name"])
async def test_an_oversize_message_is_resource_exhausted_and_the_server_goes_on(field: str) -> None:
    # the kana are in the request only, the name is in the answer too
    async with running(EchoMapper(), max_message_bytes=4096) as server:
        request = single("x")
        setattr(request.test, field, "x" * 5000)
        error = await refused(server.stub.MapTest(request))
        assert error.code() is CODE.RESOURCE_EXHAUSTED
        assert (await server.stub.MapTest(single("x"))).mapping.standard_name == "x"


async def test_an_oversize_answer_is_resource_exhausted() -> None:
    async with running(EchoMapper(), max_message_bytes=4096) as server:
        request = pb.BatchMapTestsRequest(rows=rows(map(str, range(60))))
        assert request.ByteSize() < 4096
        error = await refused(server.stub.BatchMapTests(request))
    assert error.code() is CODE.RESOURCE_EXHAUSTED


async def test_the_configured_limit_replaces_grpc_s_own_4_mib() -> None:
    async with running(EchoMapper()) as server:
        request = single("x" * (5 * 1024 * 1024))
        assert len((await server.stub.MapTest(request)).mapping.standard_name) == 5 * 1024 * 1024
