"""JLAC11 codes: parse, validate, split, compose. Source: the code's published five-element structure."""

import re
from dataclasses import dataclass

from jlac_mapper.errors import InvalidCodeError

UNCODABLE = "9" * 17
"""What a person reports for an item that cannot be coded; the program itself never proposes it."""

METHOD_UNSPECIFIED = "000"
"""その他の測定法: the official method digits when the product is not known."""

UNIT_REQUEST = "00"
"""The unit of request (order) codes; never a result."""

IDENTIFICATION_HEADING = "9999"
"""The identification of a set's heading."""

_CODE = re.compile(r"[A-HK-MPV][0-9]{4}[0-9]{4}[0-9]{3}[0-9]{3}[0-9A-Z]{2}")


@dataclass(frozen=True, slots=True, order=True)
class Jlac11Code:
    """
    One 17-character code as its five elements.

    Ordering is by the elements from left to right, which is the order of the 17 characters.
    """

    measurand: str
    identification: str
    specimen: str
    method: str
    unit: str

    def __str__(self) -> str:
        return self.measurand + self.identification + self.specimen + self.method + self.unit

    @property
    def hyphenated(self) -> str:
        """The code as people write it, C2008-0000-250-000-F7."""
        return "-".join((self.measurand, self.identification, self.specimen, self.method, self.unit))

    @property
    def is_request(self) -> bool:
        """True for an order code: unit 00, or the heading of a set."""
        return self.unit == UNIT_REQUEST or self.identification == IDENTIFICATION_HEADING


def parse(text: str) -> Jlac11Code:
    """
    Read a code written with or without hyphens or blanks.

    Raises:
        InvalidCodeError: Not 17 characters, or a character outside the alphabet of its element.
    """
    compact = re.sub(r"[-\s]", "", text).upper()
    if len(compact) != 17:
        raise InvalidCodeError(f"{text!r} is not a JLAC11 code: {len(compact)} characters, 17 expected")
    if not _CODE.fullmatch(compact):
        raise InvalidCodeError(
            f"{text!r} is not a JLAC11 code: expected a letter and 4 digits, then 4, 3 and 3 digits, "
            "then 2 digits or letters"
        )
    return Jlac11Code(compact[:5], compact[5:9], compact[9:12], compact[12:15], compact[15:])
