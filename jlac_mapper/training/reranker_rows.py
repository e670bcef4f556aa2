"""
Rows that the small language model learns from: a prompt, and the code to write after it.

Everything is generated from the vocabulary and the spelling rules. In JLAC11 half of the rows have no listed
code: names of concepts that are not listed, listed names with a remainder, listed concepts in a specimen
without a listed code. In JLAC10 they are rows of all concepts.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.llm.generation_template import ENDS, MARKS, prompt, spelled_out
from jlac_mapper.mapping.question import row_fields
from jlac_mapper.ports import Choice
from jlac_mapper.training.generated_rows import LabelledRow, RowGenerator, names_by_listing
from jlac_mapper.training.pairs import hold_out
from jlac_mapper.types import LocalTest, System
from jlac_mapper.vocabulary import Name, Vocabulary

HELD_OUT_SEED, HELD_OUT_FOLD = 11, 4
"""The fifth of all names that the shipped model never reads: the calibration's last one."""

_LISTED, _BACKGROUND, _REMAINDER = 0.45, 0.40, 0.10
_SUPERSEDED = 0.25
_UNKNOWN = "\ufffe"
"""A character that no vocabulary holds."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A prompt and the code to write after it, its two parts empty for "none of these"."""

    prompt: str
    measurand: str
    identification: str
    system: System = System.JLAC11


def split(vocabulary: Vocabulary) -> tuple[Vocabulary, Vocabulary]:
    """Return the vocabulary to learn from, and the held-out fifth of its names."""
    return hold_out(vocabulary, HELD_OUT_FOLD, HELD_OUT_SEED)


def unread(held_out: Vocabulary, kept: Vocabulary) -> Vocabulary:
    """Return the held-out names that a hospital's confirmed rows did not bring back."""
    keys = {name.key for name in kept.names}
    return replace(held_out, names=tuple(n for n in held_out.names if n.key not in keys))


def learned_options(
    bounds: Iterable[BoundRelease], superseded: Mapping[tuple[str, str, str], str]
) -> dict[str, list[str]]:
    """Return measurand -> identifications to learn: those listed, and those that older editions listed."""
    found: dict[str, set[str]] = defaultdict(set)
    for bound in bounds:
        for listed in bound.release.proposable:
            found[listed.code.measurand].add(listed.code.identification)
    for measurand, identification, _ in superseded:
        if measurand in found:
            found[measurand].add(identification)
    return {measurand: sorted(found[measurand]) for measurand in sorted(found)}


class Jlac11Lessons:
    """
    Draws lessons of JLAC11 without end; the same seed gives the same lessons.

    Args:
        bound: The names to learn, and the codes whose fields rows are given: a lesson's measurand is that of
            the code that its concept has there.
        superseded: Identifications of older editions; a quarter of the rows that had one are taught it.
    """

    def __init__(
        self, bound: BoundRelease, superseded: Mapping[tuple[str, str, str], str], seed: int
    ) -> None:
        self._random = random.Random(seed)
        self._generator = RowGenerator(bound, seed)
        listed, self._background = names_by_listing(bound)
        names: dict[str, list[Name]] = defaultdict(list)
        for name in listed:
            names[name.concept].append(name)
        self._names = list(names.values())
        # A concept with many names is drawn more often, but not as often as it has names.
        self._weights = [len(of_one) ** 0.5 for of_one in self._names]
        self._older: dict[tuple[str, str], list[str]] = defaultdict(list)
        for measurand, identification, unit in superseded:
            self._older[measurand, unit].append(identification)

    def __iter__(self) -> Iterator[Lesson]:
        while True:
            row = self._row()
            identification = row.identification
            older = self._older.get((row.measurand, row.unit))
            if older and self._random.random() < _SUPERSEDED:
                identification = self._random.choice(older)
            yield Lesson(row_prompt(row.test), row.measurand, identification)

    def _row(self) -> LabelledRow:
        draw = self._random.random()
        if self._background and _LISTED <= draw < _LISTED + _BACKGROUND:
            return next(self._generator.background(self._random.choice(self._background), 1))
        (names,) = self._random.choices(self._names, self._weights)
        name = self._random.choice(names)
        if draw < _LISTED + _BACKGROUND:
            return next(self._generator.listed(name, 1))
        if draw < _LISTED + _BACKGROUND + _REMAINDER:
            return self._generator.another_test(name)
        return self._generator.unlisted_specimen(name)


def row_prompt(test: LocalTest, system: System = System.JLAC11) -> str:
    """Return what the model reads of a row."""
    return prompt(Choice(row_fields(test), (), system))


def thinned(text: str, dropped: float, rng: random.Random) -> str:
    """
    Return a prompt with characters taken out or made unknown, so that no single one decides.

    Three quarters of the prompts lose up to twice the share *dropped*; marks stay.
    """
    if rng.random() < 0.25:
        return text
    share = 2 * dropped * rng.random()
    row = "".join(word for word in text.split(" ") if len(word) == 1)
    kept = []
    for character in row:
        if character in _STAYING or rng.random() >= share:
            kept.append(character)
        elif rng.random() < 0.5:
            kept.append(_UNKNOWN)
    return spelled_out("".join(kept))


_STAYING = frozenset((*MARKS.values(), *ENDS.values()))
