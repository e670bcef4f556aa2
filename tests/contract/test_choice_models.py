"""What every ChoiceModel promises, whoever answers: nothing, a server, an engine or our own small model."""

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from jlac_mapper.config import models_dir
from jlac_mapper.llm.openai_choice import OpenAiChoice
from jlac_mapper.llm.score_only_choice import ScoreOnlyChoice
from jlac_mapper.llm.unavailable_choice import UnavailableChoice
from jlac_mapper.ports import ChoiceModel, ChoiceOption
from tests.support.attack_names import ATTACK_NAMES
from tests.support.choice_questions import OPTIONS, fits, fuzzed, question
from tests.support.fake_llm_server import FakeLlmServer

needs_vllm = pytest.mark.skipif(
    find_spec("vllm") is None, reason="vLLM is not installed here: make test-vllm runs this in its own place"
)
KINDS = [
    "score_only",
    "unavailable",
    "onnx",
    "openai chat",
    "openai plain",
    "openai generation",
    pytest.param("vllm label", marks=needs_vllm),
    pytest.param("vllm generation", marks=needs_vllm),
]


@pytest.fixture(params=KINDS, scope="module")
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(kind: str) -> Iterator[FakeLlmServer | None]:
    running = FakeLlmServer(chat=kind == "openai chat") if kind.startswith("openai") else None
    yield running
    if running:
        running.stop()


@pytest.fixture(scope="module")
def model(kind: str, server: FakeLlmServer | None, request: pytest.FixtureRequest) -> Iterator[ChoiceModel]:
    if kind == "score_only":
        yield ScoreOnlyChoice()
    elif kind == "unavailable":
        yield UnavailableChoice("openai:x@y", "it could not be set up")
    elif server is not None:
        name = "jlac-reranker" if kind == "openai generation" else ""
        asked = OpenAiChoice(server.url, model=name, deadline=250.0, pause=0.0)
        yield asked
        asked.close()
    elif kind == "onnx":
        if not (models_dir() / "reranker" / "model.onnx").is_file():
            pytest.skip("the bundled language model is not in this checkout")
        from jlac_mapper.llm.onnx_choice import OnnxChoice

        yield OnnxChoice.load(deadline=600.0)
    else:
        yield request.getfixturevalue("vllm_label" if kind == "vllm label" else "vllm_generation")


@pytest.fixture(autouse=True)
def behaves_well_again(server: FakeLlmServer | None) -> Iterator[None]:
    yield
    if server:
        server.behaviour = "well"


def test_it_says_what_it_is(model: ChoiceModel, kind: str) -> None:
    model.choose([question("AST")])
    assert model.identity.startswith(kind.split()[0] if kind != "unavailable" else "openai:x@y")
    assert bool(model.template) == kind.startswith(("openai", "vllm", "onnx"))
    assert model.sees_order == (kind in ("openai chat", "openai plain", "vllm label"))


def test_no_questions_have_no_answers(model: ChoiceModel) -> None:
    assert model.choose([]) == []


def test_every_question_gets_one_fitting_answer_in_order(model: ChoiceModel, kind: str) -> None:
    names = ["AST", "GOT", "アルブミン", "尿蛋白", "CK-MB", "", "ALT(GPT)"]
    asked = [question(name, *OPTIONS[-count:]) for count in (2, 3, 4) for name in names]
    together = model.choose(asked)
    assert [fits(a, q, kind) for a, q in zip(together, asked, strict=True)] == [True] * len(asked)
    if kind.startswith(("openai", "vllm", "onnx")):
        assert not any(a.unavailable for a in together)
        assert len({a.probabilities for a in together}) > 10
    backwards = model.choose(asked[::-1])[::-1]
    for one, other in zip(together, backwards, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=0.02)


def test_identical_questions_have_the_same_answer_and_are_asked_once(
    model: ChoiceModel, server: FakeLlmServer | None
) -> None:
    model.choose([question("先に")])
    before = sum(server.seen.values()) if server else 0
    answers = model.choose([question("同じ")] * 5)
    assert len(set(answers)) == 1
    if server:
        assert sum(server.seen.values()) - before == 1


def test_a_model_that_does_not_see_the_order_gives_an_option_the_same_probability_in_any(
    model: ChoiceModel,
) -> None:
    if model.sees_order:
        pytest.skip("this one sees the order: the reranker asks it in two")
    (one,) = model.choose([question("AST")])
    (other,) = model.choose([question("AST", *OPTIONS[::-1])])
    assert one.probabilities == pytest.approx(other.probabilities[::-1], abs=1e-3)


@pytest.mark.timeout(3600)
def test_ten_thousand_fuzzed_questions_stay_inside_their_options(
    model: ChoiceModel, kind: str, server: FakeLlmServer | None
) -> None:
    """Of a real engine 400: it is slow. `openai plain` differs little from `openai chat`: 2,000."""
    count = {"vllm label": 400, "vllm generation": 400, "openai plain": 2_000}.get(kind, 10_000)
    asked = fuzzed(count, seed=11)
    for start in range(0, count, 500):
        part = asked[start : start + 500]
        if server:
            server.behaviour = "chaos" if start >= count // 2 else "well"
        answers = model.choose(part)
        assert [q for a, q in zip(answers, part, strict=True) if not fits(a, q, kind)] == []
        if kind.startswith(("vllm", "onnx")) or (server and server.behaviour == "well"):
            assert {a.unavailable for a in answers} == {""}
        elif server:
            assert 100 < sum(bool(a.probabilities) for a in answers) < 500


def test_no_attacking_name_leads_outside_the_options(model: ChoiceModel, kind: str) -> None:
    asked = [question(name) for name in ATTACK_NAMES]
    answers = model.choose(asked)
    assert [fits(a, q, kind) for a, q in zip(answers, asked, strict=True)] == [True] * 60
    assert {a.unavailable for a in answers} == ({""} if kind != "unavailable" else {"it could not be set up"})


def test_more_options_than_labels_are_answered_or_refused_with_a_reason(
    model: ChoiceModel, kind: str
) -> None:
    many = tuple(ChoiceOption(f"C{n:04}", "0000", f"検査{n}") for n in range(30))
    asked = [question("AST", *many), question("AST")]
    answers = model.choose(asked)
    assert all(fits(a, q, kind) for a, q in zip(answers, asked, strict=True))
