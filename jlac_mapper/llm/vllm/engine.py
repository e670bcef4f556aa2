"""vLLM in this process, on a thread of its own: prompts in, log-probabilities out, within a deadline."""

import atexit
import multiprocessing
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jlac_mapper.errors import MissingExtraError
from jlac_mapper.llm.checkpoint import longest_text

LONGEST_PROMPT = 8192
"""Tokens; the longest question has about 2,000 characters."""

# Its input ends when the process that holds the other end does, however that one ends.
_GUARD = """
import os, signal, sys, time
sys.stdin.read()
for number in (signal.SIGTERM, signal.SIGKILL):
    for engine in map(int, sys.argv[1:]):
        try:
            os.kill(engine, number)
        except ProcessLookupError:
            pass
    time.sleep(5)
"""

_FAREWELL = 2.0  # seconds that an engine has to end
_GLANCE = 0.2  # seconds between looks at whether the engine lives

_ENVIRONMENT = {
    # Nothing leaves the site's network, and nothing is fetched.
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    # The engine starts as a fresh process, whatever threads this one has; its death leaves this one alive.
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    "VLLM_LOGGING_LEVEL": "WARNING",
    # Only the CPU build reads these: memory for prompts in GiB; no binding of threads to cores.
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
}


def require_vllm() -> None:
    """Raise MissingExtraError where vLLM is not installed."""
    if find_spec("vllm") is None:
        raise MissingExtraError(
            "vLLM is not installed; install it with: pip install 'jlac-mapper[gpu]' ([llm-cpu] without a GPU)"
        )


class Engine:
    """
    A loaded checkpoint; all methods run on one thread (`Worker`).

    Args:
        folder: A Hugging Face checkpoint.
        options: Further arguments of `vllm.LLM`, such as tensor_parallel_size.
    """

    def __init__(self, folder: Path, options: Mapping[str, object]) -> None:
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        self._library = import_module("vllm")
        self._constraint = import_module("vllm.sampling_params").StructuredOutputsParams
        self.longest = longest_text(folder, LONGEST_PROMPT)
        settings: dict[str, object] = {
            "max_model_len": self.longest,
            "enable_prefix_caching": True,
            # One token is written a question: compiling would cost more than it saves.
            "enforce_eager": True,
            "seed": 0,
            **options,
        }
        before = set(multiprocessing.active_children())
        self._llm: Any = self._library.LLM(model=str(folder), **settings)
        self._guard = _guard(set(multiprocessing.active_children()) - before)
        self.tokenizer: Any = self._llm.get_tokenizer()
        # Before multiprocessing's own, which would wait for the engine's process for ever.
        atexit.register(self.close)

    def close(self) -> None:
        """End the engine's process; nothing can be asked afterwards."""
        atexit.unregister(self.close)
        with suppress(Exception):  # it may be dead already
            self._llm.llm_engine.engine_core.shutdown(timeout=_FAREWELL)
        self._guard.kill()
        self._guard.communicate()

    @property
    def is_dead(self) -> bool:
        """Whether the engine's process ended; vLLM 0.32 then waits for its answer for ever."""
        client = self._llm.llm_engine.engine_core
        return bool(getattr(getattr(client, "resources", None), "engine_dead", False))

    def choose(
        self,
        prompts: Sequence[Sequence[int]],
        labels: Sequence[Sequence[str]],
        tokens: Sequence[Sequence[int]],
    ) -> list[tuple[str, int, dict[int, float]]]:
        """Write one of its labels after each prompt; return it, its token and token -> log-probability."""
        params = [
            self._library.SamplingParams(
                temperature=0.0,
                max_tokens=1,
                structured_outputs=self._constraint(choice=list(words)),
                logprob_token_ids=list(ids),
            )
            for words, ids in zip(labels, tokens, strict=True)
        ]
        written = [request.outputs[0] for request in self._generate(prompts, params)]
        return [
            (one.text, one.token_ids[0], {i: float(said.logprob) for i, said in one.logprobs[0].items()})
            for one in written
        ]

    def score(self, texts: Sequence[Sequence[int]], tails: Sequence[int]) -> list[list[float]]:
        """Return the log-probabilities of the last tokens of each text, as many as *tails* says."""
        params = self._library.SamplingParams(temperature=0.0, max_tokens=1, prompt_logprobs=0)
        scored = self._generate(texts, [params] * len(texts))
        return [
            [
                float(request.prompt_logprobs[at][text[at]].logprob)
                for at in range(len(text) - tail, len(text))
            ]
            for request, text, tail in zip(scored, texts, tails, strict=True)
        ]

    def _generate(self, prompts: Sequence[Sequence[int]], params: Sequence[object]) -> list[Any]:
        asked = [{"prompt_token_ids": list(prompt)} for prompt in prompts]
        answered: list[Any] = self._llm.generate(asked, list(params), use_tqdm=False)
        return answered


def _guard(engines: Collection[multiprocessing.process.BaseProcess]) -> subprocess.Popen[bytes]:
    """Start a process that ends the engines when this one was killed: they would keep their memory."""
    numbers = [str(engine.pid) for engine in engines]
    command = [sys.executable, "-c", _GUARD, *numbers]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # nosec B603


class Worker:
    """One thread that does jobs in turn; a caller waits for its job only as long as it likes."""

    def __init__(self) -> None:
        self._waiting = 0
        self._counting = threading.Lock()
        self._jobs: queue.SimpleQueue[tuple[Callable[[], None], threading.Event]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="vllm-choice", daemon=True).start()

    @property
    def is_busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._waiting > 0

    def run(
        self, job: Callable[[], None], until: float = float("inf"), given_up: Callable[[], bool] = bool
    ) -> bool:
        """
        Do *job*, which must not raise; return False where nobody waits for its end any more.

        Args:
            until: Monotonic seconds.
            given_up: Asked now and then; true ends the waiting.
        """
        done = threading.Event()
        with self._counting:
            self._waiting += 1
        self._jobs.put((job, done))
        while not done.wait(min(_GLANCE, max(0.0, until - time.monotonic()))):
            if given_up() or time.monotonic() >= until:
                return False
        return True

    def _work(self) -> None:
        while True:
            job, done = self._jobs.get()
            job()
            with self._counting:
                self._waiting -= 1
            done.set()
