"""What a name says that must agree whatever else is alike: numbers, letters, classes, kinds, states."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce
from operator import and_, or_
from typing import NamedTuple
from zlib import crc32

_NUMBER = re.compile(r"\d+")
_LATIN = re.compile(r"[a-z]+")
_GREEK = re.compile("[\u03b1-\u03c9]")
_CLASS = re.compile(r"ig(?:[gamde]\d?)")
_KINDS = (
    ("antibody", re.compile("抗体|ab(?![a-z])|^抗(?!原|生|菌|酸|凝|利)")),
    ("antigen", re.compile("抗原|ag(?![a-z])")),
    (
        "nucleic acid",
        re.compile("dna|rna|核酸|遺伝子|pcr|genotyp|ジエノタイプ|染色体|転座|再構成|変異|キメラ"),
    ),
    ("culture", re.compile("培養|同定|感受性|culture")),
    ("smear", re.compile("塗抹|鏡検|染色(?!体)|smear|stain")),
    ("function", re.compile("負荷|クリアランス|clearance|試験(?!紙)")),
)
_STATES = (
    ("free", re.compile("遊離|フリ|free")),
    ("total", re.compile("総|トタル|total|全")),
    ("direct", re.compile("直接|抱合|direct")),
    ("indirect", re.compile("間接|indirect")),
    ("activity", re.compile("活性|activity")),
    ("mass", re.compile("抗原量|蛋白量|定量|濃度|mass")),
    ("inhibitor", re.compile("インヒビタ|阻害|inhibitor|中和")),
    ("fraction", re.compile("アイソ|分画|fraction|isozyme|isoenzyme|サブ")),
    ("ratio", re.compile("比|ratio|率|/")),
    ("receptor", re.compile("レセプタ|受容体|receptor")),
    ("confirmation", re.compile("確認|ウエスタン|イムノブロット|western")),
    ("type", re.compile("型|タイプ|type")),
    ("metabolite", re.compile("代謝|ヒドロキシ|oh|metabolite|メチル|ジ|ト[リライ]")),
    ("complex", re.compile("複合|結合|complex")),
    ("precursor", re.compile("前駆|プロ|pro|proh")),
    ("high sensitivity", re.compile("高感度|hs")),
    ("load", re.compile("量")),
)
GROUPS = ("number", "latin", "greek", "class", "kind", "state")
"""The groups that are compared, each for itself."""


class NameFacts(NamedTuple):
    """The facts of a name, a set of bits for each of `GROUPS`; a bit means the same in every name."""

    number: int
    latin: int
    greek: int
    ig_class: int
    kind: int
    state: int


NOTHING = NameFacts(0, 0, 0, 0, 0, 0)
_DIGITS, _WORDS = 3, 503


@lru_cache(maxsize=131_072)
def name_facts(key: str) -> NameFacts:
    """Return the facts of a folded name (see `text.fold`, which writes Roman numerals as Arabic ones)."""
    return NameFacts(
        _bits(_NUMBER.findall(key)),
        _bits(_LATIN.findall(key)),
        _bits(_GREEK.findall(key)),
        _bits(_CLASS.findall(key)),
        sum(1 << place for place, (_, pattern) in enumerate(_KINDS) if pattern.search(key)),
        sum(1 << place for place, (_, pattern) in enumerate(_STATES) if pattern.search(key)),
    )


def in_some(facts: Sequence[NameFacts]) -> NameFacts:
    """Return what any of several names says."""
    return NameFacts(*(reduce(or_, group) for group in zip(*facts, strict=True)))


def in_every(facts: Sequence[NameFacts]) -> NameFacts:
    """Return what each of several names says."""
    return NameFacts(*(reduce(and_, group) for group in zip(*facts, strict=True)))


def _bits(words: Iterable[str]) -> int:
    """
    Return a bit a word, the same in every run.

    Numbers up to 999 have each their own; of a few thousand other words two now and then share one.
    """
    found = 0
    for word in words:
        is_number = word.isdigit() and len(word) <= _DIGITS
        found |= 1 << (_WORDS + int(word) if is_number else crc32(word.encode()) % _WORDS)
    return found
