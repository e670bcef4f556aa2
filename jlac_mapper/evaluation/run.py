"""One evaluation run: the product and the baselines over the same labelled rows."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from jlac_mapper.evaluation.baselines import ListedName, all_baselines, answer
from jlac_mapper.evaluation.findings import Finding, find
from jlac_mapper.evaluation.labels import LabelledRow, Status, Truth
from jlac_mapper.evaluation.metrics import Rate, rate
from jlac_mapper.evaluation.scores import Answer, Scores, answer_of, is_fully_right, is_right, score
from jlac_mapper.ports import Mapper
from jlac_mapper.types import Disposition, LocalTest, MapOptions, MappingResult

PRODUCT = "jlac-mapper"
_Answer = TypeVar("_Answer")
_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Section:
    """The product's figures within one section: the letter that a measurand's code begins with."""

    letter: str
    top1: Rate
    accepted_right: int
    accepted_wrong: int
    false_accepts: int
    """Rows without a listed code that were accepted with a code of this section."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything a report shows; `systems` has the product first."""

    rows: int
    systems: dict[str, Scores]
    sections: list[Section]
    findings: list[Finding]
    dispositions: dict[Status, dict[Disposition, int]]
    """What became of the rows, by what their label says; every status and disposition has a count."""
    provenance: str
    seconds: float
    """Wall time of the product alone."""

    @property
    def product(self) -> Scores:
        """The product's own figures."""
        return self.systems[PRODUCT]


def evaluate(
    rows: Sequence[LabelledRow],
    mapper: Mapper,
    names: Sequence[ListedName],
    *,
    use_jlac10: bool = True,
    worst: int = 50,
) -> Evaluation:
    """
    Map every row, ask every baseline, and score them all.

    Args:
        rows: At least one, their labels in the numbers of the mapper's release (see `moved.MovedLabels`).
        mapper: The product.
        names: The listed names that the baselines search; empty leaves the baselines out.
        use_jlac10: False empties the JLAC10 column first: what the names alone can do.
        worst: How many findings to keep.
    """
    tests = [row.test if use_jlac10 else replace(row.test, jlac10="") for row in rows]
    mappings, seconds = timed(mapper.map_batch, tests)
    truths = [row.truth for row in rows]
    answers = [answer_of(mapping) for mapping in mappings]
    systems = {PRODUCT: score(truths, answers)}
    for baseline in all_baselines(names) if names else ():
        systems[baseline.title] = score(truths, [answer(baseline, test.name) for test in tests])
    return Evaluation(
        rows=len(rows),
        systems=systems,
        sections=_sections(rows, answers),
        findings=find(rows, mappings)[:worst],
        dispositions=count_dispositions(truths, mappings),
        provenance=str(mappings[0].provenance),
        seconds=seconds,
    )


def count_dispositions(
    truths: Sequence[Truth], mappings: Sequence[MappingResult]
) -> dict[Status, dict[Disposition, int]]:
    """Count the rows of every status by their disposition."""
    counts = {status: dict.fromkeys(Disposition, 0) for status in Status}
    for truth, mapping in zip(truths, mappings, strict=True):
        counts[truth.status][mapping.disposition] += 1
    return counts


def timed(
    map_batch: Callable[[Sequence[LocalTest], MapOptions], Sequence[_Answer]], tests: Sequence[LocalTest]
) -> tuple[list[_Answer], float]:
    """Return an answer a row, and the seconds of wall time that they took."""
    options = MapOptions(top_k=5)
    started = time.perf_counter()
    answers: list[_Answer] = []
    for start in range(0, len(tests), _CHUNK):
        answers += map_batch(tests[start : start + _CHUNK], options)
    return answers, time.perf_counter() - started


def _sections(rows: Sequence[LabelledRow], answers: Sequence[Answer]) -> list[Section]:
    """Count by the expected measurand's letter (the first in order, where several are right)."""
    pairs = [(row.truth, given) for row, given in zip(rows, answers, strict=True)]
    codable = [(min(t.measurands)[0], t, a) for t, a in pairs if t.status is Status.CODABLE]
    unlisted = (Status.UNLISTED, Status.UNLISTED_SPECIMEN)
    false_accepts = [a.code[:1] for t, a in pairs if a.accepted and t.status in unlisted]
    sections: list[Section] = []
    for letter in sorted({letter for letter, _, _ in codable} | set(false_accepts)):
        own = [(t, a) for found, t, a in codable if found == letter]
        wrong = [a for t, a in own if a.accepted and not is_fully_right(t, a)]
        sections.append(
            Section(
                letter=letter,
                top1=rate(sum(is_right(t, a) for t, a in own), len(own)),
                accepted_right=sum(a.accepted for _, a in own) - len(wrong),
                accepted_wrong=len(wrong),
                false_accepts=false_accepts.count(letter),
            )
        )
    return sections
