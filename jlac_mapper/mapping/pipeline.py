"""The flow of the main job, on one screen: the only module that knows the order of the stages."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from jlac_mapper.codes.jlac11 import Jlac11Code
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.field_limits import overlong_field, overlong_message
from jlac_mapper.mapping import decide, guard, score
from jlac_mapper.mapping.ask import UNASKED, Opinion, Reranker
from jlac_mapper.mapping.compare import Comparer, Composed
from jlac_mapper.mapping.name_evidence import NameEvidence
from jlac_mapper.mapping.score import Calibration, Features
from jlac_mapper.ports import Choice
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.types import (
    Candidate,
    Disposition,
    Hypothesis,
    LocalTest,
    MapOptions,
    MappingResult,
    Measure,
    NormalizedTest,
    Provenance,
    Reason,
)
from jlac_mapper.vocabulary import Concept

RESOLVED_HYPOTHESES = 3
_UNREAD = LocalTest(name="")
_UNSETTLED = frozenset({Reason.METHOD_ASSUMED, Reason.UNIT_NOT_KNOWN, Reason.ITEM_ENDED})
"""With one of these no code is proposed: a person finds it, among the candidates or elsewhere."""
_STAYS_OPEN = decide.Thresholds(accept=math.inf, no_code=0.0)
"""Of a row that a language model spoke on: it was uncertain without, so it stays with a person."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A row's hypotheses with their candidates, agreements and calibrated probabilities, best first."""

    test: NormalizedTest
    hypotheses: tuple[Hypothesis, ...]
    listed: tuple[Hypothesis, ...]
    probabilities: tuple[float, ...]
    composed: Mapping[str, Composed]
    features: tuple[tuple[str, Features], ...]
    """(concept's key, features) of each listed hypothesis, in the order of retrieval."""
    opinion: Opinion = UNASKED

    def candidates(self) -> list[Candidate]:
        """Return all candidates, those of the likeliest hypothesis first."""
        return [candidate for h in self.listed for candidate, _ in self.composed[h.key].candidates]


class Retrieval(Protocol):
    """Finds what rows may mean, such as `search.Retriever`."""

    def retrieve(self, tests: Sequence[NormalizedTest]) -> list[tuple[Hypothesis, ...]]:
        """Return the hypotheses of each row, in order, the best supported first."""
        ...


