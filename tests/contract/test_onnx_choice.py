"""The bundled model: the shipped files agree with each other, and it fails the way a ChoiceModel may."""

import json
import random
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.config import models_dir
from jlac_mapper.errors import ModelFileError
from jlac_mapper.llm.checkpoint import BUNDLED_MARK
from jlac_mapper.llm.generation_template import prompt, target
from jlac_mapper.llm.onnx_choice import OnnxChoice, digest, read_numbers
from jlac_mapper.llm.trie import option_probabilities
from jlac_mapper.mapping.ask import NONE_OF_THESE
from jlac_mapper.mapping.jlac10.compose import split_entry
from jlac_mapper.mapping.question import row_fields
from jlac_mapper.master.starter import load_starter
from jlac_mapper.ports import Choice, ChoiceOption
from jlac_mapper.training import reranker_rows
from jlac_mapper.training.generated_rows import RowGenerator, names_by_listing
from jlac_mapper.types import LocalTest, System
from tests.support.attack_names import ATTACK_NAMES
from tests.support.shipped_release import shipped

pytestmark = pytest.mark.skipif(find_spec("onnxruntime") is None, reason="the cpu extra is not installed")
needs_torch = pytest.mark.skipif(
    find_spec("torch") is None or find_spec("transformers") is None, reason="the train extra is not installed"
)
SHIPPED = models_dir() / "reranker"
GLUCOSE = tuple(ChoiceOption("C4001", i, "") for i in ("0000", "1336", "1337"))


@pytest.fixture(scope="module")
def model() -> OnnxChoice:
    return OnnxChoice.load(deadline=600.0)


def ask(name: str, *codes: str, **fields: str) -> Choice:
    options = (*(ChoiceOption(code, "0000", "") for code in codes), NONE_OF_THESE)
    return Choice(row_fields(LocalTest(name=name, **fields)), options)


def shipped_but_with(session: object) -> OnnxChoice:
    mark = json.loads((SHIPPED / BUNDLED_MARK).read_text(encoding="utf-8"))
    return OnnxChoice(session, read_numbers(SHIPPED / "tokenizer.json"), mark)


def held_out_questions(count: int) -> list[Choice]:
    """Rows of names that it never learned, with random codes on offer, some of one measurand."""
    bound = shipped()
    _, out = reranker_rows.split(bound.vocabulary)
    names, _ = names_by_listing(replace(bound, vocabulary=out))
    generator, chance = RowGenerator(bound, 5), random.Random(5)
    codes = sorted({(c.code.measurand, c.code.identification) for c in bound.release.proposable})
    made = []
    for _ in range(count):
        row = next(generator.listed(chance.choice(names), 1))
        offered = [ChoiceOption(*code, "") for code in chance.sample(codes, 4)]
        made.append(Choice(row_fields(row.test), (*offered, *GLUCOSE, NONE_OF_THESE)))
    return made


@pytest.mark.parametrize(
    ("name", "unit", "right"),
    [
        ("AST(GOT)", "U/L", 0),
        ("ｱﾙﾌﾞﾐﾝ", "g/dL", 1),
        ("CK-MB", "U/L", 3),
        ("スギ(IgE)", "UA/mL", 3),
        ("コメント", "", 3),
        ("ＣＰＫ", "", 2),
    ],
)
def test_known_names_are_chosen_and_near_twins_are_none_of_these(
    model: OnnxChoice, name: str, unit: str, right: int
) -> None:
    (answer,) = model.choose([ask(name, "C2008", "C1003", "C2001", specimen="血清", unit=unit)])
    assert np.argmax(answer.probabilities) == right
    assert max(answer.probabilities) > 0.7


def test_identifications_of_one_measurand_share_its_probability(model: OnnxChoice) -> None:
    fields = row_fields(LocalTest(name="空腹時血糖", specimen="血漿", unit="mg/dL"))
    (apart,) = model.choose([Choice(fields, (*GLUCOSE, NONE_OF_THESE))])
    (alone,) = model.choose([Choice(fields, (GLUCOSE[0], NONE_OF_THESE))])
    assert sum(apart.probabilities[:3]) == pytest.approx(alone.probabilities[0], abs=1e-5)
    assert np.argmax(apart.probabilities) == 2


def test_it_has_no_opinion_on_what_it_never_learned(model: OnnxChoice) -> None:
    other = ChoiceOption("C4001", "0901", "")
    fields = row_fields(LocalTest(name="血糖"))
    answers = model.choose(
        [
            ask("血糖", "C4001", "D9999"),
            Choice(fields, (GLUCOSE[0], other, NONE_OF_THESE)),
            Choice(fields, (other, NONE_OF_THESE)),
            ask("血糖", "C4001"),
        ]
    )
    assert [bool(a.probabilities) for a in answers] == [False, False, True, True]
    assert {a.unavailable for a in answers} == {""}
    assert answers[2].probabilities == answers[3].probabilities


def test_neither_the_order_of_options_nor_the_company_of_a_question_changes_its_answer(
    model: OnnxChoice,
) -> None:
    asked = held_out_questions(60) + [ask(name, "C2008", "C1003") for name in ATTACK_NAMES]
    backwards = [Choice(c.fields, c.options[::-1]) for c in asked]
    together = model.choose(asked)
    turned = model.choose(backwards)
    for question, one, other in zip(asked, together, turned, strict=True):
        (alone,) = model.choose([question])
        assert one.probabilities == pytest.approx(other.probabilities[::-1], abs=1e-5)
        assert one.probabilities == pytest.approx(alone.probabilities, abs=1e-4)


