"""The JLAC10 digits of specimens: of keys, of what a row says, of what is usual for a concept."""

from functools import lru_cache

from jlac_mapper.types import NormalizedTest
from jlac_mapper.vocabulary import Concept, Vocabulary

BLOODS = frozenset({"017", "018", "019", "020", "021", "022", "023"})
"""Blood and what is made of it."""
WHOLE_BLOOD, PLASMA, SERUM = "019", "022", "023"


class SpecimenDigits:
    """Knows the digits of a vocabulary's specimens."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._digits = {s.key: s.jlac10 for s in vocabulary.specimens}
        self._usual = {concept.key: self._of_concept(concept) for concept in vocabulary.concepts}
        self._of_keys = lru_cache(maxsize=4096)(self._of_keys_uncached)

    def of(self, key: str) -> tuple[str, ...]:
        """Return the digits that a specimen's key may mean; none where JLAC10 has none."""
        if key == "blood":
            return tuple(sorted(BLOODS))
        if key.startswith("tube_"):  # the blood in it, or the plasma
            return WHOLE_BLOOD, PLASMA
        if key == "serum_or_plasma":
            return SERUM, PLASMA
        return (self._digits[key],) if self._digits.get(key) else ()

    def of_concept(self, concept: Concept) -> tuple[str, ...]:
        """Return the digits of the specimens that a concept of the vocabulary is usually reported in."""
        return self._usual[concept.key]

    def said(self, test: NormalizedTest) -> frozenset[str]:
        """Return the digits that a row's field, else its name, may mean; none where it says nothing."""
        return self._of_keys(test.specimens or test.name_specimens)

    def _of_keys_uncached(self, keys: tuple[str, ...]) -> frozenset[str]:
        return frozenset(code for key in keys for code in self.of(key))

    def _of_concept(self, concept: Concept) -> tuple[str, ...]:
        return tuple(dict.fromkeys(code for key in concept.specimens for code in self.of(key)))