class Pipeline:
    """
    Maps rows: read, search, compare, guard, calibrate, ask, decide.

    Built once for a release and a day; `map_batch` keeps no state and may be called from any one thread.

    Args:
        codes: Every code of the release by its 17 characters.
        ended: Concepts whose codes all ended.
        sharing: Concepts that share a code with another one.
    """

    def __init__(
        self,
        *,
        normalizer: Normalizer,
        retriever: Retrieval,
        comparer: Comparer,
        reranker: Reranker[Candidate],
        calibration: Calibration,
        thresholds: decide.Thresholds,
        provenance: Provenance,
        codes: Mapping[str, ListedCode],
        ended: AbstractSet[str] = frozenset(),
        sharing: AbstractSet[str] = frozenset(),
    ) -> None:
        self._normalizer = normalizer
        self._retriever = retriever
        self._comparer = comparer
        self._reranker = reranker
        self._calibration = calibration
        self._thresholds = thresholds
        self._provenance = provenance
        self._codes = codes
        self._ended = ended
        self._sharing = sharing
        self._names = NameEvidence()

    def with_retriever(self, wrap: Callable[[Retrieval], Retrieval]) -> "Pipeline":
        """Return this pipeline over what *wrap* makes of its retriever: to listen to it, or to change it."""
        other = copy(self)
        other._retriever = wrap(self._retriever)
        return other

    def is_listed(self, code: str, day: date | None = None) -> bool:
        """Tell whether the edition with its completion lists *code*, on *day* if one is given."""
        listed = self._codes.get(code)
        return listed is not None and (day is None or listed.is_valid_on(day))

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """
        Map rows; one answer a row, in order.

        A row without a name, or with a field over FIELD_LIMITS, is an answer with disposition ERROR.
        """
        judged = self._ask_about_uncertain(self._judged(tests))
        return [
            self._too_long(test, field) if (field := overlong_field(test)) else self._answer(row, options)
            for test, row in zip(tests, judged, strict=True)
        ]

    def features_of(self, tests: Sequence[LocalTest]) -> list[list[tuple[str, Features]]]:
        """
        Return (concept's key, features) of each row's listed hypotheses: what a calibration is trained on.

        The language model's word is among them where the row is uncertain and a model is in use.
        """
        return [list(row.features) for row in self._ask_about_uncertain(self._judged(tests))]

    def questions(self, tests: Sequence[LocalTest]) -> list[Choice | None]:
        """Return what a language model would be asked about each row; None for a row without candidates."""
        rows = [(row.test, row.candidates()) for row in self._judged(tests)]
        return [self._reranker.question(test, offered) if offered else None for test, offered in rows]

    def _judged(self, tests: Sequence[LocalTest]) -> list[_Judged]:
        """Judge rows by their scores alone; one with a field that is too long as if it were empty."""
        read = [_UNREAD if overlong_field(test) else test for test in tests]
        return [self._judge(test, found, {}) for test, found in self._hypotheses(read)]

    def _hypotheses(
        self, tests: Sequence[LocalTest]
    ) -> Iterator[tuple[NormalizedTest, tuple[Hypothesis, ...]]]:
        normalized = [self._normalizer.normalize(test) for test in tests]
        return zip(normalized, self._retriever.retrieve(normalized), strict=True)

    def _judge(
        self, test: NormalizedTest, hypotheses: tuple[Hypothesis, ...], odds: Mapping[str, float]
    ) -> _Judged:
        composed: dict[str, Composed] = {}
        features: list[tuple[str, Features]] = []
        scored: list[tuple[float, Hypothesis]] = []
        listed = [place for place, hypothesis in enumerate(hypotheses) if hypothesis.listed]
        for place in listed[:RESOLVED_HYPOTHESES]:
            hypothesis = hypotheses[place]
            found = self._comparer.compare(test, hypothesis, limit=5)
            described = score.features(
                test, hypotheses, place, found.agreement, odds.get(hypothesis.key, 0.0)
            )
            composed[hypothesis.key] = found
            features.append((hypothesis.key, described))
            scored.append((self._calibration.probability(described), hypothesis))
        shares = score.share([p for p, _ in scored], [bool(f.exact_whole) for _, f in features])
        scored = sorted(
            zip(shares, (h for _, h in scored), strict=True),
            key=lambda pair: (-pair[0], not _has_product(composed[pair[1].key])),
        )
        return _Judged(
            test=test,
            hypotheses=hypotheses,
            listed=tuple(h for _, h in scored),
            probabilities=tuple(p for p, _ in scored),
            composed=composed,
            features=tuple(features),
        )

    def _ask_about_uncertain(self, judged: list[_Judged]) -> list[_Judged]:
        """Let the language model speak on rows between the thresholds; its word becomes a feature."""
        low, high = self._thresholds.no_code, self._thresholds.accept
        uncertain = [i for i, row in enumerate(judged) if row.listed and low <= row.probabilities[0] < high]
        opinions = self._reranker.ask([(judged[i].test, judged[i].candidates()) for i in uncertain])
        for i, opinion in zip(uncertain, opinions, strict=True):
            row = judged[i]
            again = self._judge(row.test, row.hypotheses, opinion.odds) if opinion.odds else row
            judged[i] = replace(again, opinion=opinion)
        return judged

    def _answer(self, row: _Judged, options: MapOptions) -> MappingResult:
        if message := guard.nameless(row.test):
            return self._error(Reason.NAME_EMPTY, message)
        weighed = [
            (p * share, c)
            for h, p in zip(row.listed, row.probabilities, strict=True)
            for c, share in row.composed[h.key].candidates
        ]
        shared = any(h.key in self._sharing for h in row.listed)
        weighed = _merged(weighed) if shared else weighed
        # The proposal leads; the rest follow by probability.
        ranked = weighed[:1] + sorted(weighed[1:], key=lambda pair: (-pair[0], pair[1].code))
        candidates = [
            Candidate(c.code, c.name, c.hypothesis, c.reasons, c.evidence, p)
            for p, c in ranked[: max(1, options.top_k)]
        ]
        best = candidates[0] if candidates and row.composed[row.listed[0].key].candidates else None
        measurand_probability = row.probabilities[0] if row.listed else 0.0
        if shared and best is not None:
            measurand_probability = _meaning_probability(row, best)
        reasons = list(decide.name_reasons(row.test, row.hypotheses, row.listed[0] if row.listed else None))
        if row.test.keys and self._is_ended(row):
            reasons = [Reason.ITEM_ENDED]
        if best is not None:
            reasons += [*best.reasons, *guard.check(row.test, best), *row.opinion.reasons]
        foreign = guard.is_foreign(row.test)
        if foreign:
            reasons.append(Reason.NAME_FOREIGN)
        thresholds = _STAYS_OPEN if row.opinion.odds else self._thresholds
        decision = decide.decide(best, measurand_probability, reasons, thresholds)
        # Never a product that the row does not name: a person chooses among the candidates.
        unsettled = best is None or not _UNSETTLED.isdisjoint((*best.reasons, *reasons))
        unsettled = unsettled or (foreign and measurand_probability < self._thresholds.no_code)
        proposed = None if decision.disposition is Disposition.NO_CODE or unsettled else best
        return MappingResult(
            disposition=decision.disposition,
            jlac11=str(proposed.code) if proposed else "",
            probability=best.probability if best else 0.0,
            measurand_probability=measurand_probability,
            standard_name=proposed.name if proposed else "",
            reasons=decision.reasons,
            candidates=tuple(candidates[: options.top_k]),
            evidence=(
                *self._names.say(row.test.text, row.hypotheses),
                *(best.evidence if best else ()),
                *row.opinion.evidence,
            ),
            provenance=self._provenance,
            read_as=_read_as(row, decision.disposition),
        )

    def _is_ended(self, row: _Judged) -> bool:
        """Whether the name is, or much resembles, that of a concept whose codes all ended."""
        other = next((h for h in row.hypotheses if not h.listed), None)
        if other is None or other.key not in self._ended:
            return False
        listed = max((h.scores[Measure.EXACT] for h in row.hypotheses if h.listed), default=0.0)
        if other.scores[Measure.EXACT]:
            return listed < other.scores[Measure.EXACT]
        return not listed and max(other.scores[Measure.DENSE], other.explained) >= _MUCH

    def _too_long(self, test: LocalTest, field: str) -> MappingResult:
        return self._error(Reason.FIELD_TOO_LONG, overlong_message(test, field))

    def _error(self, reason: Reason, message: str) -> MappingResult:
        return MappingResult(
            Disposition.ERROR, "", 0.0, 0.0, "", (reason,), (), (), self._provenance, message=message
        )


