"""Names that are composed instead of listed: a virus by a kind of antibody, an allergen by a prefix."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from jlac_mapper.compiled import compiled
from jlac_mapper.concepts import tables
from jlac_mapper.csv_tables import read
from jlac_mapper.text import fold
from jlac_mapper.vocabulary import Name, NameFamily

COMPOSED = "composed"
"""The form of a name that a family composes."""
_PLACE = "{}"
_DEPENDS = re.compile("[IVX]|(?i:アルファ|ベータ|ガンマ|デルタ|オメガ|alpha|beta|gamma)")
"""What is folded by what stands beside it: a Roman numeral, which is one in capitals only, a Greek letter."""


def read_families(folder: Path) -> list[NameFamily]:
    """
    Read the families of a folder, one a table; a folder that is not there holds none.

    Raises:
        MasterFileError: A line is neither stem nor pattern, a stem stands twice, or a pattern has no place
            for the stem.
    """
    return [_family(path) for path in sorted(folder.glob("*.csv"))]


def first_names(families: Iterable[NameFamily], concepts: Set[str], listed: Iterable[Name]) -> list[Name]:
    """
    Return one name for each spelling of a stem and each concept, by the first of the concept's patterns.

    They stand for all that the families compose where names are searched by their likeness. A text that is
    listed stays what it is listed as; one that stands for two concepts is left out.
    """
    taken = {name.key for name in listed}
    found: dict[str, Name | None] = {}
    for family in families:
        for concept, spellings, texts in _applied(family, concepts):
            for spelling in spellings:
                name = Name(texts[0].replace(_PLACE, spelling), concept, COMPOSED)
                key = name.key
                if not key or key in taken:
                    continue
                earlier = found.setdefault(key, name)
                if earlier is not None and earlier.concept != name.concept:
                    found[key] = None
    return [name for name in found.values() if name is not None]


_Pattern = tuple[str, str, int, str]
"""What stands before and behind the stem, the family's place, the concept's key with a place for the stem."""


class _Folded(NamedTuple):
    """
    All that names are composed of, as names are looked up.

    Attributes:
        joined: Composed names that fold otherwise than their parts do, with their concepts.
        stems: Spelling -> stems, for each family.
        by_start, by_end: Patterns by their first character; those without a beginning by their last.
        bare: Patterns that are the stem alone.
    """

    joined: Mapping[str, tuple[str, ...]]
    stems: tuple[Mapping[str, tuple[str, ...]], ...]
    by_start: Mapping[str, tuple[_Pattern, ...]]
    by_end: Mapping[str, tuple[_Pattern, ...]]
    bare: tuple[_Pattern, ...]


class ComposedNames:
    """
    Looks up folded names that families compose, without ever listing them.

    A name is a pattern with a stem in its place: what stands before and behind the stem is looked for at the
    ends of the name, and what is left must be a spelling of a stem.
    """

    def __init__(self, families: Iterable[NameFamily], concepts: Set[str]) -> None:
        families = tuple(families)
        sources = (repr(families), "\n".join(sorted(concepts)))
        self._concepts = frozenset(concepts)
        self._folded = compiled("composed", sources, lambda: _folded(families, concepts))
        self.find = lru_cache(maxsize=20_000)(self._find)

    def _find(self, key: str) -> tuple[str, ...]:
        """Return the concepts that a folded name is composed for, in the order of the tables; mostly none."""
        if not key:
            return ()
        folded = self._folded
        found = dict.fromkeys(folded.joined.get(key, ()))
        patterns = (*folded.by_start.get(key[0], ()), *folded.by_end.get(key[-1], ()), *folded.bare)
        for start, end, place, concept in patterns:
            if len(start) + len(end) < len(key) and key.startswith(start) and key.endswith(end):
                stem = key[len(start) : len(key) - len(end)]
                for meant in folded.stems[place].get(stem, ()):
                    if (composed := concept.replace(_PLACE, meant)) in self._concepts:
                        found[composed] = None
        return tuple(found)


def _folded(families: Sequence[NameFamily], concepts: Set[str]) -> _Folded:
    """Fold all that names are composed of, and file patterns by the character that they begin or end with."""
    stems = []
    by_start: dict[str, list[_Pattern]] = defaultdict(list)
    by_end: dict[str, list[_Pattern]] = defaultdict(list)
    bare: list[_Pattern] = []
    for place, family in enumerate(families):
        spelled: dict[str, list[str]] = defaultdict(list)
        for stem, spellings in family.stems.items():
            for spelling in spellings:
                if (key := fold(spelling)) and stem not in spelled[key]:
                    spelled[key].append(stem)
        stems.append({key: tuple(found) for key, found in spelled.items()})
        for concept, texts in family.patterns:
            for text in texts:
                start, end = (fold(part) for part in text.split(_PLACE))
                pattern = (start, end, place, concept)
                if start:
                    by_start[start[0]].append(pattern)
                elif end:
                    by_end[end[-1]].append(pattern)
                else:
                    bare.append(pattern)
    return _Folded(
        _folded_together(families, concepts),
        tuple(stems),
        {key: tuple(dict.fromkeys(found)) for key, found in by_start.items()},
        {key: tuple(dict.fromkeys(found)) for key, found in by_end.items()},
        tuple(bare),
    )


def _folded_together(families: Iterable[NameFamily], concepts: Set[str]) -> dict[str, tuple[str, ...]]:
    """
    Return the composed names that fold otherwise than their parts do, with their concepts.

    A Roman numeral or the name of a Greek letter is one only where no letter stands beside it.
    """
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for family in families:
        for concept, spellings, texts in _applied(family, concepts):
            for spelling in spellings:
                if not _DEPENDS.search(spelling):
                    continue
                for text in texts:
                    key = fold(text.replace(_PLACE, spelling))
                    if key != fold(spelling).join(map(fold, text.split(_PLACE))):
                        found[key][concept] = None
    return {key: tuple(concepts_of) for key, concepts_of in found.items()}


def _applied(family: NameFamily, concepts: Set[str]) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """Yield concept, spellings and patterns of every concept that a family names."""
    for stem, spellings in family.stems.items():
        for key, texts in family.patterns:
            concept = key.replace(_PLACE, stem)
            if concept in concepts:
                yield concept, spellings, texts


def _family(path: Path) -> NameFamily:
    stems: dict[str, tuple[str, ...]] = {}
    patterns: list[tuple[str, tuple[str, ...]]] = []
    for row in read(path, tables.FAMILIES):
        key, texts = row["key"], row.list("texts")
        if not key or not texts:
            raise row.error("a line needs its key and at least one text")
        if row["kind"] == "stem":
            if key in stems:
                raise row.error(f"stem {key!r} is listed twice")
            stems[key] = texts
        elif row["kind"] == "pattern":
            if strange := next((text for text in (key, *texts) if text.count(_PLACE) != 1), ""):
                raise row.error(f"{strange!r} has no place, or several, for the stem ({_PLACE})")
            patterns.append((key, texts))
        else:
            raise row.error(f"kind is {row['kind']!r}; expected stem or pattern")
    return NameFamily(stems, tuple(patterns))
