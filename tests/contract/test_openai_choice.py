"""A language model on a server that is slow, wrong, busy, killed or started again: what a run sees of it."""

import time
from collections.abc import Iterator

import pytest

from jlac_mapper.adapters.openai_choice import OpenAiChoice
from jlac_mapper.ports import ChoiceAnswer, ChoiceModel
from tests.choice_questions import question
from tests.fake_llm_server import FAULTS, FakeLlmServer


@pytest.fixture(params=["chat", "plain", "generation"], scope="module")
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(kind: str) -> Iterator[FakeLlmServer]:
    running = FakeLlmServer(chat=kind == "chat")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def model(kind: str, server: FakeLlmServer) -> Iterator[ChoiceModel]:
    name = "jlac-reranker" if kind == "generation" else ""
    asked = OpenAiChoice(server.url, model=name, deadline=60.0, pause=0.0)
    yield asked
    asked.close()


@pytest.fixture(autouse=True)
def behaves_well_again(server: FakeLlmServer) -> Iterator[None]:
    yield
    server.behaviour = "well"


def wait_for_answer(model: ChoiceModel, seconds: float) -> ChoiceAnswer:
    """Ask until there is an answer, as the batches of a run do."""
    until = time.monotonic() + seconds
    while True:
        (answer,) = model.choose([question("AST")])
        if answer.probabilities or time.monotonic() > until:
            return answer
        time.sleep(0.05)


@pytest.mark.parametrize("fault", [*FAULTS, "drop", "500", "503", "404", "401"])
def test_an_answer_that_is_none_of_the_options_is_no_answer(
    model: ChoiceModel, server: FakeLlmServer, fault: str
) -> None:
    assert wait_for_answer(model, 5).probabilities
    server.behaviour = fault
    (answer,) = model.choose([question(fault)])
    assert answer.probabilities == ()
    assert answer.unavailable
    server.behaviour = "well"
    assert wait_for_answer(model, 5).probabilities


def test_a_server_that_is_killed_and_started_again_is_used_again(
    model: ChoiceModel, server: FakeLlmServer
) -> None:
    assert wait_for_answer(model, 5).probabilities
    server.stop()
    began = time.monotonic()
    away = [a for n in range(20) for a in model.choose([question(f"{n} {i}") for i in range(100)])]
    assert len(away) == 2_000
    assert all(a.unavailable and not a.probabilities for a in away)
    assert time.monotonic() - began < 60
    server.start()
    assert wait_for_answer(model, 5).probabilities
    back = model.choose([question(f"back {i}") for i in range(100)])
    assert all(a.probabilities for a in back)


def test_the_deadline_is_kept_by_a_server_that_does_not_answer(kind: str, server: FakeLlmServer) -> None:
    name = "jlac-reranker" if kind == "generation" else ""
    hasty = OpenAiChoice(server.url, model=name)
    assert hasty.choose([question("AST")])[0].probabilities
    hasty.deadline = 0.5
    server.behaviour, server.delay = "slow", 3.0
    began = time.monotonic()
    answers = hasty.choose([question(f"{n}") for n in range(200)])
    assert 0.4 < time.monotonic() - began < 2.9  # the server's own answers take 3 seconds
    assert {a.unavailable for a in answers} == {f"{server.url.split('//')[1]}: no answer within 0.5 s"}
    asked = sum(server.seen.values())
    again = hasty.choose([question(f"again {n}") for n in range(200)])
    assert sum(server.seen.values()) - asked <= 1  # a trial, where this machine was slow
    assert all("no answer within" in a.unavailable for a in again)
    hasty.close()


def test_what_a_slow_server_answered_in_time_counts(kind: str, server: FakeLlmServer) -> None:
    name = "jlac-reranker" if kind == "generation" else ""
    patient = OpenAiChoice(server.url, model=name)
    assert patient.choose([question("AST")])[0].probabilities
    patient.deadline = 1.5
    server.behaviour, server.delay = "slow", 0.3
    answers = patient.choose([question(f"{n}") for n in range(500)])
    answered = [bool(a.probabilities) for a in answers]
    assert 0 < sum(answered) < 500
    assert answered[0]
    server.behaviour = "well"
    assert patient.choose([question("fast again")])[0].probabilities
    patient.close()


def test_a_busy_server_is_asked_again_a_little_later(model: ChoiceModel, server: FakeLlmServer) -> None:
    assert wait_for_answer(model, 5).probabilities
    server.behaviour = "busy twice"
    server.tries.clear()
    answers = model.choose([question(f"busy {n}") for n in range(20)])
    assert all(a.probabilities for a in answers)
    assert set(server.tries.values()) == {3}
