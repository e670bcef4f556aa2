"""The flow of a JLAC10 answer: read, find meanings, weigh them, ask, compose codes, decide."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from jlac_mapper.field_limits import overlong_field, overlong_message
from jlac_mapper.mapping import guard
from jlac_mapper.mapping.ask import UNASKED, Opinion, Reranker
from jlac_mapper.mapping.decide import Thresholds
from jlac_mapper.mapping.jlac10.ask import Offer, reweighed
from jlac_mapper.mapping.jlac10.calibration import Jlac10Calibration
from jlac_mapper.mapping.jlac10.compose import Composer, other_half
from jlac_mapper.mapping.meanings.features import FeatureReader
from jlac_mapper.mapping.meanings.find import Meaning, MeaningFinder
from jlac_mapper.mapping.meanings.weigh import MeaningWeights
from jlac_mapper.ports import Choice
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.types import (
    ASSUMPTIONS,
    CONFLICTS,
    Disposition,
    Evidence,
    Jlac10Candidate,
    Jlac10Mapping,
    LocalTest,
    MapOptions,
    Measure,
    NormalizedTest,
    Provenance,
    Reason,
)
from jlac_mapper.vocabulary import Concept, Vocabulary

_UNREAD = LocalTest(name="")
_LIKELY = 0.5
_POSSIBLE = 0.05
"""Share of all coded meanings under which a language model is not asked."""
_NAMED = 3
"""Meanings that the evidence names, each with those of the scores that speak for it."""
_TOLD = frozenset({Reason.PRINCIPLE_ASSUMED, Reason.PRINCIPLE_UNRECOGNISED})
"""Said, and no reason to ask: acceptance is about the first 12 characters."""


class _Read:
    """
    A row with the concepts that it may mean, the likeliest first, and the share of each.

    Attributes:
        offers: The JLAC10 entries that it may mean, the likeliest first.
        shares: Of each entry: concepts with one analyte and identification are one answer together.
        coded, uncoded: Shares of all meanings with a JLAC10 code, and of all without one.
    """

    __slots__ = ("coded", "meanings", "offers", "opinion", "shares", "test", "uncoded")

    def __init__(
        self, test: NormalizedTest, meanings: Iterable[tuple[Concept, Meaning, float]], opinion: Opinion
    ) -> None:
        self.test = test
        self.meanings = sorted(meanings, key=lambda each: (-each[2], each[0].key))
        self.opinion = opinion
        self.shares: dict[str, float] = {}
        self.uncoded = 0.0
        first: dict[str, Concept] = {}
        for concept, _, share in self.meanings:
            entry = concept.entry
            if not entry:
                self.uncoded += share
                continue
            self.shares[entry] = self.shares.get(entry, 0.0) + share
            first.setdefault(entry, concept)
        self.coded = sum(self.shares.values())
        ranked = sorted(self.shares, key=lambda e: (-self.shares[e], e))
        self.offers = [Offer(entry, first[entry]) for entry in ranked]

    @property
    def is_without_code(self) -> bool:
        """What the row means has no code, rather than one."""
        return self.uncoded > self.coded and self.uncoded >= _LIKELY

    def by_meaning(self) -> list[tuple[str, float]]:
        """Return the JLAC10 entry ("" without one) and the share of each meaning, in order."""
        return [(concept.entry, share) for concept, _, share in self.meanings]

    def reweighed(self, opinion: Opinion, weight: float) -> "_Read":
        """Return the row after a language model spoke, its word counted with *weight*."""
        if not opinion.odds:
            return _Read(self.test, self.meanings, opinion)
        shares = reweighed(self.by_meaning(), opinion, weight)
        meanings = ((c, m, share) for (c, m, _), share in zip(self.meanings, shares, strict=True))
        return _Read(self.test, meanings, opinion)


@dataclass(frozen=True, slots=True)
class Spoken:
    """
    What a language model said of a row.

    Attributes:
        shares: Those of its meanings before: see `reweighed`.
        is_known: Whether the whole name is one that the vocabulary has.
    """

    shares: tuple[tuple[str, float], ...]
    opinion: Opinion
    is_known: bool


class Jlac10Pipeline:
    """
    Maps rows to JLAC10; built once, `map_batch` keeps no state and may be called from any one thread.

    Args:
        weights: What each agreement counts.
        calibration: How shares become probabilities, and the thresholds.
        reranker: Asks about uncertain rows.
        lifts: Whether a row that a language model spoke on may be accepted.
    """

    def __init__(
        self,
        *,
        normalizer: Normalizer,
        finder: MeaningFinder,
        reader: FeatureReader,
        weights: MeaningWeights,
        calibration: Jlac10Calibration,
        composer: Composer,
        reranker: Reranker[Offer],
        vocabulary: Vocabulary,
        thresholds: Thresholds,
        provenance: Provenance,
        lifts: bool = False,
    ) -> None:
        self._normalizer = normalizer
        self._finder = finder
        self._reader = reader
        self._weights = weights
        self._calibration = calibration
        self._composer = composer
        self._reranker = reranker
        self._lifts = lifts
        self._concepts = vocabulary.concepts
        self._thresholds = thresholds
        self._provenance = provenance

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[Jlac10Mapping]:
        """
        Map rows; one answer a row, in order.

        A row without a name, or with a field over FIELD_LIMITS, is an answer with disposition ERROR.
        """
        return [
            self._too_long(test, field) if (field := overlong_field(test)) else self._answer(row, options)
            for test, row in zip(tests, self._read(tests), strict=True)
        ]

    @property
    def choice_identity(self) -> str:
        """What speaks on uncertain rows, as provenance and calibration name it."""
        return self._reranker.identity

    def best(self, tests: Sequence[LocalTest]) -> list[tuple[Jlac10Candidate | None, str]]:
        """Return each row's best candidate and how its specimen was found: what calibration learns from."""
        return [next(self._composed(row, 1), (None, "")) for row in self._read(tests)]

    def spoken(self, tests: Sequence[LocalTest]) -> list[Spoken | None]:
        """Return what the language model says of each row, None of one without its opinion."""
        rows = self._weighed_rows(tests)
        said = self._opinions(rows)
        return [
            Spoken(tuple(row.by_meaning()), opinion, any(m.exact and not m.rare for _, m, _ in row.meanings))
            if (opinion := said.get(place, UNASKED)).odds
            else None
            for place, row in enumerate(rows)
        ]

    def questions(self, tests: Sequence[LocalTest]) -> list[Choice | None]:
        """Return what a language model would be asked about each row; None for a row without candidates."""
        rows = self._weighed_rows(tests)
        return [self._reranker.question(row.test, row.offers) if row.offers else None for row in rows]

    def _read(self, tests: Sequence[LocalTest]) -> list[_Read]:
        rows = self._weighed_rows(tests)
        for place, opinion in self._opinions(rows).items():
            rows[place] = rows[place].reweighed(opinion, self._calibration.choice.weight)
        return rows

    def _opinions(self, rows: Sequence[_Read]) -> dict[int, Opinion]:
        """Ask the language model about uncertain rows; return its opinions by the rows' places."""
        uncertain = {place: offers for place, row in enumerate(rows) if (offers := self._offers(row))}
        asked = [(rows[place].test, offers) for place, offers in uncertain.items()]
        return dict(zip(uncertain, self._reranker.ask(asked), strict=True))

    def _offers(self, row: _Read) -> list[Offer]:
        """Return what is to be offered of an uncertain row, the likeliest first; nothing for another one."""
        if row.coded < _POSSIBLE or row.is_without_code or guard.is_foreign(row.test):
            return []
        certain = self._calibration.probability(row.shares[row.offers[0].entry]) >= self._thresholds.accept
        return [] if certain else row.offers

    def _weighed_rows(self, tests: Sequence[LocalTest]) -> list[_Read]:
        kept = [_UNREAD if overlong_field(test) else test for test in tests]
        normalized = [self._normalizer.normalize(test) for test in kept]
        found = self._finder.find(normalized)
        return [self._weighed(test, meanings) for test, meanings in zip(normalized, found, strict=True)]

    def _weighed(self, test: NormalizedTest, meanings: Sequence[Meaning]) -> _Read:
        shares = self._weights.shares(self._reader.describe(test, meanings))
        weighed = [(self._concepts[m.concept], m, p) for m, p in zip(meanings, shares, strict=True)]
        return _Read(test, weighed, UNASKED)

    def _answer(self, row: _Read, options: MapOptions) -> Jlac10Mapping:
        test = row.test
        if message := guard.nameless(test):
            return self._error(Reason.NAME_EMPTY, message)
        candidates = self._candidates(row, options.top_k)
        best = candidates[0] if candidates else None
        reasons = list(_name_reasons(row, best))
        if guard.is_foreign(test):
            reasons.append(Reason.NAME_FOREIGN)
        if best is not None:
            reasons += [*best.reasons, *test.contradictions, *row.opinion.reasons]
            if guard.contradicts_section(test, best.concept):
                reasons.append(Reason.SECTION_CONFLICT)
        has_spoken = bool(row.opinion.odds)
        disposition = self._disposition(best, row.is_without_code, has_spoken, reasons)
        if disposition is Disposition.NO_CODE:
            reasons = [Reason.NAME_KNOWN_UNLISTED]
        elif disposition is Disposition.NEEDS_REVIEW and not _blocking(reasons):
            reasons.append(Reason.LOW_PROBABILITY)
        elif disposition is Disposition.ACCEPTED and has_spoken:
            reasons.append(Reason.LLM_CONFIRMS)
        known = best is not None and row.coded >= self._thresholds.no_code
        proposed = best if known and disposition is not Disposition.NO_CODE else None
        return Jlac10Mapping(
            disposition=disposition,
            code=str(proposed.code) if proposed else "",
            probability=best.probability if best else 0.0,
            analyte_probability=best.analyte_probability if best else 0.0,
            name=proposed.name if proposed else "",
            reasons=tuple(dict.fromkeys(reasons)),
            candidates=tuple(candidates[: options.top_k]),
            evidence=(*_name_evidence(row), *(best.evidence if best else ()), *row.opinion.evidence),
            provenance=self._provenance,
            read_as=row.meanings[0][0] if row.meanings and row.coded + row.uncoded >= _LIKELY else None,
        )

    def _candidates(self, row: _Read, limit: int) -> list[Jlac10Candidate]:
        """Return codes best first; a composite result has its second code behind the first."""
        found: list[Jlac10Candidate] = []
        for candidate, _ in self._composed(row, max(1, limit)):
            found.append(candidate)
            if len(found) == 1 and Reason.COMPOSITE_RESULT in candidate.reasons:
                found.append(replace(candidate, code=other_half(candidate.code)))
        return found

    def _composed(self, row: _Read, limit: int) -> Iterator[tuple[Jlac10Candidate, str]]:
        """
        Yield candidates best first, each with how its specimen was found.
        """
        if not row.offers:
            return
        has_spoken = bool(row.opinion.odds)
        curve = self._calibration.choice if has_spoken else self._calibration
        said = self._composer.read(row.test)
        for entry, concept in row.offers[:limit]:
            composed = self._composer.compose(said, concept)
            analyte = curve.probability(row.shares[entry])
            if has_spoken and not self._lifts:
                # A row that stays with a person never looks as sure as one that does not.
                analyte = min(analyte, self._thresholds.accept)
            certainty = self._calibration.certainty[composed.specimen_level]
            yield (
                Jlac10Candidate(
                    composed.code,
                    self._composer.name(composed.code, concept),
                    concept,
                    composed.reasons,
                    composed.evidence,
                    analyte * certainty,
                    analyte,
                ),
                composed.specimen_level,
            )

    def _disposition(
        self,
        best: Jlac10Candidate | None,
        is_without_code: bool,
        has_spoken: bool,
        reasons: Sequence[Reason],
    ) -> Disposition:
        """Decide; a language model's word never says that there is no code, and lifts only where it may."""
        if Reason.NAME_FOREIGN in reasons or (has_spoken and not self._lifts):
            return Disposition.NEEDS_REVIEW
        if is_without_code and not has_spoken:
            return Disposition.NO_CODE
        if best is None or best.probability < self._thresholds.accept or _blocking(reasons):
            return Disposition.NEEDS_REVIEW
        return Disposition.ACCEPTED

    def _too_long(self, test: LocalTest, field: str) -> Jlac10Mapping:
        return self._error(Reason.FIELD_TOO_LONG, overlong_message(test, field))

    def _error(self, reason: Reason, message: str) -> Jlac10Mapping:
        return Jlac10Mapping(
            Disposition.ERROR, "", 0.0, 0.0, "", (reason,), (), (), self._provenance, message=message
        )


