"""Labelled rows as hospitals might write them, generated from the vocabulary and spelling rules alone."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.reading.dimensions import dimension
from jlac_mapper.reading.units import canonical
from jlac_mapper.text import fold
from jlac_mapper.training.generated_words import (
    BESIDE,
    CONFIRMATIONS,
    HARMLESS,
    HEADED,
    NOTES,
    OTHER_SPECIMENS,
    OTHER_UNITS,
    REMAINDERS,
    ROOM_CHARACTERS,
    SCALES,
    SERUM_TESTS,
    UNLISTED_SPECIMENS,
)
from jlac_mapper.training.spelling import Speller
from jlac_mapper.types import LocalTest
from jlac_mapper.vocabulary import Name, NameForm, Timing, Unit

_TIMED = {Timing.FASTING: ("1337",), Timing.RANDOM: ("1336", "1299")}
"""Identifications of a timing, the one in use first."""


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """
    A generated row, the concept it means ("" for one without a listed code), and the name it was made from.

    `measurand`, `identification` and `unit` are those of the code whose fields it was given; empty without
    one.
    """

    test: LocalTest
    concept: str
    name: str
    measurand: str = ""
    identification: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place of a concept in the release: a code without its method."""

    measurand: str
    identification: str
    specimen: str
    unit: str


def names_by_listing(bound: BoundRelease) -> tuple[list[Name], list[Name]]:
    """
    Return the names that rows are written from: those of listed concepts, and all others.

    Homonyms are neither: without its unit and specimen such a name means another concept.
    """
    usual = [name for name in bound.vocabulary.names if name.form != NameForm.HOMONYM]
    return (
        [name for name in usual if name.concept in bound.listed],
        [name for name in usual if name.concept not in bound.listed],
    )


