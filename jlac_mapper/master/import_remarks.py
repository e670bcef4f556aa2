"""How a row is written: what cleaning takes out without a word, gathered once for each text."""

import re
from collections import defaultdict
from functools import lru_cache

from jlac_mapper.codes.listed import ImportNote
from jlac_mapper.text import clean

KELVIN_SIGN = "kelvin-sign"
"""U+212A for the letter K."""
KANGXI_RADICAL = "kangxi-radical"
"""A radical for the character that looks like it."""
FULLWIDTH_BRACKET = "fullwidth-bracket"
"""A full-width bracket where the table uses half-width ones."""
VOWEL_HYPHEN = "vowel-hyphen"
"""A hyphen or minus sign for a long-vowel mark between katakana."""
ENTITY = "entity"
"""A line break or character written as an entity, such as &ENTER;."""
STRAY_BLANK = "stray-blank"
"""Blanks before or behind the text."""

_KATAKANA = "[\u30a1-\u30fa\u30fc]"
_KINDS = {
    KELVIN_SIGN: re.compile("\u212a"),
    KANGXI_RADICAL: re.compile("[\u2e80-\u2fdf]"),
    FULLWIDTH_BRACKET: re.compile("[（）［］｛｝]"),
    VOWEL_HYPHEN: re.compile(f"(?<={_KATAKANA})[-\uff0d\u2212\u2010\u2015](?={_KATAKANA})"),
    ENTITY: re.compile(r"&[A-Za-z]+;"),
    STRAY_BLANK: re.compile(r"^\s|\s$"),
}


class Remarks:
    """Gathers oddly written texts of one file: one remark for each kind, sheet, column and text."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)

    def see(self, sheet: str, row: int, column: str, text: str) -> None:
        """Look at the text of one cell as the file has it; blank cells are nothing."""
        for kind in _odd(text):
            self._rows[kind, sheet, column, text].append(row)

    def notes(self) -> list[ImportNote]:
        """Return the remarks in the order of their first rows' appearance."""
        return [
            ImportNote(
                rows[0],
                kind,
                column,
                sheet=sheet,
                found=text,
                expected=clean(text),
                more_rows=tuple(rows[1:]),
            )
            for (kind, sheet, column, text), rows in self._rows.items()
        ]


@lru_cache(maxsize=50_000)  # a master repeats the same few thousand texts
def _odd(text: str) -> tuple[str, ...]:
    if not text.strip():
        return ()
    return tuple(kind for kind, pattern in _KINDS.items() if pattern.search(text))
