"""Finding the listed product that a reagent or instrument text names, among the products of one measurand."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein, Postfix, Prefix

from jlac_mapper.reading.product_labels import (
    Label,
    Wording,
    bare,
    is_general_name,
    is_other_use,
    is_version_word,
    without_platforms,
)
from jlac_mapper.reading.product_words import WordKind, alternatives, makers, product_key, product_words
from jlac_mapper.text import clean, fold

RECOGNISED = 0.75
"""Below this score a text names none of the products."""

_LATIN = re.compile(r"[0-9a-z\u0370-\u03ff%+/]+")
_RUN = re.compile(r"[0-9a-z\u0370-\u03ff%+/]+|[^0-9a-z\u0370-\u03ff%+/]+")
_REAGENT_WORD = re.compile("試薬|キツト|測定用")
_LEAST = 4
"""A shorter key is an abbreviation that a label may hold by chance."""
_ANALYSER = re.compile(r"装置|分析計|測定器|アナライ[ザズ]|(?:コバス|ビトロス|ビオリス|アドヴィア)\s*[0-9]")
_LIMITED = "株式会社"
"""Taken away as makers are, and names none."""
_NEAR = 8
"""How many of the most similar products are compared closely."""


@dataclass(frozen=True, slots=True)
class ProductMatch:
    """
    The product a text names.

    `score` is about the chance that the product is the one meant, 0-1; under `RECOGNISED` the text names
    none. `runner_up` is the next product's score, 0 where the text itself equals one product's name.
    `ambiguous`: several products fit about equally, or the text lacks the version that tells them apart.
    """

    product: str
    index: int
    """Place of the product in the names the matcher was built from; -1 when there is nothing to compare."""
    score: float
    runner_up: float
    ambiguous: bool

    @property
    def recognised(self) -> bool:
        """True when one product is named, and only one."""
        return self.score >= RECOGNISED and not self.ambiguous


@dataclass(frozen=True, slots=True)
class _Keys:
    """
    The forms of one name that are compared.

    `full`: folded. `plain`: without kit words. `core`: without makers too, or `plain` where too little
    would be left. `latin`: letters and digits of the core in order; versions are among them. `japanese`:
    the rest of the core. `runs`: pieces of `core` between changes of script or separators, sorted.
    """

    full: str
    plain: str
    core: str
    latin: str
    japanese: str
    runs: tuple[str, ...]


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(alternatives(map(fold, words)))


class ProductMatcher:
    """Matches texts to products; built once, then used for one measurand's products at a time."""

    def __init__(self, products: Iterable[str]) -> None:
        self.products = tuple(dict.fromkeys(products))
        self._index = {name: i for i, name in enumerate(self.products)}
        self._name_now = makers()
        self._maker = _pattern((*self._name_now, _LIMITED))
        self._leading_maker = re.compile(
            f"^(?:株(?:式会社)?)?(?:{self._maker.pattern})(?:株(?:式会社)?)?(?=.)"
        )
        self._kit_words = tuple(map(fold, product_words(WordKind.KIT)))
        self._kit_word = _pattern(self._kit_words)
        self._keys = tuple(self._forms(name) for name in self.products)
        self._analysers = {i for i, name in enumerate(self.products) if _ANALYSER.search(name)}
        self._general = {
            i for i, name in enumerate(self.products) if is_general_name(name, self._keys[i].full)
        }
        self._no_reagents = self._analysers | self._general
        self._wording = Wording(
            (keys.runs for i, keys in enumerate(self._keys) if i not in self._analysers),
            self._maker,
            self._kit_word,
        )
        self._by_form: dict[str, list[int]] = defaultdict(list)
        for i, keys in enumerate(self._keys):
            for form in {keys.full, keys.plain, keys.core} - {""}:
                self._by_form[form].append(i)

    def match(self, text: str, among: Sequence[str] | Collection[int]) -> ProductMatch:
        """
        Return the product of *among* that *text* names best.

        Args:
            text: A reagent or instrument as a hospital writes it.
            among: Names given at construction, or their places; the measurand's listed products.

        Raises:
            KeyError: *among* holds a name that the matcher was not built from.
        """
        places = [self._index[item] if isinstance(item, str) else item for item in among]
        full = product_key(text)
        if not full or not places:
            return ProductMatch("", -1, 0.0, 0.0, False)
        allowed = set(places)
        if (exact := self._exact(text, full, allowed)) is not None:
            return exact
        label = bare(text)
        without = without_platforms(label)
        readings = [said for said in dict.fromkeys((text, label, without)) if said]
        for said in readings:
            if (found := self._same_form(said, allowed)) is not None:
                return found
        for said in readings:
            if (found := self._inside(said, places)) is not None:
                name = self._keys[found.index].full
                wider = [i for i, keys in enumerate(self._keys) if name in keys.full and i not in allowed]
                return _unrecognised(found) if self._names_another(readings, allowed, wider) else found
        nearest = max((self._nearest(self._forms(said), places) for said in readings), key=lambda m: m.score)
        if nearest.score >= RECOGNISED:
            # Likeness must not turn an antigen's kit, where that is the text's very name, into an antibody's.
            others = [i for i in range(len(self.products)) if i not in allowed and i not in self._no_reagents]
            return _unrecognised(nearest) if self._names_another(readings, allowed, others) else nearest
        return nearest

    def _names_another(
        self, readings: Iterable[str], allowed: Collection[int], others: Sequence[int]
    ) -> bool:
        """Tell whether a text names, letter for letter, one of the known products that are not allowed."""
        if not others:
            return False
        for said in readings:
            same = {i for form in (product_key(said), self._forms(said).plain) for i in self._of_name(form)}
            if (same and same.isdisjoint(allowed)) or self._inside(said, others) is not None:
                return True
        return False

    def _of_name(self, form: str) -> list[int]:
        """Return the products with this very key, apart from kit words."""
        return [i for i in self._by_form.get(form, ()) if form in (self._keys[i].full, self._keys[i].plain)]

    def _same_form(self, text: str, allowed: set[int]) -> ProductMatch | None:
        """Return the product that the text equals once kit words or makers are taken away."""
        full, query = product_key(text), self._forms(text)
        led = self._leading_maker.sub("", full)
        for form, score in (
            (full, 0.98),
            (query.plain, 0.97),
            (led, 0.97),
            (_without_last(led, self._kit_words), 0.97),
            (self._kit_word.sub("", led), 0.96),
            (query.core, 0.94),
        ):
            hits = [i for i in self._of_name(form) if i in allowed] or [
                i
                for i in self._by_form.get(form, ())
                if i in allowed and self._may_be_of_maker(full, self._keys[i])
            ]
            if len(hits) == 1:
                return ProductMatch(self.products[hits[0]], hits[0], score, 0.0, False)
        return None

    def _inside(self, text: str, places: Sequence[int]) -> ProductMatch | None:
        """Return the one product whose name stands in a label as whole words; the longest of nested names."""
        label = Label(text, product_key, (self._maker, self._kit_word))
        found: list[tuple[int, int, bool, int]] = []
        for i in places:
            keys = self._keys[i]
            for form in dict.fromkeys((keys.full, keys.plain, keys.core)):
                if form == keys.core != keys.plain and not self._says_maker(label.key, keys):
                    continue
                if len(form) >= _LEAST and form in label.key and (span := label.find(form)):
                    found.append((*span, form == keys.full, i))
                    break
        widest = [
            one
            for one in found
            if not any(o[0] <= one[0] and one[1] <= o[1] and o[:2] != one[:2] for o in found)
        ]
        reagents = [one for one in widest if one[3] not in self._analysers] or widest
        reagents = [one for one in reagents if one[3] not in self._general] or reagents
        longest = max((one[1] - one[0] for one in reagents), default=0)
        best = [one for one in reagents if one[1] - one[0] == longest]
        best = [one for one in best if one[2]] or best
        if len(best) != 1 or (len(reagents) > 1 and any(o[3] != best[0][3] for o in reagents)):
            return None
        start, end, whole, i = best[0]
        before, after = label.around((start, end))
        if not self._wording.is_same_product(self._keys[i].runs, before, after, i in self._general):
            return None
        return ProductMatch(self.products[i], i, 0.95 if whole else 0.92, 0.0, False)

    def _says_maker(self, label: str, keys: _Keys) -> bool:
        """Tell whether a label gives every maker that a product's name gives."""
        return all(maker in label for maker in self._maker.findall(keys.full))

    def _may_be_of_maker(self, label: str, keys: _Keys) -> bool:
        """Tell whether a label or a product's name gives no maker, or both the same one."""
        own, said = (
            {self._name_now[maker] for maker in self._maker.findall(text) if maker != _LIMITED}
            for text in (keys.full, label)
        )
        return not own or not said or any(one in other or other in one for one in own for other in said)

    def _exact(self, text: str, full: str, allowed: set[int]) -> ProductMatch | None:
        """Return the product with the same folded name; the very same text where several share it."""
        hits = [i for i in self._by_form.get(full, ()) if i in allowed and self._keys[i].full == full]
        if len(hits) > 1:
            hits = [i for i in hits if self.products[i] == text] or hits
        if not hits:
            return None
        several = len(hits) > 1
        return ProductMatch(self.products[hits[0]], hits[0], 1.0, 1.0 if several else 0.0, several)

    def _nearest(self, query: _Keys, places: Sequence[int]) -> ProductMatch:
        near = {
            places[place]
            for attribute in ("core", "japanese")
            for _, _, place in process.extract(
                getattr(query, attribute),
                [getattr(self._keys[i], attribute) for i in places],
                scorer=fuzz.ratio,
                limit=_NEAR,
            )
        }
        scored = sorted(
            (
                (*_similarity(query, self._keys[i]), fuzz.ratio(query.full, self._keys[i].full), -i)
                for i in near
            ),
            key=lambda row: (row[0], row[2], row[3]),
            reverse=True,
        )
        score, version_unsaid, _, place = scored[0]
        keys = self._keys[-place]
        other_use = is_other_use(query.full) and not is_other_use(keys.full)
        if not query.full or other_use or not self._may_be_of_maker(query.full, keys):
            return ProductMatch(self.products[-place], -place, 0.0, 0.0, False)
        runner_up = scored[1][0] if len(scored) > 1 else 0.0
        ambiguous = score >= RECOGNISED and (version_unsaid or score - runner_up < 0.03)
        return ProductMatch(self.products[-place], -place, round(score, 4), round(runner_up, 4), ambiguous)

    def _forms(self, name: str) -> _Keys:
        full = product_key(name)
        plain = self._kit_word.sub("", full)
        if not plain or (_REAGENT_WORD.search(full) and len(plain) <= 4 and _LATIN.fullmatch(plain)):
            plain = full  # CA測定用試薬 must not become the analyte's abbreviation
        core = self._kit_word.sub("", self._maker.sub("", full))
        if not _is_distinctive(core):
            core = plain
        spaced = " ".join(product_key(word) for word in re.split(r"[\s()・'\"/-]+", clean(name)))
        spaced = self._maker.sub(" ", self._kit_word.sub(" ", spaced)) if core != plain else spaced
        runs = tuple(sorted(run.strip() for run in _RUN.findall(spaced) if run.strip()))
        latin = "".join(_LATIN.findall(core))
        return _Keys(full, plain, core, latin, _LATIN.sub("", core), runs)


