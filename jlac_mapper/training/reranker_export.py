"""Writes the trained small language model as the folder that the product and vLLM load, with its card."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.llm.generation_template import GENERATION_TEMPLATE, NOTHING
from jlac_mapper.training import reranker_onnx, reranker_tokens
from jlac_mapper.training.embedder_measure import Figure
from jlac_mapper.training.generated_rows import names_by_listing
from jlac_mapper.training.reranker import Recipe, Trained, is_analyte
from jlac_mapper.training.reranker_rows import HELD_OUT_FOLD, HELD_OUT_SEED
from jlac_mapper.types import System
from jlac_mapper.vocabulary import Vocabulary

NAME = "jlac-reranker"
_DIGESTED = ("config.json", "tokenizer.json", "model.safetensors", "model.onnx")  # the order of the digest


@dataclass(frozen=True, slots=True)
class Measured:
    """Method -> measure -> figure, on so many questions about rows of names held out."""

    questions: int
    figures: Mapping[str, Mapping[str, Figure]]


@dataclass(frozen=True, slots=True)
class Story:
    """
    What a card tells beside the files.

    Attributes:
        bound: The release with the names that were learned; *held_out* is what was not.
        confirmed: A hospital's confirmed names among what was learned.
        measured: For each code system what was measured.
    """

    bound: BoundRelease
    held_out: Vocabulary
    recipe: Recipe
    confirmed: int
    measured: Mapping[System, Measured]


def rounded(trained: Trained) -> Trained:
    """Round the weights to float16, as which the ONNX file keeps them; measure and write the result."""
    import torch

    with torch.no_grad():
        for parameter in trained.model.parameters():
            parameter.copy_(parameter.half().float())
    return replace(trained, model=trained.model)


def write(folder: Path, trained: Trained, story: Story) -> str:
    """
    Write model and card to *folder*, which is made, and return the model's digest (SHA-256).

    Raises:
        ValueError: The weights are not `rounded`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    first, end = reranker_tokens.element_bounds(trained.tokens)
    reranker_onnx.write(trained.model, folder / "model.onnx", first, end)
    trained.model.save_pretrained(str(folder))
    # A scorer has no use for sampling settings, and vLLM reads them as defaults.
    (folder / "generation_config.json").unlink(missing_ok=True)
    _save_tokenizer(trained, folder)
    for path in folder.iterdir():
        path.chmod(0o644)  # some are written for their owner alone; a service reads them as another user
    total = hashlib.sha256()
    for name in _DIGESTED:
        total.update(hashlib.sha256((folder / name).read_bytes()).digest())
    digest = total.hexdigest()
    mark: dict[str, Any] = {
        "name": NAME,
        "template": GENERATION_TEMPLATE,
        "digest": digest,
        "held_out": {"seed": HELD_OUT_SEED, "fold": HELD_OUT_FOLD},
        "first_element": first,
        "learned": {measurand: list(found) for measurand, found in trained.learned.items()},
        "recipe": asdict(story.recipe),
        "confirmed": story.confirmed,
        "measured": {system.value: asdict(told) for system, told in story.measured.items()},
    }
    text = json.dumps(mark, ensure_ascii=False, indent=2) + "\n"
    (folder / "jlac_reranker.json").write_text(text, encoding="utf-8")
    sizes = {name: (folder / name).stat().st_size for name in _DIGESTED}
    (folder / "card.md").write_text(_card(trained, story, digest, sizes), encoding="utf-8")
    return digest


