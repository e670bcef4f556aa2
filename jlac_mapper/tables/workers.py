"""Work on chunks in several processes that share what was built before, in the order of the chunks."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from jlac_mapper.errors import JlacMapperError

_Kept = TypeVar("_Kept")
_Sent = TypeVar("_Sent")
_Result = TypeVar("_Result")

_AHEAD = 3
"""Chunks a worker that are read before the first of them is back: enough for none to wait."""
_SECONDS_BETWEEN_LOOKS = 1.0

_work: Callable[[Any], Any] | None = None
"""What a worker does with a chunk; set in the worker itself."""


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def can_share() -> bool:
    """Whether workers can be copies of this process: elsewhere than on Linux, libraries break when copied."""
    return sys.platform == "linux"


@contextmanager
def ordered(
    work: Callable[[_Sent], _Result], jobs: int
) -> Iterator[Callable[[Iterable[tuple[_Kept, _Sent]]], Iterator[tuple[_Kept, _Result]]]]:
    """
    Give a function that takes (kept, sent) chunks and yields each kept one with *work* on the one sent.

    The order is that of the chunks. With one job the work is done here. Workers are copies of this process
    as it stands: what was built is shared, not built again. They end with the block, and with this process
    however it ends. Ctrl-C reaches this process alone.

    Raises:
        JlacMapperError: A worker was killed, as the system does when memory runs out.
    """
    if jobs <= 1:
        yield lambda chunks: ((kept, work(sent)) for kept, sent in chunks)
        return
    executor = ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("fork"), initializer=_begin, initargs=(work, os.getpid())
    )
    try:
        yield lambda chunks: _in_order(executor, chunks, jobs * _AHEAD)
    except BrokenProcessPool:
        raise JlacMapperError(
            "a worker process was ended from outside, as happens when memory runs out; give the same command "
            "again with --resume and --jobs 1"
        ) from None
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _in_order(
    executor: ProcessPoolExecutor, chunks: Iterable[tuple[_Kept, Any]], ahead: int
) -> Iterator[tuple[_Kept, Any]]:
    waiting: deque[tuple[_Kept, Future[Any]]] = deque()
    for kept, sent in chunks:
        waiting.append((kept, executor.submit(_do, sent)))
        if len(waiting) > ahead:
            first, result = waiting.popleft()
            yield first, result.result()
    for first, result in waiting:
        yield first, result.result()


def _begin(work: Callable[[Any], Any], parent: int) -> None:
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End when the process that began this one has: nobody is left to take a result."""
    while os.getppid() == parent:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(1)


def _do(sent: Any) -> Any:
    assert _work is not None
    return _work(sent)
