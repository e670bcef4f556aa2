"""The program `jlac-mapper`, given Ctrl-C while its third batch is being mapped, however fast it is."""

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from jlac_mapper import bootstrap
from jlac_mapper.bootstrap import App
from jlac_mapper.cli.main import run
from jlac_mapper.ports import Mapper
from jlac_mapper.types import LocalTest, MapOptions, MappingResult

COMPLETE_BATCHES = 2


class InterruptedBatch:
    """The program's own mapper; the process gets SIGINT when the batch after COMPLETE_BATCHES begins."""

    def __init__(self, mapper: Mapper) -> None:
        self._mapper = mapper
        self._begun = 0
        self.is_listed = mapper.is_listed

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """Map, or be interrupted; a call without rows, as the start makes one, is no batch."""
        self._begun += bool(tests)
        if self._begun > COMPLETE_BATCHES:
            os.kill(os.getpid(), signal.SIGINT)
        return self._mapper.map_batch(tests, options)


if __name__ == "__main__":
    # What a terminal's program starts with; one that a shell started in the background ignores SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    build_app = bootstrap.build_app

    def build_interrupted(*arguments: Any, **options: Any) -> App:
        app = build_app(*arguments, **options)
        return replace(app, mapper=InterruptedBatch(app.mapper))

    bootstrap.build_app = build_interrupted
    run()
