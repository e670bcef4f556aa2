"""What the table of items searches, sorts and counts by."""

from collections.abc import Sequence

from jlac_mapper.text import clean, fold
from jlac_mapper.types import ASSUMPTIONS, CONFLICTS, LocalTest, Reason

BANDS = (0.5, 0.7, 0.9)
"""The lower bounds of the bands of probability but the lowest one, which begins at 0."""

_LONGEST = 200
"""Characters of a field that can be searched."""

_BACKING = frozenset(
    {
        Reason.EXACT_NAME,
        Reason.PRODUCT_MATCHED,
        Reason.JLAC10_AGREES,
        Reason.LLM_CONFIRMS,
        Reason.METHOD_UNSPECIFIED,
        Reason.SITE_DEFAULT,
        Reason.SPECIMEN_BROADER,
        Reason.COMPLETED_FROM_STARTER,
        Reason.HOUSE_NAME,
    }
)
"""Reasons that tell how the answer came about; nobody is asked because of them."""


def band_of(probability: float) -> int:
    """Return the band of a probability, 0 for the lowest."""
    return sum(probability >= bound for bound in BANDS)


def by_weight(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """
    Return reasons with what matters most first, those of equal weight as they stand.

    A code that ended, then what contradicts the row, what the row does not back, and last what only says how
    the answer came about.
    """
    return tuple(sorted(reasons, key=_weight))


def main_reason(reasons: Sequence[Reason]) -> str:
    """Return the reason that matters most, empty where there is none."""
    return next(iter(by_weight(reasons)), "")


def search_text(test: LocalTest) -> str:
    """Return name, local code, abbreviation and specimen as they are searched: folded, a blank between."""
    texts = (test.name, test.local_code, test.abbreviation, test.specimen)
    return " ".join(fold(text[:_LONGEST]) for text in texts)


def department_of(test: LocalTest) -> str:
    """Return the row's own section in one spelling for each section."""
    return clean(test.section)[:_LONGEST]


def search_words(text: str) -> tuple[str, ...]:
    """Return the words of a search as they stand in `search_text`."""
    return tuple(dict.fromkeys(folded for word in text.split() if (folded := fold(word))))


def _weight(reason: Reason) -> int:
    if reason is Reason.CODE_ENDED:
        return 0
    if reason in CONFLICTS:
        return 1
    if reason in ASSUMPTIONS:
        return 2
    return 4 if reason in _BACKING else 3
