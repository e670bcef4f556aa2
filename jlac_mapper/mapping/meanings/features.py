"""How a row and a concept agree, element by element: what the weights of `weigh` are multiplied with."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jlac_mapper.compiled import compiled
from jlac_mapper.mapping.meanings.find import Meaning
from jlac_mapper.mapping.meanings.specimens import BLOODS, SpecimenDigits
from jlac_mapper.reading.dimensions import dimension
from jlac_mapper.reading.name_facts import GROUPS, NOTHING, NameFacts, in_every, in_some, name_facts
from jlac_mapper.reading.principles import PrincipleReader
from jlac_mapper.reading.units import are_equal
from jlac_mapper.types import NormalizedTest
from jlac_mapper.vocabulary import ConceptKind, ResultType, Scale, Vocabulary

VALUES = (
    "exact",
    "exact_rare",
    "exact_stripped",
    "covered",
    "covered_inexact",
    "cosine",
    "similarity",
    "similarity_cubed",
    "dense",
    "dense_cubed",
    "alias",
    "short_name",
    "inexact",
)
"""Features of the name as a whole, each between 0 and 1."""
LEVELS = (
    *(f"{group}_{level}" for group in GROUPS for level in ("missing", "extra", "differs", "agrees")),
    *(f"concept_{group}_{level}" for group in GROUPS for level in ("missing", "extra")),
    "specimen_agrees",
    "specimen_usual",
    "specimen_conflicts",
    "specimen_other_blood",
    "unit_agrees",
    "unit_other_scale",
    "unit_conflicts",
    "method_agrees",
    "method_family_agrees",
    "method_conflicts",
    "scale_agrees",
    "scale_conflicts",
    "line",
    "without_code",
)
"""What holds of a row and a concept or does not."""
FEATURES = (*VALUES, *LEVELS)

Float64 = npt.NDArray[np.float64]
Places = tuple[int, ...]
"""Places of levels in `LEVELS`."""
_AT = {name: place for place, name in enumerate(LEVELS)}
_CODED = frozenset({ConceptKind.TEST, ConceptKind.CALCULATED, ConceptKind.PANEL})
_SCALES = {
    Scale.QUANTITY: frozenset({ResultType.QUANTITATIVE, ResultType.SEMI_QUANTITATIVE}),
    Scale.QUALITATIVE: frozenset({ResultType.QUALITATIVE}),
    Scale.SEMI_QUANTITATIVE: frozenset({ResultType.SEMI_QUANTITATIVE, ResultType.QUALITATIVE}),
    Scale.TITRE: frozenset({ResultType.SEMI_QUANTITATIVE, ResultType.QUANTITATIVE}),
    Scale.TYPE: frozenset({ResultType.QUALITATIVE}),
}
_SHORT = 3
_REMEMBERED = 50_000


class Features(NamedTuple):
    """The features of one meaning: the `VALUES` in order, and the places of the `LEVELS` that hold."""

    values: tuple[float, ...]
    levels: Places


class FeatureReader:
    """
    Describes the meanings of rows; built once from a vocabulary, then free of side effects.

    Args:
        principles: Reads method fields; made of the vocabulary where none is given.
    """

    def __init__(self, vocabulary: Vocabulary, principles: PrincipleReader | None = None) -> None:
        self._concepts = vocabulary.concepts
        self._specimens = SpecimenDigits(vocabulary)
        self._principles = principles or PrincipleReader(vocabulary.principles)
        self._families = {p.code: frozenset(p.families) for p in vocabulary.principles}
        self._names: list[list[str]] = [[concept.name_key] for concept in vocabulary.concepts]
        places = {concept.key: place for place, concept in enumerate(vocabulary.concepts)}
        for name in vocabulary.names:
            self._names[places[name.concept]].append(name.key)
        keys = "\n".join(key for names in self._names for key in (*names, ""))
        self._facts = compiled("facts", [keys], self._facts_of_concepts)
        # Rows repeat the same few specimens, units and methods; concepts come back again and again.
        self._specimen = lru_cache(maxsize=_REMEMBERED)(self._specimen_levels)
        self._unit = lru_cache(maxsize=_REMEMBERED)(self._unit_levels)
        self._method = lru_cache(maxsize=_REMEMBERED)(self._method_levels)
        self._kind = [
            tuple(
                _AT[level]
                for level, holds in (("line", c.kind not in _CODED), ("without_code", not c.jlac10))
                if holds
            )
            for c in vocabulary.concepts
        ]

    def describe(self, test: NormalizedTest, meanings: Sequence[Meaning]) -> list[Features]:
        """Return the features of each meaning of a row."""
        said = said_facts(test)
        unsaid = tuple([~group for group in said])
        specimens = self._specimens.said(test)
        methods = self._principles.read(test.source.method) if test.source.method else ()
        units = tuple(q.canonical for q in test.quantities)
        short = float(min(map(len, test.keys), default=0) <= _SHORT)
        found = []
        for meaning in meanings:
            place = meaning.concept
            some, every = self._facts[place]
            levels = (
                *_compared(said, name_facts(meaning.key)),
                *_against_all(said, unsaid, some, every),
                *(self._specimen(place, specimens) if specimens else ()),
                *(self._unit(place, units) if units else ()),
                *(self._method(place, methods) if methods else ()),
                *_scale_levels(self._concepts[place].scale, test.result_type),
                *self._kind[place],
            )
            found.append(Features(_values(meaning, short), levels))
        return found

    def _facts_of_concepts(self) -> list[tuple[NameFacts, NameFacts]]:
        """Return for each concept what any of its names says, and what every one of them says."""
        facts = [[name_facts(key) for key in names] for names in self._names]
        return [(in_some(each), in_every(each)) for each in facts]

    def _specimen_levels(self, place: int, said: frozenset[str]) -> Places:
        usual = self._specimens.of_concept(self._concepts[place])
        if not usual:
            return ()
        if usual[0] in said:
            return _AT["specimen_agrees"], _AT["specimen_usual"]
        if not said.isdisjoint(usual):
            return (_AT["specimen_agrees"],)
        if said & BLOODS and not BLOODS.isdisjoint(usual):
            return (_AT["specimen_other_blood"],)
        return (_AT["specimen_conflicts"],)

    def _unit_levels(self, place: int, units: tuple[str, ...]) -> Places:
        usual = self._concepts[place].units
        if not usual:
            return ()
        if any(are_equal(unit, other) for unit in units for other in usual):
            return (_AT["unit_agrees"],)
        sizes = {dimension(unit) for unit in usual} - {""}
        return (_AT["unit_other_scale" if any(dimension(u) in sizes for u in units) else "unit_conflicts"],)

    def _method_levels(self, place: int, methods: tuple[str, ...]) -> Places:
        usual = self._concepts[place].methods
        if not usual:
            return ()
        if any(code in usual for code in methods):
            return _AT["method_agrees"], _AT["method_family_agrees"]
        alike = not self._of_families(methods).isdisjoint(self._of_families(usual))
        return (_AT["method_family_agrees" if alike else "method_conflicts"],)

    def _of_families(self, codes: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(self._families.get(code, frozenset()) for code in codes))


def as_table(described: Sequence[Features]) -> Float64:
    """Return features as one row of `FEATURES` a meaning, shape (len(described), len(FEATURES))."""
    table = np.zeros((len(described), len(FEATURES)))
    for row, features in zip(table, described, strict=True):
        row[: len(VALUES)] = features.values
        row[[len(VALUES) + place for place in features.levels]] = 1.0
    return table


def said_facts(test: NormalizedTest) -> NameFacts:
    """Return the facts of a row's whole name, without what was taken off it as a note."""
    if not test.parts:
        return NOTHING
    return name_facts("".join([part.variants[0] for part in test.parts]))


