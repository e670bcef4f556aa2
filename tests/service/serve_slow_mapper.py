"""A process for the shutdown test: serves a mapper that says what it begins and waits until it may go on."""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial

from jlac_mapper.grpc_api.server import serve
from jlac_mapper.types import LocalTest, MapOptions, MappingResult
from tests.support.fakes import EchoMapper, FakeApp


class WaitingMapper(EchoMapper):
    """An EchoMapper that holds the row `in flight` until a line comes on stdin."""

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """Say so, wait, answer."""
        if tests[0].name == "in flight":
            print("begins in flight", flush=True)
            sys.stdin.readline()
        return super().map_batch(tests, options)


if __name__ == "__main__":
    app = FakeApp(WaitingMapper())
    asyncio.run(serve(app, "127.0.0.1", 0, grace_seconds=300, announce=partial(print, flush=True)))
