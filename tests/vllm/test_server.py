"""A real vLLM server process: the same probabilities as the engine, killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from jlac_mapper.llm.openai_choice import OpenAiChoice
from jlac_mapper.ports import ChoiceModel
from tests.support.choice_questions import fits, fuzzed, question

pytest.importorskip("vllm", reason="vLLM is not installed here: make test-vllm")

TOKEN = "a-token-of-the-site"
AGREEMENT = 0.01
"""Largest difference of a probability between a server and an engine with the same checkpoint (float32)."""


class VllmServer:
    """vLLM's server on a free port; killed with all its processes."""

    def __init__(self, folder: Path, name: str, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._folder, self._name, self._log = folder, name, log
        self.url = f"http://127.0.0.1:{self._port}/v1"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            **os.environ,
            "HF_HUB_OFFLINE": "1",
            "VLLM_NO_USAGE_STATS": "1",
            "VLLM_CPU_KVCACHE_SPACE": "1",
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        }
        # What `vllm serve` starts; that command itself looks for a package named vllm, not vllm-cpu.
        command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(self._folder)]
        command += ["--host", "127.0.0.1", "--port", str(self._port), "--served-model-name", self._name]
        command += ["--dtype", "float32", "--enforce-eager", "--api-key", TOKEN]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def wait(self, seconds: float = 900.0) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert self._process
            assert self._process.poll() is None, self._log.read_text(errors="replace")[-3_000:]
            try:
                urllib.request.urlopen(self.url.removesuffix("/v1") + "/health", timeout=60).close()
            except OSError:
                time.sleep(0.5)
            else:
                return
        pytest.fail(f"the server did not start: {self._log.read_text(errors='replace')[-3_000:]}")

    def kill(self) -> None:
        """End it as the kernel does when memory runs out: no goodbye."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@pytest.fixture(scope="module")
def label_server(general_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    server = VllmServer(general_checkpoint, "site-model", tmp_path_factory.mktemp("log") / "server.log")
    server.start()
    try:
        server.wait()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="module")
def code_server(reranker_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    server = VllmServer(reranker_checkpoint, "jlac-reranker", tmp_path_factory.mktemp("log") / "server.log")
    server.start()
    try:
        server.wait()
        yield server
    finally:
        server.kill()


def largest_difference(one: ChoiceModel, other: ChoiceModel) -> float:
    asked = [*fuzzed(40, seed=3), *(question(name) for name in ("AST", "CK-MB", "尿蛋白", "総蛋白"))]
    pairs = list(zip(one.choose(asked), other.choose(asked), strict=True))
    assert [(a.unavailable, b.unavailable) for a, b in pairs] == [("", "")] * len(asked)
    return max(abs(p - q) for a, b in pairs for p, q in zip(a.probabilities, b.probabilities, strict=True))


def test_labels_have_the_same_probabilities_from_a_server_as_from_the_engine(
    label_server: VllmServer, vllm_label: ChoiceModel, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = OpenAiChoice(label_server.url, token=TOKEN, deadline=600.0)
    difference = largest_difference(asked, vllm_label)
    with capsys.disabled():
        print(f" largest difference of a label's probability: {difference:.6f}")
    assert difference < AGREEMENT
    assert asked.identity.startswith("openai:site-model@127.0.0.1:")
    asked.close()


def test_a_wrong_token_is_a_reason_and_nothing_more(label_server: VllmServer) -> None:
    asked = OpenAiChoice(label_server.url, token="wrong", deadline=600.0)
    (answer,) = asked.choose([question("AST")])
    assert "HTTP 401" in answer.unavailable
    assert "wrong" not in answer.unavailable
    asked.close()


def test_codes_have_the_same_probabilities_from_a_server_as_from_the_engine(
    code_server: VllmServer, vllm_generation: ChoiceModel, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = OpenAiChoice(code_server.url, model="jlac-reranker", token=TOKEN, deadline=600.0)
    difference = largest_difference(asked, vllm_generation)
    assert difference < AGREEMENT
    began = time.perf_counter()
    assert all(a.probabilities for a in asked.choose([question(f"検査{n}") for n in range(256)]))
    speed = 256 / (time.perf_counter() - began)
    with capsys.disabled():
        print(f" largest difference of a code's probability: {difference:.6f}")
        print(f" codes through a server: {speed:.0f} questions/s")
    asked.close()


def test_a_run_of_2000_questions_loses_nothing_while_the_server_is_killed_and_started_again(
    label_server: VllmServer,
) -> None:
    asked = OpenAiChoice(label_server.url, token=TOKEN, deadline=600.0, pause=0.5)
    batches = [[question(f"検査{n}") for n in range(start, start + 100)] for start in range(0, 2_000, 100)]
    answers = asked.choose(batches[0])
    assert all(a.probabilities for a in answers)
    killer = threading.Timer(0.3, label_server.kill)
    killer.start()
    for batch in batches[1:4]:
        answers += asked.choose(batch)
    killer.join()  # it is gone now, whatever it has answered before
    for batch in batches[4:14]:
        answers += asked.choose(batch)
    assert all(a.unavailable for a in answers[400:])
    label_server.start()
    label_server.wait()
    time.sleep(0.6)
    until = time.monotonic() + 300
    while not asked.choose([question("are you back?")])[0].probabilities and time.monotonic() < until:
        time.sleep(0.5)
    for batch in batches[14:]:
        answers += asked.choose(batch)
    assert len(answers) == 2_000
    questions = [q for batch in batches for q in batch]
    assert all(fits(a, q, "openai") for a, q in zip(answers, questions, strict=True))
    assert all(a.probabilities for a in answers[1_400:])
    asked.close()
