"""How long the fields of a row may be: what is longer is no laboratory's text, and is not read."""

from collections.abc import Mapping
from operator import attrgetter, gt
from types import MappingProxyType

from jlac_mapper.types import LocalTest

FIELD_LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "name": 512,
        "local_code": 256,
        "abbreviation": 256,
        "kana": 512,
        "section": 256,
        "specimen": 256,
        "unit": 128,
        "reference_range": 2048,
        "method": 512,
        "reagent": 512,
        "result_type": 128,
        "jlac10": 128,
    }
)
"""
Characters that a field may have: four times and more what real lists hold.

The longest found in a dozen lists of hospitals and laboratories and in the official tables: name 125 (broken
by a wrong encoding; else 98), local code 31, abbreviation 13, specimen 51, unit 15, reference range 276,
method 107, reagent 39, result type 17, JLAC10 17; none of them had a kana column.
"""


_TEXTS = attrgetter(*FIELD_LIMITS)
_LIMITS = tuple(FIELD_LIMITS.values())


def overlong_field(test: LocalTest) -> str:
    """Return the first field of a row that is longer than FIELD_LIMITS allows, empty where all fit."""
    if not any(map(gt, map(len, _TEXTS(test)), _LIMITS)):  # nearly every row
        return ""
    return next(field for field, limit in FIELD_LIMITS.items() if len(getattr(test, field)) > limit)


def overlong_message(test: LocalTest, field: str) -> str:
    """Return the line that tells a person which field is too long, how much, and what to do."""
    length, limit = len(getattr(test, field)), FIELD_LIMITS[field]
    return (
        f"{field} has {length:,} characters, at most {limit:,} are read: shorten it, "
        "or see whether a quotation mark or a separator is missing in the file"
    )
