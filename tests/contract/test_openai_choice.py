"""A language model on a server that is slow, wrong, busy, killed or started again: what a run sees of it."""

import time
from collections.abc import Iterator

import pytest

from jlac_mapper.llm import server as llm_server
from jlac_mapper.llm.openai_choice import OpenAiChoice
from jlac_mapper.ports import ChoiceAnswer, ChoiceModel
from tests.support.choice_questions import question
from tests.support.fake_llm_server import FAULTS, UNANSWERED, FakeLlmServer

PATIENCE = 120.0
"""Seconds for what a machine does in no time, unless it is busy with something else."""


@pytest.fixture(params=["chat", "plain", "generation"], scope="module")
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(kind: str) -> Iterator[FakeLlmServer]:
    running = FakeLlmServer(chat=kind == "chat")
    yield running
    running.stop()


def an_open_choice(kind: str, server: FakeLlmServer, **more: float) -> OpenAiChoice:
    """Return a model that has answered once."""
    name = "jlac-reranker" if kind == "generation" else ""
    opened = OpenAiChoice(server.url, model=name, deadline=PATIENCE, **more)
    assert opened.choose([question("AST")])[0].probabilities
    return opened


@pytest.fixture(scope="module")
def model(kind: str, server: FakeLlmServer) -> Iterator[ChoiceModel]:
    asked = an_open_choice(kind, server, pause=0.0)
    yield asked
    asked.close()


@pytest.fixture(scope="module", autouse=True)
def patient_connections() -> Iterator[None]:
    """Connections are waited for as long as answers are, should this machine stand still meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llm_server, "CONNECT", PATIENCE)
        yield


@pytest.fixture(autouse=True)
def behaves_well_again(server: FakeLlmServer) -> Iterator[None]:
    yield
    server.release()


def wait_for_answer(model: ChoiceModel) -> ChoiceAnswer:
    """Ask until there is an answer, as the batches of a run do."""
    until = time.monotonic() + 120
    while True:
        (answer,) = model.choose([question("AST")])
        if answer.probabilities or time.monotonic() > until:
            return answer
        time.sleep(0.05)


@pytest.mark.parametrize("fault", [*FAULTS, "drop", "500", "503", "404", "401"])
def test_an_answer_that_is_none_of_the_options_is_no_answer(
    model: ChoiceModel, server: FakeLlmServer, fault: str
) -> None:
    assert wait_for_answer(model).probabilities
    server.behaviour = fault
    (answer,) = model.choose([question(fault)])
    assert answer.probabilities == ()
    assert answer.unavailable
    server.behaviour = "well"
    assert wait_for_answer(model).probabilities


def test_a_server_that_is_killed_and_started_again_is_used_again(
    model: ChoiceModel, server: FakeLlmServer
) -> None:
    assert wait_for_answer(model).probabilities
    server.stop()
    away = [a for n in range(20) for a in model.choose([question(f"{n} {i}") for i in range(100)])]
    assert len(away) == 2_000
    assert all(a.unavailable and not a.probabilities for a in away)
    assert sum("not asked" in a.unavailable for a in away) > 1_900  # a server that is away costs a run little
    server.start()
    assert wait_for_answer(model).probabilities
    back = model.choose([question(f"back {i}") for i in range(100)])
    assert all(a.probabilities for a in back)


def test_the_deadline_is_kept_by_a_server_that_does_not_answer(kind: str, server: FakeLlmServer) -> None:
    hasty = an_open_choice(kind, server)
    hasty.deadline = 0.5
    server.behaviour = "silent"
    answers = hasty.choose([question(f"{UNANSWERED} {n}") for n in range(200)])
    late = f"{server.url.split('//')[1]}: no answer within 0.5 s"
    assert {a.unavailable for a in answers} == {late}
    again = [a.unavailable for a in hasty.choose([question(f"{UNANSWERED} {n}") for n in range(200, 400)])]
    assert set(again) <= {late, f"not asked, after: {late}"}
    assert again.count(late) <= 1  # a trial, where this machine was slow
    server.release()
    hasty.close()


def test_what_a_slow_server_answered_in_time_counts(kind: str, server: FakeLlmServer) -> None:
    quick = [question(f"{n}") for n in range(8)]
    slow = [question(f"{UNANSWERED} {n}") for n in range(100)]
    for seconds in (1.0, 10.0, 100.0):  # the longer ones only for a machine that stood still meanwhile
        patient = an_open_choice(kind, server)
        patient.deadline = seconds
        server.behaviour = "silent"
        answers = patient.choose([*quick, *slow])
        server.release()
        if all(a.probabilities for a in answers[: len(quick)]):
            break
        patient.close()
    assert [bool(a.probabilities) for a in answers] == [True] * len(quick) + [False] * len(slow)
    patient.deadline = PATIENCE
    assert patient.choose([question("fast again")])[0].probabilities
    patient.close()


def test_a_busy_server_is_asked_again_a_little_later(model: ChoiceModel, server: FakeLlmServer) -> None:
    assert wait_for_answer(model).probabilities
    server.behaviour = "busy twice"
    server.tries.clear()
    answers = model.choose([question(f"busy {n}") for n in range(20)])
    assert all(a.probabilities for a in answers)
    assert set(server.tries.values()) == {3}
