"""
What boxes, package inserts and purchase lists print around a product's name, and names found inside it.

A label such as 体外診断用医薬品 〈name〉 測定キット (BM6050用) R1 20mL×2 holds the listed name between words
that name no product. `bare` takes away what has a form of its own; `Label` finds names by whole words, and
`Wording` tells whether what stands beside a name could make it another product's.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from jlac_mapper.text import clean, fold

# Analysers: a brand with a model, or one of the few that are named without.
_BRANDS = (
    "コバス", "cobas", "アーキテクト", "ARCHITECT", "アリニティ", "Alinity", "ルミパルス", "LUMIPULSE",
    "HISCL", "LABOSPECT", "日立", "TBA", "JCA", "BM", "AU", "DxC", "DxI", "DxH", "ディメンション",
    "Dimension", "ビトロス", "VITROS", "アテリカ", "Atellica", "アドヴィア", "アドビア", "ADVIA", "CS", "CN",
    "CA", "CP", "AIA", "コアプレスタ", "STACIA", "富士ドライケム", "ドライケム", "エクルーシス", "ユニセル",
    "UniCel",    "アクセス", "バイオリス", "ビオリス", "ACL", "STA-R", "XN", "HLC", "アキュート", "Accute",
)  # fmt: skip
_MODEL = r"[ -]?[A-Za-z]{0,6}[ -]?[0-9]{2,5}[A-Za-zα]{0,5}(?: ?(?:形|型|シリーズ|NEO|AU))?"
_PLATFORMS = (
    rf"(?:{'|'.join(re.escape(brand) for brand in sorted(_BRANDS, key=len, reverse=True))}){_MODEL}",
    r"(?:コバス|cobas) ?(?:pro|プロ|[ceu] ?[0-9]{3})(?![A-Za-z])",
    r"(?:アリニティ|Alinity|アーキテクト|ARCHITECT) ?(?:ci|[cihms])(?![A-Za-z])",
    r"(?:ディメンション|Dimension) ?(?:EXL|ビスタ)", r"TBA-?(?:nx|FX)[0-9]{1,3}", r"μTASWako ?i[0-9]{2}",
    r"[CEi] ?[0-9]{4}(?:SR)?(?![A-Za-z0-9])", r"[0-9]{4} ?(?:形|型|シリーズ)",
    r"[0-9]{4}(?= ?(?:専?用|対応|\)|$))",
)  # fmt: skip
_PLATFORM = re.compile(
    rf"(?:\bfor )?(?<![A-Za-z0-9])(?:{'|'.join(_PLATFORMS)})(?:[ /・,]*(?:専?用|対応|適用))?", re.IGNORECASE
)
_BARE_PLATFORM = re.compile(
    "|".join(
        fold(word)
        for word in (
            "コバス", "アーキテクト", "architect", "アリニティ", "alinity", "ルミパルス", "ディメンション",
            "アテリカ", "アキュラシード", "ビトロス", "クリナライザー", "クリナライザ", "labospect", "hiscl",
            "stacia", "jca", "tba", "シリーズ",
        )
    )
)  # fmt: skip

_NUMBERED = (
    r"REF", r"(?:Cat|Code|Lot)\.? ?(?:No)?\.?",
    r"(?:カタログ|コード|製品|品|商品|包装|ロット)(?:番号|番|コード| ?No)\.?",
)  # fmt: skip
_DETAILS = re.compile(
    "|".join(
        (
            rf"(?:{'|'.join(_NUMBERED)})[ :]*[A-Z0-9][A-Z0-9-]{{3,}}",
            r"(?:製造販売)?(?:承認|認証|届出)番号[ :]*[0-9A-Z]{8,}",
            r"R-?[1-4] ?[:/]? ?[0-9,.]+ ?m?L(?: ?x ?[0-9]+ ?本?)?",
            r"(?<![A-Za-z0-9-])[0-9][0-9,.]{0,15} ?(?:m?L|μL)(?: ?x ?[0-9]+)? ?本?(?![A-Za-z])",
            r"(?<![A-Za-z0-9-])[0-9][0-9,]{0,15} ?(?:テスト|回|tests?|枚|個|本)"
            r"(?: ?[用入分])?(?: ?x ?[0-9]+)?(?![A-Za-z])",
            r"\*{0,2}[0-9]{4} ?[年.] ?[0-9]{1,2} ?月? ?(?:改訂|作成)(?: ?\(第 ?[0-9]+ ?版\))?",
            r"第 ?[0-9]+ ?版",
            r"(?:貯法|保存)?[ :]{0,8}(?<![0-9])[0-9]+ ?[~-] ?[0-9]+ ?°C(?: ?保存| ?遮光)*",
            r"貯法|遮光|冷蔵(?:保存)?|冷[所暗]+保存|体外診断用?医?薬品?|IVD",
            r"(?:製造)?販売元|製造元|発売元|販売名|一般的名称|製品名|商品名|適用機種|適用装置|使用目的",
        )
    ),
    re.IGNORECASE,
)

_PURPOSE = re.compile(r"(?:活性測定|測定用|定量用|検出用|測定キツト|測定試薬)$")
_ANALYTE_KIT = re.compile(
    r"(?:[\u4e00-\u9fff]{2}|ロル|アルブミン|ビリルビン|クレアチニン|カルシウム|アミラゼ|タゼ|キナゼ|テラゼ|シスタチンc"
    r"|ヘモグロビン|チン時間|ビン時間|ダイマ|crp|hba1c)キツト$"
)
_IGNORED = frozenset(
    ("for", "no", "ref", "用", "専用", "対応", "適用", "株", "株式会社", "汎用", "セツト", "医薬品", "機種")
)
# Words for another version that no listed product need have.
_VERSIONS = frozenset(
    map(fold, ("プラス", "ネオ", "エース", "ダブル", "スーパー", "プレスト", "プロ", "デュオ", "コンボ"))
)
_OTHER_USE = re.compile("キヤリブレ|コントロル|標準液|標準血清|管理血清|希釈液|校正|洗浄液")
_SEPARATORS = re.compile(r"([\s()<>・,、:;'\"/※*\-~=]+)")
_LATIN = re.compile(r"[0-9a-z\u0370-\u03ff%+/]+")
_RUN = re.compile(r"[0-9a-z\u0370-\u03ff%+/]+|[^0-9a-z\u0370-\u03ff%+/]+")


def bare(text: str) -> str:
    """Return a label without numbers, volumes, editions, storage and the class of device; cleaned."""
    return clean(_DETAILS.sub(" ; ", clean(text))).strip(" ;")


def without_platforms(text: str) -> str:
    """Return a bare label without the analysers that it gives by model, such as コバス8000用."""
    return clean(_PLATFORM.sub(" ; ", text)).strip(" ;")


@dataclass(frozen=True, slots=True)
class Word:
    """
    One word of a label beside a name, as a key.

    `tight`: only a hyphen, or nothing, stands between it and its neighbour on the name's side.
    """

    key: str
    tight: bool
    cut: bool = False
    """The name ends inside the word that this is the rest of."""


class Label:
    """A bare label as one key with its word boundaries; *weak* are words that may be written close."""

    def __init__(self, text: str, key: Callable[[str], str], weak: Sequence[re.Pattern[str]]) -> None:
        pieces = _SEPARATORS.split(clean(text))
        self._words: list[tuple[str, bool]] = []
        separator = " "
        for i, piece in enumerate(pieces):
            if i % 2:
                separator = separator + piece if separator == "" else piece
            elif word := key(piece):
                self._words.append((word, separator.strip() == "-" and " " not in separator))
                separator = ""
        self.key = "".join(word for word, _ in self._words)
        self._edges = {0, *accumulate(len(word) for word, _ in self._words)}
        self._weak = {place for words in weak for m in words.finditer(self.key) for place in m.span()}

    def find(self, name: str) -> tuple[int, int] | None:
        """Return where *name*, a key, stands as whole words; the place with most separators around it."""
        found, start = [], self.key.find(name)
        while start >= 0:
            span = start, start + len(name)
            if self._is_edge(span[0]) and self._is_edge(span[1]):
                found.append(span)
            start = self.key.find(name, start + 1)
        return max(found, key=lambda s: (s[0] in self._edges) + (s[1] in self._edges), default=None)

    def around(self, span: tuple[int, int]) -> tuple[list[Word], list[Word]]:
        """Return the words before and behind a span, nearest first; a word that it cuts with its rest."""
        before: list[Word] = []
        after: list[Word] = []
        place = 0
        for i, (word, tight) in enumerate(self._words):
            end = place + len(word)
            if place < span[0]:
                cut = end > span[0]
                follows_tight = i + 1 < len(self._words) and self._words[i + 1][1]
                before.append(Word(word[: span[0] - place], cut or follows_tight, cut))
            if end > span[1]:
                cut = place < span[1]
                after.append(Word(word[max(0, span[1] - place) :], cut or tight, cut))
            place = end
        return before[::-1], after

    def _is_edge(self, place: int) -> bool:
        if place in self._edges or place in self._weak:
            return True
        left, right = (bool(_LATIN.match(self.key[i])) for i in (place - 1, place))
        return left != right


class Wording:
    """Tells wording that names no product from words that could make the name another product's."""

    def __init__(
        self, names: Iterable[Iterable[str]], maker: re.Pattern[str], kit_word: re.Pattern[str]
    ) -> None:
        self._product_words = _VERSIONS.union(*names)
        self._maker, self._kit_word = maker, kit_word

    def is_same_product(
        self, name_words: Collection[str], before: Sequence[Word], after: Sequence[Word]
    ) -> bool:
        """
        Tell whether the words around a listed name leave it the product meant.

        No: a calibrator or control; beside the name a letter or number (a version), a word that other
        listed products are told apart by, or anything unknown written close. Repetitions of the name's
        own words say nothing.
        """
        if any(_OTHER_USE.search(word.key) for word in (*before, *after)):
            return False
        return not any(self._is_other(words, name_words) for words in (before, after))

    def _is_other(self, words: Sequence[Word], name_words: Collection[str]) -> bool:
        """Judge the nearest word that no wording explains."""
        in_purpose = False
        for i, word in enumerate(words):
            behind = words[i + 1].key if i + 1 < len(words) else ""
            explained = not word.tight and (
                self._is_purpose(word.key) or self._is_purpose(behind) or in_purpose
            )
            in_purpose = self._is_purpose(word.key)
            if explained:
                continue
            left = self._unexplained(word.key)
            if not left or left in name_words:
                continue
            short = _LATIN.fullmatch(left) and len(left) <= 3
            return bool(short or word.cut or any(run in self._product_words for run in _RUN.findall(left)))
        return False

    @staticmethod
    def _is_purpose(key: str) -> bool:
        return bool(_PURPOSE.search(key) or _ANALYTE_KIT.search(key))

    def _unexplained(self, word: str) -> str:
        if word in _IGNORED:
            return ""
        left = self._kit_word.sub("", _BARE_PLATFORM.sub("", self._maker.sub("", word)))
        return "" if left in _IGNORED else left
