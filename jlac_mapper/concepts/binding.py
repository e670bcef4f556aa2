"""Binding: which concepts the results of a release are, told by everything the release says of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from jlac_mapper.codes.editions import STARTER
from jlac_mapper.codes.jlac11 import Jlac11Code
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.reading import units
from jlac_mapper.reading.dimensions import dimension
from jlac_mapper.reading.facts import Facts
from jlac_mapper.reading.names import NameReader
from jlac_mapper.text import clean, fold
from jlac_mapper.vocabulary import Concept, Name, NameForm, ResultType, Scale, Vocabulary

Result = tuple[str, str, str, str]
"""A code without its method: measurand, identification, specimen, unit."""
KnownResults = Mapping[Result, frozenset[str]]
"""Concepts of results whose digits are known from elsewhere."""

# What each kind of evidence weighs. Digits that we know are strong, but name and JLAC10 together outweigh
# them, so that a release may give an old number to something else.
_KNOWN, _KNOWN_ELSEWHERE, _NAME, _NAME_PART, _ANALYTE, _ABBREVIATION = 3.25, 2.0, 3.0, 1.5, 2.0, 1.0
_ANALYTE_AND_IDENTIFICATION, _OTHER_IDENTIFICATION = 3.0, -5.0
_FITS, _OTHER_UNIT, _OTHER_SPECIMEN = 0.5, -1.0, -2.0
_LEAST = 1.75
"""Under this a result stays unbound: an abbreviation and a fitting unit are no proof."""
_TIE = 0.25
_SHARED = 2.0
"""How far behind the best a concept that is known for the digits may be and still share the result."""
_GOOD_SHARE = 0.3


def result_of(code: Jlac11Code) -> Result:
    """Return a code's elements without its method."""
    return code.measurand, code.identification, code.specimen, code.unit


