"""
What boxes, package inserts and purchase lists print around a product's name, and names found inside it.

A label such as 体外診断用医薬品 〈name〉 測定キット (BM6050用) R1 20mL×2 holds the listed name between words
that name no product. `bare` takes away what has a form of its own; `Label` finds names by whole words, and
`Wording` tells whether what stands beside a name could make it another product's.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from jlac_mapper.reading.product_words import Naming, WordKind, alternatives, analysers, product_words
from jlac_mapper.text import clean, fold

# Behind a brand of analysers: its model.
_MODEL = r"[ -]?[A-Za-z]{0,6}[ -]?[0-9]{2,5}[A-Za-zα]{0,5}(?: ?(?:形|型|シリーズ|NEO|AU))?"
# Analysers whose names have a form of their own.
_PLATFORMS = (
    r"(?:コバス|cobas) ?(?:pro|プロ|[ceu] ?[0-9]{3})(?![A-Za-z])",
    r"(?:アリニティ|Alinity|アーキテクト|ARCHITECT) ?(?:ci|[cihms])(?![A-Za-z])",
    r"(?:ディメンション|Dimension) ?(?:EXL|ビスタ)",
    r"TBA-?(?:nx|FX)[0-9]{1,3}",
    r"μTASWako ?i[0-9]{2}",
    r"[CEi] ?[0-9]{4}(?:SR)?(?![A-Za-z0-9])",
    r"[0-9]{4} ?(?:形|型|シリーズ)",
    r"[0-9]{4}(?= ?(?:専?用|対応|\)|$))",
)

_YEAR = r"\*{0,2}(?:(?:19|20)[0-9]{2}|令和 ?[0-9元]+|平成 ?[0-9]+)"
_DATE = rf"{_YEAR} ?[年./-] ?[0-9]{{1,2}}(?: ?[月./-](?: ?[0-9]{{1,2}} ?日?)?)?(?: ?(?:改訂|作成))?"
_EDITION = r"(?:改訂 ?)?(?:第 ?[0-9]+|初) ?版(?: ?(?:改訂|作成))?"
# Ver.2 behind a name is the product's version; as a statement of its own at the end it is the insert's.
_LAST_VERSION = re.compile(
    r"(?:(?<=[;),、/])|(?<=[;),、/] )|(?=\())\(?Ver(?:sion)?\.? ?[0-9]+(?:\.[0-9]+)*\)?[ ;(),、/]*$",
    re.IGNORECASE,
)

_SOLD_BY = r"(?:(?:選任)?製造(?:販売)?(?:元|業者)|(?:発|販|輸入販)売(?:元|業者)|輸入元|販売(?= ?:))[ :]*"
_OF_JAPAN = r"(?:株式会社|合同会社|有限会社|\((?:株|有|同)\))"
_OF_OTHERS = r"(?:Inc\.?|GmbH|Co\.? ?,? ?Ltd\.?|Ltd\.?|Corp(?:\.|oration)?|LLC)(?![A-Za-z])"
_LEGAL_FORM = re.compile(rf"{_OF_JAPAN}|{_OF_OTHERS}", re.IGNORECASE)
_LATIN_NAME = r"(?:(?-i:[A-Z][a-z]{2,}) )?"  # the first word of a name such as Nova Biotec
_WORD = r"[^\s;:,、()/・]+"
_BEGINS, _ENDS = r"(?<![^\s;:,、()/・])", r"(?=$|[\s;:,、()/])"
# The legal form tells the company, whoever it is: the word that it is written close to, or stands behind.
_COMPANY = re.compile(
    "|".join(
        (
            rf"{_SOLD_BY}{_WORD}(?:[ ・]{_WORD}){{0,3}}? ?(?:{_OF_JAPAN}|{_OF_OTHERS}){_ENDS}",
            rf"{_BEGINS}{_OF_JAPAN}{_LATIN_NAME}{_WORD}",
            rf"{_BEGINS}{_LATIN_NAME}{_WORD}{_OF_JAPAN}{_ENDS}",
            rf"{_BEGINS}{_LATIN_NAME}{_WORD} {_OF_JAPAN}(?= *(?:$|[;)]))",
            rf"{_BEGINS}{_LATIN_NAME}{_WORD} ?{_OF_OTHERS}",
        )
    ),
    re.IGNORECASE,
)
_GENERAL_NAME = re.compile(r"一般的名称[ :]*[^;]{1,60}?(?:キット|試薬|セット)(?=$|[\s();,、/])")

_NUMBERED = (
    r"REF",
    r"(?:Cat|Code|Lot)\.? ?(?:No)?\.?",
    r"(?:カタログ|コード|製品|品|商品|包装|ロット)(?:番号|番|コード| ?No)\.?",
)
_DETAILS = re.compile(
    "|".join(
        (
            rf"(?:{'|'.join(_NUMBERED)})[ :]*[A-Z0-9][A-Z0-9-]{{3,}}",
            r"(?:製造販売)?(?:承認|認証|届出)番号[ :]*[0-9A-Z]{8,}",
            r"R-?[1-4] ?[:/]? ?[0-9,.]+ ?m?L(?: ?x ?[0-9]+ ?本?)?",
            r"(?<![A-Za-z0-9-])[0-9][0-9,.]{0,15} ?(?:m?L|μL)(?: ?x ?[0-9]+)? ?本?(?![A-Za-z])",
            r"(?<![A-Za-z0-9-])[0-9][0-9,]{0,15} ?(?:テスト|回|tests?|枚|個|本)"
            r"(?: ?[用入分])?(?: ?x ?[0-9]+)?(?![A-Za-z])",
            rf"{_BEGINS}[0-9]{{2,5}} ?T{_ENDS}",
            rf"{_DATE}[ ,、(]*{_EDITION}",
            rf"{_EDITION}[ ,、(]*{_DATE}",
            _EDITION,
            rf"{_YEAR} ?[年./-] ?[0-9]{{1,2}} ?(?:月(?: ?[0-9]{{1,2}} ?日)?)? ?(?:改訂|作成)",
            rf"{_YEAR} ?年 ?[0-9]{{1,2}} ?月(?: ?[0-9]{{1,2}} ?日)?",
            r"添付文書|電子添文",
            r"(?:貯法|保存)?[ :]{0,8}(?<![0-9])[0-9]+ ?[~-] ?[0-9]+ ?°C(?: ?保存| ?遮光)*",
            r"貯法|遮光|冷蔵(?:保存)?|冷[所暗]+保存|体外診断用?医?薬品?|IVD",
            _SOLD_BY,
            r"販売名|一般的名称|製品名|商品名|適用機種|適用装置|使用目的",
        )
    ),
    re.IGNORECASE,
)

# 血液検査用C反応性蛋白キット, or the end of one that is written in several words.
_PURPOSE = re.compile(
    r"^(?=.*(?:キツト|試薬)$)[\u4e00-\u9fff]{2,}用"
    r"|(?:活性測定|[\u4e00-\u9fff]{2}用(?:試薬|キツト)?|測定キツト|測定試薬)$"
)
_ENDS_GENERAL_NAME = re.compile(r"(?:キツト|試薬|セツト|[\u4e00-\u9fff]{2}用)$")
_ANALYTE_KIT = re.compile(
    r"(?:[\u4e00-\u9fff]{2}|ロル|アルブミン|ビリルビン|クレアチニン|カルシウム|アミラゼ|タゼ|キナゼ|テラゼ|シスタチンc"
    r"|ヘモグロビン|チン時間|ビン時間|ダイマ|crp|hba1c)(?:キツト|試薬)$"
)
_IGNORED = frozenset(
    ("for", "no", "ref", "用", "専用", "対応", "適用", "株", "株式会社", "汎用", "セツト", "医薬品", "機種")
)
_NUMBERED_VERSION = re.compile("(?:v|ver|version|gen)[0-9]+")
_OTHER_USE = re.compile("キヤリブレ|コントロル|標準液|標準血清|管理血清|希釈液|校正|洗浄液")
_BETWEEN_WORDS = re.compile(r"[\s'\"‘’“”「」・]")
# Not the slash of a name: AG/AB, HIV-1/2.
_SEPARATORS = re.compile(r"((?:[\s()<>・,、:;'\"※*\-~=]|(?<![0-9A-Za-z])/|/(?![0-9A-Za-z]))+)")
_LATIN = re.compile(r"[0-9a-z\u0370-\u03ff%+/]+")
_RUN = re.compile(r"[0-9a-z\u0370-\u03ff%+/]+|[^0-9a-z\u0370-\u03ff%+/]+")


@cache
def _platform() -> re.Pattern[str]:
    """Match an analyser by its model, with what says that a kit is for it."""
    with_model = f"(?:{alternatives(analysers(Naming.WITH_MODEL))}){_MODEL}"
    return re.compile(
        rf"(?:\bfor )?(?<![A-Za-z0-9])(?:{'|'.join((with_model, *_PLATFORMS))})"
        r"(?:[ /・,]*(?:専?用|対応|適用))?",
        re.IGNORECASE,
    )


@cache
def _bare_platform() -> re.Pattern[str]:
    """Match an analyser in a key by its brand alone, and the word behind it (コバスシリーズ)."""
    return re.compile(alternatives(map(fold, (*analysers(Naming.ALONE), "シリーズ"))))


@cache
def _versions() -> frozenset[str]:
    """Return keys of words for another version, which no listed product need have."""
    return frozenset(map(fold, product_words(WordKind.VERSION)))


def bare(text: str) -> str:
    """
    Return a label without what has a form of its own, cleaned.

    That is: numbers, volumes, storage, the class of device, companies, the general name where it is called
    so, and the edition of the insert.
    """
    left = _DETAILS.sub(" ; ", _GENERAL_NAME.sub(" ; ", clean(text)))
    if _LEGAL_FORM.search(left):
        left = _COMPANY.sub(" ; ", left)
    return clean(_LAST_VERSION.sub("", left)).strip(" ;")


def is_other_use(key: str) -> bool:
    """Tell whether a label's key names a calibrator, a control or another thing that is no reagent."""
    return bool(_OTHER_USE.search(key))


