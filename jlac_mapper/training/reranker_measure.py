"""Measures the small language model on closed questions about names that it has never read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.llm.generation_template import NOTHING
from jlac_mapper.mapping.ngram_index import NgramIndex
from jlac_mapper.text import fold
from jlac_mapper.training import reranker_network, reranker_tokens
from jlac_mapper.training.embedder_measure import Figure, over_names
from jlac_mapper.training.generated_masters import MasterGenerator
from jlac_mapper.training.generated_rows import RowGenerator, names_by_listing
from jlac_mapper.training.pairs import known_names
from jlac_mapper.training.reranker import Trained
from jlac_mapper.training.reranker_rows import row_prompt
from jlac_mapper.types import LocalTest, System
from jlac_mapper.vocabulary import NameForm, Vocabulary

FloatMatrix = npt.NDArray[np.float32]
_OFFERED = 5
_NEAREST = 200
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Question:
    """
    A row of a held-out name with what is on offer, "none of these" not counted.

    Attributes:
        text: The row's name as written.
        prompt: What the model reads.
        measurand: What the row means; empty for nothing listed.
        offered: Its own measurand, if it has one, and the nearest others.
    """

    name: str
    text: str
    prompt: str
    measurand: str
    offered: tuple[str, ...]


def questions(kept: BoundRelease, out: Vocabulary, seed: int) -> list[Question]:
    """
    Ask about rows of the names *out*: the right measurand against those whose *kept* names are nearest.

    A row's measurand is that of the code it was written for; a near concept stands for that of its first.
    """
    generator = RowGenerator(kept, seed)
    listed, others = names_by_listing(replace(kept, vocabulary=out))
    rows = [row for name in listed for row in generator.listed(name, 2)]
    rows += [row for other in others for row in generator.background(other, 1)]
    measurands = _measurands(kept)
    known = [name for name in known_names(kept) if name.concept]
    near = _Near([(name.key, measurands[name.concept]) for name in known])
    return [near.question(row.name, row.test, row.measurand, System.JLAC11) for row in rows]


def jlac10_questions(kept: Vocabulary, out: Vocabulary, seed: int) -> list[Question]:
    """Ask about a row of each name *out*: its JLAC10 analyte against those whose *kept* names are nearest."""
    generator = MasterGenerator(kept, seed)
    near = _Near([(key, analyte) for key, analyte in analyte_names(kept) if analyte])
    analytes = _analytes(kept)
    rows = [row for name in out.names if name.form != NameForm.HOMONYM for row in generator.rows(name, 1)]
    return [near.question(row.name, row.test, analytes[row.concept], System.JLAC10) for row in rows]


class _Near:
    """Offers what the names nearest to a row's mean: folded names with their measurands or analytes."""

    def __init__(self, names: Sequence[tuple[str, str]]) -> None:
        self._measurands = [measurand for _, measurand in names]
        self._index = NgramIndex([key for key, _ in names])

    def question(self, name: str, test: LocalTest, measurand: str, system: System) -> Question:
        """Return the question about a row that means *measurand*, "" for nothing that is listed."""
        nearest, _ = self._index.search(fold(test.name), _NEAREST)
        near = [m for m in dict.fromkeys(self._measurands[i] for i in nearest.tolist()) if m != measurand]
        own = [measurand] if measurand else []
        offered = (*own, *near[: _OFFERED - len(own)])
        return Question(name, test.name, row_prompt(test, system), measurand, offered)


def measurand_names(bound: BoundRelease) -> list[tuple[str, str]]:
    """Return the folded names of a release's vocabulary with their measurands, "" for what is not listed."""
    usual = {"": "", **_measurands(bound)}
    return [(name.key, usual[name.concept]) for name in known_names(bound)]


