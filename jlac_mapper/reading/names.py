"""Part of normalize: takes a name apart into what it names and what it says beside that."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from jlac_mapper.reading import units
from jlac_mapper.reading.facts import Facts
from jlac_mapper.reading.remarks import headings, telling_words, without_collective
from jlac_mapper.text import fold
from jlac_mapper.types import NamePart, Quantity
from jlac_mapper.vocabulary import NameForm, Qualifier, Vocabulary

# Shop notes that no table can list: dates, announcements, marks for the reader.
_NOTE = re.compile(
    r"\d{4}年|令和|平成|\d+月\d+日|依頼分|受託|中止|廃止|終了|開始|変更|参照|ご?注意|から使用|まで使用|未使用|使用不可"
)
# Around a name; a cleaned one has no blank but the plain one.
_MARKS_BEFORE = " *#※●○◎■□◆◇★☆・.,:;>"
_MARKS_BEHIND = " *#※●○◎■□◆◇★☆,:;>"
# ×GOT 中止: a cross in front of a name out of use; cleaning makes it an x.
_STRUCK = re.compile(r"^[xX]\s*(?=[^\s].*(?:中止|廃止|終了|未使用|使用不可|使用禁止))")
_BRACKET = re.compile(r"([()])")
# Between digits some join: HIV-1/2 is not HIV-1.
_SEPARATOR = re.compile(r"(?:[\s;:_|=]|(?:(?<![0-9])|(?![/・,、&][0-9]))[/・,、&])+")
_UNIT_IN_NAME = re.compile(r"秒|sec\.?|s|inr|coi|c\.o\.i\.?|%|倍|.*[/%].*", re.IGNORECASE)
_URINE_PREFIX = re.compile(r"^(?:U|Ur)-(?=.)", re.IGNORECASE)
_SERUM_PREFIX = re.compile(r"^S-(?=.)", re.IGNORECASE)
_COUNT = re.compile(r"(.*[^0-9])[0-9]{1,2}(?:回目|本目)?")
# 抗体HBs and ビリルビン直接: the word that some masters put at the other end to sort by.
_LEADING = ("抗体", "抗原")
_TRAILING = ("総", "直接", "間接", "遊離", "活性化")
MOST_STRIPPED = 16
"""Qualifiers taken out of one text, so that its spellings stay in proportion to it; real names hold 3."""


class NameReader:
    """Reads cleaned names by a vocabulary's qualifiers; a known name is never taken apart."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._qualifiers: dict[str, Qualifier] = {}
        self._headings: dict[str, Qualifier] = {}
        for qualifier in vocabulary.qualifiers:
            if qualifier.where == "heading":
                self._headings[fold(qualifier.text)] = qualifier
            elif qualifier.where != "remark":
                self._qualifiers.setdefault(fold(qualifier.text), qualifier)
        self._by_first: dict[str, list[str]] = defaultdict(list)
        self._by_last: dict[str, list[str]] = defaultdict(list)
        for word in _longest_first(k for k, q in self._qualifiers.items() if q.where != "piece"):
            self._by_first[word[0]].append(word)
            self._by_last[word[-1]].append(word)
        self._inside = _longest_first(k for k, q in self._qualifiers.items() if q.where == "inside")
        self._names = {name.key for name in vocabulary.names}
        self._vocabulary = vocabulary
        sections = {concept.key: concept.sections for concept in vocabulary.concepts}
        self._sections: dict[str, frozenset[str]] = {}
        for name in vocabulary.names:
            key = name.key
            # A heading that fits the rarer meaning alone stays: without it 感染症:TP reads as 総蛋白.
            usual = sections[name.concept] if name.form != NameForm.HOMONYM else frozenset[str]()
            said = self._sections.get(key)
            self._sections[key] = usual if said is None else said | usual

    @cached_property
    def _telling(self) -> tuple[frozenset[str], tuple[int, ...]]:
        """The words that make another test of one, and the lengths that they have."""
        words = telling_words(self._vocabulary)
        return words, tuple(sorted(set(map(len, words))))

    @cached_property
    def _notes_alone(self) -> "NameReader":
        """A reader that knows the same names and takes nothing out of them but notes."""
        notes = tuple(q for q in self._vocabulary.qualifiers if q.kind == "note")
        return NameReader(replace(self._vocabulary, qualifiers=notes))

    def without_notes(self, name: str) -> str:
        """
        Return a cleaned name without what a shop writes around it: wing, hour, notes, remarks and a count.

        Specimen, method, time and kind of result stay, for they make another test. A name that holds
        nothing of the kind, or nothing else, is returned as it stands; any other comes folded.
        """
        facts = Facts()
        body = self._without_heading(_body(name), facts)
        parts = self._parts(body, facts)
        kept = self._without_remarks(body, parts, facts)
        remarks = {part.variants[0] for part in parts} - {part.variants[0] for part in kept}
        told = [part for part in self._notes_alone._parts(body, Facts()) if part.variants[0] not in remarks]
        rest = "".join(self._without_count(self._likeliest(part)) for part in told)
        return name if not rest or rest == fold(name) else rest

    def _likeliest(self, part: NamePart) -> str:
        """Return the spelling of a part that is a name, else the one without notes."""
        return next((text for text in part.variants if text in self._names), part.variants[-1])

    def _without_count(self, key: str) -> str:
        """Return a folded name without a number that only counts it: AST2, but not IgG4."""
        counted = _COUNT.fullmatch(key)
        if counted is None or key in self._names or counted.group(1) not in self._names:
            return key
        return counted.group(1)

    def read(self, name: str, facts: Facts) -> tuple[NamePart, ...]:
        """Return the parts of a cleaned name, none for an empty one; *facts* takes what else it says."""
        body = _body(name)
        for pattern, specimen in ((_URINE_PREFIX, "urine"), (_SERUM_PREFIX, "serum")):
            if pattern.match(body):
                facts.specimens.append(specimen)
        body = self._without_heading(body, facts)
        return self._without_remarks(body, self._parts(body, facts), facts)

    def _without_heading(self, body: str, facts: Facts) -> str:
        """Take a heading off a known name; one that no table knows is kept beside the name."""
        if fold(body) in self._names:
            return body
        for heading, rest, marked in headings(body):
            key = fold(heading)
            known = self._known(rest)
            if not key or not known:
                continue
            left = self._variants(key, Facts())[-1]
            said = self._qualifiers.get(left) or self._headings.get(left)
            said = said or self._headings.get(without_collective(left))
            if said and self._stands_over(said, known):
                self._variants(key, facts)
                facts.take(said, heading)
            elif marked and not said and self._names.isdisjoint((key, left)) and not self._tells(key):
                facts.remark = key
            else:
                continue
            return rest
        return body

    def _known(self, name: str) -> str:
        """Return the first known name that a text begins with, folded; empty when there is none."""
        variants = itertools.chain.from_iterable(part.variants for part in self._parts(name, Facts())[:1])
        return next((variant for variant in variants if variant in self._names), "")

    def _stands_over(self, heading: Qualifier, name: str) -> bool:
        """Whether a name is of the section that a heading may name: under 感染症 TP is not 総蛋白."""
        return heading.kind != "section" or not self._sections[name].isdisjoint(heading.value.split("|"))

    def _without_remarks(self, body: str, parts: tuple[NamePart, ...], facts: Facts) -> tuple[NamePart, ...]:
        """Take off brackets that hold what no table knows, behind a known name: LD(妊娠高血圧)."""
        if len(parts) < 2 or self._names.isdisjoint(parts[0].variants):
            return parts
        joined = ("".join(part.variants[end] for part in parts) for end in (0, -1))
        if not self._names.isdisjoint((*joined, *self._variants(fold(body), Facts()))):
            return parts  # ビリルビン(直接)
        judged = [(part, self._is_remark(part)) for part in parts[1:]]
        facts.remark = next((part.variants[0] for part, is_remark in judged if is_remark), facts.remark)
        return (parts[0], *(part for part, is_remark in judged if not is_remark))

    def _is_remark(self, part: NamePart) -> bool:
        known = not self._names.isdisjoint(itertools.chain(part.variants, *part.pieces))
        return not known and not self._tells(part.variants[0])

    def _tells(self, key: str) -> bool:
        """Whether *key* makes another test of a listed one, as アイソザイム or one letter does: CK(M)."""
        if len(key) == 1 and key.isascii():
            return True
        words, lengths = self._telling
        return any(key[i : i + n] in words for n in lengths for i in range(len(key) - n + 1))

    def _parts(self, body: str, facts: Facts) -> tuple[NamePart, ...]:
        parts: list[NamePart] = []
        for number, stretch in enumerate(_stretches(body)):
            if number and _NOTE.search(stretch):
                facts.notes.append(stretch)
                continue
            pieces = [p for p in _SEPARATOR.split(stretch) if fold(p)]
            if not pieces or self._is_fact(stretch, bool(number), facts):
                continue
            if fold(stretch) in self._names and not any(fold(p) in self._names for p in pieces):
                pieces = [stretch]  # 尿 酸 is no acid in urine
            kept = [p for p in pieces if not self._is_fact(p, len(pieces) > 1 or bool(number), facts)]
            if not kept:
                continue
            variants = self._variants(fold(stretch), facts)
            if len(kept) == 2 and (turned := fold(kept[1] + kept[0])) in self._names:
                variants = (*variants, turned)
            if len(kept) < len(pieces):
                variants = (*variants, *self._variants(fold("".join(kept)), facts))
            part_pieces = tuple(self._variants(fold(p), facts) for p in kept) if len(kept) > 1 else ()
            parts.append(NamePart(tuple(dict.fromkeys(variants)), part_pieces))
        if not parts and (key := fold(body)):
            parts.append(NamePart((key,), ()))
        return tuple(parts)

    def _is_fact(self, text: str, separated: bool, facts: Facts) -> bool:
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

    def _variants(self, key: str, facts: Facts) -> tuple[str, ...]:
        """Return *key*, then shorter spellings with known qualifiers taken out; known names stay whole."""
        found = [key]
        rest = key
        while rest not in self._names:
            hit = self._strip_once(rest) if len(found) <= MOST_STRIPPED else None
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
        return (*found, *self._turned(rest))

    def _turned(self, key: str) -> tuple[str, ...]:
        """Return the known name that *key* is with its first or last word at the other end, if any."""
        if key in self._names:
            return ()
        turned = [key[len(word) :] + word for word in _LEADING if key.startswith(word)]
        turned += [word + key[: -len(word)] for word in _TRAILING if key.endswith(word)]
        return tuple(name for name in turned if name in self._names)

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


