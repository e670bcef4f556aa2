"""One name in the spellings that hospitals' systems give it: widths, case, slips of the finger."""

import random
import unicodedata
from collections.abc import Set

from jlac_mapper.text import fold

_TO_HALF = {unicodedata.normalize("NFKC", chr(c)): chr(c) for c in range(0xFF66, 0xFF9E)}


class Speller:
    """Spells names by chance; *keys* are folded names, which no slip may turn a name into."""

    def __init__(self, chance: random.Random, keys: Set[str]) -> None:
        self._random = chance
        self._keys = keys

    def spell(self, name: str) -> str:
        """Return *name* as it stands or in half or full width, another case, or with a slip."""
        draw = self._random.random()
        if draw < 0.2:
            return "".join(_half_width(c) for c in name)
        if draw < 0.3:
            return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name)
        if draw < 0.4:
            return name.upper() if self._random.random() < 0.5 else name.lower()
        if draw < 0.45:
            mistyped = self._mistype(name)
            # A slip that makes another known name is that name, not this one.
            return name if fold(mistyped) in self._keys else mistyped
        return name

    def _mistype(self, name: str) -> str:
        if len(name) < 5:
            return name
        i = self._random.randrange(1, len(name) - 2)
        if self._random.random() < 0.5:
            return name[:i] + name[i + 1 :]
        return name[:i] + name[i + 1] + name[i] + name[i + 2 :]


def _half_width(character: str) -> str:
    decomposed = unicodedata.normalize("NFD", character)
    base = _TO_HALF.get(decomposed[0])
    if base is None:
        return character
    marks = {"\u3099": "ﾞ", "\u309a": "ﾟ"}
    return base + "".join(marks.get(c, c) for c in decomposed[1:])
