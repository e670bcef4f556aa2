"""One JLAC10 evaluation: the product and three searches over the same names, on the same labelled rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jlac_mapper.evaluation.baselines import Baseline, ListedName, TfidfBaseline, all_baselines
from jlac_mapper.evaluation.jlac10.agreement import ACCEPTED_LENGTH, agrees, analytes
from jlac_mapper.evaluation.jlac10.labels import LabelledRow, Truth
from jlac_mapper.evaluation.jlac10.wrong import Kind, Wrong, wrong_rows
from jlac_mapper.evaluation.metrics import (
    Rate,
    ReliabilityBin,
    RiskPoint,
    coverage_at_precision,
    expected_calibration_error,
    rate,
    reliability,
    risk_coverage,
)
from jlac_mapper.evaluation.run import PRODUCT, timed
from jlac_mapper.ports import Jlac10Mapper
from jlac_mapper.types import Disposition, Jlac10Mapping, LocalTest
from jlac_mapper.vocabulary import Concept, NameForm, Vocabulary

LENGTHS = (5, 9, 12, 15, 17)
"""Leading characters that are compared: analyte, identification, specimen, method, result."""
PRECISIONS = (0.95, 0.98, 0.99)
_BINS = 10


@dataclass(frozen=True, slots=True)
class Searched:
    """Analyte figures of one way to search, over the rows that have a code."""

    top1: Rate
    top5: Rate


@dataclass(frozen=True, slots=True)
class Section:
    """Figures of one class of analytes: the first two characters of the label's first code."""

    name: str
    product: Searched
    beside: Mapping[str, Rate]
    """Top-1 of each search."""
    accepted_rightly: Rate
    """Of the section's rows, right in the characters that acceptance speaks of."""
    accepted_wrongly: int

    @property
    def below_search(self) -> bool:
        """TF-IDF over the same names finds more of its analytes than the product."""
        search = self.beside.get(TfidfBaseline.title)
        return search is not None and self.product.top1.count < search.count


@dataclass(frozen=True, slots=True)
class Jlac10Evaluation:
    """
    Everything a report shows; right means right in the first 12 characters where nothing else is said.

    Attributes:
        coded: Rows that have a code.
        searched: The product first, then each search.
        digits: Leading characters -> share of the rows that determine them and agree in them.
        digits_all: The same over all rows with a code, whatever they determine.
        points: What accepting by the stated probability would give, at every threshold.
        at_precision: The largest of these of a stated precision, chosen with hindsight; None: not reached.
        bins: Stated probabilities and how often they came true, in bins of equal width.
        calibration_error: Mean gap between both, in bins of equal mass; None without answers.
        accepted: Rows that were accepted.
        accepted_right: Of these, the right ones.
        accepted_rightly: The same, of the rows that have a code.
        accepted_without_code: Rows accepted of those that have no code.
        missed: Rows answered with no code, of those that have one.
        dispositions: What became of the rows that have a code (True) and of those that have none.
        kinds: Errors by kind.
        wrong: The rows themselves, the worst first.
        seconds: Wall time of the product alone.
    """

    rows: int
    coded: int
    searched: Mapping[str, Searched]
    sections: Sequence[Section]
    digits: Mapping[int, Rate]
    digits_all: Mapping[int, Rate]
    points: Sequence[RiskPoint]
    at_precision: Mapping[float, RiskPoint | None]
    bins: Sequence[ReliabilityBin]
    calibration_error: float | None
    accepted: Rate
    accepted_right: Rate
    accepted_rightly: Rate
    accepted_without_code: Rate
    missed: Rate
    dispositions: Mapping[bool, Mapping[Disposition, int]]
    kinds: Mapping[Kind, int]
    wrong: Sequence[Wrong]
    provenance: str
    seconds: float


def analyte_names(vocabulary: Vocabulary) -> list[ListedName]:
    """Return the names that the searches are given: those of every concept with an analyte, no homonyms."""
    first = {c.key: c.analytes[0] for c in vocabulary.concepts if c.analytes}
    named = [(c.name, first[c.key]) for c in vocabulary.concepts if c.key in first]
    return named + [
        (name.text, first[name.concept])
        for name in vocabulary.names
        if name.concept in first and name.form != NameForm.HOMONYM
    ]