def _body(name: str) -> str:
    """Return a name without the marks around it."""
    return _STRUCK.sub("", name.lstrip(_MARKS_BEFORE).rstrip(_MARKS_BEHIND)) or name


def _stretches(name: str) -> list[str]:
    """
    Return what stands outside of all brackets as one text, then the inside of each pair.

    Pairs that hold no others come first, then those that hold only these, and so on; of those, from left to
    right. A bracket without its partner parts words and means nothing else.
    """
    if "(" not in name and ")" not in name:  # most names
        return [name.strip()]
    open_texts: list[list[str]] = [[]]
    depths = [0]
    """For each open text how deep the pairs inside it are nested."""
    pairs: list[tuple[int, int, str]] = []
    starts: list[int] = []
    for place, piece in enumerate(_BRACKET.split(name)):
        if piece == "(":
            open_texts.append([])
            depths.append(0)
            starts.append(place)
        elif piece == ")" and starts:
            depth = depths.pop() + 1
            depths[-1] = max(depths[-1], depth)
            pairs.append((depth, starts.pop(), "".join(open_texts.pop()).strip()))
        else:
            open_texts[-1].append(" " if piece == ")" else piece)
    outside = " ".join("".join(text) for text in open_texts).strip()
    return [outside, *(text for _, _, text in sorted(pairs) if text)]


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted(words, key=lambda w: (-len(w), w))
