"""Text cleaning shared by every stage: one canonical spelling, and a folded key for look-ups."""

import re
import unicodedata
from functools import lru_cache

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d\uff70\u02d7\ufe63\u00ad\u2500\u2501"
_DASH = f"[{re.escape('-' + _DASHES)}]"
_KATAKANA = "\u30a1-\u30fa\u30fd-\u30ff"

# NFKC would turn 10⁴ into 104; a caret keeps the power.
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUPERSCRIPT_RUN = re.compile("(?<=[0-9])[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")

# CJK radicals supplement: what NFKC leaves alone of the look-alikes seen in master files.
_LOOKALIKES = str.maketrans(
    {
        "\u2ea0": "民",
        "\u2ed1": "長",
        "\u2edd": "食",
        "\u2ee9": "黄",
        "\u2ea9": "王",
        "\u2eb8": "羊",
        "\u00b5": "μ",
        "\u212a": "K",
        "\u212b": "Å",
        "\u00d7": "x",
        "\u2715": "x",
        "\u2716": "x",
        "\u2a2f": "x",
        "\u30fb": "・",
        "\u00b7": "・",
        "\u2022": "・",
        "\u22c5": "・",
        "\u2219": "・",
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u02bc": "'",
        "\u2032": "'",
        "〔": "(",
        "〕": ")",
        "【": "(",
        "】": ")",
        "「": "(",
        "」": ")",
        "『": "(",
        "』": ")",
        "《": "(",
        "》": ")",
        "〈": "(",
        "〉": ")",
        "{": "(",
        "}": ")",
        "[": "(",
        "]": ")",
        "\u301c": "~",
        "\uff5e": "~",
        "\u223c": "~",
        "\u2053": "~",
        "ß": "β",
    }
)

_BETWEEN_KATAKANA = re.compile(f"(?<=[{_KATAKANA}]){_DASH}(?=[{_KATAKANA}])")
_NOT_AFTER_KATAKANA = re.compile(f"(?<![{_KATAKANA}ー]){_DASH}")
_DASH_BUT_LONG_VOWEL = re.compile(f"[{re.escape(_DASHES.replace(chr(0x30FC), ''))}]")
_AFTER_KATAKANA_AT_END = re.compile(f"(?<=[{_KATAKANA}])[\u30fc\uff70\u2015\u2014\u2500]")
_ENTITY = re.compile(r"&(?:ENTER|enter|nbsp|amp);?")
_CONTROL = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe00-\ufe0f]"
)
_BLANK = re.compile(r"\s+")

_GREEK_WORDS = {
    "アルファ": "α",
    "アルファー": "α",
    "ベータ": "β",
    "ベーター": "β",
    "ガンマ": "γ",
    "ガンマー": "γ",
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "デルタ": "δ",
    "オメガ": "ω",
}
_GREEK = re.compile(
    r"(?<![ァ-ヺa-z])(?:アルファー?|ベーター?|ガンマー?|デルタ|オメガ|alpha|beta|gamma)(?![ァ-ヺa-z])"
    r"|(?:ガンマー?)(?=[gG]|グルタミル|グロブリン)|(?:ベーター?|アルファー?)(?=[0-9])",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"(?<![A-Za-z])(?:VIII|VII|III|XII|XI|IX|IV|VI|II)(?![A-Za-z])")
_ROMAN_VALUES = {
    "II": "2",
    "III": "3",
    "IV": "4",
    "VI": "6",
    "VII": "7",
    "VIII": "8",
    "IX": "9",
    "XI": "11",
    "XII": "12",
}
# A small L typed for the capital I, where only I can stand: HlV, lgE, HCV抗体lll. Not in AlP or Cl.
_ELL = re.compile(r"(?<=H)l(?=V)|(?<![A-Za-z])l(?=g[GAMED](?![a-z]))|(?<=[A-Z]{3}抗体)l{2,3}(?![A-Za-z])")
_KATAKANA_FOR_HIRAGANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
# And ヂ, ヅ, ヴ as they are mostly written.
_LARGE_KANA = str.maketrans("ァィゥェォッャュョヮヵヶヂヅヴ", "アイウエオツヤユヨワカケジズブ")
_NOT_KEY = re.compile(r"[^0-9a-z\u0370-\u03ff\u30a1-\u30fa\u4e00-\u9fff\u3005%+/]")


_MOST_MARKS = 30
"""Combining marks in a row that count: as many as Unicode's stream-safe text has (UAX #15)."""
_SHORT = 64


def nfkc(text: str) -> str:
    """Return *text* in NFKC, without the marks that no script puts on one character: sorting them is slow."""
    if len(text) <= _SHORT:
        return unicodedata.normalize("NFKC", text)
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return unicodedata.normalize("NFKC", "".join(kept))


# Hospital lists repeat the same few specimens, units and name pieces.
_CACHED = 400_000


@lru_cache(maxsize=_CACHED)
def clean(text: str) -> str:
    """
    Return *text* in one canonical spelling, still readable by a person.

    NFKC (half-width kana, full-width Latin, Kangxi radicals, Roman numerals) with what it breaks kept:
    powers as 10^4, one micro sign, one kind of hyphen, the long-vowel mark where katakana asks for it,
    every bracket as (). Control and zero-width characters vanish, runs of blanks become one blank.
    Idempotent.
    """
    text = _ENTITY.sub(" ", text)
    text = _SUPERSCRIPT_RUN.sub(lambda m: "^" + m.group().translate(_SUPERSCRIPTS), text)
    text = _CONTROL.sub("", text.translate(_LOOKALIKES))
    normal = nfkc(text)
    if normal != text:
        text = _CONTROL.sub("", normal.translate(_LOOKALIKES))
    text = _BETWEEN_KATAKANA.sub("ー", text)
    text = _AFTER_KATAKANA_AT_END.sub("ー", text)
    text = _NOT_AFTER_KATAKANA.sub("-", text)
    text = _DASH_BUT_LONG_VOWEL.sub("-", text)
    return _BLANK.sub(" ", text).strip()


@lru_cache(maxsize=_CACHED)
def fold(text: str) -> str:
    """
    Return the look-up key of *text*: spellings that a person reads as one name share one key.

    Cleaned, lower case, Greek letters for their names, Arabic for Roman numerals, hiragana as katakana,
    small kana as large, without blanks, hyphens, long-vowel marks, brackets and punctuation. `%`, `+`
    and `/` stay because they tell names apart. Idempotent. May be empty for a text of punctuation only.
    """
    text = _ELL.sub(lambda m: "I" * len(m.group()), clean(text))
    text = _ROMAN.sub(lambda m: _ROMAN_VALUES[m.group()], text)
    text = text.lower().translate(_KATAKANA_FOR_HIRAGANA)
    text = _GREEK.sub(lambda m: _GREEK_WORDS[m.group().lower()], text)
    return _NOT_KEY.sub("", text.translate(_LARGE_KANA))


def character_grams(text: str) -> list[str]:
    """
    Return the character n-grams that the static embedding reads, with repetitions.

    Single characters, bigrams and trigrams of the folded *text* between the marks ^ and $, which no folded
    text holds. Never empty: a text of punctuation only gives those of its two marks.
    """
    marked = f"^{fold(text)}$"
    return [marked[i : i + n] for n in (1, 2, 3) for i in range(len(marked) - n + 1)]


def compared(text: str) -> str:
    """Return a text as two texts of a hospital are compared: folded, or cleaned where that leaves none."""
    # A text of punctuation only folds to nothing.
    return fold(text) or clean(text)