_HALF = 0.5
_MUCH = 0.85


def _has_product(found: Composed) -> bool:
    """Whether the best candidate has the product that the row names: of equals, such a concept leads."""
    return bool(found.candidates) and Reason.PRODUCT_MATCHED in found.candidates[0][0].reasons


def _merged(weighed: list[tuple[float, Candidate]]) -> list[tuple[float, Candidate]]:
    """Put together what several concepts give one code: it is as likely as all of them."""
    by_code: dict[Jlac11Code, tuple[float, Candidate]] = {}
    for probability, candidate in weighed:
        known = by_code.get(candidate.code)
        by_code[candidate.code] = (probability + known[0], known[1]) if known else (probability, candidate)
    return weighed if len(by_code) == len(weighed) else list(by_code.values())


def _meaning_probability(row: _Judged, best: Candidate) -> float:
    """Return the probability of the likeliest concept, and of others that lead to the very code of *best*."""
    return sum(
        p
        for h, p in zip(row.listed, row.probabilities, strict=True)
        if (found := row.composed[h.key].candidates) and found[0][0].code == best.code
    )


def _read_as(row: _Judged, disposition: Disposition) -> Concept | None:
    """Return the concept that a row was read as: the likelier listed one, else the one without a code."""
    best = row.listed[0] if row.listed else None
    other = next((h for h in row.hypotheses if not h.listed), None)
    known = {id(h): max(h.scores[Measure.EXACT], h.explained * _HALF) for h in (best, other) if h}
    if other and known[id(other)] >= _HALF and (best is None or known[id(best)] < known[id(other)]):
        return other.concept
    if best and (disposition is not Disposition.NO_CODE or known[id(best)] >= _HALF):
        return best.concept
    return None