def _save_tokenizer(trained: Trained, folder: Path) -> None:
    tokenizer = reranker_tokens.build(trained.tokens)
    tokenizer.model_max_length = trained.model.config.max_position_embeddings
    tokenizer.save_pretrained(str(folder))
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    # The name that every release of transformers knows.
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    settings.pop("backend", None)
    path.write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _card(trained: Trained, story: Story, digest: str, sizes: Mapping[str, int]) -> str:
    recipe, shape = story.recipe, story.recipe.shape
    parameters = sum(p.numel() for p in trained.model.parameters())
    analytes = sum(map(is_analyte, trained.learned))
    learned, background = names_by_listing(story.bound)
    held, held_background = names_by_listing(replace(story.bound, vocabulary=story.held_out))
    lines = [
        "# Small language model that writes the code of a laboratory test",
        "",
        f"Digest (SHA-256 over the SHA-256 of {', '.join(_DIGESTED)}): `{digest}`",
        "",
        "A Llama-style decoder that reads a row with all its fields and writes a JLAC11 measurand or a "
        f"JLAC10 analyte, as it is asked, with its identification, or {NOTHING} for none of these. It "
        "answers closed questions only: the product asks for the probability of each code on offer and "
        "renormalises where the offered codes branch. It is evidence for the calibration and decides nothing "
        "by itself.",
        "",
        "| | |",
        "|---|---|",
        f"| parameters | {parameters / 1e6:.1f} million: {shape.layers} layer(s), width {shape.width}, "
        f"{shape.heads} heads, tied embeddings |",
        f"| tokens | {len(trained.tokens):,}: characters, pairs of neighbouring characters, and one for each "
        f"measurand, analyte and identification; text version {GENERATION_TEMPLATE} |",
        f"| size | ONNX {sizes['model.onnx'] / 1e6:.1f} MB (float16, computed in float32), Hugging Face "
        f"checkpoint {sizes['model.safetensors'] / 1e6:.1f} MB (float32, the same weights) |",
        f"| learned | {len(trained.learned) - analytes} measurands of JLAC11 and {analytes:,} analytes of "
        "JLAC10; on others it has no opinion |",
        f"| data | rows generated (`training/reranker_rows.py`) from {len(learned):,} names of concepts "
        f"that the release {story.bound.release.name} lists on {story.bound.release.day}, and "
        f"{len(background):,} background names of all others; {recipe.jlac10:.0%} of the rows teach "
        "JLAC10, of all concepts, composed names among them; no hospital's data |",
        f"| held out | {len(held):,} listed and {len(held_background):,} background names: fold "
        f"{HELD_OUT_FOLD} of the names by hash with seed {HELD_OUT_SEED}, never learned, so that the "
        "calibration can be fitted and measured on them |",
        f"| confirmed rows of a hospital | {story.confirmed:,} |",
        f"| loss | cross-entropy on the target's tokens; and, with weight {recipe.absent:g}, none of these "
        "must win over all other measurands or analytes |",
        f"| recipe | AdamW at {recipe.learning_rate:g} falling to zero, weight decay {recipe.weight_decay:g},"
        f" {trained.steps:,} steps of {recipe.batch} rows, {recipe.dropped:.0%} of the characters taken out,"
        " weights averaged over the last steps |",
        f"| seed, threads | {recipe.seed}, {recipe.threads} |",
        f"| training time | {trained.seconds / 60:.0f} minutes |",
        "| made with | `jlac-mapper train reranker` |",
        "",
        *_table(story),
        "## Limits",
        "",
        "It was taught by generated rows: their mistakes, tubes, units and notes are those of our rules, not "
        "of a hospital. It knows the measurands that the starter master lists, the analytes that a shipped "
        "concept has, and nothing of reagents. An abbreviation that shares no characters "
        "with a name of its measurand is a guess, which the "
        "probability of none of these shows only in part.",
        "",
    ]
    return "\n".join(lines)


def _table(story: Story) -> Sequence[str]:
    if not story.measured:
        return ()
    lines = [
        "## Figures",
        "",
        "Generated rows of the held-out names, each with the codes on offer whose learned names are nearest "
        "(character n-grams), five with the right one. The static embedding was trained without the same "
        "names; its answer is the nearest name, background included. Shares of right answers, 95 % intervals "
        "by bootstrap over names.",
        "",
    ]
    for system, told in story.measured.items():
        columns = list(next(iter(told.figures.values())))
        lines += [f"| {system.upper()}, {told.questions:,} rows | {' | '.join(columns)} |"]
        lines += [f"|---|{'---|' * len(columns)}"]
        lines += [
            f"| {method} | {' | '.join(str(figures[c]) for c in columns)} |"
            for method, figures in told.figures.items()
        ]
        lines += [""]
    return lines
