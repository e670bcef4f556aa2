"""What a name may mean among all concepts, listed by a release or not, with what speaks for each."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rapidfuzz.fuzz import ratio

from jlac_mapper.concepts.families import ComposedNames
from jlac_mapper.mapping.dense_names import DenseNames
from jlac_mapper.mapping.similar_names import Close, Resembling, SimilarNames
from jlac_mapper.types import NormalizedTest
from jlac_mapper.vocabulary import NameForm, Section, Vocabulary

_BY_PARTS = 0.9
"""How exact a name is of which every part is a name of the concept: AST(GOT)."""
LIMIT = 12
"""Concepts that are weighed for a row."""


class _Entry(NamedTuple):
    key: str
    concept: int
    rare: bool
    """The name usually means another concept."""


class Meaning(NamedTuple):
    """A concept that a row may mean, with the scores that speak for it, each 0-1."""

    concept: int
    exact: float
    covered: float
    cosine: float
    similarity: float
    dense: float
    alias: float
    rare: float
    key: str
    """The folded name that resembles the row's most."""


@dataclass(slots=True)
class _Support:
    exact: float = 0.0
    covered: int = 0
    cosine: float = 0.0
    similarity: float = 0.0
    dense: float = 0.0
    alias: float = 0.0
    rare: bool = False
    key: str = ""
    closeness: float = -1.0

    def near(self, key: str, closeness: float) -> None:
        if closeness > self.closeness:
            self.key, self.closeness = key, closeness


