"""Trains the small language model that writes a code after a row."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any, NamedTuple

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.llm.generation_template import NOTHING
from jlac_mapper.training import reranker_network, reranker_tokens
from jlac_mapper.training.reranker_jlac10 import Jlac10Lessons, learned_analytes
from jlac_mapper.training.reranker_rows import Jlac11Lessons, Lesson, learned_options, thinned
from jlac_mapper.types import System

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
        jlac10: Share of the rows that teach JLAC10.
        dropped: Share of the characters taken out of a prompt, half of the time as unknown ones.
        absent: Weight of the second loss: with the row's own measurand not on offer, none of these must win.
        threads: Of the processor; other numbers round differently.
    """

    seed: int = 11
    steps: int = 10_000
    batch: int = 128
    learning_rate: float = 0.002
    weight_decay: float = 0.05
    jlac10: float = 0.7
    dropped: float = 0.12
    absent: float = 0.3
    threads: int = 1
    shape: reranker_network.Shape = field(default_factory=reranker_network.Shape)


RECIPE = Recipe()


@dataclass(frozen=True, slots=True)
class Trained:
    """
    A trained model.

    Attributes:
        tokens: In the order of their numbers.
        learned: Measurand, or JLAC10 analyte -> identifications.
    """

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
    earlier: Sequence[BoundRelease] = (),
    drawn: int = 120_000,
) -> Trained:
    """
    Train on rows generated from the release's vocabulary; the weights are averaged over the last steps.

    Args:
        report: Called with step and loss every hundred steps.
        earlier: The release on earlier days, whose other numbers are learned as well.
        drawn: Rows to find the tokens in.
    """
    import torch

    torch.set_num_threads(recipe.threads)
    bounds = (bound, *earlier)
    learned = learned_options(bounds, superseded) | learned_analytes(bound.vocabulary)
    tokens = _tokens(lessons(bounds, superseded, recipe.seed + 1, recipe.jlac10), learned, drawn)
    tokenizer = reranker_tokens.build(tokens)
    numbers = {token: i for i, token in enumerate(tokens)}
    model = reranker_network.build(recipe.shape, len(tokens), numbers[reranker_tokens.PADDING], recipe.seed)
    batches = _batches(lessons(bounds, superseded, recipe.seed, recipe.jlac10), tokenizer, numbers, recipe)
    codes = _Codes.of(tokens, learned)
    optimizer = _optimizer(model, recipe)
    averaged = [p.detach().clone() for p in model.parameters()]
    began = time.monotonic()
    model.train()
    for step, batch in enumerate(islice(batches, recipe.steps)):
        for group in optimizer.param_groups:
            rise, fall = (step + 1) / 50, max(0.02, 1 - step / recipe.steps)
            group["lr"] = recipe.learning_rate * min(1.0, rise) * fall
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = reranker_network.states_at(model, batch.ids, batch.positions)
        loss = _loss(states.float(), model.lm_head.weight, batch.wanted, batch.jlac10, codes, recipe.absent)
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


def lessons(
    bounds: Sequence[BoundRelease],
    superseded: Mapping[tuple[str, str, str], str],
    seed: int,
    jlac10: float,
) -> Iterator[Lesson]:
    """
    Yield lessons of both code systems without end, the share *jlac10* of them in that one.

    Those of JLAC11 have the numbers of each release in turn: only what is on offer is compared.
    """
    rng = random.Random(seed)
    listed = cycle([iter(Jlac11Lessons(bound, superseded, seed)) for bound in bounds])
    every = iter(Jlac10Lessons(bounds[0].vocabulary, seed))
    while True:
        yield next(every) if rng.random() < jlac10 else next(next(listed))


def _tokens(pool: Iterator[Lesson], learned: Mapping[str, Sequence[str]], drawn: int) -> list[str]:
    prompts = (lesson.prompt for lesson in islice(pool, drawn))
    targets = [f"{measurand}I{i}" for measurand, found in learned.items() for i in found]
    return reranker_tokens.vocabulary_of(prompts, [NOTHING, *targets])


def _optimizer(model: Any, recipe: Recipe) -> Any:
    import torch

    groups = [
        {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(0.9, 0.98))


@dataclass(frozen=True, slots=True)
class _Codes:
    """
    Where the elements of codes stand among the tokens: from *first* to before *end*.

    `beginnings` are, for JLAC11 and for JLAC10, "none of these" and what a code can begin with.
    """

    first: int
    end: int
    none: int
    beginnings: tuple[Any, Any]

    @classmethod
    def of(cls, tokens: Sequence[str], learned: Mapping[str, Sequence[str]]) -> "_Codes":
        import torch

        first, end = reranker_tokens.element_bounds(tokens)
        place = {token: i for i, token in enumerate(tokens[first:end])}
        beginnings = [
            torch.tensor([place[NOTHING], *(place[m] for m in learned if is_analyte(m) == jlac10)])
            for jlac10 in (False, True)
        ]
        return cls(first, end, place[NOTHING], (beginnings[0], beginnings[1]))


def is_analyte(element: str) -> bool:
    """Tell whether a code's first element is JLAC10's: those begin with a digit."""
    return element[0].isdigit()


def _loss(states: Any, head: Any, wanted: Any, jlac10: Any, codes: _Codes, absent: float) -> Any:
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
    for system, beginnings in zip((~jlac10, jlac10), codes.beginnings, strict=True):
        listed = (first != codes.none) & system
        if absent and bool(listed.any()):
            others = among_codes[listed, 0].scatter(1, first[listed][:, None], _HIDDEN_LOGIT)
            none = torch.zeros(len(others), dtype=torch.long)
            loss = loss + absent * entropy(others[:, beginnings], none, reduction="sum")
    return loss / len(wanted)


class _Batch(NamedTuple):
    """
    Rows of a step as tensors.

    Attributes:
        ids: Token numbers, shape (rows, longest row), padded.
        positions: The two places that write the target, shape (rows, 2).
        wanted: The target's two token numbers, shape (rows, 2).
        jlac10: Whether a row is JLAC10's, shape (rows,).
    """

    ids: Any
    positions: Any
    wanted: Any
    jlac10: Any


def _batches(
    stream: Iterator[Lesson], tokenizer: Any, numbers: Mapping[str, int], recipe: Recipe
) -> Iterator[_Batch]:
    """Yield batches without end; rows of like lengths are together."""
    rng = random.Random(recipe.seed + 2)
    while True:
        drawn = list(islice(stream, recipe.batch * _BUCKETS))
        prompts = [thinned(lesson.prompt, recipe.dropped, rng) for lesson in drawn]
        read = reranker_tokens.encode(tokenizer, prompts)
        rows = sorted(zip(read, drawn, strict=True), key=lambda row: len(row[0]))
        buckets = [rows[i : i + recipe.batch] for i in range(0, len(rows), recipe.batch)]
        rng.shuffle(buckets)
        for bucket in buckets:
            yield _tensors(bucket, numbers)


def _tensors(rows: Sequence[tuple[list[int], Lesson]], numbers: Mapping[str, int]) -> _Batch:
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
    jlac10 = torch.tensor([lesson.system is System.JLAC10 for _, lesson in rows])
    return _Batch(ids, positions, wanted, jlac10)
