"""
One worker thread that maps what waits, merged into batches.

The mapper is fastest on many rows, callers often send one: requests that wait while a batch runs are
mapped together in the next. All bookkeeping is on the event loop, only `map_batch` runs in the thread.
"""

import asyncio
import heapq
import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from jlac_mapper.errors import DeadlinePassedError, JlacMapperError, ServerBusyError, ServerUnavailableError
from jlac_mapper.ports import SystemsMapper
from jlac_mapper.types import Answers, LocalTest, MapOptions

MAX_BATCH_ROWS = 256

Outcome = Answers | Exception
"""What became of one row."""


@dataclass(slots=True)
class Flow:
    """The work of one caller; its jobs take turns with those of other flows."""

    turn: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    tests: tuple[LocalTest, ...]
    options: MapOptions
    deadline: float
    answers: "asyncio.Future[list[Outcome]]"


@dataclass(order=True, slots=True)
class _Waiting:
    turn: int
    arrival: int
    job: _Job = field(compare=False)


class BatchingWorker:
    """
    Maps rows in one thread, fairly and in batches.

    A job is the rows of one message. Each flow's first waiting job comes before any flow's second, so
    that a long stream delays a single row by one batch at most. At most *queue_rows* rows wait: a single
    request is refused when they do; a stream, which can wait, may fill half of the queue.
    """

    def __init__(self, mapper: SystemsMapper, *, queue_rows: int = 4096) -> None:
        if queue_rows < 2 * MAX_BATCH_ROWS:
            raise ValueError(f"queue_rows must be at least {2 * MAX_BATCH_ROWS}")
        self._mapper = mapper
        self._queue_rows = queue_rows
        self._heap: list[_Waiting] = []
        self._rows = 0
        self._turn = 0
        self._arrivals = itertools.count()
        self._work = asyncio.Event()
        self._room = asyncio.Condition()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mapper")
        self._running: list[_Job] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work; call once, inside the event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Stop; what still runs or waits fails with ServerUnavailableError."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for job in (*self._running, *(waiting.job for waiting in self._heap)):
            if not job.answers.done():
                job.answers.set_exception(ServerUnavailableError("the server is going down"))
        self._heap.clear()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def waiting(self) -> int:
        """Return how many messages wait, without those that nobody wants answered any more."""
        now = asyncio.get_running_loop().time()
        jobs = [waiting.job for waiting in self._heap]
        return sum(not job.answers.done() and job.deadline > now for job in jobs)

    def submit(
        self,
        tests: Sequence[LocalTest],
        options: MapOptions,
        *,
        seconds_left: float | None = None,
        flow: Flow | None = None,
    ) -> "asyncio.Future[list[Outcome]]":
        """
        Queue the rows of one message.

        Args:
            tests: Up to MAX_BATCH_ROWS rows.
            options: Only rows with equal options share a batch.
            seconds_left: After that time the rows are dropped unless their batch has begun.
            flow: The caller's flow; None for a caller of its own.

        Returns:
            A future of one answer a row, in order. Cancelling it drops the rows.

        Raises:
            ServerBusyError: The queue is full.
        """
        if self._rows + len(tests) > self._queue_rows:
            raise ServerBusyError(f"{self._rows} rows are waiting; send the request again a little later")
        loop = asyncio.get_running_loop()
        answers: asyncio.Future[list[Outcome]] = loop.create_future()
        if not tests:
            answers.set_result([])
            return answers
        flow = flow or Flow()
        flow.turn = max(flow.turn, self._turn) + 1
        deadline = float("inf") if seconds_left is None else loop.time() + seconds_left
        job = _Job(tuple(tests), options, deadline, answers)
        heapq.heappush(self._heap, _Waiting(flow.turn, next(self._arrivals), job))
        self._rows += len(tests)
        self._work.set()
        return answers

    async def submit_when_room(
        self,
        tests: Sequence[LocalTest],
        options: MapOptions,
        *,
        seconds_left: float | None = None,
        flow: Flow,
    ) -> "asyncio.Future[list[Outcome]]":
        """Queue the rows of one message of a stream, waiting until there is room for them."""
        async with self._room:
            await self._room.wait_for(lambda: self._rows + len(tests) <= self._queue_rows // 2)
            return self.submit(tests, options, seconds_left=seconds_left, flow=flow)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._work.wait()
            batch = self._take(loop.time())
            if not self._heap:
                self._work.clear()
            async with self._room:
                self._room.notify_all()
            if not batch:
                continue
            tests = [test for job in batch for test in job.tests]
            self._running = batch
            answers = iter(await loop.run_in_executor(self._thread, self._map, tests, batch[0].options))
            for job in batch:
                mine = list(itertools.islice(answers, len(job.tests)))
                if not job.answers.done():
                    job.answers.set_result(mine)

    def _take(self, now: float) -> list[_Job]:
        """Take the next jobs by turn that share options and fit into one batch; drop the dead."""
        batch: list[_Job] = []
        others: list[_Waiting] = []
        rows = 0
        while self._heap:
            waiting = heapq.heappop(self._heap)
            job = waiting.job
            if job.answers.done() or job.deadline <= now:
                self._rows -= len(job.tests)
                if not job.answers.done():
                    job.answers.set_exception(DeadlinePassedError("the deadline passed while waiting"))
                continue
            if batch and job.options != batch[0].options:
                others.append(waiting)
                continue
            if rows + len(job.tests) > MAX_BATCH_ROWS:
                others.append(waiting)
                break
            batch.append(job)
            rows += len(job.tests)
            self._rows -= len(job.tests)
            self._turn = max(self._turn, waiting.turn)
        for waiting in others:
            heapq.heappush(self._heap, waiting)
        return batch

    def _map(self, tests: list[LocalTest], options: MapOptions) -> list[Outcome]:
        """Map rows in the thread; when the batch breaks, row by row, so that one row fails alone."""
        try:
            return self._map_all(tests, options)
        except JlacMapperError as error:
            return [error] * len(tests)
        except Exception as error:
            if len(tests) == 1:
                return [error]
            return [answer for test in tests for answer in self._map([test], options)]

    def _map_all(self, tests: list[LocalTest], options: MapOptions) -> list[Outcome]:
        mappings = self._mapper.map_batch(tests, options)
        if len(mappings) != len(tests):
            raise RuntimeError(f"the mapper gave {len(mappings)} answers for {len(tests)} rows")
        return list(mappings)
