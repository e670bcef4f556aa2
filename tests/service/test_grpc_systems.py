"""MapperService answers in the code systems that a call asks for; the first for JLAC10 makes it ready."""

import asyncio
import threading
from typing import Any

import grpc
import pytest
from grpc_harness import details_of, rows, running, single, status_of
from grpc_health.v1 import health_pb2, health_pb2_grpc

from jlac_mapper.errors import ConfigurationError
from jlac_mapper.grpc_api._pb.v1 import mapper_service_pb2 as pb
from jlac_mapper.grpc_api._pb.v1 import mapping_pb2
from jlac_mapper.ports import Jlac10Mapper
from tests.support.fakes import EchoMapper
from tests.support.grpc_fakes import AST10, EchoJlac10Mapper

CODE = grpc.StatusCode
JLAC11, JLAC10 = mapping_pb2.CODE_SYSTEM_JLAC11, mapping_pb2.CODE_SYSTEM_JLAC10
BOTH = [JLAC10, JLAC11]
SERVING = health_pb2.HealthCheckResponse.SERVING

Systems = list[mapping_pb2.CodeSystem.ValueType]


class Gate:
    """Makes a JLAC10 mapper, but stands still until it is opened; remembers who called."""

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self) -> Jlac10Mapper:
        self.threads.append(threading.current_thread().name)
        self.entered.set()
        if not self.opened.wait(timeout=600):
            raise TimeoutError("the gate was never opened")
        return EchoJlac10Mapper()


def asking(systems: Systems, name: str = "AST", **options: Any) -> pb.MapTestRequest:
    request = single(name)
    request.options.MergeFrom(pb.MapOptions(systems=systems, **options))
    return request


@pytest.mark.parametrize("systems", [[], [JLAC11]])
async def test_who_asks_for_nothing_else_gets_the_messages_of_before(systems: Systems) -> None:
    async with running(EchoMapper()) as server:
        one = await server.stub.MapTest(asking(systems))
        request = pb.BatchMapTestsRequest(rows=rows(["AST", ""]), options=pb.MapOptions(systems=systems))
        outcomes = (await server.stub.BatchMapTests(request)).outcomes
    assert [field.name for field, _ in one.ListFields()] == ["mapping"]
    assert [[field.name for field, _ in outcome.ListFields()] for outcome in outcomes] == [
        ["client_row_id", "mapping"],
        ["client_row_id", "error"],
    ]


async def test_jlac10_alone_leaves_the_mapping_unset_and_asks_the_other_mapper_nothing() -> None:
    mapper, options = EchoMapper(), pb.MapOptions(systems=[JLAC10], top_k=2)
    async with running(mapper) as server:
        one = await server.stub.MapTest(asking([JLAC10], top_k=2))
        batch = await server.stub.BatchMapTests(pb.BatchMapTestsRequest(rows=rows(["AST"]), options=options))
        call = server.stub.StreamMapTests(
            iter([pb.StreamMapTestsRequest(rows=rows(["AST"]), options=options)])
        )
        [chunk] = [response async for response in call]
    assert mapper.batches == []
    assert not one.HasField("mapping")
    [of_batch], [of_stream] = batch.outcomes, chunk.outcomes
    assert of_batch.client_row_id == "id-AST"
    assert of_batch.WhichOneof("outcome") is None
    assert of_batch == of_stream
    assert of_batch.jlac10 == one.jlac10
    assert (one.jlac10.code, one.jlac10.name) == (AST10, "AST")
    assert one.jlac10.disposition == mapping_pb2.DISPOSITION_ACCEPTED
    assert one.jlac10.concept.key == "ast"
    assert [candidate.elements.analyte for candidate in one.jlac10.candidates] == ["3B035"] * 2
    assert one.jlac10.evidence[0].statement == "血清"


async def test_both_systems_stand_beside_each_other() -> None:
    async with running(EchoMapper()) as server:
        one = await server.stub.MapTest(asking(BOTH))
        request = pb.BatchMapTestsRequest(rows=rows(["AST", "ALT"]), options=pb.MapOptions(systems=BOTH))
        outcomes = (await server.stub.BatchMapTests(request)).outcomes
    assert (one.mapping.provenance.edition, one.jlac10.provenance.edition) == ("fake", "fake10")
    assert [(o.mapping.standard_name, o.jlac10.name) for o in outcomes] == [("AST", "AST"), ("ALT", "ALT")]


