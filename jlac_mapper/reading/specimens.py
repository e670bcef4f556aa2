"""Part of normalize: what the specimen field of a row says."""

import re
from collections.abc import Iterable

from jlac_mapper.text import clean, fold
from jlac_mapper.vocabulary import Specimen

_PIECES = re.compile(r"[\s/,、・;+()]+|または|又は|もしくは")


class SpecimenReader:
    """Reads specimen fields by a table of spellings; built once, then free of side effects."""

    def __init__(self, specimens: Iterable[Specimen]) -> None:
        self._keys: dict[str, str] = {}
        for specimen in specimens:
            for spelling in (specimen.name, specimen.name_en, *specimen.spellings):
                self._keys.setdefault(fold(spelling), specimen.key)
        self._keys.pop("", None)

    def read(self, text: str) -> tuple[tuple[str, ...], str]:
        """Return the specimen keys of a specimen field, or the text itself when nothing in it is known."""
        cleaned = clean(text)
        if not cleaned:
            return (), ""
        whole = self._keys.get(fold(cleaned))
        if whole:
            return (whole,), ""
        found = [key for piece in _PIECES.split(cleaned) if piece and (key := self._keys.get(fold(piece)))]
        if found:
            return tuple(dict.fromkeys(found)), ""
        return (), cleaned
