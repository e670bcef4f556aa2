"""The worker merges, takes turns, and never runs what nobody waits for."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from jlac_mapper.errors import DeadlinePassedError, ServerBusyError, ServerUnavailableError
from jlac_mapper.grpc_api.batching import BatchingWorker, Flow, Outcome
from jlac_mapper.types import Answers, LocalTest, MapOptions, System
from tests.support.fakes import EchoMapper, GatedMapper
from tests.support.grpc_fakes import ServedApp

OPTIONS = MapOptions()


def rows(*names: str) -> list[LocalTest]:
    return [LocalTest(name=name) for name in names]


def names(outcomes: list[Outcome]) -> list[str]:
    mapped = [outcome.jlac11 for outcome in outcomes if isinstance(outcome, Answers)]
    return [mapping.standard_name for mapping in mapped if mapping is not None]


@asynccontextmanager
async def busy_worker(mapper: GatedMapper, queue_rows: int = 512) -> AsyncIterator[BatchingWorker]:
    """A worker whose thread stands in a batch of one row until the mapper's gate opens."""
    worker = BatchingWorker(ServedApp(mapper).systems(), queue_rows=queue_rows)
    worker.start()
    mapper.close()
    first = worker.submit(rows("first"), OPTIONS)
    await asyncio.to_thread(mapper.wait_until_entered)
    try:
        yield worker
    finally:
        mapper.gate.set()
        await first
        await worker.close()


async def test_jobs_that_wait_are_mapped_in_one_batch_and_answered_apart() -> None:
    mapper = GatedMapper()
    async with busy_worker(mapper) as worker:
        jobs = [worker.submit(rows(f"a{n}", f"b{n}"), OPTIONS) for n in range(50)]
        mapper.gate.set()
        assert [names(answers) for answers in await asyncio.gather(*jobs)] == [
            [f"a{n}", f"b{n}"] for n in range(50)
        ]
    assert [len(batch) for batch in mapper.batches] == [1, 100]
    assert len(mapper.threads) == 1


async def test_a_batch_never_exceeds_256_rows() -> None:
    mapper = GatedMapper()
    async with busy_worker(mapper, 2048) as worker:
        jobs = [worker.submit(rows(*["x"] * 100), OPTIONS) for _ in range(5)]
        mapper.gate.set()
        await asyncio.gather(*jobs)
    assert [len(batch) for batch in mapper.batches] == [1, 200, 200, 100]


async def test_only_rows_with_equal_options_share_a_batch() -> None:
    mapper = GatedMapper()
    async with busy_worker(mapper) as worker:
        jobs = [worker.submit(rows(f"{n}"), MapOptions(facility="FG"[n % 2])) for n in range(4)]
        mapper.gate.set()
        assert [names(answers) for answers in await asyncio.gather(*jobs)] == [["0"], ["1"], ["2"], ["3"]]
    assert mapper.batches == [("first",), ("0", "2"), ("1", "3")]
    assert [options.facility for options in mapper.options] == ["", "F", "G"]


async def test_rows_that_ask_for_other_systems_wait_together_and_each_gets_what_it_asked_for() -> None:
    mapper = GatedMapper()
    asked = [(System.JLAC11,), tuple(System), (System.JLAC10,)] * 2
    async with busy_worker(mapper) as worker:
        jobs = [worker.submit(rows(f"{n}"), MapOptions(systems=systems)) for n, systems in enumerate(asked)]
        mapper.gate.set()
        outcomes = [outcome for job in jobs for outcome in await job]
    found = [outcome for outcome in outcomes if isinstance(outcome, Answers)]
    assert [answers.jlac11.standard_name if answers.jlac11 else "" for answers in found] == [
        "0",
        "1",
        "",
        "3",
        "4",
        "",
    ]
    assert [answers.jlac10.name if answers.jlac10 else "" for answers in found] == [
        "",
        "1",
        "2",
        "",
        "4",
        "5",
    ]
    assert mapper.batches == [("first",), ("0", "3"), ("1", "4")]


