"""The server: health, reflection, message limits, ordered shutdown."""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection

from jlac_mapper.config import Settings
from jlac_mapper.errors import ConfigurationError
from jlac_mapper.grpc_api._pb.v1 import (
    mapper_service_pb2,
    mapper_service_pb2_grpc,
    review_service_pb2,
    review_service_pb2_grpc,
)
from jlac_mapper.grpc_api.batching import BatchingWorker
from jlac_mapper.grpc_api.mapper_servicer import MapperServicer
from jlac_mapper.grpc_api.review_servicer import ReviewServicer
from jlac_mapper.ports import SystemsMapper
from jlac_mapper.types import LocalTest, MapOptions

SERVICE = mapper_service_pb2.DESCRIPTOR.services_by_name["MapperService"].full_name
REVIEW_SERVICE = review_service_pb2.DESCRIPTOR.services_by_name["ReviewService"].full_name
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
_SERVING = health_pb2.HealthCheckResponse.SERVING

logger = logging.getLogger(__name__)


class MappingApp(Protocol):
    """What the server needs of the application."""

    @property
    def settings(self) -> Settings:
        """The site's settings."""
        ...

    def systems(self) -> SystemsMapper:
        """Return the main job; the server asks once, and calls it from one thread."""
        ...


class MapperServer:
    """
    One listening server; `start`, then `load`, then `stop`.

    With *review* it serves ReviewService as well, and closes it at the end.
    """

    def __init__(
        self, app: MappingApp, *, queue_rows: int = 4096, review: ReviewServicer | None = None
    ) -> None:
        limit = app.settings.grpc_max_message_bytes
        self._worker = BatchingWorker(app.systems(), queue_rows=queue_rows)
        self._health = health_aio.HealthServicer()
        self._server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", limit),
                ("grpc.max_send_message_length", limit),
                ("grpc.so_reuseport", 0),  # a port that is taken is an error, not a shared port
            ]
        )
        servicer = MapperServicer(self._worker, app.settings.site_defaults)
        mapper_service_pb2_grpc.add_MapperServiceServicer_to_server(servicer, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._review = review
        self._services = (SERVICE,) if review is None else (SERVICE, REVIEW_SERVICE)
        if review is not None:
            review_service_pb2_grpc.add_ReviewServiceServicer_to_server(review, self._server)
        names = (*self._services, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name)
        reflection.enable_server_reflection((*names, reflection.SERVICE_NAME), self._server)

    async def start(self, host: str, port: int) -> str:
        """
        Listen, with health NOT_SERVING; return the bound address.

        Args:
            host: Name or address to listen on.
            port: 0 takes a free one.

        Raises:
            ConfigurationError: The address cannot be listened on.
        """
        host = f"[{host}]" if ":" in host and not host.startswith("[") else host
        try:
            bound = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError:
            bound = 0
        if bound == 0:
            raise ConfigurationError(
                f"cannot listen on {host}:{port}: in use, or not this machine's; choose --host or --port"
            )
        await self._set_health(_NOT_SERVING)
        self._worker.start()
        await self._server.start()
        return f"{host}:{bound}"

    async def load(self) -> None:
        """
        Map one row, so that whatever the mapper builds on first use is there; then health SERVING.

        The row asks for JLAC11 alone: JLAC10 is built by the first call that wants it, in the worker's
        thread, and costs nothing where none does.
        """
        for answer in await self._worker.submit([LocalTest(name="AST")], MapOptions()):
            if isinstance(answer, Exception):
                raise answer
        await self._set_health(_SERVING)

    def waiting(self) -> int:
        """Return how many messages wait for the mapper; call it inside the event loop."""
        return self._worker.waiting()

    async def stop(self, grace_seconds: float) -> None:
        """Health NOT_SERVING, refuse new calls, let those in flight finish for *grace_seconds*, close."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_seconds)
        await self._worker.close()
        if self._review is not None:
            await asyncio.to_thread(self._review.close)

    async def _set_health(self, status: int) -> None:
        for name in ("", *self._services):
            await self._health.set(name, status)


async def serve(
    app: MappingApp,
    host: str = "127.0.0.1",
    port: int = 50051,
    *,
    grace_seconds: float = 10.0,
    announce: Callable[[str], None] = print,
    review: ReviewServicer | None = None,
) -> None:
    """
    Serve until SIGTERM or SIGINT, then stop in order.

    Args:
        app: The loaded application.
        host: Name or address to listen on.
        port: 0 takes a free one.
        grace_seconds: How long calls in flight may take to finish after the signal.
        announce: Takes the one line with the bound address, once health is SERVING.
        review: Served beside the mapper; closed at the end.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """
    server = MapperServer(app, review=review)
    with _signals() as stopping:
        address = await server.start(host, port)
        try:
            await server.load()
            announce(f"jlac-mapper serves on {address}")
            await stopping.wait()
            logger.info("stopping: calls in flight have %g s to finish", grace_seconds)
        finally:
            await server.stop(grace_seconds)


@contextmanager
def _signals() -> Iterator[asyncio.Event]:
    """Give an event that SIGTERM and SIGINT set; waiting in a `finally` instead loses calls in flight."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    kept: dict[signal.Signals, Any] = {}
    for number in (signal.SIGTERM, signal.SIGINT):
        kept[number] = signal.getsignal(number)
        try:
            loop.add_signal_handler(number, stopping.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopping.set))
    try:
        yield stopping
    finally:
        for number, handler in kept.items():
            with suppress(NotImplementedError):  # Windows
                loop.remove_signal_handler(number)
            signal.signal(number, handler)
