"""A run whose process is killed from outside leaves no worker behind."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from jlac_mapper.tables.workers import can_share

pytestmark = pytest.mark.skipif(not can_share(), reason="workers are copies of this process on Linux alone")
REPOSITORY = Path(__file__).parent.parent.parent
PARENT = r"""
import os, time
from jlac_mapper.tables.workers import ordered

def shown(_):
    os.write(1, b"%d\n" % os.getpid())  # one write: both write into one pipe
    time.sleep(60)

with ordered(shown, 2) as in_order:
    list(in_order((None, number) for number in range(2)))
"""


def test_workers_end_when_the_process_that_began_them_is_killed() -> None:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        workers = [int(parent.stdout.readline()) for _ in range(2)]
        parent.kill()
    deadline = time.monotonic() + 20
    while any(map(psutil.pid_exists, workers)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(psutil.pid_exists, workers))