class RowGenerator:
    """Writes rows in many spellings for a bound release; the same seed gives the same rows."""

    def __init__(self, bound: BoundRelease, seed: int) -> None:
        vocabulary = bound.vocabulary
        self._random = random.Random(seed)
        self._aliases: dict[str, list[str]] = defaultdict(list)
        for name in vocabulary.names:
            if "(" not in name.text and name.form != NameForm.HOMONYM:
                self._aliases[name.concept].append(name.text)
        self._specimens: dict[str, Sequence[str]] = {
            s.code: (s.name, s.name, *s.spellings)
            for s in vocabulary.specimens
            if s.code and s.key != "blood"
        }
        self._specimen_codes = {s.key: s.code for s in vocabulary.specimens if s.code}
        self._keys = {name.key for name in vocabulary.names}
        self._speller = Speller(self._random, self._keys)
        self._concepts = vocabulary.by_key()
        self._units: dict[str, Unit] = {u.code: u for u in vocabulary.units if u.code}
        # Codes that differ in their method are one place: products must not outweigh specimens.
        self._slots: dict[str, list[_Slot]] = {
            concept: list(
                dict.fromkeys(
                    _Slot(c.code.measurand, c.code.identification, c.code.specimen, c.code.unit)
                    for c in listed
                )
            )
            for concept, listed in bound.by_concept(bound.release.proposable).items()
        }
        self._defaults = {concept: self._usual_specimen(concept) for concept in self._slots}

    def listed(self, name: Name, count: int) -> Iterator[LabelledRow]:
        """Yield *count* rows of a listed name, with fields that agree with one of its concept's codes."""
        concept = self._concepts[name.concept]
        slots = self._slots[name.concept]
        for _ in range(count):
            fitting = [s for s in slots if self._fits(s, name)] or slots
            usual = [s for s in fitting if s.specimen == self._defaults[name.concept]] or fitting
            slot = self._random.choice(usual if self._random.random() < 0.8 else fitting)
            spelled = self._speller.spell(name.text)
            aliases = self._aliases[name.concept]
            if self._random.random() < 0.15 and aliases:
                spelled += f"({self._random.choice(aliases)})"
            fields = {"name": self._decorate(spelled)}
            if self._random.random() < 0.7:
                fields["specimen"] = self._random.choice(self._specimens.get(slot.specimen, ("",)))
            if self._random.random() < 0.75:
                scale = self._random.random() < 0.04 and self._other_scale(name.concept, slot.unit)
                self._write_unit(fields, scale or self._unit_text(slot.unit))
            if self._random.random() < 0.15 and aliases:
                fields["abbreviation"] = self._random.choice(aliases)
            if self._random.random() < 0.15:
                fields["jlac10"] = self._jlac10(name.concept)
            if concept.section == "infection" and self._random.random() < 0.08:
                fields["method"] = self._random.choice(CONFIRMATIONS)
                yield LabelledRow(LocalTest(**fields), "", name.text)
                continue
            yield LabelledRow(
                LocalTest(**fields),
                name.concept,
                name.text,
                slot.measurand,
                self._identification(name, slot),
                slot.unit,
            )

    def background(self, name: Name, count: int) -> Iterator[LabelledRow]:
        """Yield *count* rows of a name without a listed code, often in the fields of a listed twin."""
        concept = self._concepts.get(name.concept)
        twins = [key for key in concept.confused_with if key in self._slots] if concept else []
        for _ in range(count):
            fields = {"name": self._decorate(self._speller.spell(name.text))}
            twin = self._random.choice(twins) if twins else ""
            if twin and self._random.random() < 0.6:
                slot = self._random.choice(self._slots[twin])
                specimen_text = self._random.choice(self._specimens.get(slot.specimen, ("血清",)))
                unit_text = self._unit_text(slot.unit)
            else:
                pool = SERUM_TESTS if self._random.random() < 0.7 else OTHER_SPECIMENS
                specimen_text, unit_text = self._random.choice(pool), self._random.choice(OTHER_UNITS)
            if self._random.random() < 0.7:
                fields["specimen"] = specimen_text
            if self._random.random() < 0.7:
                self._write_unit(fields, unit_text)
            if self._random.random() < 0.12:
                fields["abbreviation"] = self._abbreviation(twin)
            if self._random.random() < 0.1:
                # The test's own JLAC10 analyte, which is another than its listed twin's.
                fields["jlac10"] = (
                    f"{self._random.choice('345')}Z{self._random.randrange(100, 999)}000002305101"
                )
            yield LabelledRow(LocalTest(**fields), "", name.text)

    def another_test(self, name: Name) -> LabelledRow:
        """Return a row whose name is a listed one with a remainder that makes it another test."""
        remainder = self._random.choice(REMAINDERS)
        written = self._random.choice(
            ("{0}{1}", "{1}{0}", "{0}({1})", "{0} {1}", "{0}{1}", "{0}-{1}", "{1}:{0}")
        )
        fields = {"name": written.format(name.text, remainder)}
        slot = self._random.choice(self._slots[name.concept])
        if self._random.random() < 0.7:
            fields["specimen"] = self._random.choice(self._specimens.get(slot.specimen, ("血清",)))
        if self._random.random() < 0.6:
            self._write_unit(fields, self._unit_text(slot.unit))
        if fold(fields["name"]) in self._keys:
            return self.unlisted_specimen(name)
        return LabelledRow(LocalTest(**fields), "", name.text)

    def homonym(self, name: Name) -> LabelledRow | None:
        """
        Return a row of another test under the same short Latin name, in a unit that the listed one has not.

        TG in ng/mL is サイログロブリン. None for a name that is long or not Latin.
        """
        key = name.key
        if not (2 <= len(key) <= 4 and key.isascii() and key.isalpha()):
            return None
        foreign = self._foreign(OTHER_UNITS, name.concept)
        fields = {"name": self._decorate(self._speller.spell(name.text))}
        self._write_unit(fields, self._random.choice(foreign))
        if self._random.random() < 0.7:
            fields["specimen"] = self._random.choice(SERUM_TESTS)
        return LabelledRow(LocalTest(**fields), "", name.text)

    def unlisted_specimen(self, name: Name) -> LabelledRow:
        """Return a row of a listed concept in a specimen that has no listed code."""
        fields = {"name": self._speller.spell(name.text), "specimen": self._random.choice(UNLISTED_SPECIMENS)}
        self._write_unit(fields, self._unit_text(self._random.choice(self._slots[name.concept]).unit))
        return LabelledRow(LocalTest(**fields), "", name.text)

    def _usual_specimen(self, concept: str) -> str:
        """Return the code of the most usual specimen in which the release lists a concept."""
        listed = {slot.specimen for slot in self._slots[concept]}
        usual = (self._specimen_codes.get(key, "") for key in self._concepts[concept].specimens)
        return next((code for code in usual if code in listed), "")

    def _fits(self, slot: _Slot, name: Name) -> bool:
        """Tell whether a place is one that the name itself allows."""
        if name.specimen and slot.specimen != self._specimen_codes.get(name.specimen):
            return False
        unit = self._units.get(slot.unit)
        return not name.unit or (unit is not None and unit.canonical == name.unit)

    def _identification(self, name: Name, drawn: _Slot) -> str:
        """Return that of the time which the name says; 0000 where it says none and the release lists that."""
        listed = {slot.identification for slot in self._slots[name.concept] if slot.unit == drawn.unit}
        wanted = (*_TIMED.get(name.timing, ()), "0000")
        return next((i for i in wanted if i in listed), drawn.identification)

    def _jlac10(self, concept: str) -> str:
        analytes = self._concepts[concept].analytes
        return f"{self._random.choice(analytes)}000002327101" if analytes else ""

    def _abbreviation(self, twin: str) -> str:
        """Return letters of a test's own; now and then those of its listed twin, as TP for テオフィリン."""
        aliases = self._aliases.get(twin)
        if aliases and self._random.random() < 0.3:
            return self._random.choice(aliases)
        return "".join(self._random.choices("ABCDEFGHIKLMNPRSTUV", k=self._random.randint(2, 4)))

    def _foreign(self, units: Sequence[str], concept: str) -> list[str]:
        """Return those of *units* that no code of the concept has."""
        reported = {canonical(self._unit_texts(slot.unit)[0]) for slot in self._slots[concept]}
        return [unit for unit in units if canonical(unit) not in reported]

    def _other_scale(self, concept: str, unit: str) -> str:
        """Return a unit of the same dimension that no code of the concept has; empty where we know none."""
        scales = SCALES.get(dimension(canonical(self._unit_texts(unit)[0])), ())
        others = self._foreign(scales, concept)
        return self._random.choice(others) if others else ""

    def _unit_texts(self, code: str) -> tuple[str, ...]:
        unit = self._units.get(code)
        return (unit.name, unit.name, *unit.spellings[:6]) if unit else ("",)

    def _unit_text(self, code: str) -> str:
        return self._random.choice(self._unit_texts(code))

    def _write_unit(self, fields: dict[str, str], unit: str) -> None:
        low = self._random.choice((0.5, 3, 7, 10, 40, 100))
        if self._random.random() < 0.25:
            fields["reference_range"] = f"{low}～{low * 3} ({unit})"
        else:
            fields["unit"] = unit

    def _decorate(self, name: str) -> str:
        draw = self._random.random()
        if draw < 0.08:
            return name + self._random.choice(NOTES)
        if draw < 0.14:
            return name + self._random.choice(HARMLESS)
        if draw < 0.18:
            return self._random.choice(HEADED).format(name, self._house_word())
        if draw < 0.22:
            return f"{name}({self._house_word()})"
        if draw < 0.235:
            return self._random.choice(BESIDE).format(name, self._house_word())
        return name

    def _house_word(self) -> str:
        """Return a word of the house that says nothing about the test, and that no table knows."""
        if self._random.random() < 0.3:
            return "".join(self._random.choices("ABDEFGHJLMNPQRSTVWXYZ", k=self._random.randint(2, 4)))
        return "".join(self._random.choices(ROOM_CHARACTERS, k=self._random.randint(1, 4)))
