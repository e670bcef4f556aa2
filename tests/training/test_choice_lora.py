"""Fine-tuning a hospital's language model for the closed question, on the CPU with a tiny one."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from jlac_mapper.errors import InputError, ModelFileError
from jlac_mapper.llm import choice_template
from jlac_mapper.mapping.ask import NONE_OF_THESE
from jlac_mapper.ports import Choice, ChoiceOption
from jlac_mapper.training import choice_rows, finetune_choice
from jlac_mapper.training.choice_rows import AnsweredChoice
from tests.support.choice_checkpoints import save_general

needs_peft = pytest.mark.skipif(
    any(find_spec(module) is None for module in ("torch", "transformers", "peft")),
    reason="torch, transformers and peft are not installed (the train extra)",
)
AST = ChoiceOption("C2008", "0000", "AST")


def row(name: str, right: int) -> AnsweredChoice:
    return AnsweredChoice(Choice((("name", name), ("unit", "U/L")), (AST, NONE_OF_THESE)), right)


def test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    rows = [row("AST\u2028", 0), row('コメント "，\\', 1)]
    assert choice_rows.write(tmp_path / "rows.jsonl", rows) == 2
    assert choice_rows.read(tmp_path / "rows.jsonl") == rows


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"fields": {"name": "AST"}, "options": [], "right": 0}',
        '{"fields": {}, "options": [{"measurand": "", "identification": "", "text": ""}], "right": 0}',
        '{"fields": {"name": "AST"}, "options": [{"measurand": "A"}, {}], "right": 0}',
    ],
)
def test_a_line_of_another_form_is_refused_with_its_number(line: str, tmp_path: Path) -> None:
    choice_rows.write(tmp_path / "rows.jsonl", [row("AST", 0)])
    with (tmp_path / "rows.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(InputError, match="line 2"):
        choice_rows.read(tmp_path / "rows.jsonl")


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("\n")
    with pytest.raises(InputError, match="no rows"):
        choice_rows.read(tmp_path / "rows.jsonl")


@needs_peft
def test_fine_tuning_learns_what_a_random_model_does_not_know_and_the_merged_checkpoint_loads(
    tmp_path: Path,
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    checkpoint = save_general(tmp_path / "tiny", chat=True)
    rows = [row(f"AST {n}", 0) for n in range(16)]
    recipe = finetune_choice.LoraRecipe(epochs=8, batch=8, learning_rate=5e-3, held_out=0.0)
    tuned = finetune_choice.finetune(checkpoint, rows, tmp_path / "tuned", recipe)
    assert tuned.rows == 16
    assert tuned.left_out == 0
    assert sum(tuned.losses[-4:]) < 0.7 * sum(tuned.losses[:4])

    def chance_of_right(folder: Path) -> float:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = AutoModelForCausalLM.from_pretrained(folder)
        asked = rows[0].choice
        ids = finetune_choice.read_question(tokenizer, asked)
        labels = [tokenizer.encode("\n" + label)[-1] for label in choice_template.labels(asked)]
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids])).logits[0, -1].log_softmax(-1)
        return float(logits[labels].exp().sum())

    assert chance_of_right(tmp_path / "tuned") > chance_of_right(checkpoint)


@needs_peft
def test_a_folder_without_a_model_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no language model") as caught:
        finetune_choice.finetune(tmp_path, [row("AST", 0)], tmp_path / "out")
    assert "\n" not in str(caught.value)
