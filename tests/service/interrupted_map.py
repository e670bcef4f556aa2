"""The program `jlac-mapper`, given Ctrl-C while a process maps its third batch, however fast it is."""

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jlac_mapper import bootstrap
from jlac_mapper.bootstrap import App
from jlac_mapper.cli.main import run
from jlac_mapper.ports import Mapper
from jlac_mapper.types import LocalTest, MapOptions, MappingResult

COMPLETE_BATCHES = 2
"""Batches of one process before the one that is interrupted."""
MAIN_PROCESS = os.getpid()


def record() -> Path:
    """Return the file that says what of the output is complete."""
    return Path(sys.argv[sys.argv.index("-o") + 1] + ".progress")


def is_first() -> bool:
    """Whether no process interrupted the program before."""
    try:
        record().with_suffix(".interrupted").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


class InterruptedBatch:
    """The program's own mapper; the program gets SIGINT when the batch after COMPLETE_BATCHES begins."""

    def __init__(self, mapper: Mapper) -> None:
        self._mapper = mapper
        self._begun = 0
        self.is_listed = mapper.is_listed

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """Map, or be interrupted; a call without rows, as the start makes one, is no batch."""
        self._begun += bool(tests)
        if self._begun > COMPLETE_BATCHES and is_first():
            while not record().exists():  # a worker may be ahead of what is written
                time.sleep(0.01)
            os.kill(MAIN_PROCESS, signal.SIGINT)
        return self._mapper.map_batch(tests, options)


if __name__ == "__main__":
    # What a terminal's program starts with; one that a shell started in the background ignores SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    build_app = bootstrap.build_app

    def build_interrupted(*arguments: Any, **options: Any) -> App:
        app = build_app(*arguments, **options)
        vars(app)["mapper"] = InterruptedBatch(app.mapper)  # in the place of the one that was built
        return app

    bootstrap.build_app = build_interrupted
    run()