def _unrecognised(match: ProductMatch) -> ProductMatch:
    return replace(match, score=0.0, runner_up=0.0, ambiguous=False)


def _without_last(key: str, words: Sequence[str]) -> str:
    """Return *key* without the *words* that it ends with, as many of them as can be taken off."""
    starts, untried = {len(key)}, [len(key)]
    while untried:
        end = untried.pop()
        for word in words:
            start = end - len(word)
            if start >= 0 and start not in starts and key.startswith(word, start):
                starts.add(start)
                untried.append(start)
    return key[: min(starts)]


def _is_distinctive(core: str) -> bool:
    """Tell whether a name without its maker still is a name: a word in kana, or a long one in letters."""
    latin = sum(len(run) for run in _LATIN.findall(core))
    return len(core) - latin >= 2 or latin >= 6


def _similarity(query: _Keys, product: _Keys) -> tuple[float, bool]:
    """Return a score, and whether the text leaves out letters or digits that the product's name has."""
    japanese = _japanese_agreement(query.japanese, product.japanese)
    if query.latin == product.latin:
        return 0.95 * japanese, False
    if query.runs == product.runs:
        return 0.88 * japanese, False
    said, listed = Counter(query.latin), Counter(product.latin)
    extra, missing = said - listed, listed - said
    unsaid = not extra and missing.total() <= 3 and _lacks_one_piece(query.latin, product.latin)
    if unsaid and japanese == 1.0:  # a typing error beside a version left out is too little of a name
        return 0.85, True
    if not missing and extra and _is_echo(query, product):
        return 0.90 * japanese, False
    return max(0.0, 0.7 - 0.08 * (extra.total() + missing.total())) * japanese, False


def _japanese_agreement(query: str, product: str) -> float:
    """
    Return how far the words in kana and kanji agree, 0-1.

    A wrong character, or two in a long name, is a typing error; more is another word (エース, プラス),
    and so another product.
    """
    if product and product in query and is_version_word(query.replace(product, "", 1)):
        return 0.0  # not two typing errors
    edits = Levenshtein.distance(query, product)
    longest = max(len(query), len(product))
    if edits == 0:
        return 1.0
    if (edits == 1 and longest >= 5) or (edits == 2 and longest >= 9):
        return 0.95 - 0.05 * edits
    return 0.75 * (1 - edits / longest)


def _lacks_one_piece(said: str, listed: str) -> bool:
    """Tell whether *said* is *listed* with one piece cut out: a version left unsaid, not other letters."""
    return Prefix.similarity(said, listed) + Postfix.similarity(said, listed) >= len(said)


def _is_echo(query: _Keys, product: _Keys) -> bool:
    """Tell whether the text only repeats what the name says, such as (AST) behind it."""
    repeated = Counter(query.runs) - Counter(product.runs)
    letters = [run for run in repeated if _LATIN.fullmatch(run)]
    return bool(letters) and all(len(run) >= 2 and run in product.runs for run in letters)
