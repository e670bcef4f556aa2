"""Labelled rows over all concepts, as whole masters have them: generated from the vocabulary alone."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from jlac_mapper.training.generated_words import HARMLESS, NOTES, OTHER_SPECIMENS
from jlac_mapper.training.spelling import Speller
from jlac_mapper.types import LocalTest
from jlac_mapper.vocabulary import Name, NameForm, Vocabulary

_BRACKETS = ("({})", "〔{}〕", "《{}》", "＜{}＞", "/{}", " {}", "[{}]", "-{}")
_ENDED = (
    "（{0}年{1}月{2}日ご依頼分をもって受託中止）",
    "(受託中止{0}/{1})",
    "※{0}年{1}月中止予定",
    "（{0}.{1}～）",
)


@dataclass(frozen=True, slots=True)
class MasterRow:
    """A generated row, the concept that it means, and the name that it was written from."""

    test: LocalTest
    concept: str
    name: str


class MasterGenerator:
    """
    Writes rows of any concept with fields that are usual for it; the same seed gives the same rows.

    Rows say less than they could, and now and then something that is not usual, as real ones do.
    """

    def __init__(self, vocabulary: Vocabulary, seed: int) -> None:
        self._random = random.Random(seed)
        self._speller = Speller(self._random, {name.key for name in vocabulary.names})
        self._concepts = vocabulary.by_key()
        self._specimens = {s.key: (s.name, s.name, *s.spellings[:12]) for s in vocabulary.specimens}
        self._units: dict[str, list[str]] = defaultdict(list)
        for unit in vocabulary.units:
            self._units[unit.canonical] += [unit.name, unit.canonical, *unit.spellings[:3]]
        self._methods = {
            p.code: tuple(text for text in (p.name, *p.spellings[:8]) if text) for p in vocabulary.principles
        }
        self._codes = sorted(self._methods)
        self._aliases: dict[str, list[str]] = defaultdict(list)
        for name in vocabulary.names:
            if name.form != NameForm.HOMONYM:
                self._aliases[name.concept].append(name.text)

    def rows(self, name: Name, count: int) -> Iterator[MasterRow]:
        """Yield *count* rows of a name."""
        for _ in range(count):
            yield MasterRow(self._row(name), name.concept, name.text)

    def _row(self, name: Name) -> LocalTest:
        concept = self._concepts[name.concept]
        fields: dict[str, str] = {}
        method = self._method(concept.methods)
        text = self._speller.spell(name.text)
        others = self._aliases[name.concept]
        if self._chance(0.12) and others:
            text += self._random.choice(_BRACKETS[:4]).format(self._random.choice(others))
        if method and self._chance(0.15):
            text += self._random.choice(_BRACKETS).format(method)
        elif self._chance(0.06):
            text += self._random.choice((*NOTES, *HARMLESS))
        if self._chance(0.04):
            year, month = self._random.randint(2018, 2026), self._random.randint(1, 12)
            text += self._random.choice(_ENDED).format(year, month, self._random.randint(1, 28))
        fields["name"] = text
        if concept.specimens and self._chance(0.75):
            usual = concept.specimens[0] if self._chance(0.75) else self._random.choice(concept.specimens)
            fields["specimen"] = self._random.choice(self._specimens[name.specimen or usual])
            if self._chance(0.04):
                fields["specimen"] = self._random.choice(OTHER_SPECIMENS)
        if concept.units and self._chance(0.5):
            unit = name.unit or (
                concept.units[0] if self._chance(0.7) else self._random.choice(concept.units)
            )
            written = self._random.choice(self._units.get(unit) or [unit])
            if self._chance(0.3):
                fields["reference_range"] = f"{self._random.choice((0.2, 3, 10, 50))}～100 ({written})"
            else:
                fields["unit"] = written
        if method and self._chance(0.5):
            fields["method"] = method
        if self._chance(0.1) and others:
            fields["abbreviation"] = self._random.choice(others)
        return LocalTest(**fields)

    def _method(self, usual: tuple[str, ...]) -> str:
        """Return a method's spelling, mostly one that is usual for the concept; empty where none is known."""
        known = [code for code in usual if code in self._methods]
        if known and not self._chance(0.05):
            code = known[0] if self._chance(0.7) else self._random.choice(known)
        elif self._codes and self._chance(0.2):
            code = self._random.choice(self._codes)
        else:
            return ""
        return self._random.choice(self._methods[code])

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability
