"""A JLAC10 code for a concept and a row: each element from what the row says, else from what is usual."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from jlac_mapper.codes import jlac10
from jlac_mapper.codes.jlac10 import NO_IDENTIFICATION, Jlac10Code, Jlac10Tables
from jlac_mapper.mapping.meanings.specimens import BLOODS, PLASMA, WHOLE_BLOOD, SpecimenDigits
from jlac_mapper.reading.principles import PrincipleReader
from jlac_mapper.text import clean, fold
from jlac_mapper.types import Evidence, NormalizedTest, Reason
from jlac_mapper.vocabulary import Concept, ConceptKind, ResultType, Scale, Timing, Vocabulary

OTHER_SPECIMEN, OTHER_METHOD, PAIRED = "099", "920", "098"
"""その他: what stands where nothing is said and nothing is usual."""

SPECIMEN_LEVELS = ("given", "narrowed", "unusual", "unread", "only", "usual", "none")
"""
How a specimen is found: the row gives it; it gives several of which one is usual; it gives one that is not
usual for the test; its text is unknown; it gives none and one alone is usual; one of several is; none is.
"""

# Of these pairs a method text mostly means the one that is usual for the test.
_ALIKE = (frozenset({"271", "272", "901", "911"}),)
_UNIT_RESULTS = {
    "[titer]": jlac10.TITRE,
    "[qualitative]": jlac10.JUDGEMENT,
    "[score]": jlac10.SCORE,
    "[class]": jlac10.SCORE,
    "[type]": jlac10.TYPE,
    "[absorbance]": jlac10.ABSORBANCE,
    "s": jlac10.TIME,
    "COI": jlac10.CUTOFF_INDEX,
    "S/CO": jlac10.CUTOFF_INDEX,
}
_TYPE_RESULTS = {ResultType.QUALITATIVE: jlac10.JUDGEMENT, ResultType.QUANTITATIVE: jlac10.QUANTITY}
_SCALE_RESULTS = {
    Scale.QUANTITY: jlac10.QUANTITY,
    Scale.QUALITATIVE: jlac10.JUDGEMENT,
    Scale.TITRE: jlac10.TITRE,
    Scale.TYPE: jlac10.TYPE,
}
_AFTER_MEAL = {"朝食後": "1289", "昼食後": "1291", "夕食後": "1293", "食後": "1298"}
_TIMINGS = {Timing.FASTING: "1300", Timing.RANDOM: "1299"}
_BY_SCALE = {
    ResultType.QUALITATIVE: frozenset({"1351", "1411", "1491"}),
    ResultType.QUANTITATIVE: frozenset({"1352", "1413", "1441", "1453", "1492"}),
    ResultType.SEMI_QUANTITATIVE: frozenset({"1353", "1412", "1493"}),
}
"""Identifications that stand for a kind of value, of analytes in general and of viruses."""
_WHOLE_SET = "00"
_BOTH = re.compile(r"と|[+＋&＆]|及び|および|\band\b")
_PIECES = re.compile(r"[()<>]|(?<![0-9])/|/(?![0-9])")
_TELLING = 3
"""Shorter pieces of a name are rather short names: Na, IP, PA."""
_REMEMBERED = 8192
_MINUTES = re.compile(r"(\d{1,3})\s*(?:分|min)(後|値)?")
_HOURS = re.compile(r"(?<![\d.])(\d{1,2})\s*(?:時間|hr|h)(後|値)")
_LONGEST_IN_MINUTES, _FIVE_HOURS, _DAY = 240, 1241, 24
_BEFORE = re.compile(r"負荷前|前値")
# A judgement and a number in one result, as a reference range or a result type writes it.
_COMPOSITE = re.compile(
    r"[+±-]\s*\(\s*[<>]?\s*\d|\d\s*\(\s*\d?[-+±]+\s*\)"
    r"|(?:記号|定性|判定)[(・/](?:数値|定量)|(?:数値|定量)[(・/](?:記号|定性|判定)"
)


@dataclass(frozen=True, slots=True)
class Composition:
    """
    A code for one concept of a row.

    Attributes:
        specimen_level: How the specimen was found, one of `SPECIMEN_LEVELS`.
    """

    code: Jlac10Code
    specimen_level: str
    reasons: tuple[Reason, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class RowElements:
    """
    What a row says of the elements of its code, whatever concept it means.

    Attributes:
        specimens: Digits that its specimen may have, in the order of saying; *specimen_source* is the field.
        is_specimen_unread: The specimen field holds a text without digits.
        principles: Measuring principles that it may mean; *principle_source* is the field.
        is_principle_unread: The method field holds a text that no table knows.
        timed: The identification of the time that the name says; empty where it says none.
        result: Result identification that unit or result type give; empty where they give none.
        stated: The kind of value that a word says: 定性, 定量.
        pieces: The folded pieces of the name, any of which may name a member of a set.
        own_code: The JLAC10 code that the row has already; empty where it has none.
    """

    specimens: tuple[str, ...]
    specimen_source: str
    is_specimen_unread: bool
    principles: tuple[str, ...]
    principle_source: str
    is_principle_unread: bool
    timed: str
    result: str
    stated: ResultType
    pieces: tuple[str, ...]
    is_composite: bool
    own_code: str


class _Part(NamedTuple):
    code: str
    level: str
    reasons: tuple[Reason, ...]
    evidence: Evidence


class Composer:
    """
    Composes codes; built once from a vocabulary, then free of side effects.

    Args:
        tables: The imported element tables; where there are none nothing is checked against them.
        principles: Reads method fields; made of the vocabulary where none is given.
    """

    def __init__(
        self, vocabulary: Vocabulary, tables: Jlac10Tables, principles: PrincipleReader | None = None
    ) -> None:
        self._tables = tables
        self._digits = SpecimenDigits(vocabulary)
        self._principles = principles or PrincipleReader(vocabulary.principles)
        names = {p.code: p.name for p in vocabulary.principles}
        self._method_names: Mapping[str, str] = {**{k: v[0] for k, v in tables.methods.items()}, **names}
        own: dict[str, str] = {}
        for specimen in vocabulary.specimens:
            if specimen.jlac10:
                own.setdefault(specimen.jlac10, specimen.name)
        self._specimen_names: Mapping[str, str] = {**{k: v[0] for k, v in tables.specimens.items()}, **own}
        self._names = frozenset(name.key for name in vocabulary.names)
        self._members = {
            place: {fold(name): result for result, name in reversed(found)}
            for place, found in tables.members.items()
        }
        # Rows repeat the same few specimens and methods.
        self._named_principle = lru_cache(maxsize=_REMEMBERED)(self._named_principle_uncached)
        self._specimen = lru_cache(maxsize=_REMEMBERED)(self._specimen_uncached)
        self._method = lru_cache(maxsize=_REMEMBERED)(self._method_uncached)

    def read(self, test: NormalizedTest) -> RowElements:
        """Return what a row says of its elements: fields first, then the name, then a JLAC10 code it has."""
        keys, where = (
            (test.specimens, test.specimen_source) if test.specimens else (test.name_specimens, "name")
        )
        specimens = tuple(dict.fromkeys(code for key in keys for code in self._digits.of(key)))
        if len(specimens) > 1 and len(specimens) == len(keys) and _BOTH.search(test.source.specimen):
            specimens = (PAIRED,)
        method = test.source.method.strip()
        principles, source = (self._principles.read(method) if method else ()), "method"
        if not principles:
            principles, source = self._named_principle(test.text), "name"
        is_unread = bool(method) and not principles
        return RowElements(
            specimens,
            where,
            bool(test.specimen_text or (test.specimens and not specimens)),
            principles,
            source,
            is_unread,
            _timed(test),
            _said_result(test),
            test.stated_type,
            _pieces(test),
            _is_composite(test),
            test.jlac10,
        )

    def compose(self, said: RowElements, concept: Concept) -> Composition:
        """Return the code of a concept that has a JLAC10 analyte, as a row has it."""
        analyte, identification, member = split_entry(_entry(concept, said.stated))
        usual = self._digits.of_concept(concept)
        specimens, specimen_source = said.specimens, said.specimen_source
        principles, principle_source = said.principles, said.principle_source
        agrees = said.own_code[:5] in concept.analytes
        if agrees and not specimens:
            specimens, specimen_source = (said.own_code[9:12],), "jlac10"
        if agrees and not principles:
            principles, principle_source = (said.own_code[12:15],), "jlac10"
        specimen = self._specimen(specimens, specimen_source, said.is_specimen_unread, usual)
        method = self._method(principles, principle_source, said.is_principle_unread, concept.methods)
        if identification == NO_IDENTIFICATION and said.timed:
            identification = said.timed
        result = member or self._member(analyte, identification, said.pieces, concept)
        if not result and concept.kind is not ConceptKind.PANEL:
            result = said.result or _SCALE_RESULTS.get(concept.scale, "")
        code = Jlac10Code(analyte, identification, specimen.code, method.code, result)
        reasons = specimen.reasons + method.reasons
        if said.own_code:
            reasons += (Reason.JLAC10_AGREES if agrees else Reason.JLAC10_CONFLICT,)
        if len(concept.jlac10) > 1 and concept.jlac10[1][:5] != analyte:
            reasons += (Reason.IDENTIFICATION_ASSUMED,)
        if self._tables and self._is_unlisted(code):
            reasons += (Reason.ELEMENT_NOT_LISTED,)
        if said.is_composite and not code.result:
            code = replace(code, result=jlac10.JUDGEMENT)
        if said.is_composite:
            reasons += (Reason.COMPOSITE_RESULT,)
        return Composition(code, specimen.level, reasons, (specimen.evidence, method.evidence))

    def _member(self, analyte: str, identification: str, pieces: tuple[str, ...], concept: Concept) -> str:
        """Return the result of the set's member that the name, or the concept, is; empty where it is none."""
        members = self._members.get((analyte, identification))
        if not members:
            return ""
        found = next((members[piece] for piece in (*pieces, concept.name_key) if piece in members), "")
        return "" if found == _WHOLE_SET else found

    def name(self, code: Jlac10Code, concept: Concept) -> str:
        """Return what a person reads for a code: concept, specimen, principle."""
        specimen = self._specimen_names.get(code.specimen, code.specimen)
        return f"{concept.name} [{specimen}] {self._method_names.get(code.method, code.method)}"

    def _specimen_uncached(
        self, said: tuple[str, ...], source: str, is_unread: bool, usual: tuple[str, ...]
    ) -> _Part:
        fitting = [code for code in usual if code in said]
        if len(said) == 1 and (fitting or not usual):
            return self._of_specimen(said[0], "given", (), source)
        if fitting:
            return self._of_specimen(fitting[0], "narrowed", (), source)
        if said and BLOODS.issuperset(said):
            blood = next((code for code in (WHOLE_BLOOD, PLASMA) if code in said), said[0])
            reason = Reason.SPECIMEN_UNUSUAL if len(said) == 1 else Reason.SPECIMEN_ASSUMED
            return self._of_specimen(blood if len(said) > 1 else said[0], "unusual", (reason,), source)
        if said:
            return self._of_specimen(said[0], "unusual", (Reason.SPECIMEN_UNUSUAL,), source)
        if is_unread:
            code = usual[0] if usual else OTHER_SPECIMEN
            return self._of_specimen(code, "unread", (Reason.SPECIMEN_UNRECOGNISED,), "specimen")
        if not usual:
            return self._of_specimen(OTHER_SPECIMEN, "none", (Reason.SPECIMEN_ASSUMED,), "")
        level = "only" if len(usual) == 1 else "usual"
        return self._of_specimen(usual[0], level, (Reason.SPECIMEN_ASSUMED,), "")

    def _of_specimen(self, code: str, level: str, reasons: tuple[Reason, ...], source: str) -> _Part:
        name = self._specimen_names.get(code, code)
        evidence = Evidence(f"specimen.{_SAID[level]}", (("specimen", name),), source)
        return _Part(code, level, reasons, evidence)

    def _method_uncached(
        self, said: tuple[str, ...], source: str, is_unread: bool, usual: tuple[str, ...]
    ) -> _Part:
        if said:
            return self._of_method(_chosen(said, usual), "given", (), source)
        reason = Reason.PRINCIPLE_UNRECOGNISED if is_unread else Reason.PRINCIPLE_ASSUMED
        if usual:
            return self._of_method(usual[0], "usual", (reason,), "")
        return self._of_method(OTHER_METHOD, "unknown", (reason,), "")

    def _of_method(self, code: str, level: str, reasons: tuple[Reason, ...], source: str) -> _Part:
        name = self._method_names.get(code, code)
        return _Part(
            code, level, reasons, Evidence(f"method.principle_{level}", (("principle", name),), source)
        )

    def _named_principle_uncached(self, name: str) -> tuple[str, ...]:
        """Return the principle that a bracket or a piece behind a slash names; pieces alone, never inside."""
        pieces = _PIECES.split(name)[1:] if _PIECES.search(name) else []
        told = (piece for piece in pieces if piece.strip().endswith("法") or self._is_telling(fold(piece)))
        return next((code for piece in told if (code := self._principles.known(piece))), ())

    def _is_telling(self, piece: str) -> bool:
        """Whether a folded piece of a name is rather a method than another name: (HPLC), not (GOT)."""
        return len(piece) >= _TELLING and piece not in self._names

    def _is_unlisted(self, code: Jlac10Code) -> bool:
        tables = self._tables
        return (
            code.analyte not in tables.analytes
            or (
                code.identification != NO_IDENTIFICATION and code.identification not in tables.identifications
            )
            or code.specimen not in tables.specimens
            or code.method not in tables.methods
        )


