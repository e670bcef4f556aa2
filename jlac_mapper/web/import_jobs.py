"""Lists that are being taken in: one worker maps them while the page shows how far it is."""

import logging
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from jlac_mapper.errors import JlacMapperError
from jlac_mapper.review.model import Run

KEPT = 50
"""How many jobs are remembered; what they made is in the database."""


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ImportJob:
    """A list on its way; `total` is 0 until the file is read."""

    id: str
    facility: str
    login: str
    file_name: str
    state: JobState = JobState.WAITING
    done: int = 0
    total: int = 0
    run: int = 0
    error: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (JobState.DONE, JobState.FAILED)


class StoppedError(JlacMapperError):
    """The server is shutting down."""


Report = Callable[[int, int], None]
"""Told (rows done, rows in all) by the work; raises StoppedError to end it."""


class ImportJobs:
    """Runs jobs one after the other; safe to use from any thread."""

    def __init__(self) -> None:
        self._jobs: dict[str, ImportJob] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")

    def start(self, facility: str, login: str, file_name: str, work: Callable[[Report], Run]) -> ImportJob:
        """Queue *work*; it is called with a function that takes its progress."""
        job = ImportJob(uuid.uuid4().hex, facility, login, file_name)
        with self._lock:
            self._jobs[job.id] = job
            over = [key for key, other in self._jobs.items() if other.is_over]
            for key in over[: max(0, len(self._jobs) - KEPT)]:
                del self._jobs[key]
        self._worker.submit(self._run, job.id, work)
        return job

    def get(self, facility: str, job: str) -> ImportJob | None:
        """Return a facility's job."""
        with self._lock:
            found = self._jobs.get(job)
        return found if found is not None and found.facility == facility else None

    def of(self, facility: str) -> list[ImportJob]:
        """Return a facility's jobs that are not over, and those that failed, the newest first."""
        with self._lock:
            jobs = list(self._jobs.values())
        return [job for job in reversed(jobs) if job.facility == facility and job.state is not JobState.DONE]

    def close(self, grace_seconds: float) -> None:
        """Let the running job finish for a while, then stop it; what is not done keeps nothing."""
        timer = threading.Timer(grace_seconds, self._stopping.set)
        timer.start()
        self._worker.shutdown(wait=True, cancel_futures=True)
        timer.cancel()

    def _change(self, job: str, **changes: object) -> None:
        with self._lock:
            if job in self._jobs:
                self._jobs[job] = replace(self._jobs[job], **changes)  # type: ignore[arg-type]

    def _run(self, job: str, work: Callable[[Report], Run]) -> None:
        def report(done: int, total: int) -> None:
            if self._stopping.is_set():
                raise StoppedError("the server is shutting down; nothing of this list was kept")
            self._change(job, done=done, total=total)

        self._change(job, state=JobState.RUNNING)
        try:
            run = work(report)
        except JlacMapperError as error:
            self._change(job, state=JobState.FAILED, error=str(error))
        except Exception:
            logging.getLogger(__name__).exception("import %s failed", job)
            self._change(job, state=JobState.FAILED, error=f"internal error, incident {job[:12]}")
        else:
            self._change(job, state=JobState.DONE, run=run.id, done=run.rows, total=run.rows)
