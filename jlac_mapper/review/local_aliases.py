"""Local aliases: a final decision answers the same row for good, as long as the edition lists its code."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.field_limits import overlong_field
from jlac_mapper.ports import Mapper
from jlac_mapper.reading import units
from jlac_mapper.review.audit import write_moment
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.model import LocalAlias
from jlac_mapper.review.ports import UnitOfWork
from jlac_mapper.text import clean, fold
from jlac_mapper.types import (
    Candidate,
    Disposition,
    Evidence,
    Hypothesis,
    LocalTest,
    MapOptions,
    MappingResult,
    Reason,
)


def alias_key(test: LocalTest) -> str:
    """
    Return what two rows of a facility share when one decision serves both (SHA-256 in hex).

    Name, abbreviation, specimen, method, reagent and result type count in folded spelling, the unit in
    canonical spelling; a row without a unit has those of its reference range. So does the section where the
    row has one. Local code, kana, the range's limits and JLAC10 do not count. Of a row with a field that is
    too long every character counts.
    """
    texts = [test.name, test.abbreviation, test.specimen, test.method, test.reagent, test.result_type]
    # A section is no part of keys that were made before rows had one.
    texts += [test.section] if test.section.strip() else []
    if overlong_field(test):
        return _digest([*texts, test.unit, test.reference_range])
    unit = (
        [_unit(test.unit)] if test.unit.strip() else sorted(units.quantities_in_range(test.reference_range))
    )
    # A text of punctuation only folds to nothing.
    return _digest([*(fold(text) or clean(text) for text in texts), *unit])


def _digest(fields: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(fields).encode("utf-8", "surrogatepass")).hexdigest()


class LocalAliasMapper:
    """
    A Mapper that answers from a facility's local aliases first, then as the mapper inside does.

    One code that the edition lists today: ACCEPTED (or NO_CODE) with the reason HOUSE_NAME. A code that
    ended: NEEDS_REVIEW with HOUSE_NAME_ENDED, the successor proposed. Several codes: NEEDS_REVIEW with
    HOUSE_NAME_CONTRADICTED. What other facilities decided is evidence and changes no answer.
    """

    def __init__(self, mapper: Mapper, units: UnitOfWork, facility: str, codes: CodeSearch) -> None:
        self._mapper = mapper
        self._units = units
        self._facility = facility
        self._codes = codes

    def is_listed(self, code: str, day: date | None = None) -> bool:
        """Ask the mapper inside."""
        return self._mapper.is_listed(code, day)

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """Map rows; one answer a row, in order."""
        keys = [alias_key(test) for test in tests]
        with self._units.reading() as work:
            known = work.reviews.local_aliases(self._facility, keys)
            elsewhere = work.reviews.local_aliases_elsewhere(self._facility, keys)
        answers = []
        for key, mapping in zip(keys, self._mapper.map_batch(tests, options), strict=True):
            if mapping.disposition is Disposition.ERROR:
                answers.append(mapping)
                continue
            mapping = _with_evidence(mapping, _said_elsewhere(elsewhere.get(key, {})))
            names = known.get(key)
            answers.append(self._decided(mapping, names, options.top_k) if names else mapping)
        return answers

    def _decided(self, mapping: MappingResult, names: Sequence[LocalAlias], top_k: int) -> MappingResult:
        said = tuple(
            Evidence(
                "decision.here",
                (("by", n.by), ("code", n.code), ("day", write_moment(n.at)[:10]), ("item", str(n.item))),
                n.name,
            )
            for n in names[:5]
        )
        mapping = _with_evidence(mapping, said)
        codes = list(dict.fromkeys(name.code for name in names))
        if len(codes) > 1:
            listed = [code for code in codes if self._codes.is_current(code)]
            return self._asked(mapping, Reason.HOUSE_NAME_CONTRADICTED, listed, top_k)
        [code] = codes
        if code == UNCODABLE:
            return replace(
                _by_alias(mapping),
                disposition=Disposition.NO_CODE,
                jlac11="",
                standard_name="",
                probability=0.0,
                measurand_probability=0.0,
                reasons=(Reason.HOUSE_NAME,),
            )
        if not self._codes.is_current(code):
            successor = self._codes.successor(code)
            return self._asked(mapping, Reason.HOUSE_NAME_ENDED, [successor] if successor else [], top_k)
        candidates = self._first(mapping, [code], Reason.HOUSE_NAME, top_k)
        return replace(
            _by_alias(mapping),
            disposition=Disposition.ACCEPTED,
            jlac11=code,
            standard_name=candidates[0].name,
            probability=1.0,
            measurand_probability=1.0,
            reasons=(Reason.HOUSE_NAME,),
            candidates=candidates,
        )

    def _asked(
        self, mapping: MappingResult, reason: Reason, codes: Sequence[str], top_k: int
    ) -> MappingResult:
        """Return an answer for review that proposes the only one of *codes*, or what the mapper proposes."""
        candidates = self._first(mapping, codes, reason, top_k)
        proposed = candidates[0] if len(codes) == 1 else None
        return replace(
            mapping,
            disposition=Disposition.NEEDS_REVIEW,
            jlac11=str(proposed.code) if proposed else mapping.jlac11,
            standard_name=proposed.name if proposed else mapping.standard_name,
            reasons=(reason, *(r for r in mapping.reasons if r is not reason)),
            candidates=candidates,
        )

    def _first(
        self, mapping: MappingResult, codes: Sequence[str], reason: Reason, top_k: int
    ) -> tuple[Candidate, ...]:
        """Return the candidates with *codes* in front, made up where the mapper did not find them."""
        found = {str(candidate.code): candidate for candidate in mapping.candidates}
        front = [found.get(code) or self._candidate(code, reason) for code in codes]
        rest = [candidate for code, candidate in found.items() if code not in codes]
        return tuple([*front, *rest][: max(top_k, 1)])

    def _candidate(self, code: str, reason: Reason) -> Candidate:
        listed = self._codes.get(code)
        parsed = jlac11.parse(code)
        hypothesis = Hypothesis(None, True, None, {}, 1.0)
        return Candidate(parsed, listed.name if listed else "", hypothesis, (reason,), ())


def _unit(text: str) -> str:
    return units.canonical(text) or clean(text)


def _with_evidence(mapping: MappingResult, evidence: tuple[Evidence, ...]) -> MappingResult:
    return replace(mapping, evidence=(*evidence, *mapping.evidence)) if evidence else mapping


def _said_elsewhere(codes: Mapping[str, int]) -> tuple[Evidence, ...]:
    """Say what others decided, without saying who."""
    return tuple(
        Evidence("decision.elsewhere", (("count", str(count)), ("code", code)), "elsewhere")
        for code, count in sorted(codes.items(), key=lambda pair: (-pair[1], pair[0]))
    )


def _by_alias(mapping: MappingResult) -> MappingResult:
    models = {**mapping.provenance.models, "decision": "HOUSE_NAME"}
    return replace(mapping, provenance=replace(mapping.provenance, models=models))