_SAID = {
    "given": "given",
    "narrowed": "usual_of_given",
    "unusual": "unusual_for_test",
    "unread": "usual",
    "only": "usual",
    "usual": "usual",
    "none": "unusual",
}


def _entry(concept: Concept, stated: ResultType) -> str:
    """Return a concept's JLAC10 entry: of those of its first analyte the one for the value stated."""
    first, *others = concept.jlac10
    wanted = _BY_SCALE.get(stated)
    if wanted:
        for entry in others:
            if entry[:5] == first[:5] and entry[6:10] in wanted:
                return entry
    return first


def _pieces(test: NormalizedTest) -> tuple[str, ...]:
    """Return the folded spellings of a name's parts and of their pieces, the longest first."""
    found = [variant for part in test.parts for variant in part.variants]
    found += [variant for part in test.parts for piece in part.pieces for variant in piece]
    return tuple(sorted(dict.fromkeys(found), key=lambda text: -len(text)))


def split_entry(entry: str) -> tuple[str, str, str]:
    """Split a concept's JLAC10 entry into analyte, identification and the result of a set's member."""
    analyte, _, rest = entry.partition("-")
    identification, _, member = rest.partition("-")
    return analyte, identification or NO_IDENTIFICATION, member


def _chosen(codes: tuple[str, ...], usual: tuple[str, ...]) -> str:
    """Return the principle that a text means for a test: the usual one among those that it may mean."""
    for code in codes:
        if code in usual:
            return code
    alike = next((group for group in _ALIKE if codes[0] in group), frozenset[str]())
    return next((code for code in usual if code in alike), codes[0])