def _values(meaning: Meaning, short: float) -> tuple[float, ...]:
    exact, covered, dense = meaning.exact, meaning.covered, meaning.dense
    inexact = float(exact == 0)
    return (
        float(exact == 1.0),
        meaning.rare,
        float(0 < exact < 1.0),
        covered,
        covered * inexact,
        meaning.cosine,
        meaning.similarity,
        meaning.similarity**3,
        dense,
        max(0.0, dense) ** 3,
        meaning.alias,
        short,
        inexact,
    )


_MISSING, _EXTRA, _DIFFERS, _AGREES = range(4)


def _compared(said: NameFacts, name: NameFacts) -> list[int]:
    """Compare two names group by group: what the second lacks, has beside, has instead, has alike."""
    found: list[int] = []
    at = -4
    for own, other in zip(said, name, strict=True):
        at += 4
        if own == other:
            if own:
                found.append(at + _AGREES)
            continue
        both = own & other
        if own != both:
            found.append(at + _MISSING)
        if other != both:
            found.append(at + _EXTRA)
        if both:
            found.append(at + _AGREES)
        elif own and other:
            found.append(at + _DIFFERS)
    return found


def _against_all(said: NameFacts, unsaid: tuple[int, ...], some: NameFacts, every: NameFacts) -> list[int]:
    """Say which groups hold what no name of the concept says, or lack what all of them say."""
    found: list[int] = []
    at = 4 * len(GROUPS)
    for own, others, any_of, all_of in zip(said, unsaid, some, every, strict=True):
        if own and own & ~any_of:
            found.append(at)
        if all_of and all_of & others:
            found.append(at + 1)
        at += 2
    return found


@lru_cache(maxsize=64)
def _scale_levels(scale: Scale, kind: ResultType) -> Places:
    if not scale or not kind:
        return ()
    return (_AT["scale_agrees" if kind in _SCALES[scale] else "scale_conflicts"],)
