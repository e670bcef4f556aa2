"""
What an embedding model of names learns from: which names mean the same, and which only look alike.

Aliases of one concept are each other's positives, whether a release lists it or not; a background name is
one of a concept that it does not list. The nearest names of other concepts are a name's hard negatives.
Everything is generated from the vocabulary and the spelling rules.
"""

import hashlib
import random
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.mapping.ngram_index import NgramIndex
from jlac_mapper.text import fold
from jlac_mapper.training.generated_rows import RowGenerator
from jlac_mapper.vocabulary import Name, NameForm, Vocabulary

FOLDS = 5
_SPELLINGS = 12
_NEAREST = 40
_ANOTHER_NAME = 0.5
"""Share of background queries whose positive is any name of their concept."""


@dataclass(frozen=True, slots=True)
class KnownName:
    """
    A name of the index.

    Attributes:
        key: The folded name.
        concept: Its concept where that is listed, else empty.
        meaning: Its concept, listed or not.
        near: Concepts that it is taken for.
    """

    key: str
    concept: str
    meaning: str
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A written name to learn from; *name* is the row of `Examples.names` it was made from."""

    text: str
    concept: str
    name: int


@dataclass(frozen=True, slots=True)
class Examples:
    """
    Names, queries written from them, and each name's hard negatives.

    Attributes:
        names: The names of the index, listed ones first.
        queries: Each name as it is and in other spellings.
        twins: For each name the rows of names that mean something else and are easily taken for it.
    """

    names: tuple[KnownName, ...]
    queries: tuple[Query, ...]
    twins: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A query, a name that means the same, and a near twin; rows of `queries`, `names`, `names`."""

    query: int
    positive: int
    negative: int


def examples(bound: BoundRelease, seed: int) -> Examples:
    """Generate the examples of a release's vocabulary; the same seed gives the same examples."""
    names = known_names(bound)
    generator = RowGenerator(bound, seed)
    rows = {name.key: row for row, name in enumerate(names)}
    queries = dict.fromkeys(Query(name.key, name.concept, row) for row, name in enumerate(names))
    # The generator writes a second name of the concept beside the first where there is a plain one.
    paired = {name.concept for name in bound.vocabulary.names if "(" not in name.text} & bound.listed
    for name in _meant(bound):
        row = rows[name.key]
        for text in _spellings(generator, name, paired):
            queries[Query(text, names[row].concept, row)] = None
    return Examples(names, tuple(queries), _twins(names))


def known_names(bound: BoundRelease) -> tuple[KnownName, ...]:
    """Return the names of a release's vocabulary by their folded keys, each once; listed ones first."""
    concepts = bound.vocabulary.by_key()
    return tuple(
        KnownName(name.key, name.concept, name.concept)
        if name.concept in bound.listed
        else KnownName(name.key, "", name.concept, concepts[name.concept].confused_with)
        for name in _meant(bound)
    )


def _meant(bound: BoundRelease) -> list[Name]:
    """Return one name for each folded key, its usual meaning, of several a listed one; listed ones first."""
    found: dict[str, Name] = {}
    ranked = sorted(
        bound.vocabulary.names,
        key=lambda name: (name.form == NameForm.HOMONYM, name.concept not in bound.listed),
    )
    for name in ranked:
        if key := name.key:
            found.setdefault(key, name)
    return sorted(found.values(), key=lambda name: name.concept not in bound.listed)


def pairs(found: Examples, seed: int) -> Iterator[Pair]:
    """
    Yield pairs for multiple-negatives ranking without end, half of them of listed names.

    A concept is drawn first, with the square root of its number of names, so that a rare one counts. The
    positive is another name of the concept; of a background query it is its own name as often as another.
    """
    rng = random.Random(seed)
    by_concept: dict[str, list[int]] = defaultdict(list)
    members: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(found.names):
        members[name.meaning].append(row)
    for row, query in enumerate(found.queries):
        by_concept[query.concept].append(row)
    own = by_concept.pop("", [])
    concepts = [m for m in by_concept if len(members[m]) > 1]
    weights = [len(members[m]) ** 0.5 for m in concepts]
    everything = range(len(found.names))
    while True:
        for concept in rng.choices(concepts, weights, k=64):
            row = rng.choice(by_concept[concept])
            source = found.queries[row].name
            positive = rng.choice([m for m in members[concept] if m != source])
            yield Pair(row, positive, rng.choice(found.twins[source] or everything))
            if own:
                row = rng.choice(own)
                source = found.queries[row].name
                alike = members[found.names[source].meaning]
                positive = rng.choice(alike) if rng.random() < _ANOTHER_NAME else source
                yield Pair(row, positive, rng.choice(found.twins[source] or everything))


def hold_out(vocabulary: Vocabulary, fold_number: int, seed: int) -> tuple[Vocabulary, Vocabulary]:
    """
    Return the vocabulary without a fifth of its names, and those names.

    By the hash of the folded name: each concept loses about a fifth of its aliases.
    """
    out = [is_held_out(name, fold_number, seed) for name in vocabulary.names]
    left, taken = (
        tuple(name for name, is_out in zip(vocabulary.names, out, strict=True) if is_out == wanted)
        for wanted in (False, True)
    )
    return replace(vocabulary, names=left), replace(vocabulary, names=taken)


def is_held_out(name: Name, fold_number: int, seed: int) -> bool:
    """Tell whether a name is in a fifth of all names, by the hash of its folded text."""
    digest = hashlib.sha256(f"{seed}:{name.key}".encode()).hexdigest()
    return int(digest, 16) % FOLDS == fold_number


def perturbed(generator: RowGenerator, name: str, count: int) -> list[str]:
    """Return *count* spellings of a name as hospitals write it, without a second name beside it."""
    return [row.test.name for row in generator.background(Name(name, ""), count)]


def _spellings(generator: RowGenerator, name: Name, paired: Collection[str]) -> list[str]:
    if name.concept in paired:
        texts = [row.test.name for row in generator.listed(name, _SPELLINGS) if row.concept]
    else:
        texts = perturbed(generator, name.text, _SPELLINGS)
    return [key for text in texts if (key := fold(text))]


def _twins(names: Sequence[KnownName]) -> tuple[tuple[int, ...], ...]:
    """Return for each name the nearest names of another meaning, then those known to be taken for it."""
    taken_for: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(names):
        for concept in name.near:
            taken_for[concept].append(row)
    index = NgramIndex([name.key for name in names])
    found: list[tuple[int, ...]] = []
    for name in names:
        nearest, _ = index.search(name.key, _NEAREST)
        lexical = [row for row in nearest.tolist() if names[row].meaning != name.meaning][:12]
        confused = taken_for[name.meaning]
        found.append(tuple(dict.fromkeys((*lexical, *confused))))
    return tuple(found)
