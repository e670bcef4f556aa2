"""Stage 1: clean a row and take the typed facts out of its name and fields."""

import re
from collections import defaultdict
from collections.abc import Iterable

from jlac_mapper import units
from jlac_mapper.mapping.facts import (
    Facts,
    contradictions,
    declared_type,
    numbering,
    read_jlac10,
    result_type,
)
from jlac_mapper.text import clean, fold
from jlac_mapper.types import (
    LocalTest,
    NamePart,
    NormalizedTest,
    Qualifier,
    Quantity,
    Specimen,
    Vocabulary,
)

# Shop notes that no table can list: dates, announcements, marks for the reader.
_NOTE = re.compile(
    r"\d{4}年|令和|平成|\d+月\d+日|依頼分|受託|中止|廃止|終了|開始|変更|参照|ご?注意|から使用|まで使用|未使用|使用不可"
)
_MARK = re.compile(r"^[\s*#※●○◎■□◆◇★☆・.,:;>]+|[\s*#※●○◎■□◆◇★☆,:;>]+$")
# ×GOT 中止: a cross in front of a name out of use; cleaning makes it an x.
_STRUCK = re.compile(r"^[xX]\s*(?=[^\s].*(?:中止|廃止|終了|未使用|使用不可|使用禁止))")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_SEPARATOR = re.compile(r"[\s/・,、;:_|=&]+")
_UNIT_IN_NAME = re.compile(r"秒|sec\.?|s|inr|coi|c\.o\.i\.?|%|倍|.*[/%].*", re.IGNORECASE)
_URINE_PREFIX = re.compile(r"^(?:U|Ur)-(?=.)", re.IGNORECASE)
_SERUM_PREFIX = re.compile(r"^S-(?=.)", re.IGNORECASE)


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
        self._by_first: dict[str, list[str]] = defaultdict(list)
        self._by_last: dict[str, list[str]] = defaultdict(list)
        for word in _longest_first(k for k, q in self._qualifiers.items() if q.where != "piece"):
            self._by_first[word[0]].append(word)
            self._by_last[word[-1]].append(word)
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
        facts = Facts()
        parts = self._read_name(name, facts)
        unit_quantities, unit_text = self._read_unit(test.unit)
        in_range = [
            Quantity(u, "reference_range", u) for u in units.quantities_in_range(test.reference_range)
        ]
        specimens, specimen_text = self._read_specimen(test.specimen)
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
            stated_type=facts.result_type or declared_type(test),
            contradictions=contradictions(test, facts, unit_quantities),
            numbering=numbering(name),
            jlac10=read_jlac10(test.jlac10),
        )

    def _read_name(self, name: str, facts: "Facts") -> tuple[NamePart, ...]:
        body = _STRUCK.sub("", _MARK.sub("", name)) or name
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

    def _is_fact(self, text: str, separated: bool, facts: "Facts") -> bool:
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

    def _variants(self, key: str, facts: "Facts") -> tuple[str, ...]:
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
        # Only the words that begin as the key begins, or end as it ends; the longest of them.
        starts = [w for w in self._by_first.get(key[0], ()) if len(w) < len(key) and key.startswith(w)]
        ends = [w for w in self._by_last.get(key[-1], ()) if len(w) < len(key) and key.endswith(w)]
        if not starts and not ends:
            return None
        if starts and (not ends or len(starts[0]) >= len(ends[0])):
            return key[len(starts[0]) :], self._qualifiers[starts[0]]
        return key[: -len(ends[0])], self._qualifiers[ends[0]]

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


def _keys(name: str, parts: tuple[NamePart, ...], words: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """
    Return look-up keys, and the keys to search similar names with.

    With a specimen other than blood the name as it would be with it comes first: TP in urine is 尿TP.
    """
    stripped = "".join(p.variants[-1] for p in parts)
    joined = "".join(p.variants[0] for p in parts)
    in_specimen = [word + stripped for word in words if stripped and not stripped.startswith(word)]
    keys = [k for k in dict.fromkeys((*in_specimen, fold(name), joined, stripped)) if k]
    return keys, [k for k in dict.fromkeys((*in_specimen[-1:], joined, stripped)) if k]
