"""From start to shutdown: health, reflection, ports, signals, and the real program."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
import typer
from grpc_harness import details_of, running, single, status_of
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from typer.testing import CliRunner, Result

from jlac_mapper.cli.health import health
from jlac_mapper.errors import ConfigurationError
from jlac_mapper.grpc_api._pb.v1 import mapping_pb2
from jlac_mapper.grpc_api._pb.v1.mapper_service_pb2_grpc import MapperServiceStub
from jlac_mapper.grpc_api.server import SERVICE, MapperServer
from tests.support.fakes import EchoMapper, GatedMapper
from tests.support.grpc_fakes import ServedApp

REPOSITORY = Path(__file__).parent.parent.parent
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
NO_PROXY = [("grpc.enable_http_proxy", 0)]
PATIENCE = 120
"""Seconds for what takes none, unless the machine is busy with something else."""


async def health_status(channel: grpc.aio.Channel, service: str) -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
    return int(answer.status)


async def ask_health(address: str) -> Result:
    """Run `jlac-mapper health` in a thread, since it blocks."""
    app = typer.Typer()
    app.command()(health)
    command = ["--address", address, "--timeout", str(PATIENCE)]
    return await asyncio.to_thread(CliRunner().invoke, app, command)


@pytest.mark.parametrize("service", ["", SERVICE])
async def test_health_is_serving_only_when_loaded(service: str) -> None:
    mapper = GatedMapper()
    mapper.close()
    server = MapperServer(ServedApp(mapper))
    address = await server.start("127.0.0.1", 0)
    loading = asyncio.ensure_future(server.load())
    async with grpc.aio.insecure_channel(address, options=NO_PROXY) as channel:
        await asyncio.to_thread(mapper.wait_until_entered)
        assert await health_status(channel, service) == NOT_SERVING
        command = await ask_health(address)
        assert (command.exit_code, command.stdout) == (1, f"{address}: NOT_SERVING\n")
        mapper.gate.set()
        await loading
        assert await health_status(channel, service) == SERVING
    await server.stop(0)


async def test_a_watcher_sees_not_serving_before_the_server_goes() -> None:
    async with running(EchoMapper()) as server:
        stub: Any = health_pb2_grpc.HealthStub(server.channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(service=SERVICE))
        assert (await watch.read()).status == SERVING
        stopping = asyncio.ensure_future(server.server.stop(PATIENCE))
        assert (await watch.read()).status == NOT_SERVING
        watch.cancel()  # the server waits for those who are still there
        await stopping


async def test_a_mapper_that_cannot_map_keeps_health_down() -> None:
    class Broken(EchoMapper):
        def map_batch(self, *_: Any) -> Any:
            raise OSError("the model is gone")

    server = MapperServer(ServedApp(Broken()))
    address = await server.start("127.0.0.1", 0)
    with pytest.raises(OSError, match="the model is gone"):
        await server.load()
    async with grpc.aio.insecure_channel(address, options=NO_PROXY) as channel:
        assert await health_status(channel, SERVICE) == NOT_SERVING
    await server.stop(0)


async def test_the_health_command_says_serving() -> None:
    async with running(EchoMapper()) as server:
        command = await ask_health(server.address)
    assert (command.exit_code, command.stdout) == (0, f"{server.address}: SERVING\n")


async def test_the_health_command_says_what_to_do_when_nothing_listens() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and nobody listens
        command = await ask_health(f"127.0.0.1:{silent.getsockname()[1]}")
    assert command.exit_code == 1
    assert len(command.stderr.splitlines()) == 1
    assert "jlac-mapper serve" in command.stderr


async def test_reflection_lists_the_services_and_their_files() -> None:
    async with running(EchoMapper()) as server:

        def reflect() -> tuple[list[str], set[str]]:
            with grpc.insecure_channel(server.address, options=NO_PROXY) as channel:
                database = ProtoReflectionDescriptorDatabase(channel)
                file = database.FindFileContainingSymbol(SERVICE)
                return list(database.get_services()), {method.name for method in file.service[0].method}

        services, methods = await asyncio.to_thread(reflect)
    assert {SERVICE, "grpc.health.v1.Health"} <= set(services)
    assert methods == {"MapTest", "BatchMapTests", "StreamMapTests"}


async def test_a_taken_port_is_a_clear_error() -> None:
    async with running(EchoMapper()) as server:
        port = int(server.address.rpartition(":")[2])
        other = MapperServer(ServedApp(EchoMapper()))
        with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{port}"):
            await other.start("127.0.0.1", port)


@contextmanager
def process(*command: str, **environ: str) -> Iterator["subprocess.Popen[str]"]:
    """Run Python from the repository's root; end it when it is still there afterwards."""
    child = subprocess.Popen(
        [sys.executable, *command],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def bound_address(child: "subprocess.Popen[str]") -> str:
    """Return the address that the server prints on one line when it is ready."""
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith("jlac-mapper serves on "):
            return line.split()[-1]
    raise AssertionError("the server ended without an address")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_call_in_flight_completes_on_a_signal_and_the_exit_code_is_0(number: signal.Signals) -> None:
    with process("tests/service/serve_slow_grpc.py") as child:
        address = bound_address(child)
        assert child.stdout is not None
        with grpc.insecure_channel(address, options=NO_PROXY) as channel:
            watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=SERVICE))
            assert next(watch).status == SERVING
            call = MapperServiceStub(channel).MapTest.future(single("in flight"))
            assert child.stdout.readline() == "begins in flight\n"
            child.send_signal(number)
            assert next(watch).status == NOT_SERVING
            assert not call.done()
            watch.cancel()
            print("go on", file=child.stdin, flush=True)
            assert call.result().mapping.standard_name == "in flight"
        assert child.wait(PATIENCE) == 0


