"""Part of normalize: what may stand beside the name proper, such as the section in 生化:K."""

import re
from collections import defaultdict
from collections.abc import Iterator

from jlac_mapper.text import fold
from jlac_mapper.vocabulary import Vocabulary

_HEADED = (
    re.compile(r"([^():/]{1,14}):\s*(.+)"),
    re.compile(r"\(([^()]{1,14})\)\s*(.+)"),
    re.compile(r"([^()]{1,10})\)\s*(.+)"),
    re.compile(r"([^()>|]{2,14})[>|]\s*(.+)"),
)
_LOOSELY_HEADED = (
    re.compile(r"([^()/]{2,14})/\s*(.+)"),
    re.compile(r"([^()\s_-]{1,14})[\s_-]+(.+)"),
)
_COLLECTIVE = re.compile(
    r"(?:[0-9]+項目|検査|項目|セット|関連|関係|シリズ|パネル|グルプ|panel|tests?|set|profile)$"
)


def headings(name: str) -> Iterator[tuple[str, str, bool]]:
    """
    Yield the ways to read a cleaned name as a heading and the name that it stands over.

    The third says whether the mark between them makes a heading of any word, as a colon does; a slash, a
    hyphen or a blank stands inside names as well (ALB/CRE, non-HDL).
    """
    for pattern in _HEADED:
        if match := pattern.fullmatch(name):
            yield match.group(1).strip(), match.group(2).strip(), True
    for pattern in _LOOSELY_HEADED:
        if match := pattern.fullmatch(name):
            yield match.group(1).strip(), match.group(2).strip(), False


def without_collective(key: str) -> str:
    """Return a folded heading without the word that makes it one: 脂質検査 is 脂質; never empty."""
    while (shorter := _COLLECTIVE.sub("", key)) not in ("", key):
        key = shorter
    return key


def telling_words(vocabulary: Vocabulary) -> frozenset[str]:
    """
    Return the folded words that make another test of one.

    Beside the qualifiers that say so (sections among them: TP(感染症) is no 総蛋白) they are what a concept's
    name has beside a name of one that it is confused with, as アイソザイム in CKアイソザイム. Single
    characters among these are left out.
    """
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name in vocabulary.names:
        names[name.concept].append(name.key)
    for keys in names.values():
        keys.sort(key=len, reverse=True)
    found = set()
    for concept in vocabulary.concepts:
        for other in concept.confused_with:
            for key in names[concept.key]:
                inside = next((name for name in names[other] if name and name in key), "")
                if inside:
                    found.add(key.replace(inside, "", 1))
    said = {fold(q.text) for q in vocabulary.qualifiers if q.kind in ("another_test", "section")}
    known = {fold(q.text) for q in vocabulary.qualifiers} - said
    return frozenset({word for word in found if len(word) > 1} - known | said)