def evaluate(
    rows: Sequence[LabelledRow],
    mapper: Jlac10Mapper,
    names: Sequence[ListedName],
    concepts: Sequence[Concept],
) -> Jlac10Evaluation:
    """
    Map every row, ask every search, and score them all.

    Args:
        rows: At least one.
        names: What the searches look through; empty leaves them out.
        concepts: Those that the mapper knows, for the kinds of errors.
    """
    tests = [row.test for row in rows]
    answers, seconds = timed(mapper.map_batch, tests)
    truths = [row.truth for row in rows]
    coded = [i for i, truth in enumerate(truths) if truth.codes]
    found = {PRODUCT: [analytes(answer) for answer in answers]}
    for baseline in all_baselines(names) if names else ():
        found[baseline.title] = _ranked(baseline, tests)
    accepted = [answer.disposition is Disposition.ACCEPTED for answer in answers]
    right = [agrees(truth, answer, ACCEPTED_LENGTH) for truth, answer in zip(truths, answers, strict=True)]
    rightly = [a and r for a, r in zip(accepted, right, strict=True)]
    has_code = [bool(truth.codes) for truth in truths]
    points = risk_coverage([a.probability if a.code else float("nan") for a in answers], right, has_code)
    proposing = [i for i, answer in enumerate(answers) if answer.code]
    stated, came_true = [answers[i].probability for i in proposing], [right[i] for i in proposing]
    dispositions = {
        kind: Counter(a.disposition for a, has in zip(answers, has_code, strict=True) if has is kind)
        for kind in (True, False)
    }
    wrong = wrong_rows(rows, answers, concepts)
    return Jlac10Evaluation(
        rows=len(rows),
        coded=len(coded),
        searched={title: _searched(truths, ranked, coded) for title, ranked in found.items()},
        sections=_sections(truths, found, accepted, rightly),
        digits={n: _digits(truths, answers, [i for i in coded if truths[i].known >= n], n) for n in LENGTHS},
        digits_all={n: _digits(truths, answers, coded, n) for n in LENGTHS},
        points=points,
        at_precision={level: coverage_at_precision(points, level) for level in PRECISIONS},
        bins=reliability(stated, came_true, _BINS, equal_mass=False) if proposing else [],
        calibration_error=expected_calibration_error(reliability(stated, came_true) if proposing else []),
        accepted=rate(sum(accepted), len(rows)),
        accepted_right=rate(sum(rightly), sum(accepted)),
        accepted_rightly=rate(sum(rightly), len(coded)),
        accepted_without_code=rate(dispositions[False][Disposition.ACCEPTED], len(rows) - len(coded)),
        missed=rate(dispositions[True][Disposition.NO_CODE], len(coded)),
        dispositions=dispositions,
        kinds=Counter(each.kind for each in wrong),
        wrong=wrong,
        provenance=str(answers[0].provenance),
        seconds=seconds,
    )


def _ranked(baseline: Baseline, tests: Sequence[LocalTest]) -> list[list[str]]:
    """Return the analytes that a search finds for each row; one name is searched once."""
    found = {name: [analyte for analyte, _ in baseline.rank(name)] for name in {t.name for t in tests}}
    return [found[test.name] for test in tests]


def _searched(truths: Sequence[Truth], ranked: Sequence[Sequence[str]], rows: Sequence[int]) -> Searched:
    right = [{code.analyte for code in truths[i].codes} for i in rows]
    top1 = sum(bool(ranked[i]) and ranked[i][0] in own for i, own in zip(rows, right, strict=True))
    top5 = sum(not own.isdisjoint(ranked[i][:5]) for i, own in zip(rows, right, strict=True))
    return Searched(rate(top1, len(rows)), rate(top5, len(rows)))


def _sections(
    truths: Sequence[Truth],
    found: Mapping[str, Sequence[Sequence[str]]],
    accepted: Sequence[bool],
    rightly: Sequence[bool],
) -> list[Section]:
    by_class: dict[str, list[int]] = {}
    for i, truth in enumerate(truths):
        if truth.codes:
            by_class.setdefault(truth.codes[0].analyte[:2], []).append(i)
    return [
        Section(
            name=name,
            product=_searched(truths, found[PRODUCT], rows),
            beside={
                title: _searched(truths, ranked, rows).top1
                for title, ranked in found.items()
                if title != PRODUCT
            },
            accepted_rightly=rate(sum(rightly[i] for i in rows), len(rows)),
            accepted_wrongly=sum(accepted[i] and not rightly[i] for i in rows),
        )
        for name, rows in sorted(by_class.items())
    ]


def _digits(
    truths: Sequence[Truth], answers: Sequence[Jlac10Mapping], rows: Sequence[int], length: int
) -> Rate:
    """Count the rows whose label reaches so far."""
    reaching = [i for i in rows if any(len(str(code)) >= length for code in truths[i].codes)]
    return rate(sum(agrees(truths[i], answers[i], length) for i in reaching), len(reaching))
