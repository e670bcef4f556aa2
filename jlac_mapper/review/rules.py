"""
Facility rules: what people said once of a group of rows, and what that makes of the rows.

A rule fills a field that a row leaves open; it never overrules a row. So a row is first mapped as it stands,
and only where it waits for that very field once more with the field filled: what then contradicts the rule
sends the row to a person, as it would if the row itself had said so.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Generic

from jlac_mapper.review.batch import (
    Answer,
    AnyMapping,
    BatchMapper,
    each_changed,
    jlac11_changed,
    mappings_of,
)
from jlac_mapper.text import compared
from jlac_mapper.types import (
    ASSUMPTIONS,
    CONFLICTS,
    Answers,
    Disposition,
    Evidence,
    Jlac10Mapping,
    LocalTest,
    MapOptions,
    MappingResult,
    Reason,
)
from jlac_mapper.vocabulary import Concept


class RuleKind(StrEnum):
    """What a rule says of its rows."""

    SPECIMEN = "specimen"
    """The specimen of rows that do not say theirs, or not exactly."""
    UNIT = "unit"
    """The unit in which a test is reported."""
    SCALE = "scale"
    """The same for a test whose result is a judgement."""
    NAME = "name"
    """That a name, written as no table has it, is that of the test it was read as."""
    NO_CODE = "no_code"
    """That known tests without a listed code are rightly left without one."""


@dataclass(frozen=True, slots=True)
class Scope:
    """
    The rows that a rule is about: those that agree with it in all of its fields, an empty one included.

    Attributes:
        section: The text of the rows' section field.
        written: The text of the field that is asked about, such as a tube's colour in the specimen field; for
            names the name.
        usual: For specimens: the key of the specimen in which the tests are usually measured.
        concept: For names and units: the key of the test. For NO_CODE: the section of the tests.
    """

    section: str = ""
    written: str = ""
    usual: str = ""
    concept: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The scope as it is compared: whatever the width and the case that a text is written in."""
        return compared(self.section), compared(self.written), self.usual, self.concept


