"""Part of normalize: what the section field (部門, 検査区分) of a row says."""

import re
from collections.abc import Iterable

from jlac_mapper.text import clean, fold
from jlac_mapper.vocabulary import Section, Vocabulary

_PIECES = re.compile(r"[\s/,、・;:+()\[\]<>_-]+")
# 生化学検査室, 血液部門, 免疫血清学的検査: the section is what stands before.
_COLLECTIVE = re.compile(
    r"(?:的?検査)?(?:部門|部|室|科|係|課|分野|領域|系|関連|項目|グループ|班|ライン|検査|的)$"
)


class SectionReader:
    """Reads section fields by a vocabulary; a text that no table knows says nothing."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._sections = {
            fold(text): section
            for section in vocabulary.sections
            for text in (section.name, section.name_en, *section.spellings)
        }
        blood = {s.key for s in vocabulary.specimens if s.code.startswith("2")}
        self._blood = blood | {s.key for s in vocabulary.specimens if s.key.startswith("tube_")}
        self._blood |= {"serum_or_plasma", "venous_gas_blood"}

    def read(self, text: str) -> Section | None:
        """Return the section of a section field, None where it says nothing that a table knows."""
        cleaned = clean(text)
        if not cleaned:
            return None
        if whole := self._find(cleaned):
            return whole
        pieces = dict.fromkeys(
            section for piece in _PIECES.split(cleaned) if piece and (section := self._find(piece))
        )
        return _joined(pieces) if pieces else None

    def agrees(self, section: Section, specimens: Iterable[str]) -> bool:
        """Tell whether a row of *section* can be in each of *specimens*, which the row itself says."""
        if not section.specimens:
            return True
        holds_blood = not self._blood.isdisjoint(section.specimens)
        return all(key in section.specimens or (holds_blood and key in self._blood) for key in specimens)

    def is_blood(self, specimen: str) -> bool:
        """Tell whether a specimen is blood, or is made of it."""
        return specimen in self._blood

    def _find(self, text: str) -> Section | None:
        key = fold(text)
        while key:
            if section := self._sections.get(key):
                return section
            shorter = _COLLECTIVE.sub("", key)
            if shorter == key:
                return None
            key = shorter
        return None


def _joined(sections: Iterable[Section]) -> Section | None:
    """Return the only one of several sections that states a specimen: 生化学/尿 is of urine."""
    found = list(sections)
    stating = [section for section in found if section.states]
    if len(found) == 1:
        return found[0]
    return stating[0] if len(stating) == 1 else None
