"""Stage 1: clean a row and take the typed facts out of its name and fields."""

from jlac_mapper.reading import units
from jlac_mapper.reading.facts import (
    Facts,
    contradictions,
    declared_type,
    numbering,
    read_jlac10,
    result_type,
    result_type_words,
)
from jlac_mapper.reading.names import NameReader
from jlac_mapper.reading.product_words import read_product_tables
from jlac_mapper.reading.sections import SectionReader
from jlac_mapper.reading.specimens import SpecimenReader
from jlac_mapper.text import clean, fold
from jlac_mapper.types import LocalTest, NamePart, NormalizedTest, Quantity, Reason
from jlac_mapper.vocabulary import Vocabulary


class Normalizer:
    """
    Turns rows into `NormalizedTest`; built once from a vocabulary, then free of side effects.

    Nothing is ever guessed here: a text that no table knows is passed on as it stands.

    Raises:
        MasterFileError: A shipped table of words is wrong.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        for read_words in (result_type_words, units.equalities, read_product_tables):
            read_words()  # a table that is wrong ends the program here, and not at each row
        self._specimens = SpecimenReader(vocabulary.specimens)
        blood = {s.key for s in vocabulary.specimens if s.code.startswith("2")}
        self._name_words = {
            s.key: tuple(dict.fromkeys(fold(w) for w in (s.name, *(("尿",) if s.code == "130" else ()))))
            for s in vocabulary.specimens
            if s.key not in blood and "血" not in s.name
        }
        self._units = {
            clean(spelling): unit.canonical
            for unit in vocabulary.units
            for spelling in (unit.name, *unit.spellings)
        }
        self._names = NameReader(vocabulary)
        self._sections = SectionReader(vocabulary)

    def normalize(self, test: LocalTest) -> NormalizedTest:
        """Return the cleaned row with its facts. Never raises; an empty name gives no keys and no parts."""
        name = clean(test.name)
        facts = Facts()
        parts = self._names.read(name, facts)
        unit_quantities, unit_text = self._read_unit(test.unit)
        in_range = [
            Quantity(u, "reference_range", u) for u in units.quantities_in_range(test.reference_range)
        ]
        specimens, specimen_text = self._specimens.read(test.specimen)
        section = self._sections.read(test.section) if test.section else None
        source, against = "specimen", contradictions(test, facts, unit_quantities)
        if section:
            said = (*specimens, *facts.specimens)
            if not self._sections.agrees(section, said):
                against = (*against, Reason.SECTION_CONFLICT)
            elif section.states and not said and not specimen_text:
                specimens, source = (section.states,), "section"
        words = self._specimen_words(specimens or tuple(facts.specimens))
        quantities = (*unit_quantities, *in_range, *facts.quantities)
        keys, queries = _keys(name, parts, words)
        return NormalizedTest(
            source=test,
            text=name,
            keys=tuple(keys),
            queries=tuple(queries),
            parts=tuple(_with_specimen(part, words) for part in parts),
            aliases=tuple(k for k in dict.fromkeys((fold(test.abbreviation), fold(test.kana))) if k),
            specimens=specimens,
            specimen_text=specimen_text,
            name_specimens=tuple(dict.fromkeys(facts.specimens)),
            quantities=quantities,
            unit_text=unit_text,
            result_type=result_type(test, facts, quantities),
            timing=facts.timing,
            methods=tuple(dict.fromkeys(facts.methods)),
            notes=tuple(dict.fromkeys(facts.notes)),
            remark=facts.remark,
            stated_type=facts.result_type or declared_type(test),
            contradictions=against,
            numbering=numbering(name),
            jlac10=read_jlac10(test.jlac10),
            section=section,
            specimen_source=source,
        )

    def _specimen_words(self, specimens: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words that a name would carry for a specimen other than blood, the closest first."""
        if not specimens or not all(key in self._name_words for key in specimens):
            return ()
        return tuple(dict.fromkeys(word for key in specimens for word in self._name_words[key]))

    def _read_unit(self, text: str) -> tuple[list[Quantity], str]:
        """Return the unit of a unit field, or the text itself when neither rules nor table know it."""
        cleaned = clean(text)
        if not cleaned:
            return [], ""
        unit = units.canonical(cleaned) or self._units.get(cleaned, "")
        return ([Quantity(unit, "unit", cleaned)], "") if unit else ([], cleaned)


def _with_specimen(part: NamePart, words: tuple[str, ...]) -> NamePart:
    """
    Put the name as it would be with its specimen in front of a part's spellings.

    アミラーゼ in urine is looked up as 尿アミラーゼ first: that is another test than アミラーゼ.
    """
    if not words:
        return part

    def prefixed(variants: tuple[str, ...]) -> tuple[str, ...]:
        bare = variants[-1]
        extra = tuple(word + bare for word in words if not bare.startswith(word))
        ordered = (*extra, *variants)
        if variants[0].startswith(words):
            ordered = (variants[0], *extra, *variants[1:])
        return tuple(dict.fromkeys(ordered))

    return NamePart(prefixed(part.variants), tuple(prefixed(piece) for piece in part.pieces))


def _keys(name: str, parts: tuple[NamePart, ...], words: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """
    Return look-up keys, and the keys to search similar names with.

    With a specimen other than blood the name as it would be with it comes first: TP in urine is 尿TP.
    """
    stripped = "".join(p.variants[-1] for p in parts)
    joined = "".join(p.variants[0] for p in parts)
    in_specimen = [word + stripped for word in words if stripped and not stripped.startswith(word)]
    # 尿中 is written for 尿; a known name with either is not taken apart, so both are looked up.
    plain = [joined.replace("尿中", "尿", 1)] if joined.startswith("尿中") else []
    keys = [k for k in dict.fromkeys((*in_specimen, fold(name), joined, stripped, *plain)) if k]
    return keys, [k for k in dict.fromkeys((*in_specimen[-1:], joined, stripped)) if k]