class MeaningFinder:
    """
    Finds the concepts that rows may mean over a whole vocabulary; built once, then free of side effects.

    Args:
        make_dense: Builds embeddings over the folded names; none without it.
    """

    def __init__(
        self, vocabulary: Vocabulary, make_dense: Callable[[Sequence[str]], DenseNames] | None = None
    ) -> None:
        self.concepts = vocabulary.concepts
        places = {concept.key: i for i, concept in enumerate(self.concepts)}
        by_key: dict[str, list[_Entry]] = defaultdict(list)
        for key, place, rare in _named(vocabulary, places):
            if key and all(entry.concept != place for entry in by_key[key]):
                by_key[key].append(_Entry(key, place, rare))
        self._by_key = {key: tuple(entries) for key, entries in by_key.items() if entries}
        self._composed = ComposedNames(vocabulary.families, places.keys())
        self._places = places
        self._entries = [entry for entries in self._by_key.values() for entry in entries]
        keys = [entry.key for entry in self._entries]
        dense = make_dense(keys) if make_dense else None
        self._similar = SimilarNames(keys, [str(entry.concept) for entry in self._entries], dense)

    def find(self, tests: Sequence[NormalizedTest]) -> list[list[Meaning]]:
        """Return for each row up to `LIMIT` concepts, the likeliest by the plain scores first."""
        unknown = [test for test in tests if not self._is_known(test)]
        close = self._similar.by_embedding(q for test in unknown for q in test.queries)
        resembling = self._similar.by_characters(q for test in unknown for q in _queries(test))
        return [self._find(test, resembling, close) for test in tests]

    def _find(
        self, test: NormalizedTest, resembling: Mapping[str, Resembling], close: Mapping[str, Close]
    ) -> list[Meaning]:
        found: dict[int, _Support] = defaultdict(_Support)
        for rank, key in enumerate(test.keys):
            for entry in self._known(key, test.section):
                support = found[entry.concept]
                score = 1.0 if rank == 0 else 0.95
                if score > support.exact:
                    support.exact, support.rare = score, entry.rare
                    support.near(key, 2.0)
        if is_known := self._is_known(test):
            self._add_twins(test.keys[0], found)
        total = 0
        for part in test.parts:
            if self._cover(part.variants, test.section, found) or not part.pieces:
                total += len(part.variants[0])
                continue
            for piece in part.pieces:
                total += len(piece[0])
                self._cover(piece, test.section, found)
        for alias in test.aliases:
            for entry in self._known(alias, test.section):
                found[entry.concept].alias = 1.0
                found[entry.concept].near(alias, 0.5)
        for query in () if is_known else _queries(test):
            weight = 1.0 if query in test.queries else (len(query) / max(1, total)) ** 0.5
            cosines, rows = resembling[query]
            for (row, likeness), cosine in zip(rows, cosines.tolist(), strict=True):
                entry = self._entries[row]
                support = found[entry.concept]
                support.cosine = max(support.cosine, weight * cosine)
                support.similarity = max(support.similarity, weight * likeness / 100)
                support.near(entry.key, weight * (cosine + likeness / 100) / 2)
        for query in () if is_known else test.queries:
            for row, cosine in close[query]:
                entry = self._entries[row]
                support = found[entry.concept]
                support.dense = max(support.dense, cosine)
                support.near(entry.key, cosine / 2)
        total = max(1, total)
        meanings = [
            Meaning(
                concept,
                s.exact or (_BY_PARTS if s.covered >= total else 0.0),
                min(1.0, s.covered / total),
                s.cosine,
                s.similarity,
                s.dense,
                s.alias,
                float(s.rare),
                s.key,
            )
            for concept, s in found.items()
        ]
        meanings.sort(key=lambda m: (-_plain(m), m.concept))
        return meanings[:LIMIT]

    def _add_twins(self, key: str, found: dict[int, _Support]) -> None:
        """
        Put what a known name is confused with beside it: the search for similar names is spared then.

        Most names of a real list are known as they stand.
        """
        for place in list(found):
            support = found[place]
            support.cosine = support.similarity = support.exact
            for twin in self.concepts[place].confused_with:
                if (rival := self._places[twin]) not in found:
                    name = self.concepts[rival].name_key
                    found[rival].similarity = ratio(key, name) / 100
                    found[rival].near(name, 0.0)

    def _is_known(self, test: NormalizedTest) -> bool:
        """Whether the name as it stands is a known one: then nothing else need be searched."""
        return bool(test.keys and self._known(test.keys[0]))

    def _known(self, key: str, section: Section | None = None) -> tuple[_Entry, ...]:
        """Return what a folded name is, listed or composed; in a section what is measured there."""
        if listed := self._by_key.get(key):
            return self._in_section(listed, section) if section and len(listed) > 1 else listed
        return tuple(_Entry(key, self._places[concept], False) for concept in self._composed.find(key))

    def _in_section(self, entries: tuple[_Entry, ...], section: Section) -> tuple[_Entry, ...]:
        """Return those of a name's meanings that the section has; one that is left is no rare one there."""
        fitting = tuple(entry for entry in entries if section.has(self.concepts[entry.concept]))
        if not fitting or len(fitting) == len(entries):
            return entries
        return tuple(entry._replace(rare=False) for entry in fitting) if len(fitting) == 1 else fitting

    def _cover(self, variants: Sequence[str], section: Section | None, found: dict[int, _Support]) -> bool:
        length = len(variants[0])
        for variant in variants:
            if entries := self._known(variant, section):
                for entry in entries:
                    support = found[entry.concept]
                    support.covered += length
                    support.near(variant, 0.6 + 0.01 * length)
                return True
        return False


def _plain(meaning: Meaning) -> float:
    """Order concepts by before they are weighed."""
    near = 0.5 * meaning.cosine + 0.3 * meaning.similarity + 0.4 * max(0.0, meaning.dense)
    return max(1.2 * meaning.exact, 0.9 * meaning.covered) + near + 0.3 * meaning.alias - 0.2 * meaning.rare


def _queries(test: NormalizedTest) -> tuple[str, ...]:
    """Return the texts to search similar names of: the whole name, and each part of several bare."""
    parts = [part.variants[-1] for part in test.parts] if len(test.parts) > 1 else []
    return tuple(dict.fromkeys((*test.queries, *(part for part in parts if len(part) > 1))))


def _named(vocabulary: Vocabulary, places: Mapping[str, int]) -> Iterator[tuple[str, int, bool]]:
    """Yield every folded name and standard name with its concept, and whether that is the rarer meaning."""
    for name in vocabulary.names:
        yield name.key, places[name.concept], name.form == NameForm.HOMONYM
    for place, concept in enumerate(vocabulary.concepts):
        yield concept.name_key, place, False
        yield concept.name_en_key, place, False