@dataclass(frozen=True, slots=True)
class Binding:
    """
    The concepts of a release's codes.

    Attributes:
        concepts: Code -> concept keys, those that the release tells apart no further together.
        unbound: Result codes that no concept could be told for, in order.
        unclear: Result codes bound to several concepts by equal evidence, not because they are known to
            serve several; in order.
    """

    concepts: Mapping[Jlac11Code, tuple[str, ...]]
    unbound: tuple[ListedCode, ...] = ()
    unclear: tuple[ListedCode, ...] = ()

    def of(self, code: Jlac11Code) -> tuple[str, ...]:
        """Return the concepts of a code, none for an unbound one."""
        return self.concepts.get(code, ())

    def measurands(self) -> dict[str, Counter[str]]:
        """Return for each concept its measurands in the release, with their numbers of codes."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for code, concepts in self.concepts.items():
            for concept in concepts:
                found[concept][code.measurand] += 1
        return dict(found)


@dataclass(slots=True)
class _Spread:
    """In which measurands of a release a name, abbreviation or analyte stands."""

    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    abbreviations: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    analytes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


class Binder:
    """Binds releases to the concepts of one vocabulary; built once, then free of side effects."""

    def __init__(self, vocabulary: Vocabulary, known: KnownResults) -> None:
        self._concepts = vocabulary.by_key()
        self._reader = NameReader(vocabulary)
        self._known = known
        self._by_name: dict[str, set[str]] = defaultdict(set)
        for name in vocabulary.names:
            if name.form != NameForm.HOMONYM:
                self._by_name[name.key].add(name.concept)
        for concept in vocabulary.concepts:
            for key in (concept.name_key, concept.name_en_key):
                if key not in self._by_name:
                    self._by_name[key].add(concept.key)
        self._by_analyte: dict[str, set[str]] = defaultdict(set)
        for concept in vocabulary.concepts:
            for analyte in concept.analytes:
                self._by_analyte[analyte].add(concept.key)
        self._known_places: dict[tuple[str, str], set[str]] = defaultdict(set)
        for (measurand, _, specimen, _), concepts in known.items():
            self._known_places[measurand, specimen[:1]] |= concepts
        self._specimens = {s.key: s.code for s in vocabulary.specimens if s.code}
        self._units = {u.code: u.canonical for u in reversed(vocabulary.units) if u.code}
        self._types = {u.code: u.result_type for u in vocabulary.units if u.code}
        self._named: dict[str, dict[str, float]] = {}

    def bind(self, codes: Iterable[ListedCode], added: Mapping[Result, str] | None = None) -> Binding:
        """
        Bind every result code.

        Args:
            added: Results that a person bound; empty elements stand for every one of them.
        """
        rows = [listed for listed in codes if not listed.code.is_request]
        spread = self._spread(rows)
        concepts: dict[Jlac11Code, tuple[str, ...]] = {}
        unbound, unclear = [], []
        remembered: dict[tuple[Result, str, str, tuple[str, ...]], tuple[tuple[str, ...], bool]] = {}
        for listed in rows:
            told = bound_by_person(listed.code, added or {})
            if told:
                concepts[listed.code] = (told,)
                continue
            result = result_of(listed.code)
            group = (result, listed.name, listed.abbreviation, listed.jlac10)
            if group not in remembered:
                remembered[group] = self._bind(listed, result, spread)
            found, sure = remembered[group]
            if found:
                concepts[listed.code] = found
            if not found:
                unbound.append(listed)
            elif not sure:
                unclear.append(listed)
        return Binding(concepts, tuple(unbound), tuple(unclear))

    def names(self, binding: Binding, codes: Iterable[ListedCode], known: Iterable[Name]) -> tuple[Name, ...]:
        """
        Return the names that a release itself gives its results, as far as *known* does not hold them.

        A name that stands under several concepts goes to each that has a good share of its codes: a slip such
        as an antigen's name on some of the antibody's rows does not make a name.
        """
        have = {(name.key, name.concept) for name in known}
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        written: dict[str, str] = {}
        for listed in codes:
            if listed.source != STARTER and not listed.code.is_request and (key := fold(listed.name)):
                counts[key].update(binding.of(listed.code))
                written.setdefault(key, listed.name)
        return tuple(
            Name(written[key], concept, NameForm.RELEASE)
            for key, found in counts.items()
            for concept, count in sorted(found.items())
            if count >= _GOOD_SHARE * found.total() and (key, concept) not in have
        )

    def _spread(self, rows: Sequence[ListedCode]) -> _Spread:
        spread = _Spread()
        for listed in rows:
            measurand = listed.code.measurand
            spread.names[listed.name].add(measurand)
            spread.abbreviations[listed.abbreviation].add(measurand)
            for code in listed.jlac10:
                spread.analytes[code[:5]].add(measurand)
                spread.analytes[code[:9]].add(measurand)
        return spread

    def _bind(self, listed: ListedCode, result: Result, spread: _Spread) -> tuple[tuple[str, ...], bool]:
        """Return the concepts of one result, and whether the evidence left no doubt."""
        scores: defaultdict[str, float] = defaultdict(float)
        known, weight = self._known.get(result, frozenset()), _KNOWN
        if not known:
            known = frozenset(
                concept
                for concept in self._known_places.get((result[0], result[2][:1]), ())
                if self._fit(self._concepts[concept], listed) >= 0
            )
            weight = _KNOWN_ELSEWHERE
        for concept in known:
            scores[concept] += weight
        for text, spreads, weight in (
            (listed.name, spread.names, _NAME),
            (listed.abbreviation, spread.abbreviations, _ABBREVIATION),
        ):
            for concept, share in self._meanings(text).items():
                scores[concept] += weight * share / len(spreads[text])
        for code in dict.fromkeys(code[:9] for code in listed.jlac10):
            for concept, weight in self._of_jlac10(code, spread).items():
                scores[concept] += weight
        for concept in scores:
            scores[concept] += self._fit(self._concepts[concept], listed)
        if not scores:
            return (), False
        best = max(scores.values())
        if best < _LEAST:
            return (), False
        leading = sorted(c for c, score in scores.items() if score >= best - _TIE)
        if not known.isdisjoint(leading):
            return tuple(sorted(c for c in known if scores[c] >= max(_LEAST, best - _SHARED))), True
        return tuple(leading), len(leading) == 1

    def _of_jlac10(self, code: str, spread: _Spread) -> dict[str, float]:
        """Weigh the concepts that a JLAC10 code (analyte and identification) speaks for, or against."""
        analyte = code[:5]
        meant = self._by_analyte.get(analyte, ())
        alike = max(len(spread.analytes[analyte]), len(meant) ** 0.5)
        found = {}
        for key in meant:
            own = {entry for entry in self._concepts[key].jlac10 if entry[:5] == analyte}
            if f"{analyte}-{code[5:]}" in own:
                found[key] = _ANALYTE_AND_IDENTIFICATION / len(spread.analytes[code])
            elif analyte in own or not code[5:]:  # some releases give the analyte alone
                found[key] = _ANALYTE / alike
            else:
                found[key] = _OTHER_IDENTIFICATION
        return found

    def _meanings(self, text: str) -> dict[str, float]:
        """Return the concepts that a release's name may mean, each with how fully the name says so (0-1)."""
        if text not in self._named:
            self._named[text] = self._read(text)
        return self._named[text]

    def _read(self, text: str) -> dict[str, float]:
        name = clean(text)
        if not fold(name):
            return {}
        if found := self._by_name.get(fold(name)):
            return dict.fromkeys(found, 1.0)
        parts = self._reader.read(name, Facts())
        if not parts:
            return {}
        for end in (0, -1):
            if found := self._by_name.get("".join(part.variants[end] for part in parts)):
                return dict.fromkeys(found, 1.0)
        said = [self._first(part.variants) for part in parts]
        if all(said) and (together := frozenset.intersection(*said)):
            return dict.fromkeys(together, 1.0)
        return dict.fromkeys(said[0], _NAME_PART / _NAME)

    def _first(self, variants: Iterable[str]) -> frozenset[str]:
        return next((frozenset(self._by_name[v]) for v in variants if v in self._by_name), frozenset())

    def _fit(self, concept: Concept, listed: ListedCode) -> float:
        """Say how specimen and unit of a result fit a concept: positive where they do, negative where not."""
        found = 0.0
        codes = {self._specimens.get(key, "")[:1] for key in concept.specimens} - {""}
        if codes:
            found += _FITS if listed.code.specimen[:1] in codes else _OTHER_SPECIMEN
        unit = self._units.get(listed.code.unit) or units.canonical(clean(listed.unit_name))
        if unit and concept.units:
            alike = unit in concept.units or dimension(unit) in {dimension(u) for u in concept.units} - {""}
            found += _FITS if alike else _OTHER_UNIT
        kind = self._types.get(listed.code.unit, ResultType.ANY)
        if concept.scale is Scale.QUALITATIVE and kind is ResultType.QUANTITATIVE:
            found += _OTHER_UNIT
        return found


