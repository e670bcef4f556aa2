"""Chunks in several processes: in order, none twice, and no process is left behind."""

import os
import signal
import time
from pathlib import Path

import pytest

from jlac_mapper.errors import JlacMapperError
from jlac_mapper.tables.workers import can_share, cores, ordered

pytestmark = pytest.mark.skipif(not can_share(), reason="workers are copies of this process on Linux alone")
REPOSITORY = Path(__file__).parent.parent.parent


def numbered(chunk: list[int]) -> tuple[list[int], int]:
    time.sleep(0.02 * (chunk[0] % 3))  # those behind are ready first
    return [number * 2 for number in chunk], os.getpid()


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_results_come_in_the_order_of_the_chunks(jobs: int) -> None:
    chunks = [[start, start + 1] for start in range(0, 40, 2)]
    with ordered(numbered, jobs) as in_order:
        found = list(in_order((f"chunk {chunk[0]}", chunk) for chunk in chunks))
    assert [kept for kept, _ in found] == [f"chunk {chunk[0]}" for chunk in chunks]
    assert [doubled for _, (doubled, _) in found] == [[2 * n for n in chunk] for chunk in chunks]
    processes = {process for _, (_, process) in found}
    assert processes == {os.getpid()} if jobs == 1 else os.getpid() not in processes and len(processes) > 1


def test_no_more_is_read_than_workers_have_use_for() -> None:
    read = 0

    def endless() -> object:
        nonlocal read
        while True:
            read += 1
            yield None, [read]

    with ordered(numbered, 2) as in_order:
        results = in_order(endless())  # type: ignore[arg-type]
        assert [next(results)[1][0] for _ in range(3)] == [[2], [4], [6]]
    assert read < 12


def test_what_a_worker_raises_is_raised_here() -> None:
    with pytest.raises(ValueError, match="literal"), ordered(int, 2) as in_order:
        list(in_order((None, text) for text in ("1", "x")))


def test_a_killed_worker_is_one_clear_line() -> None:
    def killed(_: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(JlacMapperError, match="--resume and --jobs 1"), ordered(killed, 2) as in_order:
        list(in_order((None, number) for number in range(4)))


def test_there_is_at_least_one_core() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)
