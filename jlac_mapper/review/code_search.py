"""Search the codes of an edition by words, for a reviewer who picks one."""

from collections import defaultdict
from functools import cached_property

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.text import fold


class CodeSearch:
    """
    The codes of the release that the app answers from, completed and with successors.

    A code is found by any name of its concepts, so by an abbreviation that its release does not hold (WBC).
    What a question needs is built by the first one, in a fraction of a second; use one for many questions.
    """

    def __init__(self, bound: BoundRelease) -> None:
        self._bound = bound

    @cached_property
    def _current(self) -> frozenset[str]:
        return frozenset(str(listed.code) for listed in self._bound.release.proposable)

    @cached_property
    def _texts(self) -> list[tuple[str, frozenset[str], ListedCode]]:
        """Of each current code its words, the names of its concepts, and the code."""
        bound = self._bound
        by_concept: dict[str, set[str]] = defaultdict(set)
        for name in bound.vocabulary.names:
            by_concept[name.concept].add(name.key)
        # Unspecified methods first: what a reviewer wants who does not know the product.
        ordered = sorted(
            bound.release.proposable, key=lambda c: (c.code.method != jlac11.METHOD_UNSPECIFIED, c.code)
        )
        return [
            (_haystack(c), frozenset().union(*(by_concept[key] for key in bound.binding.of(c.code))), c)
            for c in ordered
        ]

    def get(self, code: str) -> ListedCode | None:
        """Return a code of the edition, ended ones too, or None."""
        return self._bound.release.by_code.get(code)

    def name(self, code: str) -> str:
        """Return the standard name of a code of the edition, empty for an unknown one."""
        listed = self.get(code)
        return listed.name if listed else ""

    def is_current(self, code: str) -> bool:
        """Tell whether a code may be decided for today."""
        return code in self._current

    def successor(self, code: str) -> str:
        """Return what replaces a code and may be decided for today, or nothing."""
        listed = self.get(code)
        return listed.successor if listed and listed.successor in self._current else ""

    def search(self, text: str, limit: int = 20) -> list[ListedCode]:
        """
        Return current codes that hold every word of *text*: named so first, then method 000, then by code.

        Words are compared folded (see text.fold) as parts of the code, the standard name, abbreviation,
        product, specimen and unit, or as a whole name of the concept. No word finds nothing.
        """
        words = {folded for word in text.split() if (folded := fold(word))}
        if not words or limit < 1:
            return []
        named: list[ListedCode] = []
        others: list[ListedCode] = []
        for haystack, names, listed in self._texts:
            if all(word in haystack or word in names for word in words):
                (others if words.isdisjoint(names) else named).append(listed)
        return (named + others)[:limit]


def _haystack(listed: ListedCode) -> str:
    texts = (str(listed.code), listed.name, listed.abbreviation, listed.product)
    return " ".join(fold(text) for text in (*texts, listed.specimen_name, listed.unit_name))