def fits(pattern: Result, result: Result) -> bool:
    """Tell whether a result has the elements of *pattern*, whose empty ones stand for any."""
    return all(said in ("", here) for said, here in zip(pattern, result, strict=True))


def bound_by_person(code: Jlac11Code, added: Mapping[Result, str]) -> str:
    """
    Return the concept that a person bound a code to, or nothing.

    The entry with the most elements counts; of equal ones the one that is first in order.
    """
    for pattern in sorted(added, key=lambda pattern: (-sum(map(bool, pattern)), pattern)):
        if fits(pattern, result_of(code)):
            return added[pattern]
    return ""


def standing_for(binding: Binding, known: KnownResults) -> Mapping[Result, frozenset[str]]:
    """
    Return which measurands of a bound release stand for each known result.

    A result whose own measurand the release lists for one of its concepts keeps that measurand; where the
    release calls the concept by another number, that number stands for it, if it has a good share of the
    concept's codes: a slip on a few rows of another measurand does not.
    """
    measurands = {concept: _mostly(counts) for concept, counts in binding.measurands().items()}
    found: dict[Result, frozenset[str]] = {}
    for result, concepts in known.items():
        here: AbstractSet[str] = frozenset().union(*(measurands.get(c, ()) for c in concepts))
        found[result] = frozenset({result[0]}) if result[0] in here else frozenset(here)
    return found


def _mostly(counts: Counter[str]) -> frozenset[str]:
    """Return what has a good share of the counts."""
    return frozenset(key for key, count in counts.items() if count >= _GOOD_SHARE * counts.total())


def renamed(binding: Binding, known: KnownResults) -> Iterator[tuple[str, str]]:
    """Yield (measurand that is known, measurand of the release) of concepts whose number is another here."""
    theirs = binding.measurands()
    ours: dict[str, set[str]] = defaultdict(set)
    for result, concepts in known.items():
        for concept in concepts:
            ours[concept].add(result[0])
    pairs = set()
    for concept, numbers in ours.items():
        here = theirs.get(concept, Counter())
        if here and numbers.isdisjoint(here):
            pairs |= {(number, here.most_common(1)[0][0]) for number in numbers}
    yield from sorted(pairs)