def test_the_real_program_serves_maps_answers_health_and_stops(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'master.sqlite3'}"
    with process("-m", "jlac_mapper", "serve", "--port", "0", JLAC_MAPPER_DATABASE_URL=database) as child:
        address = bound_address(child)
        with grpc.insecure_channel(address, options=NO_PROXY) as channel:
            stub = MapperServiceStub(channel)
            mapping = stub.MapTest(single("AST(GOT)", specimen="血清", unit="U/L"), timeout=PATIENCE).mapping
            with pytest.raises(grpc.RpcError) as caught:
                stub.MapTest(single(""), timeout=PATIENCE)
            both = single("AST(GOT)", specimen="血清", unit="U/L")
            both.options.systems.extend([mapping_pb2.CODE_SYSTEM_JLAC11, mapping_pb2.CODE_SYSTEM_JLAC10])
            in_both = stub.MapTest(both, timeout=PATIENCE)
            long = single("検" * 513)
            long.options.systems.append(mapping_pb2.CODE_SYSTEM_JLAC10)
            with pytest.raises(grpc.RpcError) as too_long:
                stub.MapTest(long, timeout=PATIENCE)
        asked = subprocess.run(
            [sys.executable, "-m", "jlac_mapper", "health", "--address", address, "--timeout", str(PATIENCE)],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENCE) == 0
        gone = subprocess.run(
            [sys.executable, "-m", "jlac_mapper", "health", "--address", address, "--timeout", str(PATIENCE)],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
    assert mapping.candidates[0].code == "C20080000250000F7"
    assert mapping.provenance.edition == "starter"
    assert status_of(caught.value).code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert {"ErrorInfo", "BadRequest"} == set(details_of(status_of(caught.value)))
    assert in_both.mapping == mapping
    assert in_both.jlac10.candidates[0].elements.analyte == "3B035"
    assert in_both.jlac10.concept.key == mapping.concept.key
    details: Any = details_of(status_of(too_long.value))
    assert details["ErrorInfo"].reason == "FIELD_TOO_LONG"
    assert details["BadRequest"].field_violations[0].field == "test.name"
    assert (asked.returncode, asked.stdout) == (0, f"{address}: SERVING\n")
    assert (gone.returncode, len(gone.stderr.splitlines())) == (1, 1)