async def test_a_single_row_does_not_wait_for_a_whole_stream() -> None:
    mapper = GatedMapper()
    async with busy_worker(mapper, 4096) as worker:
        stream = Flow()
        jobs = [worker.submit(rows(*[f"s{n}"] * 256), OPTIONS, flow=stream) for n in range(4)]
        jobs.append(worker.submit(rows("single"), OPTIONS))
        mapper.gate.set()
        await asyncio.gather(*jobs)
    assert [batch[0] for batch in mapper.batches] == ["first", "s0", "single", "s1", "s2", "s3"]


async def test_a_full_queue_refuses_and_a_drained_one_takes_again() -> None:
    mapper = GatedMapper()
    async with busy_worker(mapper) as worker:
        waiting = [worker.submit(rows(*["x"] * 256), OPTIONS) for _ in range(2)]
        with pytest.raises(ServerBusyError, match="512 rows"):
            worker.submit(rows("one too many"), OPTIONS)
        mapper.gate.set()
        await asyncio.gather(*waiting)
        assert names(await worker.submit(rows("welcome"), OPTIONS)) == ["welcome"]


async def test_streams_fill_half_of_the_queue_and_then_wait() -> None:
    mapper = GatedMapper()
    async with busy_worker(mapper) as worker:
        await worker.submit_when_room(rows(*["x"] * 256), OPTIONS, flow=Flow())
        second = asyncio.create_task(worker.submit_when_room(rows("y"), OPTIONS, flow=Flow()))
        await asyncio.sleep(0.05)
        assert not second.done()
        worker.submit(rows("a single row is still taken"), OPTIONS)
        mapper.gate.set()
        assert names(await (await second)) == ["y"]


async def test_a_row_whose_caller_left_is_never_mapped() -> None:
    mapper = GatedMapper()
    async with busy_worker(mapper) as worker:
        worker.submit(rows("left"), OPTIONS).cancel()
        stays = worker.submit(rows("stays"), OPTIONS)
        mapper.gate.set()
        await stays
    assert mapper.batches == [("first",), ("stays",)]


async def test_a_row_whose_deadline_passed_is_never_mapped() -> None:
    mapper = GatedMapper()
    async with busy_worker(mapper) as worker:
        late = worker.submit(rows("late"), OPTIONS, seconds_left=0.01)
        in_time = worker.submit(rows("in time"), OPTIONS, seconds_left=600)
        await asyncio.sleep(0.02)
        mapper.gate.set()
        with pytest.raises(DeadlinePassedError):
            await late
        await in_time
    assert mapper.batches == [("first",), ("in time",)]


async def test_a_row_that_breaks_the_mapper_fails_alone() -> None:
    mapper = GatedMapper()
    async with busy_worker(mapper) as worker:
        good, bad = worker.submit(rows("a", "b"), OPTIONS), worker.submit(rows("c", "BROKEN"), OPTIONS)
        mapper.gate.set()
        assert names(await good) == ["a", "b"]
        answered, broken = await bad
        assert names([answered]) == ["c"]
        assert isinstance(broken, RuntimeError)


async def test_a_mapper_that_loses_a_row_is_an_error_and_shifts_no_answer() -> None:
    class Forgetful:
        def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[Answers]:
            mapped = EchoMapper().map_batch(tests, options)
            return [Answers(mapping) for mapping in mapped if mapping.standard_name != "b"]

    worker = BatchingWorker(Forgetful())
    worker.start()
    a, b, c = await worker.submit(rows("a", "b", "c"), OPTIONS)
    await worker.close()
    assert names([a, c]) == ["a", "c"]
    assert isinstance(b, RuntimeError)


async def test_closing_answers_what_still_waits() -> None:
    mapper = GatedMapper()
    worker = BatchingWorker(ServedApp(mapper).systems())
    worker.start()
    mapper.close()
    running = worker.submit(rows("running"), OPTIONS)
    await asyncio.to_thread(mapper.wait_until_entered)
    waiting = worker.submit(rows("waiting"), OPTIONS)
    await worker.close()
    mapper.gate.set()
    for job in (running, waiting):
        with pytest.raises(ServerUnavailableError):
            await job