@dataclass(frozen=True, slots=True)
class Rule:
    """What is said of a scope: `value` is the text that its rows' field is taken to hold."""

    kind: RuleKind
    scope: Scope
    value: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What it is about: of several rules of one key the last one holds. A judgement is a unit, too."""
        kind = RuleKind.UNIT if self.kind is RuleKind.SCALE else self.kind
        return (kind, *self.scope.key)

    def __str__(self) -> str:
        said = (self.scope.section, self.scope.written, self.scope.usual, self.scope.concept)
        return f"{self.kind} {' '.join(filter(None, said))}: {self.value or '-'}"


@dataclass(frozen=True, slots=True)
class KeptRule:
    """A rule as a facility keeps it: `answer` is the number that all rules of one answered table share."""

    answer: int
    rule: Rule
    by: str
    at: datetime


NAME_REASONS = frozenset({Reason.SIMILAR_NAME, Reason.NAME_PARTLY_EXPLAINED, Reason.NAME_UNKNOWN})
"""What a person answers by saying which test a name is."""
_OF_NAME = NAME_REASONS | {Reason.LOW_PROBABILITY}
_SAID = {
    RuleKind.SPECIMEN: Evidence("decision.rule_specimen", source="site"),
    RuleKind.UNIT: Evidence("decision.rule_unit", source="site"),
    RuleKind.SCALE: Evidence("decision.rule_scale", source="site"),
    RuleKind.NAME: Evidence("decision.rule_name", source="site"),
    RuleKind.NO_CODE: Evidence("decision.rule_no_code", source="site"),
}
_FIELD = {RuleKind.SPECIMEN: "specimen", RuleKind.UNIT: "unit", RuleKind.SCALE: "unit"}


def scopes_of(test: LocalTest, mapping: MappingResult | Jlac10Mapping) -> Mapping[RuleKind, Scope]:
    """Return what an answer waits for that a rule can give, with the scope that such a rule has."""
    concept = mapping.read_as
    if concept is None:
        return {}
    if mapping.disposition is Disposition.NO_CODE:
        if Reason.NAME_KNOWN_UNLISTED not in mapping.reasons:
            return {}
        return {RuleKind.NO_CODE: Scope(concept=concept.section)}
    if mapping.disposition is not Disposition.NEEDS_REVIEW:
        return {}
    found = {}
    if Reason.SPECIMEN_ASSUMED in mapping.reasons:
        found[RuleKind.SPECIMEN] = Scope(test.section, test.specimen, usual_specimen(concept))
    if not NAME_REASONS.isdisjoint(mapping.reasons):
        found[RuleKind.NAME] = Scope(written=test.name, concept=concept.key)
    if Reason.UNIT_ASSUMED in mapping.reasons:
        found[RuleKind.UNIT] = Scope(written=test.unit, concept=concept.key)
    return found


def usual_specimen(concept: Concept) -> str:
    """Return the key of the specimen that a test is mostly measured in; empty where none is usual."""
    return concept.specimens[0] if concept.specimens else ""


class RuledMapper(Generic[Answer]):
    """
    A mapper that gives rows which wait for what a rule says a second reading with it.

    A row that a rule helped says SITE_RULE; one that would lose its code by it is left as it was.
    """

    def __init__(self, mapper: BatchMapper[Answer], rules: Iterable[Rule]) -> None:
        self._mapper: BatchMapper[Answer] = mapper
        self._rules = {rule.key: rule for rule in rules}

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[Answer]:
        """Map rows; one answer a row, in order."""
        answers = self._mapper.map_batch(tests, options)
        if not self._rules:
            return answers
        applied = [self._rules_for(test, answer) for test, answer in zip(tests, answers, strict=True)]
        again = [place for place, rules in enumerate(applied) if _fills(rules)]
        filled = [_filled(tests[place], applied[place]) for place in again]
        second = dict(zip(again, self._mapper.map_batch(filled, options), strict=True)) if again else {}
        return [
            _marked(_better(answer, second.get(place)), rules, second.get(place)) if rules else answer
            for place, (answer, rules) in enumerate(zip(answers, applied, strict=True))
        ]

    def _rules_for(self, test: LocalTest, answer: Answer) -> list[Rule]:
        waiting = [each for mapping in mappings_of(answer) for each in scopes_of(test, mapping).items()]
        return _matching(self._rules, waiting)


def _matching(rules: Mapping[tuple[str, ...], Rule], waiting: Iterable[tuple[RuleKind, Scope]]) -> list[Rule]:
    found = {kind: rules.get((kind, *scope.key)) for kind, scope in waiting}
    return [rule for rule in found.values() if rule]


def _fills(rules: Sequence[Rule]) -> bool:
    return any(rule.kind in _FIELD for rule in rules)


def _filled(test: LocalTest, rules: Sequence[Rule]) -> LocalTest:
    return replace(test, **{_FIELD[rule.kind]: rule.value for rule in rules if rule.kind in _FIELD})


def _better(first: Answer, second: Answer | None) -> Answer:
    """Return the second reading, unless it takes a code away."""
    if second is None:
        return first
    lost = any(
        after.disposition in (Disposition.NO_CODE, Disposition.ERROR)
        and after.disposition != before.disposition
        for before, after in zip(mappings_of(first), mappings_of(second), strict=True)
    )
    return first if lost else second


def _named(mapping: MappingResult) -> MappingResult:
    """Return the answer for a row of which a person said that it is the test it was read as."""
    left = [reason for reason in mapping.reasons if reason not in _OF_NAME]
    is_open = any(reason in CONFLICTS or reason in ASSUMPTIONS for reason in left)
    share = mapping.probability / max(mapping.measurand_probability, mapping.probability, 1e-9)
    if is_open or not mapping.jlac11 or share < mapping.provenance.threshold:
        return mapping
    return replace(
        mapping,
        disposition=Disposition.ACCEPTED,
        probability=share,
        measurand_probability=1.0,
        reasons=tuple(left),
    )


def _marked(answer: Answer, rules: Sequence[Rule], second: Answer | None) -> Answer:
    if second is not None and answer is not second:
        return answer  # the rules do not fit the row: a person sees it as it stands
    if any(rule.kind is RuleKind.NAME and _is_about(rule, answer) for rule in rules):
        answer = jlac11_changed(answer, _named)
    return each_changed(answer, _Mark(rules))


def _is_about(rule: Rule, answer: MappingResult | Answers) -> bool:
    """Tell whether the row still means the test that a person named, with its fields filled."""
    read = {mapping.read_as.key for mapping in mappings_of(answer) if mapping.read_as}
    return read == {rule.scope.concept}


class _Mark:
    """Says on a mapping that rules helped it."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._fields = {_FIELD[rule.kind] for rule in rules if rule.kind in _FIELD}
        self._said = tuple(replace(_SAID[rule.kind], values=(("value", rule.value),)) for rule in rules)

    def of(self, mapping: AnyMapping, /) -> AnyMapping:
        return replace(
            mapping,
            reasons=(*mapping.reasons, Reason.SITE_RULE),
            evidence=(*self._said, *_told_by_site(mapping.evidence, self._fields)),
        )


def _told_by_site(evidence: Iterable[Evidence], fields: Collection[str]) -> tuple[Evidence, ...]:
    return tuple(replace(each, source="site") if each.source in fields else each for each in evidence)
