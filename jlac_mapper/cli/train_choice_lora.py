"""`jlac-mapper train choice-lora`: fine-tunes a hospital's local language model for the closed question."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from jlac_mapper.cli.train_release import say


def choice_lora(
    checkpoint: Annotated[Path, typer.Argument(help="Folder of a local Hugging Face checkpoint.")],
    rows: Annotated[Path, typer.Argument(help="JSON Lines of answered closed questions.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the merged checkpoint.")],
    seed: Annotated[int, typer.Option(help="Seed of orders and first weights.")] = 11,
    epochs: Annotated[int, typer.Option(min=1, help="How often each row is read.")] = 2,
    at_once: Annotated[int, typer.Option(min=1, help="Questions in memory at once.")] = 4,
) -> None:
    """Fine-tune a local language model by LoRA and merge it (`train` extra; large ones need a GPU)."""
    from jlac_mapper.errors import OutputError
    from jlac_mapper.model_loading import require
    from jlac_mapper.training import choice_rows, finetune_choice

    require("torch", "transformers", "peft", extra="train")
    if output.exists() and (not output.is_dir() or output.resolve() == checkpoint.resolve()):
        raise OutputError(f"{output} is a file or the checkpoint itself; give another folder")
    recipe = replace(finetune_choice.LoraRecipe(), seed=seed, epochs=epochs, at_once=at_once)
    tuned = finetune_choice.finetune(
        checkpoint,
        choice_rows.read(rows),
        output,
        recipe,
        lambda step, loss: say(f"step {step}: loss {loss:.3f}"),
    )
    before, after = tuned.accuracy
    say(
        f"{tuned.rows:,} questions learned, {tuned.left_out:,} too long; right on those kept aside: "
        f"{before:.3f} before, {after:.3f} after; written to {output}"
    )