@needs_torch
def test_the_shipped_onnx_file_and_the_shipped_checkpoint_agree(model: OnnxChoice) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(SHIPPED)
    network = AutoModelForCausalLM.from_pretrained(SHIPPED)
    asked = held_out_questions(40)
    for question, answer in zip(asked, model.choose(asked), strict=True):
        start = tokenizer(prompt(question)).input_ids
        targets = [tokenizer(target(option)).input_ids for option in question.options]
        longest = max(map(len, targets))
        ids = torch.tensor([start + t + [0] * (longest - len(t)) for t in targets])
        with torch.no_grad():
            said = network(input_ids=ids).logits.log_softmax(-1).numpy()
        log_probabilities = [
            [float(said[row, len(start) - 1 + i, token]) for i, token in enumerate(tokens)]
            for row, tokens in enumerate(targets)
        ]
        expected = option_probabilities(targets, log_probabilities)
        assert answer.probabilities == pytest.approx(expected, abs=1e-3)


@needs_torch
def test_texts_are_read_as_the_shipped_tokenizer_reads_them(model: OnnxChoice) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(SHIPPED)
    asked = held_out_questions(200) + [ask(name, "C2008", unit=name) for name in ATTACK_NAMES]
    for question in asked:
        assert list(model.read(question)) == tokenizer(prompt(question)).input_ids


def test_the_card_and_the_mark_are_those_of_the_files() -> None:
    mark = json.loads((SHIPPED / BUNDLED_MARK).read_text(encoding="utf-8"))
    card = (SHIPPED / "card.md").read_text(encoding="utf-8")
    assert mark["digest"] == digest(SHIPPED)
    assert mark["digest"] in card
    assert set(mark["measured"]) == set(System)
    for told in mark["measured"].values():
        for figures in told["figures"].values():
            for figure in figures.values():
                assert f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]" in card
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 30e6


def test_the_shipped_model_learned_every_number_that_the_starter_lists_or_listed_and_every_analyte() -> None:
    learned = json.loads((SHIPPED / BUNDLED_MARK).read_text(encoding="utf-8"))["learned"]
    starter = load_starter().edition
    listed = {c.code.measurand for c in starter.codes}
    coded = [c.jlac10[0] for c in load_vocabulary().concepts if c.jlac10]
    assert set(learned) == listed | {entry[:5] for entry in coded}
    assert all(split_entry(entry)[1] in learned[entry[:5]] for entry in coded)


def test_what_takes_too_long_comes_back_unavailable_and_the_rest_is_answered() -> None:
    seconds = iter([0.0, 0.0, 5.0, 11.0])
    slow = OnnxChoice.load(deadline=10.0, clock=lambda: next(seconds))
    asked = held_out_questions(400)
    answers = slow.choose(asked)
    answered = [i for i, a in enumerate(answers) if not a.unavailable]
    assert 0 < len(answered) < len(asked)
    assert {a.unavailable for a in answers} == {"", "the bundled model did not answer in time"}
    expected = OnnxChoice.load(deadline=600.0).choose(asked)
    for i in answered:
        assert answers[i].probabilities == pytest.approx(expected[i].probabilities, abs=1e-5)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("[ONNXRuntimeError]\nfailed")])
def test_a_failure_while_it_runs_makes_questions_unavailable_in_one_line(error: Exception) -> None:
    class Broken:
        def run(self, *_: object) -> None:
            raise error

    answers = shipped_but_with(Broken()).choose([ask("AST", "C2008")] * 3)
    assert len(answers) == 3
    assert all(a.unavailable.startswith("the bundled model failed") and not a.probabilities for a in answers)
    assert "\n" not in answers[0].unavailable


def test_numbers_that_are_none_make_a_question_unavailable() -> None:
    class Confused:
        def run(self, _: object, given: dict[str, np.ndarray]) -> list[np.ndarray]:
            return [np.full((len(given["ids"]), 9_999), np.nan, np.float32)]

    (answer,) = shipped_but_with(Confused()).choose([ask("AST", "C2008")])
    assert not answer.probabilities
    assert "cannot be used" in answer.unavailable


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "model.safetensors", BUNDLED_MARK])
@pytest.mark.parametrize("damage", ["missing", "cut", "changed"])
def test_a_damaged_folder_is_refused_when_it_is_loaded(name: str, damage: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    content = (folder / name).read_bytes()
    if damage == "missing":
        (folder / name).unlink()
    else:
        half = len(content) // 2
        (folder / name).write_bytes(content[:half] if damage == "cut" else b"\0" + content[1:])
    with pytest.raises(ModelFileError, match=str(folder)) as caught:
        OnnxChoice.load(folder)
    assert "\n" not in str(caught.value)


def test_a_model_trained_for_another_text_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    mark = json.loads((folder / BUNDLED_MARK).read_text(encoding="utf-8"))
    (folder / BUNDLED_MARK).write_text(json.dumps(mark | {"template": "generation-0"}), encoding="utf-8")
    with pytest.raises(ModelFileError, match="generation-0"):
        OnnxChoice.load(folder)
