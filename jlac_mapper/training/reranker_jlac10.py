"""What the small language model learns of JLAC10: rows of all concepts, and the codes that they have."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jlac_mapper.concepts.families import COMPOSED
from jlac_mapper.mapping.jlac10.compose import split_entry
from jlac_mapper.training.generated_masters import MasterGenerator
from jlac_mapper.training.pairs import is_held_out
from jlac_mapper.training.reranker_rows import HELD_OUT_FOLD, HELD_OUT_SEED, Lesson, row_prompt
from jlac_mapper.types import System
from jlac_mapper.vocabulary import Name, NameForm, Vocabulary

_FROM_FAMILIES = 0.3
"""Share of the rows of a concept that families name whose name is composed."""
_PLACE = "{}"


def learned_analytes(vocabulary: Vocabulary) -> dict[str, list[str]]:
    """Return JLAC10 analyte -> its identifications, of all concepts that have a code."""
    found: dict[str, set[str]] = defaultdict(set)
    for concept in vocabulary.concepts:
        if concept.entry:
            analyte, identification, _ = split_entry(concept.entry)
            found[analyte].add(identification)
    return {analyte: sorted(found[analyte]) for analyte in sorted(found)}


@dataclass(frozen=True, slots=True)
class _Pattern:
    spellings: Sequence[str]
    texts: Sequence[str]


class Jlac10Lessons:
    """
    Draws rows of all concepts without end, "none of these" for concepts without a code.

    A concept is drawn with the square root of its number of names. Composed names that are among the held-out
    fifth are left out as listed ones are. The same seed gives the same lessons.
    """

    def __init__(self, vocabulary: Vocabulary, seed: int) -> None:
        self._random = random.Random(seed)
        self._generator = MasterGenerator(vocabulary, seed)
        self._codes = {c.key: split_entry(c.entry)[:2] if c.entry else ("", "") for c in vocabulary.concepts}
        self._patterns: dict[str, list[_Pattern]] = defaultdict(list)
        for family in vocabulary.families:
            for stem, spellings in family.stems.items():
                for key, texts in family.patterns:
                    if (concept := key.replace(_PLACE, stem)) in self._codes:
                        self._patterns[concept].append(_Pattern(spellings, texts))
        self._names: dict[str, list[Name]] = defaultdict(list)
        for name in vocabulary.names:
            if name.form != NameForm.HOMONYM:
                self._names[name.concept].append(name)
        self._concepts = sorted({*self._names, *self._patterns})
        self._weights = [max(1, len(self._names[concept])) ** 0.5 for concept in self._concepts]

    def __iter__(self) -> Iterator[Lesson]:
        while True:
            for concept in self._random.choices(self._concepts, self._weights, k=64):
                if (name := self._name(concept)) is not None:
                    (row,) = self._generator.rows(name, 1)
                    yield Lesson(row_prompt(row.test, System.JLAC10), *self._codes[concept], System.JLAC10)

    def _name(self, concept: str) -> Name | None:
        listed, patterns = self._names[concept], self._patterns.get(concept, ())
        if listed and not (patterns and self._random.random() < _FROM_FAMILIES):
            return self._random.choice(listed)
        pattern = self._random.choice(patterns)
        text = self._random.choice(pattern.texts).replace(_PLACE, self._random.choice(pattern.spellings))
        name = Name(text, concept, COMPOSED)
        return None if is_held_out(name, HELD_OUT_FOLD, HELD_OUT_SEED) else name
