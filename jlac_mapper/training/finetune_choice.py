"""
Fine-tunes a hospital's local language model for the closed question, by LoRA, and merges the result.

The model reads each question as at run time (`llm/choice_template.py`, through its chat template where
it has one) and learns the label of the right option; options are put in another order every time, so that
no label is liked for itself. The merged checkpoint is an ordinary Hugging Face folder that vLLM loads.

On a GPU a model of 7-8 billion parameters in bfloat16 takes about 24 GB with the settings below and learns
from some thousand rows in minutes; keep a tenth of the rows aside and compare before and after, as
`Tuned.accuracy` does. On the CPU only tiny models are practical.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jlac_mapper.errors import InputError, ModelFileError
from jlac_mapper.llm import choice_template
from jlac_mapper.ports import Choice
from jlac_mapper.training.choice_rows import AnsweredChoice

# What stands before a label where its token is looked up: the token without a blank before it.
_LABEL_CONTEXT = "\n"
_IGNORED = -100


@dataclass(frozen=True, slots=True)
class LoraRecipe:
    """
    How a checkpoint is fine-tuned.

    Attributes:
        rank: Of the matrices that are learned beside every linear layer; *scale* is LoRA's alpha.
        batch: Questions in a step, read *at_once* by *at_once*: the memory that a step takes.
        held_out: Share of the rows that is only measured on.
        longest: Tokens of a question; longer ones are left out.
    """

    seed: int = 11
    epochs: int = 2
    rank: int = 16
    scale: int = 32
    dropout: float = 0.05
    learning_rate: float = 2e-4
    batch: int = 32
    at_once: int = 4
    held_out: float = 0.1
    longest: int = 2048


@dataclass(frozen=True, slots=True)
class Tuned:
    """
    How a fine-tuning came out.

    Attributes:
        losses: Mean loss of each step.
        accuracy: Share of the held-out questions answered right before and after; nan without any.
        rows: Questions learned from; *left_out* were too long.
    """

    losses: tuple[float, ...]
    accuracy: tuple[float, float]
    rows: int
    left_out: int


def finetune(
    checkpoint: Path,
    rows: Sequence[AnsweredChoice],
    output: Path,
    recipe: LoraRecipe | None = None,
    report: Callable[[int, float], None] | None = None,
) -> Tuned:
    """
    Fine-tune *checkpoint* on *rows* and write the merged checkpoint, with its tokenizer, to *output*.

    Args:
        report: Called with step and loss.

    Raises:
        ModelFileError: The folder holds no causal language model, or its vocabulary has no token for a label.
        InputError: No row is short enough to learn from.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    recipe = recipe or LoraRecipe()
    torch.manual_seed(recipe.seed)
    chance = random.Random(recipe.seed)
    tokenizer, model = _load(checkpoint)
    labels = _label_tokens(tokenizer, checkpoint)
    fitting = [row for row in rows if len(read_question(tokenizer, row.choice)) < recipe.longest]
    chance.shuffle(fitting)
    aside = fitting[: int(len(fitting) * recipe.held_out)]
    learned = fitting[len(aside) :]
    if not learned:
        raise InputError(f"none of {len(rows)} questions is shorter than {recipe.longest} tokens")
    before = _accuracy(model, tokenizer, labels, aside)
    lora = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.scale,
        lora_dropout=recipe.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    adapted = get_peft_model(model, lora)
    optimizer = torch.optim.AdamW(
        [p for p in adapted.parameters() if p.requires_grad], lr=recipe.learning_rate
    )
    steps = recipe.epochs * -(-len(learned) // recipe.batch)
    losses: list[float] = []
    adapted.train()
    for _ in range(recipe.epochs):
        chance.shuffle(learned)
        for start in range(0, len(learned), recipe.batch):
            batch = [_in_another_order(row, chance) for row in learned[start : start + recipe.batch]]
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate * (1 - len(losses) / steps)
            losses.append(_step(adapted, tokenizer, labels, batch, recipe.at_once))
            torch.nn.utils.clip_grad_norm_(adapted.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            if report is not None:
                report(len(losses), losses[-1])
    merged = adapted.merge_and_unload()
    after = _accuracy(merged, tokenizer, labels, aside)
    merged.save_pretrained(str(output))
    tokenizer.save_pretrained(str(output))
    return Tuned(tuple(losses), (before, after), len(learned), len(rows) - len(fitting))


def _load(checkpoint: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    gpu = torch.cuda.is_available()
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(checkpoint), local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            str(checkpoint), local_files_only=True, dtype=torch.bfloat16 if gpu else torch.float32
        )
    except (OSError, ValueError, KeyError) as error:
        line = " ".join(str(error).split())[:200]
        raise ModelFileError(f"{checkpoint} holds no language model that can be trained: {line}") from error
    return tokenizer, model.to("cuda" if gpu else "cpu")


def _label_tokens(tokenizer: Any, checkpoint: Path) -> list[int]:
    read = [
        tokenizer.encode(_LABEL_CONTEXT + label, add_special_tokens=False) for label in choice_template.LABELS
    ]
    found = [tokens[-1] for tokens in read]
    if len(set(found)) < len(found) or len({tuple(tokens[:-1]) for tokens in read}) > 1:
        raise ModelFileError(f"{checkpoint}: the vocabulary has no token of its own for each label A to Z")
    return found


def read_question(tokenizer: Any, choice: Choice) -> list[int]:
    """Return the tokens of a question as the model reads it at run time."""
    if not tokenizer.chat_template:
        return list(tokenizer.encode(choice_template.prompt(choice)))
    text = tokenizer.apply_chat_template(
        choice_template.messages(choice), tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    return list(tokenizer.encode(text, add_special_tokens=False))


def _in_another_order(row: AnsweredChoice, chance: random.Random) -> AnsweredChoice:
    order = list(range(len(row.choice.options)))
    chance.shuffle(order)
    options = tuple(row.choice.options[i] for i in order)
    return AnsweredChoice(row.choice._replace(options=options), order.index(row.right))


def _step(
    model: Any, tokenizer: Any, labels: Sequence[int], batch: Sequence[AnsweredChoice], at_once: int
) -> float:
    """Add up the gradients of a batch, a few questions at a time, and return the mean loss."""
    import torch

    total = 0.0
    for start in range(0, len(batch), at_once):
        part = batch[start : start + at_once]
        wanted = torch.tensor([labels[row.right] for row in part], device=model.device)
        loss = torch.nn.functional.cross_entropy(_next_token(model, tokenizer, part), wanted, reduction="sum")
        (loss / len(batch)).backward()
        total += float(loss.item())
    return total / len(batch)


def _next_token(model: Any, tokenizer: Any, rows: Sequence[AnsweredChoice]) -> Any:
    """Return the logits of the token after each question, shape (rows, tokens)."""
    import torch

    read = [read_question(tokenizer, row.choice) for row in rows]
    longest = max(map(len, read))
    ids = torch.zeros((len(read), longest), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(read):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
    last = torch.tensor([len(tokens) - 1 for tokens in read])
    logits = model(input_ids=ids.to(model.device), attention_mask=mask.to(model.device)).logits
    return logits[torch.arange(len(read)), last].float()


def _accuracy(model: Any, tokenizer: Any, labels: Sequence[int], rows: Sequence[AnsweredChoice]) -> float:
    """Return the share of questions whose right label is the likeliest on offer; nan for no questions."""
    import torch

    model.eval()
    right = 0
    with torch.no_grad():
        for row in rows:
            offered = labels[: len(row.choice.options)]
            right += int(_next_token(model, tokenizer, [row])[0, list(offered)].argmax()) == row.right
    return right / len(rows) if rows else float("nan")
