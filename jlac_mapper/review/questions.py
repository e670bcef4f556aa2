"""
The few questions whose answers settle most rows of a list, each about a group that a person recognises.

Rows that wait only for a specimen or a unit wait together: all tests of a section that are usually measured
in serum, all counts whose unit is not written. What is proposed is what the list itself says elsewhere, else
what is usual.
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jlac_mapper.reading.sections import SectionReader
from jlac_mapper.reading.specimens import SpecimenReader
from jlac_mapper.reading.units import canonical, result_type_of
from jlac_mapper.review.rules import NAME_REASONS, Rule, RuleKind, Scope, scopes_of, usual_specimen
from jlac_mapper.text import clean, fold
from jlac_mapper.types import ASSUMPTIONS, CONFLICTS, LocalTest, MappingResult, Reason
from jlac_mapper.vocabulary import Concept, ResultType, Vocabulary

EXAMPLES = 6
"""Names shown with a question."""
SHARE_WRONG = 0.05
"""Upper bound of the share of wrong rows that a sample without an error is to show, at CONFIDENCE."""
CONFIDENCE = 0.95
_AGREEING = 0.8
"""Share of the rows that say a specimen which must say the same one, for it to be proposed for the others."""
_SURE = 0.8
"""Probability from which a reading of a name is put forward; measured, no reading over 0.6 was wrong."""
_FEW = 10
"""Groups of fewer rows are asked about together, and so are those of less than _FEW_SHARE of all rows."""
_FEW_SHARE = 0.05
_ANSWERABLE = NAME_REASONS | {Reason.SPECIMEN_ASSUMED, Reason.UNIT_ASSUMED}


@dataclass(frozen=True, slots=True)
class Ground:
    """
    Why an answer is proposed, and what speaks against it.

    Attributes:
        said: Rows of the list that say so themselves.
        against: Rows of the same group that say something else, by what they say.
    """

    said: int = 0
    against: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """
    One question.

    Attributes:
        kind: What is asked.
        about: The rows it is about. For units and tests without a code `concept` holds the sections of
            the tests, between `|`; for names `usual` says how they are written: `partly` known or `similar`.
        rows: Rows that wait for it and for nothing that no question asks.
        examples: Names of such rows.
        proposed: The rules that agreeing with it makes; one a test where units are asked.
        options: Texts that may be answered.
    """

    kind: RuleKind
    about: Scope
    rows: int
    examples: tuple[str, ...]
    proposed: tuple[Rule, ...]
    options: tuple[str, ...] = ()
    ground: Ground = Ground()


Answered = tuple[LocalTest, MappingResult]


def find_questions(rows: Iterable[Answered], vocabulary: Vocabulary) -> list[Question]:
    """
    Return what to ask about a list, the question that settles most rows first.

    Args:
        rows: The list's rows with their answers, as they are without further rules.
    """
    finder = _Finder(vocabulary)
    for test, mapping in rows:
        finder.add(test, mapping)
    return sorted(
        finder.questions(), key=lambda q: (q.kind is RuleKind.NO_CODE, -q.rows, q.kind, q.about.key)
    )


def sample_size(rows: int, share: float = SHARE_WRONG, confidence: float = CONFIDENCE) -> int:
    """
    Return how many rows of a group must be looked at and be right.

    Then, at *confidence*, less than *share* of the group is wrong (binomial; the whole of a small group).
    """
    return min(rows, math.ceil(math.log(1 - confidence) / math.log(1 - share)))


@dataclass(slots=True)
class _Group:
    """Rows of one scope; `settled` are those that wait for nothing that is not asked."""

    scope: Scope
    rows: list[Answered] = field(default_factory=list)
    settled: list[Answered] = field(default_factory=list)

    @property
    def shown(self) -> list[Answered]:
        """The rows that names are shown of."""
        return self.settled or self.rows


class _Finder:
    """Gathers rows by what they wait for."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._concepts = vocabulary.by_key()
        self._specimens = SpecimenReader(vocabulary.specimens)
        self._sections = SectionReader(vocabulary)
        self._specimen_names = {s.key: s.name for s in vocabulary.specimens}
        self._specimen_of_code = {s.code: s.name for s in reversed(vocabulary.specimens) if s.code}
        self._units = {u.code: u for u in reversed(vocabulary.units)}
        self._groups: dict[RuleKind, dict[tuple[str, ...], _Group]] = {kind: {} for kind in RuleKind}
        self._said_specimens: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._said_units: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, test: LocalTest, mapping: MappingResult) -> None:
        """Take in a row."""
        waits = dict(scopes_of(test, mapping))
        if RuleKind.NAME in waits and mapping.measurand_probability < _SURE:
            del waits[RuleKind.NAME]
        if Reason.SITE_RULE in mapping.reasons:
            waits.pop(RuleKind.NO_CODE, None)  # signed off before
        is_settled = self._is_settled(mapping, waits)
        for kind, scope in waits.items():
            group = self._groups[kind].setdefault(scope.key, _Group(scope))
            group.rows.append((test, mapping))
            if is_settled:
                group.settled.append((test, mapping))
        if concept := mapping.read_as:
            self._note_said(test, concept, waits)

    def _is_settled(self, mapping: MappingResult, waits: Collection[RuleKind]) -> bool:
        open_reasons = {r for r in mapping.reasons if r in CONFLICTS or r in ASSUMPTIONS}
        if RuleKind.NO_CODE in waits:
            return True
        if RuleKind.NAME not in waits and not NAME_REASONS.isdisjoint(open_reasons):
            return False
        return open_reasons <= _ANSWERABLE

    def _note_said(self, test: LocalTest, concept: Concept, waits: Collection[RuleKind]) -> None:
        """Keep what the list says itself, of rows that do not wait for it."""
        if test.specimen and RuleKind.SPECIMEN not in waits:
            keys, _ = self._specimens.read(test.specimen)
            said = self._specimen_names[keys[0]] if len(keys) == 1 else clean(test.specimen)
            self._said_specimens[fold(test.section), usual_specimen(concept)][said] += 1
        if test.unit.strip() and RuleKind.UNIT not in waits:
            self._said_units[concept.key][clean(test.unit)] += 1

    def questions(self) -> list[Question]:
        """Return the questions, those that settle no row left out."""
        found = [self._of_specimen(group) for group in self._groups[RuleKind.SPECIMEN].values()]
        found += self._of_units()
        found += self._of_names()
        found += self._of_uncoded()
        return [question for question in found if question and question.rows]

    def _of_specimen(self, group: _Group) -> Question | None:
        scope = group.scope
        offered = Counter(
            self._specimen_of_code[code]
            for _, mapping in group.rows
            for code in dict.fromkeys(candidate.code.specimen for candidate in mapping.candidates)
            if code in self._specimen_of_code
        )
        first = Counter(
            self._specimen_of_code.get(mapping.candidates[0].code.specimen, "")
            for _, mapping in group.rows
            if mapping.candidates
        )
        proposed = next((name for name, _ in first.most_common(1) if name), "")
        if not proposed or not self._is_plausible(scope):
            return None
        said = self._said_specimens.get((fold(scope.section), scope.usual), Counter())
        total = said.total()
        if not scope.written and total > 1 and (most := said.most_common(1)[0])[1] >= _AGREEING * total:
            proposed = most[0]
        against = {text: count for text, count in said.most_common() if text != proposed}
        return Question(
            RuleKind.SPECIMEN,
            scope,
            len(group.settled),
            _names(group.shown),
            (Rule(RuleKind.SPECIMEN, scope, proposed),),
            tuple(dict.fromkeys((proposed, *(name for name, _ in offered.most_common())))),
            Ground(said[proposed], against),
        )

    def _is_plausible(self, scope: Scope) -> bool:
        """Tell whether tests of a usual specimen may stand in a section: no urine protein in 生化学."""
        section = self._sections.read(scope.section)
        if section is None or not section.usual:
            return True
        return self._sections.is_blood(section.usual) == self._sections.is_blood(scope.usual)

    def _of_units(self) -> Iterator[Question]:
        """Yield a question for the tests of each section, judgements apart; a test has a rule of its own."""
        found: dict[RuleKind, dict[str, list[tuple[Rule, _Group]]]] = defaultdict(lambda: defaultdict(list))
        for group in self._groups[RuleKind.UNIT].values():
            if unit := self._unit_of(group):
                kind = RuleKind.SCALE if self._is_judgement(unit) else RuleKind.UNIT
                section = self._concepts[group.scope.concept].section
                found[kind][section].append((Rule(kind, group.scope, unit), group))
        for kind, sections in found.items():
            yield from self._together(kind, sections)

    def _unit_of(self, group: _Group) -> str:
        said = self._said_units.get(group.scope.concept)
        if said and not group.scope.written:
            return said.most_common(1)[0][0]
        return next(iter(self._offered_units(group)), "")

    def _offered_units(self, group: _Group) -> list[str]:
        codes = dict.fromkeys(c.code.unit for _, mapping in group.rows for c in mapping.candidates)
        return [self._units[code].name for code in codes if code in self._units]

    def _is_judgement(self, unit: str) -> bool:
        return result_type_of(canonical(unit)) is ResultType.QUALITATIVE

    def _of_names(self) -> Iterator[Question]:
        """Yield a question about names with further words, and one about names that resemble known ones."""
        found: dict[str, list[tuple[Rule, _Group]]] = defaultdict(list)
        for group in self._groups[RuleKind.NAME].values():
            partly = any(Reason.NAME_PARTLY_EXPLAINED in mapping.reasons for _, mapping in group.rows)
            rule = Rule(RuleKind.NAME, group.scope, self._concepts[group.scope.concept].name)
            found["partly" if partly else "similar"].append((rule, group))
        for usual, rules in found.items():
            yield self._asked(RuleKind.NAME, Scope(usual=usual), rules)

    def _of_uncoded(self) -> Iterator[Question]:
        sections: dict[str, list[tuple[Rule, _Group]]] = defaultdict(list)
        for group in self._groups[RuleKind.NO_CODE].values():
            sections[group.scope.concept].append((Rule(RuleKind.NO_CODE, group.scope), group))
        yield from self._together(RuleKind.NO_CODE, sections)

    def _together(
        self, kind: RuleKind, sections: Mapping[str, list[tuple[Rule, _Group]]]
    ) -> Iterator[Question]:
        """Yield a question for each section, and one for all that have few rows."""
        rows = sum(len(group.rows) for rules in sections.values() for _, group in rules)
        least = max(_FEW, _FEW_SHARE * rows)
        few: dict[str, list[tuple[Rule, _Group]]] = {}
        for section, rules in sections.items():
            if sum(len(group.rows) for _, group in rules) < least:
                few[section] = rules
            else:
                yield self._asked(kind, Scope(concept=section), rules)
        if few:
            together = [rule for section in sorted(few) for rule in few[section]]
            yield self._asked(kind, Scope(concept="|".join(sorted(few))), together)

    def _asked(self, kind: RuleKind, about: Scope, rules: list[tuple[Rule, _Group]]) -> Question:
        rules = sorted(rules, key=lambda each: (-len(each[1].settled), each[0].scope.key))
        rows = [row for _, group in rules for row in group.shown]
        settled = sum(len(group.settled) for _, group in rules)
        options = [
            f"{self._concepts[rule.scope.concept].name}={unit}"
            for rule, group in rules
            if kind in (RuleKind.UNIT, RuleKind.SCALE)
            for unit in self._offered_units(group)
        ]
        count = sample_size(len(rows)) if kind is RuleKind.NO_CODE else EXAMPLES
        return Question(
            kind,
            about,
            settled,
            _names(rows, count),
            tuple(rule for rule, _ in rules),
            tuple(dict.fromkeys(options)),
        )


def _names(rows: Sequence[Answered], count: int = EXAMPLES) -> tuple[str, ...]:
    """Return names of a group, drawn evenly and always the same ones; each once."""
    names = list(dict.fromkeys(clean(test.name) for test, _ in rows))
    if len(names) <= count:
        return tuple(names)
    drawn = random.Random(len(names)).sample(range(len(names)), count)
    return tuple(names[place] for place in sorted(drawn))
