"""The flow of a JLAC10 answer: read, find meanings, weigh them, compose codes, decide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from jlac_mapper.field_limits import overlong_field, overlong_message
from jlac_mapper.mapping import guard
from jlac_mapper.mapping.decide import Thresholds
from jlac_mapper.mapping.jlac10.calibration import Jlac10Calibration
from jlac_mapper.mapping.jlac10.compose import Composer, other_half
from jlac_mapper.mapping.meanings.features import FeatureReader
from jlac_mapper.mapping.meanings.find import Meaning, MeaningFinder
from jlac_mapper.mapping.meanings.weigh import MeaningWeights
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
    NormalizedTest,
    Provenance,
    Reason,
)
from jlac_mapper.vocabulary import Concept, Vocabulary

_UNREAD = LocalTest(name="")
_LIKELY = 0.5
_TOLD = frozenset({Reason.PRINCIPLE_ASSUMED, Reason.PRINCIPLE_UNRECOGNISED})
"""Said, and no reason to ask: acceptance is about the first 12 characters."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A row with the concepts that it may mean, the likeliest first, and the probability of each."""

    test: NormalizedTest
    meanings: tuple[tuple[Concept, Meaning, float], ...]


class Jlac10Pipeline:
    """
    Maps rows to JLAC10; built once, `map_batch` keeps no state and may be called from any one thread.

    Args:
        weights: What each agreement counts.
        calibration: How shares become probabilities, and the thresholds.
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
        vocabulary: Vocabulary,
        thresholds: Thresholds,
        provenance: Provenance,
    ) -> None:
        self._normalizer = normalizer
        self._finder = finder
        self._reader = reader
        self._weights = weights
        self._calibration = calibration
        self._composer = composer
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

    def best(self, tests: Sequence[LocalTest]) -> list[tuple[Jlac10Candidate | None, str]]:
        """Return each row's best candidate and how its specimen was found: what calibration learns from."""
        return [next(self._composed(row, 1), (None, "")) for row in self._read(tests)]

    def _read(self, tests: Sequence[LocalTest]) -> list[_Read]:
        kept = [_UNREAD if overlong_field(test) else test for test in tests]
        normalized = [self._normalizer.normalize(test) for test in kept]
        found = self._finder.find(normalized)
        return [self._weighed(test, meanings) for test, meanings in zip(normalized, found, strict=True)]

    def _weighed(self, test: NormalizedTest, meanings: Sequence[Meaning]) -> _Read:
        shares = self._weights.shares(self._reader.describe(test, meanings))
        weighed = [(self._concepts[m.concept], m, p) for m, p in zip(meanings, shares, strict=True)]
        return _Read(test, tuple(sorted(weighed, key=lambda each: (-each[2], each[0].key))))

    def _answer(self, row: _Read, options: MapOptions) -> Jlac10Mapping:
        test = row.test
        if not test.text or not test.keys:
            message = "the row has no name" if not test.text else "the name holds punctuation only"
            return self._error(Reason.NAME_EMPTY, f"{message}: give the test's name in the name column")
        coded = sum(p for concept, _, p in row.meanings if concept.jlac10)
        uncoded = sum(p for concept, _, p in row.meanings if not concept.jlac10)
        candidates = self._candidates(row, options.top_k)
        best = candidates[0] if candidates else None
        reasons = list(_name_reasons(row, best))
        if guard.is_foreign(test):
            reasons.append(Reason.NAME_FOREIGN)
        if best is not None:
            reasons += [*best.reasons, *test.contradictions]
        disposition = self._disposition(best, coded, uncoded, reasons)
        if disposition is Disposition.NO_CODE:
            reasons = [Reason.NAME_KNOWN_UNLISTED]
        elif disposition is Disposition.NEEDS_REVIEW and not _blocking(reasons):
            reasons.append(Reason.LOW_PROBABILITY)
        known = best is not None and coded >= self._thresholds.no_code
        proposed = best if known and disposition is not Disposition.NO_CODE else None
        return Jlac10Mapping(
            disposition=disposition,
            code=str(proposed.code) if proposed else "",
            probability=best.probability if best else 0.0,
            analyte_probability=best.analyte_probability if best else 0.0,
            name=proposed.name if proposed else "",
            reasons=tuple(dict.fromkeys(reasons)),
            candidates=tuple(candidates[: options.top_k]),
            evidence=(*_name_evidence(row), *(best.evidence if best else ())),
            provenance=self._provenance,
            read_as=row.meanings[0][0] if row.meanings and coded + uncoded >= _LIKELY else None,
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

        Concepts with one analyte and identification are one answer together.
        """
        share: dict[str, float] = {}
        first: dict[str, Concept] = {}
        for concept, _, probability in row.meanings:
            if concept.jlac10:
                entry = concept.jlac10[0]
                share[entry] = share.get(entry, 0.0) + probability
                first.setdefault(entry, concept)
        if not share:
            return
        said = self._composer.read(row.test)
        for entry in sorted(share, key=lambda e: (-share[e], e))[:limit]:
            concept = first[entry]
            composed = self._composer.compose(said, concept)
            analyte = self._calibration.probability(share[entry])
            certainty = self._calibration.certainty[composed.specimen_level]
            yield (
                Jlac10Candidate(
                    composed.code, self._composer.name(composed.code, concept), concept, composed.reasons,
                    composed.evidence, analyte * certainty, analyte,
                ),
                composed.specimen_level,
            )  # fmt: skip

    def _disposition(
        self, best: Jlac10Candidate | None, coded: float, uncoded: float, reasons: Sequence[Reason]
    ) -> Disposition:
        if Reason.NAME_FOREIGN in reasons:
            return Disposition.NEEDS_REVIEW
        if uncoded > coded and uncoded >= _LIKELY:
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
    for concept, meaning, probability in row.meanings[:3]:
        scores = (
            ("exact", meaning.exact), ("cosine", meaning.cosine), ("similarity", meaning.similarity),
            ("dense", meaning.dense), ("alias", meaning.alias),
        )  # fmt: skip
        values = [
            ("concept", concept.key), ("concept_ja", concept.name), ("concept_en", concept.name_en),
            ("kind", concept.kind.value), ("name", meaning.key), ("probability", f"{probability:.2f}"),
        ]  # fmt: skip
        values += [(name, f"{score:.2f}") for name, score in scores if score]
        found.append(Evidence("concept.meaning", tuple(values), "name"))
    return tuple(found)
