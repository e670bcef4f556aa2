"""Search the codes of an edition by words, for a reviewer who picks one."""

from collections.abc import Iterable
from datetime import date

from jlac_mapper import jlac11
from jlac_mapper.text import fold
from jlac_mapper.types import ListedCode


class CodeSearch:
    """The codes of an edition, completed and with successors, as the app answers from them."""

    def __init__(self, codes: Iterable[ListedCode], *, day: date) -> None:
        """Take the codes; *day* tells which of them are valid."""
        self._day = day
        self._codes = {str(listed.code): listed for listed in codes}
        # Unspecified methods first: what a reviewer wants who does not know the product.
        ordered = sorted(
            (c for c in self._codes.values() if c.is_valid_on(day) and not c.code.is_request),
            key=lambda c: (c.code.method != jlac11.METHOD_UNSPECIFIED, c.code),
        )
        self._texts = [(_haystack(listed), listed) for listed in ordered]

    def get(self, code: str) -> ListedCode | None:
        """Return a code of the edition, ended ones too, or None."""
        return self._codes.get(code)

    def search(self, text: str, limit: int = 20) -> list[ListedCode]:
        """
        Return valid codes that hold every word of *text*, method 000 first, then by code.

        Words are compared folded (see text.fold) as parts of the code, the standard name, abbreviation,
        product, specimen and unit. No word finds nothing.
        """
        words = [folded for word in text.split() if (folded := fold(word))]
        if not words or limit < 1:
            return []
        found: list[ListedCode] = []
        for haystack, listed in self._texts:
            if all(word in haystack for word in words):
                found.append(listed)
                if len(found) == limit:
                    break
        return found


def _haystack(listed: ListedCode) -> str:
    fields = (
        str(listed.code), listed.name, listed.abbreviation, listed.product, listed.specimen_name,
        listed.unit_name,
    )  # fmt: skip
    return " ".join(fold(field) for field in fields)
