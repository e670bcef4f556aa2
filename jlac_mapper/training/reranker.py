"""Trains the small language model that writes a code after a row."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.mapping.generation_template import NOTHING
from jlac_mapper.training import reranker_network, reranker_tokens
from jlac_mapper.training.reranker_rows import Lesson, Lessons, learned_options, thinned

_BUCKETS = 16
_IGNORED = -100
_HIDDEN_LOGIT = -1e4
_AVERAGED = 0.998
_EVERY = 16
"""One row in so many has its loss over all tokens."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """
    How the model is trained.

    Attributes:
        steps: Steps to take; the learning rate falls to zero over them.
        batch: Rows in a step.
        dropped: Share of the characters taken out of a prompt, half of the time as unknown ones.
        absent: Weight of the second loss: with the row's own measurand not on offer, none of these must win.
        threads: Of the processor; other numbers round differently.
    """

    seed: int = 11
    steps: int = 4000
    batch: int = 128
    learning_rate: float = 0.002
    weight_decay: float = 0.05
    dropped: float = 0.12
    absent: float = 0.3
    threads: int = 1
    shape: reranker_network.Shape = field(default_factory=reranker_network.Shape)


RECIPE = Recipe()


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained model, its tokens in order, and what it learned: measurand -> identifications."""

    model: Any
    tokens: Sequence[str]
    learned: Mapping[str, Sequence[str]]
    steps: int
    seconds: float


def train(
    bound: BoundRelease,
    superseded: Mapping[tuple[str, str, str], str],
    recipe: Recipe = RECIPE,
    report: Callable[[int, float], None] | None = None,
    drawn: int = 60_000,
) -> Trained:
    """
    Train on rows generated from the release's vocabulary; the weights are averaged over the last steps.

    Args:
        report: Called with step and loss every hundred steps.
        drawn: Rows to find the tokens in.
    """
    import torch

    torch.set_num_threads(recipe.threads)
    learned = learned_options(bound, superseded)
    tokens = _tokens(bound, superseded, learned, recipe.seed, drawn)
    tokenizer = reranker_tokens.build(tokens)
    numbers = {token: i for i, token in enumerate(tokens)}
    model = reranker_network.build(recipe.shape, len(tokens), numbers[reranker_tokens.PADDING], recipe.seed)
    batches = _batches(Lessons(bound, superseded, recipe.seed), tokenizer, numbers, recipe)
    codes = _Codes.of(tokens, learned)
    optimizer = _optimizer(model, recipe)
    averaged = [p.detach().clone() for p in model.parameters()]
    began = time.monotonic()
    model.train()
    for step, (ids, positions, wanted) in enumerate(islice(batches, recipe.steps)):
        for group in optimizer.param_groups:
            rise, fall = (step + 1) / 50, max(0.02, 1 - step / recipe.steps)
            group["lr"] = recipe.learning_rate * min(1.0, rise) * fall
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = reranker_network.states_at(model, ids, positions)
        loss = _loss(states.float(), model.lm_head.weight, wanted, codes, recipe.absent)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        share = min(_AVERAGED, (step + 1) / (step + 10))
        torch._foreach_lerp_(averaged, [p.detach() for p in model.parameters()], 1 - share)
        if report is not None and step % 100 == 0:
            report(step, float(loss.item()))
    with torch.no_grad():
        for parameter, mean in zip(model.parameters(), averaged, strict=True):
            parameter.copy_(mean)
    model.eval()
    return Trained(model, tokens, learned, recipe.steps, time.monotonic() - began)


def _tokens(
    bound: BoundRelease,
    superseded: Mapping[tuple[str, str, str], str],
    learned: Mapping[str, Sequence[str]],
    seed: int,
    drawn: int,
) -> list[str]:
    pool = (lesson.prompt for lesson in islice(Lessons(bound, superseded, seed + 1), drawn))
    targets = [f"{measurand}I{i}" for measurand, found in learned.items() for i in found]
    return reranker_tokens.vocabulary_of(pool, [NOTHING, *targets])


def _optimizer(model: Any, recipe: Recipe) -> Any:
    import torch

    groups = [
        {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(0.9, 0.98))


@dataclass(frozen=True, slots=True)
class _Codes:
    """Where the elements of codes stand among the tokens: from *first* to before *end*."""

    first: int
    end: int
    none: int
    beginnings: Any

    @classmethod
    def of(cls, tokens: Sequence[str], learned: Mapping[str, Sequence[str]]) -> "_Codes":
        import torch

        first, end = reranker_tokens.element_bounds(tokens)
        place = {token: i for i, token in enumerate(tokens[first:end])}
        return cls(first, end, place[NOTHING], torch.tensor([place[m] for m in (NOTHING, *learned)]))


def _loss(states: Any, head: Any, wanted: Any, codes: _Codes, absent: float) -> Any:
    """
    Return the loss on the target's tokens, and on "none of these" where the right one is not offered.

    Among the elements of codes for all rows, since only they can follow; among all tokens for a few rows,
    so that the others stay improbable.
    """
    import torch

    entropy = torch.nn.functional.cross_entropy
    known = wanted != _IGNORED
    among_codes = states @ head[codes.first : codes.end].T
    loss = entropy(among_codes[known], wanted[known] - codes.first, reduction="sum")
    few, few_known = states[::_EVERY], known[::_EVERY]
    everything = few[few_known] @ head.T
    loss = loss + entropy(everything, wanted[::_EVERY][few_known], reduction="sum")
    first = wanted[:, 0] - codes.first
    listed = first != codes.none
    if absent and bool(listed.any()):
        others = among_codes[listed, 0].scatter(1, first[listed][:, None], _HIDDEN_LOGIT)
        none = torch.zeros(len(others), dtype=torch.long)
        loss = loss + absent * entropy(others[:, codes.beginnings], none, reduction="sum")
    return loss / len(wanted)


def _batches(
    lessons: Lessons, tokenizer: Any, numbers: Mapping[str, int], recipe: Recipe
) -> Iterator[tuple[Any, Any, Any]]:
    """Yield token numbers, the positions that write the target, and the target; alike lengths together."""
    rng = random.Random(recipe.seed + 2)
    stream = iter(lessons)
    while True:
        drawn = list(islice(stream, recipe.batch * _BUCKETS))
        prompts = [thinned(lesson.prompt, recipe.dropped, rng) for lesson in drawn]
        read = reranker_tokens.encode(tokenizer, prompts)
        rows = sorted(zip(read, drawn, strict=True), key=lambda row: len(row[0]))
        buckets = [rows[i : i + recipe.batch] for i in range(0, len(rows), recipe.batch)]
        rng.shuffle(buckets)
        for bucket in buckets:
            yield _tensors(bucket, numbers)


def _tensors(rows: Sequence[tuple[list[int], Lesson]], numbers: Mapping[str, int]) -> tuple[Any, Any, Any]:
    import torch

    longest = 1 + max(len(ids) for ids, _ in rows)
    padding = numbers[reranker_tokens.PADDING]
    ids = torch.full((len(rows), longest), padding)
    positions = torch.zeros((len(rows), 2), dtype=torch.long)
    wanted = torch.full((len(rows), 2), _IGNORED)
    for i, (read, lesson) in enumerate(rows):
        ids[i, : len(read)] = torch.tensor(read)
        positions[i] = torch.tensor([len(read) - 1, len(read)])
        wanted[i, 0] = numbers[lesson.measurand or NOTHING]
        ids[i, len(read)] = wanted[i, 0]
        if lesson.measurand:
            wanted[i, 1] = numbers[f"I{lesson.identification}"]
    return ids, positions, wanted
