"""Writes a trained static embedding as the folder that the product loads, with its card."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.training.embedder import Recipe, Trained
from jlac_mapper.training.embedder_compare import Measured
from jlac_mapper.training.embedder_static import quantised, table_of
from jlac_mapper.vocabulary import Vocabulary

NAME = "static-ngrams"
_FILES = ("grams.txt", "scales.npy", "vectors.npy")  # the order of the digest


@dataclass(frozen=True, slots=True)
class Story:
    """What a card tells beside the files: what the model learned from, how, and how it came out."""

    bound: BoundRelease
    recipe: Recipe
    steps: int
    seconds: float
    confirmed: int
    compared: Sequence[Measured]
    transformer_minutes: float = 0.0


def write(folder: Path, grams: Sequence[str], trained: Trained, story: Story) -> str:
    """Write model and card to *folder*, which is made, and return the model's digest (SHA-256)."""
    vectors, scales = quantised(table_of(trained.model))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "grams.txt").write_text("".join(f"{gram}\n" for gram in grams), encoding="utf-8", newline="\n")
    np.save(folder / "scales.npy", scales)
    np.save(folder / "vectors.npy", vectors)
    total = hashlib.sha256()
    for name in _FILES:
        total.update((folder / name).read_bytes())
    digest = total.hexdigest()
    described: dict[str, Any] = {
        "name": NAME,
        "digest": digest,
        "width": int(vectors.shape[1]),
        "recipe": asdict(story.recipe),
        "steps": story.steps,
        "names": _digest_of_names(story.bound.vocabulary),
        "confirmed": story.confirmed,
        "measured": {
            m.method: {k: asdict(v) for k, v in m.figures.items()} | {"folds": m.folds}
            for m in story.compared
        },
    }
    text = json.dumps(described, ensure_ascii=False, indent=2) + "\n"
    (folder / "model.json").write_text(text, encoding="utf-8")
    size = sum((folder / name).stat().st_size for name in _FILES)
    (folder / "card.md").write_text(_card(described, len(grams), size, story), encoding="utf-8")
    return digest


def _digest_of_names(vocabulary: Vocabulary) -> str:
    keys = sorted(f"{name.key}\t{name.concept}" for name in vocabulary.names)
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()


def _card(described: dict[str, Any], grams: int, size: int, story: Story) -> str:
    recipe = story.recipe
    names = story.bound.vocabulary.names
    listed = sum(name.concept in story.bound.listed for name in names)
    lines = [
        "# Static character-n-gram embedding of laboratory test names",
        "",
        f"Digest (SHA-256 over grams.txt, scales.npy, vectors.npy): `{described['digest']}`",
        "",
        "One vector for each of the character n-grams (1 to 3) of a folded name; a name's vector is their "
        "sum at unit length. Cosines compare names. It retrieves hypotheses; it decides nothing by itself.",
        "",
        "| | |",
        "|---|---|",
        f"| n-grams, width | {grams:,}, {described['width']} |",
        f"| size | {size / 1e6:.1f} MB (int8 rows, each with a float32 scale) |",
        f"| data | {listed:,} names of concepts that the release {story.bound.release.name} lists on "
        f"{story.bound.release.day} and {len(names) - listed:,} background names of all others, written "
        "in the spellings of `training/generated_rows.py`; no hospital's data |",
        f"| confirmed rows of a hospital | {story.confirmed:,} |",
        "| pairs | two names of one concept, or a background name and a spelling of it, each with a near "
        "twin as a hard negative (`training/pairs.py`) |",
        f"| loss | multiple-negatives ranking, scale {recipe.scale:g}; names of the query's own concept "
        "are no negatives |",
        f"| recipe | Adam at {recipe.learning_rate:g} falling to zero, {story.steps} steps of {recipe.batch} "
        f"pairs, {recipe.dropped:.0%} of the n-grams taken out of a query, start from random vectors "
        "weighted by inverse document frequency |",
        f"| seed | {recipe.seed} |",
        f"| training time | {story.seconds:.0f} s on two cores |",
        "| made with | `jlac-mapper train embedder` |",
        "",
    ]
    if story.compared:
        lines += _table(story.compared)
    if story.transformer_minutes:
        lines += [f"The transformer was trained for {story.transformer_minutes:g} minutes.", ""]
    lines += [
        "## Limits",
        "",
        "It knows what the names of the vocabulary teach. An abbreviation that shares no n-gram with any "
        "name of its concept is found only by chance, and near twins that are in no list may come close: "
        "the background names, the lexical scores and the calibration decide with it.",
        "",
    ]
    return "\n".join(lines)


def _table(compared: Sequence[Measured]) -> list[str]:
    columns = list(compared[0].figures)
    lines = [
        "## Figures",
        "",
        "A fifth of the names of each listed concept and of the background was taken out of training and "
        "index; each name taken out was asked for in two spellings. Found is the concept, with all "
        "background names in the index as one wrong answer. The open-set AUC says how well the best listed "
        "cosine minus the best background cosine tells listed from other names. 95 % intervals by bootstrap "
        "over names.",
        "",
        f"| method | fifths | names | {' | '.join(columns)} | names/s |",
        f"|---|---|---|{'---|' * len(columns)}---|",
    ]
    for row in compared:
        speed = f"{row.names_per_second:,.0f}" if row.names_per_second else ""
        cells = " | ".join(str(row.figures[c]) for c in columns)
        lines.append(f"| {row.method} | {row.folds} | {row.names:,} | {cells} | {speed} |")
    return [
        *lines,
        "",
        "names/s is that of training's own code; the product's is in docs/performance.md.",
        "",
    ]
