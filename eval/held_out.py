"""The product without a fifth of its names, and rows of those names: what it does with names it never saw."""

import sys
from collections.abc import Sequence
from dataclasses import replace

import parts

from jlac_mapper.evaluation.labels import LabelledRow, Status, Truth
from jlac_mapper.training.generated_rows import LabelledRow as GeneratedRow
from jlac_mapper.training.generated_rows import RowGenerator, names_by_listing
from jlac_mapper.training.pairs import hold_out
from jlac_mapper.vocabulary import Vocabulary

SEEN = "the shipped embedding has seen the held-out names: figures that rest on it are too high"
UNSEEN = "trained without the held-out names"


def reduce(base: parts.Parts, fold: int, seed: int, *, train: bool = True) -> tuple[parts.Parts, Vocabulary]:
    """
    Return the parts without a fifth of all names, listed and background, and those names.

    Their embedding is trained on the other names alone (a minute or two). With *train* off, or without
    torch, the given one stays, which has seen all of them; `note` tells which it is.
    """
    kept, out = hold_out(base.vocabulary, fold, seed)
    reduced = base.with_vocabulary(kept)
    if base.embedder is None:
        return reduced, out
    if train and parts.can_train():
        return replace(reduced, embedder=parts.train_embedder(reduced.bound, seed)), out
    print(f"warning: {SEEN}; install the train extra", file=sys.stderr)
    return reduced, out


def note(base: parts.Parts, reduced: parts.Parts) -> str:
    """Say what embedding the reduced parts have."""
    if reduced.embedder is None:
        return "no embedding"
    return SEEN if reduced.embedder is base.embedder else UNSEEN


def rows(base: parts.Parts, out: Vocabulary, seed: int) -> list[LabelledRow]:
    """Return one generated row of each name taken out, background names as rows without a listed code."""
    generator = RowGenerator(base.bound, seed)
    listed, others = names_by_listing(base.with_vocabulary(out).bound)
    generated = [row for name in listed for row in generator.listed(name, 1)]
    generated += [row for other in others for row in generator.background(other, 1)]
    return labelled([replace(row, test=replace(row.test, abbreviation="", jlac10="")) for row in generated])


def labelled(generated: Sequence[GeneratedRow]) -> list[LabelledRow]:
    """Return generated rows with their truth, numbered from 1."""
    truths = [
        Truth(Status.CODABLE, frozenset({row.measurand})) if row.concept else Truth(Status.UNLISTED)
        for row in generated
    ]
    return [
        LabelledRow(i, row.test, truth)
        for i, (row, truth) in enumerate(zip(generated, truths, strict=True), 1)
    ]
