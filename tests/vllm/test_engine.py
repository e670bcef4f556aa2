"""The real engine in this process: its probabilities, its speed, its death and its return."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from jlac_mapper.errors import ModelFileError
from jlac_mapper.ports import ChoiceModel
from tests.support.choice_questions import OPTIONS, fuzzed, question

pytest.importorskip("vllm", reason="vLLM is not installed here: make test-vllm")
import psutil

from jlac_mapper.llm.vllm.choice import VllmChoice

AGREEMENT = 0.01
"""Largest difference of a probability between two ways to run one checkpoint in float32."""


def test_the_probabilities_are_those_that_transformers_computes(
    vllm_generation: ChoiceModel, reranker_checkpoint: Path
) -> None:
    """An independent reading of the same checkpoint, option by option, without batches or caches."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from jlac_mapper.llm.generation_template import prompt, target
    from jlac_mapper.llm.trie import option_probabilities

    tokenizer = AutoTokenizer.from_pretrained(str(reranker_checkpoint))
    network = AutoModelForCausalLM.from_pretrained(str(reranker_checkpoint), dtype=torch.float32)
    for name in ("AST", "アルブミン", "CK-MB"):
        asked = question(name)
        before = tokenizer.encode(prompt(asked))
        targets = [tokenizer.encode(target(option), add_special_tokens=False) for option in asked.options]
        said = []
        for wanted in targets:
            with torch.no_grad():
                scores = network(torch.tensor([[*before, *wanted]])).logits[0].log_softmax(-1)
            said.append([float(scores[len(before) - 1 + n, token]) for n, token in enumerate(wanted)])
        (answer,) = vllm_generation.choose([asked])
        assert answer.probabilities == pytest.approx(option_probabilities(targets, said), abs=0.002)


def test_the_bundled_model_says_the_same_on_onnx_runtime_and_on_vllm(
    vllm_generation: ChoiceModel, reranker_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (reranker_checkpoint / "model.onnx").is_file():
        pytest.skip("the bundled language model is not in this checkout")
    from jlac_mapper.llm.onnx_choice import OnnxChoice

    onnx = OnnxChoice.load(reranker_checkpoint, deadline=600.0)
    asked = [*fuzzed(200, seed=5), *(question(name) for name in ("AST", "CK-MB", "尿蛋白", "総蛋白", "ALT"))]
    pairs = list(zip(onnx.choose(asked), vllm_generation.choose(asked), strict=True))
    assert [bool(a.probabilities) for a, _ in pairs] == [bool(b.probabilities) for _, b in pairs]
    assert sum(bool(a.probabilities) for a, _ in pairs) > 50
    largest = max(abs(p - q) for a, b in pairs for p, q in zip(a.probabilities, b.probabilities, strict=True))
    with capsys.disabled():
        print(f" largest difference of a probability, ONNX Runtime and vLLM: {largest:.6f}")
    assert largest < AGREEMENT


def test_an_option_loses_what_the_model_gives_its_label_for_nothing(vllm_label: ChoiceModel) -> None:
    """Where the question says nothing, every option is as likely as the next."""
    from jlac_mapper.llm.choice_template import content_free

    for count in (2, 5, 8):
        (answer,) = vllm_label.choose([content_free(count)])
        assert max(answer.probabilities) / min(answer.probabilities) < 1.01 or max(answer.probabilities) < 0.9


def test_how_fast_it_is(
    vllm_label: ChoiceModel, vllm_generation: ChoiceModel, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, model in (("labels", vllm_label), ("codes", vllm_generation)):
        model.choose([question("warm")])
        began = time.perf_counter()
        answers = model.choose([question(f"検査{n}") for n in range(256)])
        speed = 256 / (time.perf_counter() - began)
        with capsys.disabled():
            print(f" {name} from the engine: {speed:.0f} questions/s")
        assert all(a.probabilities for a in answers)


def test_a_call_that_takes_too_long_comes_back_without_answers(vllm_label: ChoiceModel) -> None:
    assert isinstance(vllm_label, VllmChoice)
    vllm_label.deadline, before = 0.3, vllm_label.deadline
    try:
        answers = vllm_label.choose([question(f"late {n}") for n in range(3_000)])
        assert len(answers) == 3_000
        assert answers[-1].unavailable == "vLLM gave no answer within 0.3 s"
    finally:
        vllm_label.deadline = before
    until = time.monotonic() + 600
    while not (answer := vllm_label.choose([question("in time again")])[0]).probabilities:
        assert time.monotonic() < until, answer
        time.sleep(0.5)


def test_an_engine_whose_process_is_killed_is_away_at_once_and_comes_back(general_checkpoint: Path) -> None:
    model = VllmChoice(general_checkpoint, deadline=600.0, pause=1.0)
    before = set(psutil.Process().children(recursive=True))
    model.load()
    mine = [child for child in psutil.Process().children(recursive=True) if child not in before]
    assert model.choose([question("AST")])[0].probabilities
    for child in mine:
        child.kill()
    began = time.monotonic()
    answers = model.choose([question(f"{n}") for n in range(100)])
    assert time.monotonic() - began < model.deadline / 2  # nobody waited for the deadline
    assert {a.probabilities for a in answers} == {()}
    assert all(a.unavailable for a in answers)
    until = time.monotonic() + 300
    while not (answer := model.choose([question("AST")])[0]).probabilities and time.monotonic() < until:
        time.sleep(0.5)
    assert answer.probabilities


_RUN = """
import sys
from pathlib import Path
from jlac_mapper.llm.vllm.choice import VllmChoice
if __name__ == "__main__":
    model = VllmChoice(Path(sys.argv[1]))
    model.load()
    Path(sys.argv[2]).touch()
    sys.stdin.read()
"""


@pytest.mark.parametrize("killed", [False, True])
def test_no_engine_outlives_the_process_that_asked_it(
    general_checkpoint: Path, tmp_path: Path, killed: bool
) -> None:
    script = tmp_path / "run.py"
    script.write_text(_RUN)
    loaded = tmp_path / "loaded"
    command = [sys.executable, str(script), str(general_checkpoint), str(loaded)]
    run = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not loaded.exists():
            assert run.poll() is None
            time.sleep(0.1)
        children = psutil.Process(run.pid).children(recursive=True)
        assert any("EngineCore" in " ".join(child.cmdline()) for child in children)
        if killed:
            run.kill()
        elif run.stdin is not None:
            run.stdin.close()  # its work is done
        run.wait(timeout=300)
        assert psutil.wait_procs(children, timeout=300)[1] == []
    finally:
        run.kill()


def test_a_checkpoint_that_cannot_be_loaded_is_away_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "unheard-of"}', encoding="utf-8")
    model = VllmChoice(tmp_path, deadline=600.0)
    (answer,) = model.choose([question("AST", *OPTIONS[:2])])
    assert answer.probabilities == ()
    assert answer.unavailable
    assert all(a.unavailable for a in model.choose([question(f"{n}") for n in range(2_000)]))
    with pytest.raises(ModelFileError, match="cannot be loaded"):
        model.load()