def _timed(test: NormalizedTest) -> str:
    """Return the identification of the time that a name says; empty where it says none."""
    is_timed = test.timing is Timing.TIMED or "負荷" in test.text
    if is_timed and _BEFORE.search(test.text):
        return "1000"
    if (match := _MINUTES.search(test.text)) and (is_timed or match[2]):
        minutes = int(match[1])
        return str(1000 + minutes) if minutes <= _LONGEST_IN_MINUTES else ""
    if match := _HOURS.search(test.text):
        hours = int(match[1])
        if 60 * hours <= _LONGEST_IN_MINUTES:
            return str(1000 + 60 * hours)
        return str(_FIVE_HOURS + hours - 5) if hours <= _DAY else ""
    if is_timed:
        return _AFTER_MEAL.get(next((word for word in _AFTER_MEAL if word in test.text), ""), "")
    return _TIMINGS.get(test.timing, "")


def _said_result(test: NormalizedTest) -> str:
    """Return the result identification that unit or result type give; empty where they give none."""
    if test.quantities:
        unit = test.quantities[0].canonical
        if unit in _UNIT_RESULTS:
            return _UNIT_RESULTS[unit]
        if "(creat)" in unit:
            return jlac10.PER_CREATININE
        return jlac10.PER_TIME if unit.endswith("/d") else jlac10.QUANTITY
    return _TYPE_RESULTS.get(test.result_type, "")


def _is_composite(test: NormalizedTest) -> bool:
    texts = (clean(test.source.reference_range), clean(test.source.result_type))
    return any(_COMPOSITE.search(text) for text in texts)


def other_half(code: Jlac10Code) -> Jlac10Code:
    """Return the code of a composite result's other half: the number beside a judgement, or the judgement."""
    other = jlac10.JUDGEMENT if code.result != jlac10.JUDGEMENT else jlac10.QUANTITY
    return Jlac10Code(code.analyte, code.identification, code.specimen, code.method, other)
