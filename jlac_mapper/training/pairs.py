"""
What an embedding model of names learns from: which names mean the same, and which only look alike.

A listed name means its measurand; aliases of one measurand are each other's positives. A background name
means nothing listed; its positives are its own spellings. The near twins of a name are its hard negatives.
Everything is generated from the vocabulary and the spelling rules.
"""

import csv
import hashlib
import random
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jlac_mapper.errors import InputError
from jlac_mapper.mapping.ngram_index import NgramIndex
from jlac_mapper.text import fold
from jlac_mapper.training.generated_rows import RowGenerator
from jlac_mapper.types import BackgroundName, Edition, TestName, Vocabulary

FOLDS = 5
_SPELLINGS = 12
_NEAREST = 40


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name of the index: its folded key, what it means ("" for no listed code), what it is taken for."""

    key: str
    measurand: str
    near: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A written name to learn from; *name* is the row of `Examples.names` it was made from."""

    text: str
    measurand: str
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


def examples(vocabulary: Vocabulary, edition: Edition, seed: int) -> Examples:
    """Generate the examples of a vocabulary; the same seed gives the same examples."""
    names = known_names(vocabulary)
    generator = RowGenerator(vocabulary, edition, seed)
    rows = {name.key: row for row, name in enumerate(names)}
    queries = dict.fromkeys(Query(name.key, name.measurand, row) for row, name in enumerate(names))
    # The generator writes a second name of the measurand beside the first where there is a plain one.
    paired = {name.measurand for name in vocabulary.names if "(" not in name.name}
    for listed in vocabulary.names:
        row = rows[fold(listed.name)]
        for text in _spellings(generator, listed, paired):
            queries[Query(text, listed.measurand, row)] = None
    for other in vocabulary.background:
        key = fold(other.name)
        if not key or names[rows[key]].measurand:
            continue
        for text in _spellings(generator, other, paired):
            queries[Query(text, "", rows[key])] = None
    return Examples(names, tuple(queries), _twins(names))


def known_names(vocabulary: Vocabulary) -> tuple[KnownName, ...]:
    """Return the names of a vocabulary by their folded keys, each once; listed ones first and stronger."""
    found: dict[str, KnownName] = {}
    for name in vocabulary.names:
        if key := fold(name.name):
            found.setdefault(key, KnownName(key, name.measurand))
    for other in vocabulary.background:
        if key := fold(other.name):
            found.setdefault(key, KnownName(key, "", other.near))
    return tuple(found.values())


def pairs(found: Examples, seed: int) -> Iterator[Pair]:
    """
    Yield pairs for multiple-negatives ranking without end, half of them of listed names.

    A measurand is drawn first, with the square root of its number of names, so that a rare one counts. The
    positive is another name of the measurand; of a background query it is its own name.
    """
    rng = random.Random(seed)
    by_measurand: dict[str, list[int]] = defaultdict(list)
    members: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(found.names):
        members[name.measurand].append(row)
    for row, query in enumerate(found.queries):
        by_measurand[query.measurand].append(row)
    own = by_measurand.pop("", [])
    measurands = [m for m in by_measurand if len(members[m]) > 1]
    weights = [len(members[m]) ** 0.5 for m in measurands]
    everything = range(len(found.names))
    while True:
        for measurand in rng.choices(measurands, weights, k=64):
            row = rng.choice(by_measurand[measurand])
            source = found.queries[row].name
            positive = rng.choice([m for m in members[measurand] if m != source])
            yield Pair(row, positive, rng.choice(found.twins[source] or everything))
            if own:
                row = rng.choice(own)
                source = found.queries[row].name
                yield Pair(row, source, rng.choice(found.twins[source] or everything))


