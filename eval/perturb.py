"""How hospitals respell names: seeded rules that keep what a text means and change how it is written."""

import random
import re
import unicodedata
from collections.abc import Callable, Sequence

Rule = Callable[[str, random.Random], str]

_HALF_KANA = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF61, 0xFF9E)} | {
    "\u3099": "ﾞ",
    "\u309a": "ﾟ",
}
_ROMAN = {"I": "Ⅰ", "II": "Ⅱ", "III": "Ⅲ", "IV": "Ⅳ"}
_QUOTES = (("「", "」"), ("『", "』"), ('"', '"'), ("'", "'"), ("‘", "’"), ("“", "”"), ("【", "】"))
_QUOTED = re.compile("[「『\"'‘“【]([^「」『』\"'‘’“”【】]+)[」』\"'’”】]")
_BRACKETED = re.compile(r"[(（]([^()（）]+)[)）]")
KIT_WORDS = ("試薬", "キット", "測定試薬", "測定キット")
MAKERS = (
    "シスメックス",
    "富士フイルム和光",
    "ロシュ",
    "アボット",
    "ニットーボー",
    "栄研",
    "デンカ",
    "積水",
    "日立",
    "ミズホ",
    "カイノス",
    "シノテスト",
    "ベックマン",
)
# What a purchase list would say; a brand that is not here gets any maker, as in a list that was filled badly.
BRANDS = {
    "エクルーシス": "ロシュ",
    "コバス": "ロシュ",
    "レフロトロン": "ロシュ",
    "アーキテクト": "アボット",
    "ワコー": "富士フイルム和光",
    "富士ドライケム": "富士フイルム",
    "ルミパルス": "富士レビオ",
    "シンクロン": "ベックマン",
    "ユニセル": "ベックマン",
    "アテリカ": "シーメンス",
    "ケミルミ": "シーメンス",
    "ディメンション": "シーメンス",
    "ピュアオート": "積水",
    "コアグピア": "積水",
    "ビトロス": "オーソ",
    "スポットケム": "アークレイ",
    "デタミナー": "ミナリスメディカル",
    "イアトロ": "LSIメディエンス",
    "HISCL": "シスメックス",
    "スフィアライト": "富士フイルム和光",
}


def half_width(text: str, _: random.Random | None = None) -> str:
    """Write Latin characters, digits and katakana half-width."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(
        "".join(_HALF_KANA[part] for part in parts) if all(part in _HALF_KANA for part in parts) else letter
        for letter in plain
        for parts in [unicodedata.normalize("NFD", letter)]
    )


def full_width(text: str, _: random.Random | None = None) -> str:
    """Write ASCII characters and blanks full-width."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(
        "\u3000" if letter == " " else chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter
        for letter in plain
    )


def no_blanks(text: str, _: random.Random | None = None) -> str:
    """Remove every blank."""
    return re.sub(r"\s+", "", text)


def more_blanks(text: str, _: random.Random | None = None) -> str:
    """Put a blank between Latin and Japanese writing."""
    return re.sub(r"(?<=[A-Za-z0-9])(?=[ァ-ヺ一-鿿])|(?<=[ァ-ヺー一-鿿])(?=[A-Za-z0-9])", " ", text)


def kit_word(text: str, rng: random.Random) -> str:
    """Add what the box says beside the name: reagent, kit, for analysers."""
    if rng.random() < 0.25:
        return "自動分析用試薬 " + text
    return text + rng.choice(("", " ")) + rng.choice(KIT_WORDS)


def maker_in_front(text: str, rng: random.Random) -> str:
    """Put the maker in front, as purchase lists do."""
    known = [maker for brand, maker in BRANDS.items() if brand in text]
    named = [maker for maker in MAKERS if maker in text]
    maker = (named or known or [rng.choice(MAKERS)])[0]
    return maker + rng.choice((" ", "\u3000", "・", "／")) + text


def numerals(text: str, rng: random.Random) -> str:
    """Write Roman numerals as Arabic digits, or as the one-character form."""
    plain = re.sub("[Ⅰ-Ⅳ]", lambda m: unicodedata.normalize("NFKC", m.group()), text)
    arabic = rng.random() < 0.5
    return re.sub(
        r"(?<![A-Za-z])(III|II|IV)(?![A-Za-z])",
        lambda m: {"II": "2", "III": "3", "IV": "4"}[m.group()] if arabic else _ROMAN[m.group()],
        plain,
    )


def other_quotes(text: str, rng: random.Random) -> str:
    """Write quoted parts in another pair of quotes, or without."""
    left, right = rng.choice((*_QUOTES, (" ", " ")))
    return _QUOTED.sub(lambda m: left + m.group(1) + right, text).strip()


def other_brackets(text: str, rng: random.Random) -> str:
    """Write brackets of another width or shape."""
    left, right = rng.choice((("(", ")"), ("（", "）"), ("[", "]"), ("〔", "〕")))
    return _BRACKETED.sub(lambda m: left + m.group(1) + right, text)


def lower_case(text: str, _: random.Random | None = None) -> str:
    """Write Latin in lower case."""
    return text.lower()


def upper_case(text: str, _: random.Random | None = None) -> str:
    """Write Latin in upper case."""
    return text.upper()


PRODUCT_RULES: tuple[Rule, ...] = (
    half_width,
    full_width,
    no_blanks,
    more_blanks,
    kit_word,
    maker_in_front,
    numerals,
    other_quotes,
    other_brackets,
    lower_case,
    upper_case,
)
# Rules of one group undo each other. Width comes last, so that what was added before is written alike.
_WIDTH = (half_width, full_width)
_CASE = (lower_case, upper_case)
_BLANKS = (no_blanks, more_blanks)


def respell(
    text: str, rules: Sequence[Rule], rng: random.Random, most: int = 3
) -> tuple[str, tuple[str, ...]]:
    """
    Apply one to *most* rules that change the text; return it with the names of the rules that did.

    Of a group of rules that undo each other at most one is applied.
    """
    wanted = rng.randint(1, most)
    chosen: list[Rule] = []
    for rule in rng.sample(list(rules), len(rules)):
        rivals = next((group for group in (_WIDTH, _CASE, _BLANKS) if rule in group), ())
        if len(chosen) < wanted and not set(rivals) & set(chosen) and rule(text, random.Random(0)) != text:
            chosen.append(rule)
    applied: list[str] = []
    for rule in sorted(chosen, key=_WIDTH.__contains__):
        changed = rule(text, rng)
        if changed != text:
            applied.append(rule.__name__)
        text = changed
    return text, tuple(applied)
