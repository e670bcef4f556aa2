"""
What a facility decided, for every way of asking: command line, gRPC and lists that are taken in.

A final decision answers the same row for good, as long as the edition lists its code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.errors import NotFoundError
from jlac_mapper.review.audit import write_moment
from jlac_mapper.review.batch import Answer, BatchMapper, jlac11_changed
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.local_aliases import alias_key
from jlac_mapper.review.model import LocalAlias
from jlac_mapper.review.ports import UnitOfWork, UserStore
from jlac_mapper.review.rules import Rule, RuledMapper
from jlac_mapper.types import (
    Candidate,
    Disposition,
    Evidence,
    Hypothesis,
    LocalTest,
    MapOptions,
    MappingResult,
    Reason,
    System,
)


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What was decided for a row: in its facility, the newest first, and elsewhere (code -> facilities)."""

    here: Sequence[LocalAlias] = ()
    elsewhere: Mapping[str, int] = field(default_factory=dict)


class FacilityMapper(Generic[Answer]):
    """
    A mapper that answers from the decisions of the options' facility first, then as the mapper inside does.

    One code that the edition lists today: ACCEPTED (or NO_CODE) with the reason HOUSE_NAME. A code that
    ended: NEEDS_REVIEW with HOUSE_NAME_ENDED, the successor proposed. Several codes: NEEDS_REVIEW with
    HOUSE_NAME_CONTRADICTED. What other facilities decided is evidence and changes no answer. Decisions are
    JLAC11's: an answer in JLAC10 is the one of the mapper inside.

    Nothing is kept between calls, so that a decision answers the next one. Without a facility no database
    is asked.
    """

    def __init__(self, mapper: BatchMapper[Answer], units: UnitOfWork, codes: CodeSearch) -> None:
        self._mapper: BatchMapper[Answer] = mapper
        self._units = units
        self._decisions = _Decisions(codes)

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[Answer]:
        """
        Map rows; one answer a row, in order.

        Raises:
            NotFoundError: The options name a facility that is not there.
            DatabaseError: They name one, and the database cannot be used.
        """
        if not options.facility:
            return self._mapper.map_batch(tests, options)
        remembered, rules = self._recall(tests, options)
        mapper = RuledMapper[Answer](self._mapper, rules) if rules else self._mapper
        answers = mapper.map_batch(tests, options)
        return [
            self._told(answer, of_row, options.top_k)
            for answer, of_row in zip(answers, remembered, strict=True)
        ]

    def _recall(
        self, tests: Sequence[LocalTest], options: MapOptions
    ) -> tuple[list[_Remembered], list[Rule]]:
        """Return what was decided for each row, and the facility's rules, as they stand now."""
        facility = options.facility
        with self._units.reading() as work:
            _require_known(work.users, facility)
            rules = [kept.rule for kept in work.reviews.rules(facility)]
            if System.JLAC11 not in options.systems:
                return [_Remembered()] * len(tests), rules
            keys = [alias_key(test) for test in tests]
            here = work.reviews.local_aliases(facility, keys)
            elsewhere = work.reviews.local_aliases_elsewhere(facility, keys)
        return [_Remembered(here.get(key, ()), elsewhere.get(key, {})) for key in keys], rules

    def _told(self, answer: Answer, remembered: _Remembered, top_k: int) -> Answer:
        """Return an answer with what people decided for its row."""

        def told(mapping: MappingResult) -> MappingResult:
            if mapping.disposition is Disposition.ERROR:
                return mapping
            mapping = _with_evidence(mapping, _said_elsewhere(remembered.elsewhere))
            return self._decisions.answer(mapping, remembered.here, top_k) if remembered.here else mapping

        return jlac11_changed(answer, told)


class _Decisions:
    """What decisions of a row's facility make of its answer."""

    def __init__(self, codes: CodeSearch) -> None:
        self._codes = codes

    def answer(self, mapping: MappingResult, names: Sequence[LocalAlias], top_k: int) -> MappingResult:
        """Return the answer for a row that was decided as *names* say, the newest first."""
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


def _require_known(users: UserStore, facility: str) -> None:
    try:
        if not facility.isprintable():  # no database can be asked for every text
            raise NotFoundError(f"there is no facility {facility!r}")
        users.facility(facility)
    except NotFoundError as error:
        raise NotFoundError(
            f"{error}: jlac-mapper review facility list shows those that there are, "
            "jlac-mapper review facility add makes one"
        ) from None
