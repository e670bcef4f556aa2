"""Stage 1: clean a row and take the typed facts out of its name and fields."""

import re
from collections.abc import Iterable

from jlac_mapper import units
from jlac_mapper.text import clean, fold
from jlac_mapper.types import (
    LocalTest,
    NamePart,
    NormalizedTest,
    Qualifier,
    Quantity,
    ResultType,
    Specimen,
    Timing,
    Vocabulary,
)

# Shop notes that no table can list: dates, announcements, marks for the reader.
_NOTE = re.compile(
    r"\d{4}年|令和|平成|\d+月\d+日|依頼分|受託|中止|廃止|終了|開始|変更|参照|ご?注意|から使用|まで使用|未使用|使用不可"
)
_MARK = re.compile(r"^[\s*#※●○◎■□◆◇★☆・.,:;>]+|[\s*#※●○◎■□◆◇★☆,:;>]+$")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_SEPARATOR = re.compile(r"[\s/・,、;:_|=&]+")
_UNIT_IN_NAME = re.compile(r"秒|sec\.?|s|inr|coi|c\.o\.i\.?|%|倍|.*[/%].*", re.IGNORECASE)
_NUMBERING = re.compile(r"(?<=[^0-9.+/])-?(\d{1,2})(?:回目|本目)?$")
_JLAC10 = re.compile(r"[0-9][A-Z][0-9]{3}[0-9]{4}[0-9]{3}[0-9]{3}(?:[0-9]{2})?")
_URINE_PREFIX = re.compile(r"^(?:U|Ur)-(?=.)", re.IGNORECASE)
_SERUM_PREFIX = re.compile(r"^S-(?=.)", re.IGNORECASE)

_RESULT_TYPE_WORDS = {
    "定性": ResultType.QUALITATIVE, "判定": ResultType.QUALITATIVE, "文字": ResultType.QUALITATIVE,
    "コド": ResultType.QUALITATIVE, "コド型": ResultType.QUALITATIVE, "qualitative": ResultType.QUALITATIVE,
    "半定量": ResultType.SEMI_QUANTITATIVE, "semiquantitative": ResultType.SEMI_QUANTITATIVE,
    "定量": ResultType.QUANTITATIVE, "数値": ResultType.QUANTITATIVE, "数値型": ResultType.QUANTITATIVE,
    "数字": ResultType.QUANTITATIVE, "pq": ResultType.QUANTITATIVE, "quantitative": ResultType.QUANTITATIVE,
    "numeric": ResultType.QUANTITATIVE,
}  # fmt: skip


