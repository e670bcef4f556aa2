"""Trains an embedding of names by multiple-negatives ranking with hard negatives."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from jlac_mapper.training import embedder_static, embedder_transformer
from jlac_mapper.training.pairs import Examples, pairs

TokenLists = Sequence[npt.NDArray[np.int64]]
_HIDDEN_LOGIT = -1e4


@dataclass(frozen=True, slots=True)
class Recipe:
    """
    How a model is trained.

    Attributes:
        steps: Steps to take; the learning rate falls to zero over them.
        minutes: Time after which training ends though steps are left; 0 for no limit. The learning rate
            falls with whichever of the two is further along.
        batch: Pairs in a step; each brings a positive and a near twin, and all are negatives of the others.
        scale: What cosines are multiplied with before the softmax.
        dropped: Share of the tokens taken out of a query, half of the time as unknown ones.
    """

    seed: int = 11
    steps: int = 500
    minutes: float = 0.0
    batch: int = 512
    scale: float = 12.0
    learning_rate: float = 0.003
    dropped: float = 0.3
    unknown_token: int = 0


STATIC = Recipe()
CONTINUED = Recipe(steps=100, learning_rate=0.001)
TRANSFORMER = Recipe(
    steps=1_000_000, minutes=8, batch=128, learning_rate=0.0015, dropped=0.1, unknown_token=1
)


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained model and how to read texts with it: `tokens(texts)`, then `features(tokens)`."""

    model: Any
    tokens: Callable[[Sequence[str]], TokenLists]
    features: Callable[[TokenLists], dict[str, Any]]
    steps: int
    seconds: float

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return unit-length float32 rows, shape (len(texts), width)."""
        import torch

        split = self.tokens(texts)
        # By length, so that little is padded.
        order = sorted(range(len(split)), key=lambda i: len(split[i]))
        self.model.eval()
        rows: list[npt.NDArray[np.float32]] = []
        with torch.no_grad():
            for start in range(0, len(order), 256):
                inputs = self.features([split[i] for i in order[start : start + 256]])
                rows.append(self.model(inputs)["sentence_embedding"].numpy())
        out = np.empty((len(texts), rows[0].shape[1] if rows else 0), np.float32)
        out[order] = np.concatenate(rows) if rows else out
        return out


def train_static(
    examples: Examples,
    recipe: Recipe = STATIC,
    *,
    width: int = 256,
    start: tuple[Sequence[str], npt.NDArray[np.float32]] | None = None,
    report: Callable[[int, float], None] | None = None,
) -> tuple[list[str], Trained]:
    """
    Train the static model.

    Args:
        start: N-grams and vectors of an earlier training to continue from.
        report: Called with step and loss every twenty steps.

    Returns:
        The n-grams and the model; its vectors are already rounded to what ships (int8 rows).
    """
    grams = embedder_static.grams_of(examples)
    if start is not None:
        width = start[1].shape[1]
        grams += sorted(set(start[0]) - set(grams))
    table = embedder_static.first_table(examples, grams, width, recipe.seed)
    if start is not None:
        table = embedder_static.continue_table(table, grams, start[1], start[0])
    steps, seconds, model = _train(
        embedder_static.build(grams, table),
        examples,
        lambda texts: embedder_static.tokens(grams, texts),
        embedder_static.features,
        recipe,
        report,
    )
    vectors, scales = embedder_static.quantised(embedder_static.table_of(model))
    model = embedder_static.build(grams, vectors.astype(np.float32) * scales[:, None])
    return grams, Trained(
        model,
        lambda texts: embedder_static.tokens(grams, texts),
        embedder_static.features,
        steps,
        seconds,
    )


def train_transformer(
    examples: Examples, recipe: Recipe = TRANSFORMER, report: Callable[[int, float], None] | None = None
) -> Trained:
    """Train the character transformer on the same pairs."""
    characters = embedder_transformer.characters_of(examples)

    def tokens(texts: Sequence[str]) -> TokenLists:
        return embedder_transformer.tokens(characters, texts)

    model = embedder_transformer.build(characters, recipe.seed)
    steps, seconds, model = _train(model, examples, tokens, embedder_transformer.features, recipe, report)
    return Trained(model, tokens, embedder_transformer.features, steps, seconds)


def _train(
    model: Any,
    examples: Examples,
    tokens: Callable[[Sequence[str]], TokenLists],
    features: Callable[[TokenLists], dict[str, Any]],
    recipe: Recipe,
    report: Callable[[int, float], None] | None,
) -> tuple[int, float, Any]:
    """Return steps taken, seconds and the model."""
    import torch

    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    names = tokens([name.key for name in examples.names])
    queries = tokens([query.text for query in examples.queries])
    numbers = {key: i for i, key in enumerate(sorted({n.meaning for n in examples.names}))}
    meaning = np.array([numbers[n.meaning] for n in examples.names])
    drawn = pairs(examples, recipe.seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
    model.train()
    began, step = time.monotonic(), 0
    while (progress := _progress(step, time.monotonic() - began, recipe)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * min(1.0, (step + 1) / 20) * max(0.02, 1 - progress)
        batch = list(islice(drawn, recipe.batch))
        read = [_thinned(queries[p.query], recipe, rng) for p in batch]
        rows = np.array([p.positive for p in batch] + [p.negative for p in batch])
        anchors = model(features(read))["sentence_embedding"]
        candidates = model(features([names[row] for row in rows]))["sentence_embedding"]
        logits = recipe.scale * (anchors @ candidates.T)
        sources = np.array([examples.queries[p.query].name for p in batch])
        hidden = torch.from_numpy(_also_right(sources, rows, meaning))
        loss = torch.nn.functional.cross_entropy(
            logits.masked_fill(hidden, _HIDDEN_LOGIT), torch.arange(len(batch))
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if report is not None and step % 20 == 0:
            report(step, float(loss.item()))
        step += 1
    return step, time.monotonic() - began, model


def _progress(step: int, seconds: float, recipe: Recipe) -> float:
    by_time = seconds / (60 * recipe.minutes) if recipe.minutes else 0.0
    return max(step / recipe.steps, by_time)


def _also_right(
    sources: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], meaning: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Tell which candidates mean the same as a query but are not its positive: they are no negatives."""
    same = (meaning[sources][:, None] == meaning[rows][None]) | (sources[:, None] == rows[None])
    diagonal = np.arange(len(sources))
    same[diagonal, diagonal] = False
    return np.asarray(same)


def _thinned(ids: npt.NDArray[np.int64], recipe: Recipe, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Take tokens out of most queries, so that no single one of them decides."""
    if rng.random() < 0.3:
        return ids
    dropped = rng.random(len(ids)) < recipe.dropped
    unknown = dropped & (rng.random(len(ids)) < 0.5)
    kept = np.where(unknown, recipe.unknown_token, ids)[~dropped | unknown]
    return kept if len(kept) else np.array([recipe.unknown_token], np.int64)
