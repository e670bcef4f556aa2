"""A process for the shutdown test: serves a mapper that takes a second and says when it begins."""

import asyncio
from collections.abc import Sequence
from functools import partial

from jlac_mapper.grpc_api.server import serve
from jlac_mapper.types import LocalTest, MapOptions, Mapping
from tests.fakes import FakeApp, SlowMapper


class TellingMapper(SlowMapper):
    """A SlowMapper that prints what it begins to map."""

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[Mapping]:
        """Say so, wait, answer."""
        print(f"begins {tests[0].name}", flush=True)
        return super().map_batch(tests, options)


if __name__ == "__main__":
    app = FakeApp(TellingMapper(1.0))
    asyncio.run(serve(app, "127.0.0.1", 0, grace_seconds=20, announce=partial(print, flush=True)))