class Normalizer:
    """
    Turns rows into `NormalizedTest`; built once from a vocabulary, then free of side effects.

    Nothing is ever guessed here: a text that no table knows is passed on as it stands.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._specimens = _specimen_spellings(vocabulary.specimens)
        blood = {s.key for s in vocabulary.specimens if s.code.startswith("2")}
        self._name_words = {
            s.key: tuple(dict.fromkeys(fold(w) for w in (s.name, *(("尿",) if s.code == "130" else ()))))
            for s in vocabulary.specimens
            if s.key not in blood and "血" not in s.name
        }
        self._qualifiers: dict[str, Qualifier] = {}
        for qualifier in vocabulary.qualifiers:
            self._qualifiers.setdefault(fold(qualifier.text), qualifier)
        self._edges = _longest_first(k for k, q in self._qualifiers.items() if q.where != "piece")
        self._inside = _longest_first(k for k, q in self._qualifiers.items() if q.where == "inside")
        self._units = {
            clean(spelling): unit.canonical
            for unit in vocabulary.units
            for spelling in (unit.name, *unit.spellings)
        }
        self._names = {fold(n.name) for n in vocabulary.names} | {fold(b.name) for b in vocabulary.background}

    def normalize(self, test: LocalTest) -> NormalizedTest:
        """Return the cleaned row with its facts. Never raises; an empty name gives no keys and no parts."""
        name = clean(test.name)
        facts = _Facts()
        parts = self._read_name(name, facts)
        unit_quantities, unit_text = self._read_unit(test.unit)
        in_range = [
            Quantity(u, "reference_range", u) for u in units.quantities_in_range(test.reference_range)
        ]
        specimens, specimen_text = self._read_specimen(test.specimen)
        words = self._specimen_words(specimens or tuple(facts.specimens))
        quantities = (*unit_quantities, *in_range, *facts.quantities)
        return NormalizedTest(
            source=test,
            text=name,
            keys=_keys(name, parts, words),
            parts=tuple(_with_specimen(part, words) for part in parts),
            aliases=tuple(k for k in dict.fromkeys((fold(test.abbreviation), fold(test.kana))) if k),
            specimens=specimens,
            specimen_text=specimen_text,
            name_specimens=tuple(dict.fromkeys(facts.specimens)),
            quantities=quantities,
            unit_text=unit_text,
            result_type=_result_type(test, facts, quantities),
            timing=facts.timing,
            methods=tuple(dict.fromkeys(facts.methods)),
            notes=tuple(dict.fromkeys(facts.notes)),
            numbering=_numbering(name),
            jlac10=_read_jlac10(test.jlac10),
        )

    def _read_name(self, name: str, facts: "_Facts") -> tuple[NamePart, ...]:
        body = _MARK.sub("", name) or name
        for pattern, specimen in ((_URINE_PREFIX, "urine"), (_SERUM_PREFIX, "serum")):
            if pattern.match(body):
                facts.specimens.append(specimen)
        parts: list[NamePart] = []
        for number, stretch in enumerate(_stretches(body)):
            if number and _NOTE.search(stretch):
                facts.notes.append(stretch)
                continue
            pieces = [p for p in _SEPARATOR.split(stretch) if fold(p)]
            if not pieces or self._is_fact(stretch, bool(number), facts):
                continue
            kept = [p for p in pieces if not self._is_fact(p, len(pieces) > 1 or bool(number), facts)]
            if not kept:
                continue
            variants = self._variants(fold(stretch), facts)
            if len(kept) < len(pieces):
                variants = (*variants, *self._variants(fold("".join(kept)), facts))
            part_pieces = tuple(self._variants(fold(p), facts) for p in kept) if len(kept) > 1 else ()
            parts.append(NamePart(tuple(dict.fromkeys(variants)), part_pieces))
        if not parts and (key := fold(body)):
            parts.append(NamePart((key,), ()))
        return tuple(parts)

    def _is_fact(self, text: str, separated: bool, facts: "_Facts") -> bool:
        """Take a stand-alone qualifier or unit out of the name; a known name is never taken out."""
        key = fold(text)
        qualifier = self._qualifiers.get(key)
        if qualifier is not None:
            facts.take(qualifier, text)
            return True
        if separated and _UNIT_IN_NAME.fullmatch(text.strip()) and (unit := units.canonical(text)):
            if key in self._names:
                return False
            facts.quantities.append(Quantity(unit, "name", text.strip()))
            return True
        if separated and re.fullmatch(r"[0-9]{1,2}", key):
            facts.notes.append(text)
            return True
        return False

    def _variants(self, key: str, facts: "_Facts") -> tuple[str, ...]:
        """Return *key*, then shorter spellings with known qualifiers taken out; known names stay whole."""
        found = [key]
        rest = key
        while rest not in self._names:
            hit = self._strip_once(rest)
            if hit is None:
                break
            rest, qualifier = hit
            facts.take(qualifier, qualifier.text)
            found.append(rest)
        else:
            # The qualifier inside a known name is still a fact: 尿蛋白定性 is qualitative.
            for word in self._inside:
                if word in rest:
                    facts.take(self._qualifiers[word], word)
                    break
        return tuple(found)

    def _strip_once(self, key: str) -> tuple[str, Qualifier] | None:
        for word in self._inside:
            if word in key and len(word) < len(key):
                return key.replace(word, "", 1), self._qualifiers[word]
        for word in self._edges:
            if len(word) >= len(key):
                continue
            if key.startswith(word):
                return key[len(word) :], self._qualifiers[word]
            if key.endswith(word):
                return key[: -len(word)], self._qualifiers[word]
        return None

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

    def _read_specimen(self, text: str) -> tuple[tuple[str, ...], str]:
        """Return the specimen keys of a specimen field, or the text itself when nothing in it is known."""
        cleaned = clean(text)
        if not cleaned:
            return (), ""
        whole = self._specimens.get(fold(cleaned))
        if whole:
            return (whole,), ""
        found = [
            key
            for piece in re.split(r"[\s/,、・;+()]+|または|又は|もしくは", cleaned)
            if piece and (key := self._specimens.get(fold(piece)))
        ]
        if found:
            return tuple(dict.fromkeys(found)), ""
        return (), cleaned


class _Facts:
    """What is collected while a name is taken apart."""

    def __init__(self) -> None:
        self.specimens: list[str] = []
        self.quantities: list[Quantity] = []
        self.methods: list[str] = []
        self.notes: list[str] = []
        self.result_type = ResultType.ANY
        self.timing = Timing.ANY

    def take(self, qualifier: Qualifier, written: str) -> None:
        if qualifier.kind == "specimen":
            self.specimens.append(qualifier.value)
        elif qualifier.kind == "result_type":
            self.result_type = ResultType(qualifier.value) or self.result_type
        elif qualifier.kind == "timing":
            self.timing = Timing(qualifier.value)
        elif qualifier.kind == "method":
            self.methods.append(written)
        else:
            self.notes.append(written)


def _stretches(name: str) -> list[str]:
    """Return what stands outside of all brackets as one text, then the inside of each pair."""
    inside: list[str] = []
    while found := _BRACKETS.findall(name):
        inside.extend(text.strip() for text in found)
        name = _BRACKETS.sub("", name)
    outside = re.sub("[()]", " ", name).strip()
    return [outside, *(text for text in inside if text)]


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted(words, key=lambda w: (-len(w), w))


def _specimen_spellings(specimens: Iterable[Specimen]) -> dict[str, str]:
    table: dict[str, str] = {}
    for specimen in specimens:
        for spelling in (specimen.name, specimen.name_en, *specimen.spellings):
            table.setdefault(fold(spelling), specimen.key)
    table.pop("", None)
    return table


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


def _keys(name: str, parts: tuple[NamePart, ...], words: tuple[str, ...]) -> tuple[str, ...]:
    stripped = "".join(p.variants[-1] for p in parts)
    joined = "".join(p.variants[0] for p in parts)
    in_specimen = tuple(word + stripped for word in words if stripped and not stripped.startswith(word))
    return tuple(k for k in dict.fromkeys((fold(name), *in_specimen, joined, stripped)) if k)


def _result_type(test: LocalTest, facts: _Facts, quantities: tuple[Quantity, ...]) -> ResultType:
    """Name first, then the result-type field, then the unit, then the shape of the reference range."""
    if facts.result_type:
        return facts.result_type
    if declared := _RESULT_TYPE_WORDS.get(fold(test.result_type)):
        return declared
    for quantity in quantities:
        if kind := units.result_type_of(quantity.canonical):
            return kind
    return units.result_type_in_range(test.reference_range)


def _numbering(name: str) -> str:
    match = _NUMBERING.search(re.sub(r"\([^()]*\)", "", name).strip())
    return match.group(1) if match else ""


def _read_jlac10(text: str) -> str:
    match = _JLAC10.fullmatch(re.sub(r"[-\s]", "", clean(text)).upper())
    return match.group() if match else ""