def hold_out(vocabulary: Vocabulary, fold_number: int, seed: int) -> tuple[Vocabulary, Vocabulary]:
    """
    Return the vocabulary without a fifth of its names, and those names.

    By the hash of the folded name: each measurand loses about a fifth of its aliases.
    """

    def taken(name: str) -> bool:
        digest = hashlib.sha256(f"{seed}:{fold(name)}".encode()).hexdigest()
        return int(digest, 16) % FOLDS == fold_number

    kept = replace(
        vocabulary,
        names=tuple(n for n in vocabulary.names if not taken(n.name)),
        background=tuple(b for b in vocabulary.background if not taken(b.name)),
    )
    out = replace(
        vocabulary,
        names=tuple(n for n in vocabulary.names if taken(n.name)),
        background=tuple(b for b in vocabulary.background if taken(b.name)),
    )
    return kept, out


def perturbed(generator: RowGenerator, name: str, count: int) -> list[str]:
    """Return *count* spellings of a name as hospitals write it, without a second name beside it."""
    return [row.test.name for row in generator.background(BackgroundName(name, ""), count)]


def read_confirmed(path: Path, measurands: Collection[str]) -> tuple[list[TestName], list[BackgroundName]]:
    """
    Read a hospital's confirmed names: a CSV (UTF-8) with the columns `name` and `measurand`.

    An empty measurand, or NONE, says that the name has no listed code.

    Raises:
        InputError: A column is missing, a measurand is unknown, or a name is empty; with file and line.
    """
    listed: list[TestName] = []
    background: list[BackgroundName] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if missing := {"name", "measurand"} - set(reader.fieldnames or ()):
                raise InputError(f"{path}: no column {' or '.join(sorted(missing))}; expected name,measurand")
            for row in reader:
                name, measurand = (row["name"] or "").strip(), (row["measurand"] or "").strip()
                if not fold(name):
                    raise InputError(f"{path}, line {reader.line_num}: the name is empty")
                if measurand in ("", "NONE"):
                    background.append(BackgroundName(name, "confirmed"))
                elif measurand in measurands:
                    listed.append(TestName(name, measurand, "confirmed"))
                else:
                    raise InputError(
                        f"{path}, line {reader.line_num}: measurand {measurand!r} is not listed; "
                        "leave it empty for a name without a code"
                    )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as CSV in UTF-8: {error}") from error
    return listed, background


def with_confirmed(
    vocabulary: Vocabulary, listed: Sequence[TestName], background: Sequence[BackgroundName]
) -> Vocabulary:
    """Return the vocabulary with a hospital's confirmed names; they overrule what it said of those names."""
    keys = {fold(n.name) for n in listed} | {fold(b.name) for b in background}
    return replace(
        vocabulary,
        names=(*(n for n in vocabulary.names if fold(n.name) not in keys), *listed),
        background=(*(b for b in vocabulary.background if fold(b.name) not in keys), *background),
    )


def _spellings(
    generator: RowGenerator, name: TestName | BackgroundName, paired: Collection[str]
) -> list[str]:
    if isinstance(name, TestName) and name.measurand in paired:
        texts = [row.test.name for row in generator.listed(name, _SPELLINGS) if row.measurand]
    else:
        texts = perturbed(generator, name.name, _SPELLINGS)
    return [key for text in texts if (key := fold(text))]


def _twins(names: Sequence[KnownName]) -> tuple[tuple[int, ...], ...]:
    """Return for each name the nearest names of another meaning, then those known to be taken for it."""
    taken_for: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(names):
        if name.near:
            taken_for[name.near].append(row)
    index = NgramIndex([name.key for name in names])
    found: list[tuple[int, ...]] = []
    for name in names:
        nearest, _ = index.search(name.key, _NEAREST)
        # Two background names mean the same to a mapper: no code. They are no twins of each other.
        lexical = [row for row in nearest.tolist() if names[row].measurand != name.measurand][:12]
        confused = taken_for[name.measurand] if name.measurand else []
        found.append(tuple(dict.fromkeys((*lexical, *confused))))
    return tuple(found)