def _blocking(reasons: Sequence[Reason]) -> bool:
    return any((r in CONFLICTS or r in ASSUMPTIONS) and r not in _TOLD for r in reasons)


def _name_reasons(row: _Read, best: Jlac10Candidate | None) -> tuple[Reason, ...]:
    """Say how the name was understood."""
    if best is None or not row.meanings:
        return (Reason.NAME_UNKNOWN,)
    meaning = next(m for concept, m, _ in row.meanings if concept is best.concept)
    if meaning.exact and not meaning.rare:
        return (Reason.EXACT_NAME,)
    if meaning.covered >= _LIKELY:
        return (Reason.NAME_PARTLY_EXPLAINED,)
    if best.analyte_probability >= _LIKELY:
        return (Reason.SIMILAR_NAME,)
    return (Reason.NAME_UNKNOWN,)


def _name_evidence(row: _Read) -> tuple[Evidence, ...]:
    """Say what the likeliest concepts are, with the name that speaks for each and every score."""
    found = []
    for concept, meaning, probability in row.meanings[:_NAMED]:
        values = [
            ("concept", concept.key),
            ("concept_ja", concept.name),
            ("concept_en", concept.name_en),
            ("kind", str(concept.kind)),
            ("name", meaning.key),
            ("probability", f"{probability:.2f}"),
        ]
        values += [(one.value, f"{score:.2f}") for one in Measure if (score := getattr(meaning, one))]
        found.append(Evidence("concept.meaning", tuple(values), "name"))
    return tuple(found)