@pytest.mark.parametrize("systems", [[JLAC10], BOTH])
async def test_a_row_that_cannot_be_mapped_is_the_same_error_in_every_system(systems: Systems) -> None:
    async with running(EchoMapper()) as server:
        answers = [
            await server.stub.BatchMapTests(
                pb.BatchMapTestsRequest(rows=rows(["AST", ""]), options=pb.MapOptions(systems=asked))
            )
            for asked in ([], systems)
        ]
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await server.stub.MapTest(asking(systems, " "))
    before, now = (answer.outcomes[1] for answer in answers)
    assert now == before
    assert now.WhichOneof("outcome") == "error"
    assert answers[1].outcomes[0].HasField("jlac10")
    details: Any = details_of(status_of(caught.value))
    assert caught.value.code() is CODE.INVALID_ARGUMENT
    assert details["BadRequest"].field_violations[0].field == "test.name"


@pytest.mark.parametrize(("systems", "place"), [([0], 0), ([JLAC11, 3], 1), ([JLAC10, JLAC10], 1)])
async def test_a_system_that_is_unknown_or_repeated_is_an_invalid_argument_that_names_its_place(
    systems: Systems, place: int
) -> None:
    options = pb.MapOptions(systems=systems)
    async with running(EchoMapper()) as server:
        calls = [
            server.stub.MapTest(asking(systems)),
            server.stub.BatchMapTests(pb.BatchMapTestsRequest(rows=rows(["AST"]), options=options)),
            server.stub.StreamMapTests(iter([pb.StreamMapTestsRequest(options=options)])).read(),
        ]
        errors = await asyncio.gather(*calls, return_exceptions=True)
    for error in errors:
        assert isinstance(error, grpc.aio.AioRpcError)
        details: Any = details_of(status_of(error))
        assert (error.code(), details["ErrorInfo"].reason) == (CODE.INVALID_ARGUMENT, "INPUT_UNUSABLE")
        assert [v.field for v in details["BadRequest"].field_violations] == [f"options.systems[{place}]"]


async def test_calls_that_ask_for_different_systems_at_once_each_get_their_own() -> None:
    asked: list[Systems] = [[], [JLAC10], BOTH, [JLAC11]] * 25
    async with running(EchoMapper()) as server:
        answers = await asyncio.gather(
            *(server.stub.MapTest(asking(systems, f"row {n}")) for n, systems in enumerate(asked))
        )
    for n, (systems, answer) in enumerate(zip(asked, answers, strict=True)):
        jlac11, jlac10 = JLAC11 in systems or not systems, JLAC10 in systems
        assert (answer.HasField("mapping"), answer.HasField("jlac10")) == (jlac11, jlac10)
        assert answer.mapping.standard_name == (f"row {n}" if jlac11 else "")
        assert answer.jlac10.name == (f"row {n}" if jlac10 else "")


async def test_the_first_call_for_jlac10_makes_it_ready_once_while_the_server_goes_on_answering() -> None:
    gate = Gate()
    async with running(EchoMapper(), make_jlac10=gate) as server:
        await server.stub.MapTest(single("AST"))
        assert gate.threads == []  # neither the start nor JLAC11 makes it
        calls = [asyncio.ensure_future(server.stub.MapTest(asking(systems))) for systems in ([JLAC10], BOTH)]
        await asyncio.to_thread(gate.entered.wait, 600)
        stub: Any = health_pb2_grpc.HealthStub(server.channel)
        assert (await stub.Check(health_pb2.HealthCheckRequest())).status == SERVING
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await server.stub.MapTest(asking([JLAC10, JLAC10]))
        assert refused.value.code() is CODE.INVALID_ARGUMENT
        waits = asyncio.ensure_future(server.stub.MapTest(single("waits")))
        assert not any(call.done() for call in calls)
        gate.opened.set()
        assert [answer.jlac10.code for answer in await asyncio.gather(*calls)] == [AST10] * 2
        assert (await waits).mapping.standard_name == "waits"
    assert len(gate.threads) == 1
    assert gate.threads[0].startswith("mapper")


async def test_a_jlac10_that_cannot_be_made_ready_fails_those_who_ask_for_it_alone() -> None:
    def broken() -> Jlac10Mapper:
        raise ConfigurationError("file of weights cannot be used")

    async with running(EchoMapper(), make_jlac10=broken) as server:
        for systems in ([JLAC10], BOTH):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await server.stub.MapTest(asking(systems))
            assert caught.value.code() is CODE.INTERNAL
            assert "incident" in (caught.value.details() or "")
        assert (await server.stub.MapTest(single("AST"))).mapping.standard_name == "AST"