def is_general_name(name: str, key: str) -> bool:
    """Tell whether a listed name with its key is one word ending in キット or 試薬, as general names are."""
    return bool(_ENDS_GENERAL_NAME.search(key)) and not _BETWEEN_WORDS.search(name)


def is_version_word(key: str) -> bool:
    """Tell whether a key is a word such as プラス or ネオ that makes a name another product's."""
    return key in _versions()


def without_platforms(text: str) -> str:
    """Return a bare label without the analysers that it gives by model, such as コバス8000用."""
    return clean(_platform().sub(" ; ", text)).strip(" ;")


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
                self._words.append((word, "-" in separator and " " not in separator))
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
        self._product_words = _versions().union(*names)
        self._maker, self._kit_word = maker, kit_word

    def is_same_product(
        self, name_words: Collection[str], before: Sequence[Word], after: Sequence[Word], alone: bool
    ) -> bool:
        """
        Tell whether the words around a listed name leave it the product meant.

        No: a calibrator or control; beside the name a letter or number (a version), a word that other
        listed products are told apart by, or anything unknown written close. Repetitions of the name's
        own words say nothing. A general name in front says nothing either, whatever its analyte.

        Args:
            name_words: The name's own runs of letters.
            before: The words before it, nearest first.
            after: The words behind it, nearest first.
            alone: The name reads like a general name, and so is meant only where nothing else is named.
        """
        if any(is_other_use(word.key) for word in (*before, *after)):
            return False
        return not (
            self._is_other(before, name_words, alone, leads=True) or self._is_other(after, name_words, alone)
        )

    def _is_other(
        self, words: Sequence[Word], name_words: Collection[str], alone: bool, leads: bool = False
    ) -> bool:
        """Judge the nearest word that no wording explains; *leads*: the words stand before the name."""
        in_purpose = joined = False
        for i, word in enumerate(words):
            if leads and self._ends_general_name(words[i:], name_words):
                return False
            explained = self._is_purpose(word.key) or (
                in_purpose if leads else self._begins_purpose(words[i : i + 2], name_words)
            )
            in_purpose = self._is_purpose(word.key)
            was_joined, joined = joined, explained and i + 1 < len(words) and words[i + 1].tight
            if explained and (was_joined or not word.tight):
                continue
            left = self._unexplained(word.key)
            if not left or (left in name_words and not (word.tight and self._is_version(left))):
                continue
            return alone or word.cut or self._is_version(left) or self._is_product_word(left)
        return False

    def _ends_general_name(self, words: Sequence[Word], name_words: Collection[str]) -> bool:
        """
        Tell whether a general name, such as 血液検査用 総蛋白 キット, ends with the first of *words*.

        *words* are nearest to the name first. A version is none, unless the label begins with it: ASTキット.
        """
        if words[0].tight or not _ENDS_GENERAL_NAME.search(words[0].key):
            return False
        said = [left for word in words if (left := self._unexplained(word.key))]
        return bool(said) and (
            said[0] in name_words
            or not self._is_version(said[0])
            or any(_PURPOSE.search(word.key) for word in words[1:])
            or (len(said) == 1 and len(said[0]) > 1 and not is_version_word(said[0]))
        )

    def _begins_purpose(self, words: Sequence[Word], name_words: Collection[str]) -> bool:
        """Tell whether the second of *words* makes the first one an analyte: 総蛋白 測定用, γ-GT定量用."""
        if len(words) < 2:
            return False
        bare_purpose = bool(_ENDS_GENERAL_NAME.search(words[1].key)) and not self._unexplained(words[1].key)
        if words[1].tight and self._is_purpose(words[1].key):
            return True
        return bare_purpose and (words[0].key in name_words or not self._is_version(words[0].key))

    def _is_product_word(self, left: str) -> bool:
        return any(run in self._product_words for run in _RUN.findall(left))

    @staticmethod
    def _is_version(left: str) -> bool:
        short = len(left) <= 3 and _LATIN.fullmatch(left) is not None
        return (
            short
            or _NUMBERED_VERSION.fullmatch(left) is not None
            or any(map(is_version_word, _RUN.findall(left)))
        )

    @staticmethod
    def _is_purpose(key: str) -> bool:
        return bool(_PURPOSE.search(key) or _ANALYTE_KIT.search(key))

    def _unexplained(self, word: str) -> str:
        if word in _IGNORED:
            return ""
        left = self._kit_word.sub("", _bare_platform().sub("", self._maker.sub("", word)))
        return "" if left in _IGNORED else left
