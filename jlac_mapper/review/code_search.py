"""Search the codes of an edition by words, for a reviewer who picks one."""

from collections.abc import Collection, Iterable

from jlac_mapper import jlac11
from jlac_mapper.text import fold
from jlac_mapper.types import ListedCode, TestName


class CodeSearch:
    """
    The codes of the edition that the app answers from, completed and with successors.

    *current* are those that may be proposed today: valid, no request, identification in use (see
    master.editions.proposable_codes). *names* are the vocabulary's names of the measurands, so that a code is
    found by an abbreviation that its edition does not hold (WBC). Built in a fraction of a second; use one
    for many questions.
    """

    def __init__(
        self, codes: Iterable[ListedCode], current: Collection[ListedCode], names: Iterable[TestName] = ()
    ) -> None:
        self._codes = {str(listed.code): listed for listed in codes}
        self._current = {str(listed.code) for listed in current}
        # Unspecified methods first: what a reviewer wants who does not know the product.
        ordered = sorted(current, key=lambda c: (c.code.method != jlac11.METHOD_UNSPECIFIED, c.code))
        self._texts = [(_haystack(listed), listed) for listed in ordered]
        self._names: dict[str, set[str]] = {}
        for name in names:
            self._names.setdefault(name.measurand, set()).add(fold(name.name))

    def get(self, code: str) -> ListedCode | None:
        """Return a code of the edition, ended ones too, or None."""
        return self._codes.get(code)

    def is_current(self, code: str) -> bool:
        """Tell whether a code may be decided for today."""
        return code in self._current

    def successor(self, code: str) -> str:
        """Return what replaces a code and may be decided for today, or nothing."""
        listed = self._codes.get(code)
        return listed.successor if listed and listed.successor in self._current else ""

    def search(self, text: str, limit: int = 20) -> list[ListedCode]:
        """
        Return current codes that hold every word of *text*: named so first, then method 000, then by code.

        Words are compared folded (see text.fold) as parts of the code, the standard name, abbreviation,
        product, specimen and unit, or as a whole name of the measurand. No word finds nothing.
        """
        words = {folded for word in text.split() if (folded := fold(word))}
        if not words or limit < 1:
            return []
        named: list[ListedCode] = []
        others: list[ListedCode] = []
        for haystack, listed in self._texts:
            names = self._names.get(listed.code.measurand, set())
            if all(word in haystack or word in names for word in words):
                (others if words.isdisjoint(names) else named).append(listed)
        return (named + others)[:limit]


def _haystack(listed: ListedCode) -> str:
    texts = (str(listed.code), listed.name, listed.abbreviation, listed.product)
    return " ".join(fold(text) for text in (*texts, listed.specimen_name, listed.unit_name))
