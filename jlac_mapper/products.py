"""Finding the listed product that a reagent or instrument text names, among the products of one measurand."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein, Postfix, Prefix

from jlac_mapper.text import clean, fold

RECOGNISED = 0.75
"""Below this score a text names none of the products."""

# Folded as `fold` does: no long-vowel marks, large kana. Longer words first.
_MAKERS = (
    "富士フイルム和光純薬", "和光純薬工業", "和光純薬", "富士フイルム", "和光", "シスメックス", "栄研化学",
    "栄研", "関東化学", "ロシュダイアグノスティックス", "ロシュ", "roche", "アボットジャパン", "アボット",
    "abbott", "sysmex", "ニットーボーメディカル", "ニットーボー", "日東紡", "積水メディカル", "積水",
    "デンカ生研", "デンカ", "生研", "シノテスト", "カイノス", "東ソー", "tosoh", "ベックマンコールター",
    "ベックマン", "beckmancoulter", "beckman", "シーメンスヘルスケア", "シーメンス", "siemens",
    "オーソクリニカルダイアグノスティックス", "オーソ", "ortho", "極東製薬工業", "極東製薬", "極東",
    "三洋化成工業", "三洋化成", "ミナリスメディカル", "ミナリス", "協和メデックス", "日立化成",
    "日立ハイテク", "日立", "lsiメディエンス", "三菱化学メディエンス", "メディエンス", "lsi", "日本電子",
    "jeol", "キヤノンメディカルシステムズ", "キヤノン", "東芝メディカル", "東芝", "アークレイ", "arkray",
    "富士レビオ", "日水製薬", "ニッスイ", "島津", "ミズホメディー", "ミズホ", "アルフレッサファーマ",
    "アルフレッサ", "セロテック", "堀場製作所", "堀場", "horiba", "日本光電", "国際試薬", "コクサイ",
    "株式会社", "三和化学", "テクノメディカ", "バイオラッド",
)  # fmt: skip
_KIT_WORDS = (
    "臨床化学自動分析装置", "多項目自動血球分析装置", "自動血球計数装置", "血球計数装置",
    "全自動電解質分析装置", "全自動糖分析装置", "自動分析装置用試薬", "自動分析用試薬", "自動分析装置用",
    "自動分析用", "自動分析装置", "測定用試薬", "測定試薬", "測定用", "試薬", "キット", "測定", "専用",
    "製品", "シリーズ", "標準", "装置", "用",
)  # fmt: skip

# Trade names that official files write in kana and hospitals often in Latin letters.
_TRADE_NAMES = {
    "cobas": "コバス", "vitros": "ビトロス", "atellica": "アテリカ", "advia": "アドヴィア",
    "unicel": "ユニセル", "dimension": "ディメンション", "cell-dyn": "セルダイン", "celldyn": "セルダイン",
    "elecsys": "エクルーシス",
    "lumipulse": "ルミパルス", "spotchem": "スポットケム", "iatro": "イアトロ", "determiner": "デタミナー",
    "nanopia": "ナノピア", "norudia": "ノルディア", "qualigent": "クオリジェント", "celltac": "セルタック",
    "coulter": "コールター", "n-assay": "N-アッセイ", "l-type": "Lタイプ", "hemosil": "ヒーモスアイエル",
    "aptima": "アプティマ", "蛋白": "タンパク", "アドビア": "アドヴィア",
}  # fmt: skip
_TRADE_NAME = re.compile("|".join(re.escape(name) for name in _TRADE_NAMES), re.IGNORECASE)
_NUMERAL = re.compile(r"ii(?=ifcc)|i{2,3}|(?<![a-z])iv(?![a-z])", re.IGNORECASE)  # TPII as well as TP-II
_NUMERALS = {"ii": "2", "iii": "3", "iv": "4"}
_BOTTLE = re.compile(r"[\s(]R-?[12](?:[/・,]R-?2)?\)?$", re.IGNORECASE)  # first or second reagent of a kit
_LATIN = re.compile(r"[0-9a-z\u0370-\u03ff%+/]+")
_RUN = re.compile(r"[0-9a-z\u0370-\u03ff%+/]+|[^0-9a-z\u0370-\u03ff%+/]+")
_REAGENT_WORD = re.compile("試薬|キツト|測定用")
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


def product_key(text: str) -> str:
    """
    Return the folded key of a product name: spellings that a person reads as one product share one key.

    As `text.fold`, and II = Ⅱ = 2 wherever it stands, known trade names in kana. Version letters stay.
    """
    text = _BOTTLE.sub("", clean(text))
    text = _TRADE_NAME.sub(lambda m: _TRADE_NAMES[m.group().lower()], text)
    return fold(_NUMERAL.sub(lambda m: _NUMERALS[m.group().lower()], text))


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(fold(word)) for word in words))


class ProductMatcher:
    """Matches texts to products; built once, then used for one measurand's products at a time."""

    def __init__(self, products: Iterable[str]) -> None:
        self.products = tuple(dict.fromkeys(products))
        self._index = {name: i for i, name in enumerate(self.products)}
        self._maker = _pattern(_MAKERS)
        self._leading_maker = re.compile(
            f"^(?:株(?:式会社)?)?(?:{self._maker.pattern})(?:株(?:式会社)?)?(?=.)"
        )
        self._kit_word = _pattern(_KIT_WORDS)
        self._last_kit_words = re.compile(f"(?:{self._kit_word.pattern})+$")
        self._keys = tuple(self._forms(name) for name in self.products)
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
        query = self._forms(text)
        led = self._leading_maker.sub("", full)
        for form, score in (
            (query.plain, 0.97),
            (led, 0.97),
            (self._last_kit_words.sub("", led), 0.97),
            (self._kit_word.sub("", led), 0.96),
            (query.core, 0.94),
        ):
            hits = [i for i in self._by_form.get(form, ()) if i in allowed]
            hits = [i for i in hits if form in (self._keys[i].full, self._keys[i].plain)] or hits
            if len(hits) == 1:
                return ProductMatch(self.products[hits[0]], hits[0], score, 0.0, False)
        return self._nearest(query, places)

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
                getattr(query, attribute), [getattr(self._keys[i], attribute) for i in places],
                scorer=fuzz.ratio, limit=_NEAR,
            )
        }  # fmt: skip
        scored = sorted(
            (
                (*_similarity(query, self._keys[i]), fuzz.ratio(query.full, self._keys[i].full), -i)
                for i in near
            ),
            key=lambda row: (row[0], row[2], row[3]),
            reverse=True,
        )
        score, version_unsaid, _, place = scored[0]
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
    if not extra and missing.total() <= 3 and _lacks_one_piece(query.latin, product.latin):
        return 0.85 * japanese, True
    if not missing and extra and _is_echo(query, product):
        return 0.90 * japanese, False
    return max(0.0, 0.7 - 0.08 * (extra.total() + missing.total())) * japanese, False


def _japanese_agreement(query: str, product: str) -> float:
    """
    Return how far the words in kana and kanji agree, 0-1.

    A wrong character, or two in a long name, is a typing error; more is another word (エース, プラス),
    and so another product.
    """
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
