"""Labelled rows as hospitals might write them, generated from the vocabulary and spelling rules alone."""

import random
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jlac_mapper.dimensions import dimension
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
)
from jlac_mapper.types import BackgroundName, Edition, LocalTest, TestName, Unit, Vocabulary
from jlac_mapper.units import canonical

_TO_HALF = {unicodedata.normalize("NFKC", chr(c)): chr(c) for c in range(0xFF66, 0xFF9E)}


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """
    A generated row, the measurand it means ("" for none), and the vocabulary name it was made from.

    `identification` and `unit` are those of the code whose fields it was given; both empty without one.
    """

    test: LocalTest
    measurand: str
    name: str
    identification: str = ""
    unit: str = ""


class RowGenerator:
    """Writes rows in many spellings; the same seed gives the same rows."""

    def __init__(self, vocabulary: Vocabulary, edition: Edition, seed: int) -> None:
        self._random = random.Random(seed)
        self._aliases: dict[str, list[str]] = defaultdict(list)
        for name in vocabulary.names:
            if "(" not in name.name:
                self._aliases[name.measurand].append(name.name)
        self._specimens: dict[str, Sequence[str]] = {
            s.code: (s.name, s.name, *s.spellings)
            for s in vocabulary.specimens
            if s.code and s.key != "blood"
        }
        self._keys = {fold(n.name) for n in vocabulary.names} | {fold(b.name) for b in vocabulary.background}
        self._analytes = {m.code: m.jlac10 for m in vocabulary.measurands if m.jlac10}
        self._units: dict[str, Unit] = {u.code: u for u in vocabulary.units if u.code}
        self._slots: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for listed in edition.codes:
            code = listed.code
            self._slots[code.measurand].append((code.identification, code.specimen, code.unit))
        self._defaults = {m.code: m.default_specimen for m in vocabulary.measurands}

    def listed(self, name: TestName, count: int) -> Iterator[LabelledRow]:
        """Yield *count* rows of a listed name, with fields that agree with one of its measurand's codes."""
        slots = self._slots[name.measurand]
        for _ in range(count):
            fitting = [
                s
                for s in slots
                if (not name.unit or s[2] == name.unit) and (not name.specimen or s[1] == name.specimen)
            ] or slots
            usual = [s for s in fitting if s[1] == self._defaults[name.measurand]] or fitting
            slot, specimen, unit = self._random.choice(usual if self._random.random() < 0.8 else fitting)
            spelled = self._spell(name.name)
            aliases = self._aliases[name.measurand]
            if self._random.random() < 0.15 and aliases:
                spelled += f"({self._random.choice(aliases)})"
            fields = {"name": self._decorate(spelled)}
            if self._random.random() < 0.7:
                fields["specimen"] = self._random.choice(self._specimens.get(specimen, ("",)))
            if self._random.random() < 0.75:
                scale = self._random.random() < 0.04 and self._other_scale(name.measurand, unit)
                self._write_unit(fields, scale or self._unit_text(unit))
            if self._random.random() < 0.15 and aliases:
                fields["abbreviation"] = self._random.choice(aliases)
            if self._random.random() < 0.15:
                fields["jlac10"] = self._jlac10(name.measurand)
            measurand = name.measurand
            if measurand.startswith("V") and self._random.random() < 0.08:
                fields["method"] = self._random.choice(CONFIRMATIONS)
                measurand = ""
            if not measurand:
                yield LabelledRow(LocalTest(**fields), "", name.name)
                continue
            identification = self._identification(name, unit, slot)
            yield LabelledRow(LocalTest(**fields), measurand, name.name, identification, unit)

    def background(self, name: BackgroundName, count: int) -> Iterator[LabelledRow]:
        """Yield *count* rows of a name without a listed code, often in the fields of its listed twin."""
        for _ in range(count):
            fields = {"name": self._decorate(self._spell(name.name))}
            twin = self._slots.get(name.near)
            if twin and self._random.random() < 0.6:
                _, specimen, unit = self._random.choice(twin)
                specimen_text = self._random.choice(self._specimens.get(specimen, ("血清",)))
                unit_text = self._unit_text(unit)
            else:
                pool = SERUM_TESTS if self._random.random() < 0.7 else OTHER_SPECIMENS
                specimen_text, unit_text = self._random.choice(pool), self._random.choice(OTHER_UNITS)
            if self._random.random() < 0.7:
                fields["specimen"] = specimen_text
            if self._random.random() < 0.7:
                self._write_unit(fields, unit_text)
            if self._random.random() < 0.12:
                fields["abbreviation"] = self._abbreviation(name.near)
            if self._random.random() < 0.1:
                # The test's own JLAC10 analyte, which is another than its listed twin's.
                fields["jlac10"] = (
                    f"{self._random.choice('345')}Z{self._random.randrange(100, 999)}000002305101"
                )
            yield LabelledRow(LocalTest(**fields), "", name.name)

    def another_test(self, name: TestName) -> LabelledRow:
        """Return a row whose name is a listed one with a remainder that makes it another test."""
        remainder = self._random.choice(REMAINDERS)
        written = self._random.choice(
            ("{0}{1}", "{1}{0}", "{0}({1})", "{0} {1}", "{0}{1}", "{0}-{1}", "{1}:{0}")
        )
        fields = {"name": written.format(name.name, remainder)}
        _, specimen, unit = self._random.choice(self._slots[name.measurand])
        if self._random.random() < 0.7:
            fields["specimen"] = self._random.choice(self._specimens.get(specimen, ("血清",)))
        if self._random.random() < 0.6:
            self._write_unit(fields, self._unit_text(unit))
        if fold(fields["name"]) in self._keys:
            return self.unlisted_specimen(name)
        return LabelledRow(LocalTest(**fields), "", name.name)

    def homonym(self, name: TestName) -> LabelledRow | None:
        """
        Return a row of another test under the same short Latin name, in a unit that the listed one has not.

        TG in ng/mL is サイログロブリン. None for a name that is long or not Latin.
        """
        key = fold(name.name)
        if not (2 <= len(key) <= 4 and key.isascii() and key.isalpha()):
            return None
        foreign = self._foreign(OTHER_UNITS, name.measurand)
        fields = {"name": self._decorate(self._spell(name.name))}
        self._write_unit(fields, self._random.choice(foreign))
        if self._random.random() < 0.7:
            fields["specimen"] = self._random.choice(SERUM_TESTS)
        return LabelledRow(LocalTest(**fields), "", name.name)

    def unlisted_specimen(self, name: TestName) -> LabelledRow:
        """Return a row of a listed measurand in a specimen that has no listed code."""
        fields = {
            "name": self._spell(name.name),
            "specimen": self._random.choice(("髄液", "胸水", "腹水", "関節液", "透析液")),
        }
        if self._slots[name.measurand]:
            self._write_unit(fields, self._unit_text(self._random.choice(self._slots[name.measurand])[2]))
        return LabelledRow(LocalTest(**fields), "", name.name)

    def _identification(self, name: TestName, unit: str, drawn: str) -> str:
        """Return what the name says; 0000 where it says nothing and the edition lists that."""
        listed = {slot[0] for slot in self._slots[name.measurand] if slot[2] == unit}
        return next((i for i in (name.identification, "0000") if i in listed), drawn)

    def _jlac10(self, measurand: str) -> str:
        analytes = self._analytes.get(measurand)
        return f"{self._random.choice(analytes)}000002327101" if analytes else ""

    def _abbreviation(self, near: str) -> str:
        """Return letters of a test's own; now and then those of its listed twin, as TP for テオフィリン."""
        twins = self._aliases.get(near)
        if twins and self._random.random() < 0.3:
            return self._random.choice(twins)
        return "".join(self._random.choices("ABCDEFGHIKLMNPRSTUV", k=self._random.randint(2, 4)))

    def _foreign(self, units: Sequence[str], measurand: str) -> list[str]:
        """Return those of *units* that no code of the measurand has."""
        reported = {canonical(self._unit_texts(unit)[0]) for *_, unit in self._slots[measurand]}
        return [unit for unit in units if canonical(unit) not in reported]

    def _other_scale(self, measurand: str, unit: str) -> str:
        """Return a unit of the same dimension that no code of the measurand has; empty where we know none."""
        scales = SCALES.get(dimension(canonical(self._unit_texts(unit)[0])), ())
        others = self._foreign(scales, measurand)
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

    def _spell(self, name: str) -> str:
        draw = self._random.random()
        if draw < 0.2:
            return "".join(_half_width(c) for c in name)
        if draw < 0.3:
            return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name)
        if draw < 0.4:
            return name.upper() if self._random.random() < 0.5 else name.lower()
        if draw < 0.45:
            mistyped = self._mistype(name)
            # A slip that makes another known name is that name, not this one.
            return name if fold(mistyped) in self._keys else mistyped
        return name

    def _mistype(self, name: str) -> str:
        if len(name) < 5:
            return name
        i = self._random.randrange(1, len(name) - 2)
        if self._random.random() < 0.5:
            return name[:i] + name[i + 1 :]
        return name[:i] + name[i + 1] + name[i] + name[i + 2 :]


def _half_width(character: str) -> str:
    decomposed = unicodedata.normalize("NFD", character)
    base = _TO_HALF.get(decomposed[0])
    if base is None:
        return character
    marks = {"\u3099": "ﾞ", "\u309a": "ﾟ"}
    return base + "".join(marks.get(c, c) for c in decomposed[1:])