def analyte_names(vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """Return the folded names of a vocabulary with their JLAC10 analytes, "" for what has none."""
    analytes = _analytes(vocabulary)
    return [(n.key, analytes[n.concept]) for n in vocabulary.names if n.key and n.form != NameForm.HOMONYM]


def _measurands(bound: BoundRelease) -> dict[str, str]:
    """Return listed concept -> the measurand of its first code."""
    listed = bound.by_concept(bound.release.proposable)
    return {concept: codes[0].code.measurand for concept, codes in listed.items()}


def _analytes(vocabulary: Vocabulary) -> dict[str, str]:
    return {concept.key: concept.entry[:5] for concept in vocabulary.concepts}


def model_scores(trained: Trained, measurands: Sequence[str], asked: Sequence[Question]) -> FloatMatrix:
    """Return the log-probability of each measurand, and last of none: shape (questions, measurands + 1)."""
    import torch

    numbers = {token: i for i, token in enumerate(trained.tokens)}
    wanted = torch.tensor([*(numbers[m] for m in measurands), numbers[NOTHING]])
    read = reranker_tokens.encode(reranker_tokens.build(trained.tokens), [q.prompt for q in asked])
    out = np.empty((len(asked), len(wanted)), np.float32)
    order = sorted(range(len(read)), key=lambda i: len(read[i]))
    with torch.no_grad():
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            ids = torch.zeros((len(rows), max(len(read[i]) for i in rows)), dtype=torch.long)
            for row, i in enumerate(rows):
                ids[row, : len(read[i])] = torch.tensor(read[i])
            last = torch.tensor([[len(read[i]) - 1] for i in rows])
            logits = reranker_network.logits_at(trained.model, ids, last)[:, 0]
            out[rows] = logits.log_softmax(-1)[:, wanted].numpy()
    return out


def name_scores(
    embed: Callable[[Sequence[str]], FloatMatrix],
    names: Sequence[tuple[str, str]],
    measurands: Sequence[str],
    asked: Sequence[Question],
) -> FloatMatrix:
    """
    Return the best cosine with a name of each measurand, and last with a background name.

    Args:
        names: Folded names with their measurands, "" for a background name.
    """
    columns = {measurand: i for i, measurand in enumerate((*measurands, ""))}
    known = sorted((columns[measurand], key) for key, measurand in names if measurand in columns)
    vectors = embed([key for _, key in known])
    filled, starts = np.unique([column for column, _ in known], return_index=True)
    best = np.full((len(asked), len(columns)), -1.0, np.float32)
    for start in range(0, len(asked), _BATCH):
        cosines = embed([q.text for q in asked[start : start + _BATCH]]) @ vectors.T
        best[start : start + _BATCH, filled] = np.maximum.reduceat(cosines, starts, axis=1)
    return best


def figures(
    asked: Sequence[Question], measurands: Sequence[str], scores: FloatMatrix, seed: int = 0
) -> dict[str, Figure]:
    """
    Return shares of right answers; *scores* has a column for each of *measurands*, and one for none.

    Listed rows are asked twice: with their measurand on offer, and without it, when none must win.
    """
    columns = {m: i for i, m in enumerate((*measurands, ""))}
    right: dict[str, dict[str, list[float]]] = {}
    for question, row in zip(asked, scores, strict=True):
        said = {measurand: float(row[column]) for measurand, column in columns.items()}
        others = [m for m in question.offered if m != question.measurand]
        if question.measurand:
            outcomes = {
                "the right one of five or none": _best(said, [*question.offered, ""]) == question.measurand,
                "none, when the right one is not on offer": _best(said, [*others, ""]) == "",
                "the right one of all measurands": _best(said, measurands) == question.measurand,
            }
        else:
            outcomes = {"none, for a name without a code": _best(said, [*others, ""]) == ""}
        for measure, outcome in outcomes.items():
            right.setdefault(measure, {}).setdefault(question.name, []).append(float(outcome))
    return {measure: over_names(list(by_name.values()), seed) for measure, by_name in right.items()}


def _best(said: Mapping[str, float], offered: Sequence[str]) -> str:
    return max(offered, key=said.__getitem__)
