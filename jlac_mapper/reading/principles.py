"""Measuring principles as method fields write them: CLEIA法, ラテックス凝集比濁法, PCR(リアルタイムPCR)."""

import re
from collections.abc import Iterable
from functools import lru_cache

from jlac_mapper.text import clean, fold
from jlac_mapper.vocabulary import Principle

_LEAST_INSIDE = 3
"""Shorter spellings are looked up, not looked for inside a longer text: PA, HI."""


class PrincipleReader:
    """Reads method texts; built once from the table of principles, then free of side effects."""

    def __init__(self, principles: Iterable[Principle]) -> None:
        self._by_key: dict[str, str] = {}
        for principle in principles:
            for text in (principle.name, principle.name_en, *principle.spellings):
                if key := _key(text):
                    self._by_key.setdefault(key, principle.code)
        self._inside = sorted(
            (key for key in self._by_key if len(key) >= _LEAST_INSIDE), key=lambda key: (-len(key), key)
        )
        self.read = lru_cache(maxsize=4096)(self._read)

    def known(self, text: str) -> tuple[str, ...]:
        """Return the code of a text that as a whole is a spelling of a principle; none for any other."""
        code = self._by_key.get(_key(text))
        return (code,) if code else ()

    def _read(self, text: str) -> tuple[str, ...]:
        """
        Return the JLAC10 codes of the principles that *text* names, the likeliest first; none for others.

        The whole text decides; then the pieces in and out of brackets, the more telling (longer) spelling
        first; then what a longer text holds.
        """
        if whole := self._by_key.get(_key(text)):
            return (whole,)
        pieces = [
            key
            for piece in re.split(r"[()/,、・;+]|または|又は|と|及び", clean(text))
            if (key := _key(piece))
        ]
        known = sorted((p for p in pieces if p in self._by_key), key=lambda p: -len(p))
        if known:
            return tuple(dict.fromkeys(self._by_key[piece] for piece in known))
        key = _key(text)
        return tuple(self._by_key[spelling] for spelling in self._inside if spelling in key)[:1]


def _key(text: str) -> str:
    key = fold(text)
    while len(key) > 2 and key.endswith("法"):
        key = key[:-1]
    return key
