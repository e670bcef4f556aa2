"""A release of a code system as it was read: its codes with everything it says of them."""

from dataclasses import dataclass
from datetime import date

from jlac_mapper.codes.jlac11 import Jlac11Code


def within(day: date, first: date | None, last: date | None) -> bool:
    """Tell whether *day* lies from *first* to *last*, both included; None is open."""
    return (first is None or first <= day) and (last is None or day <= last)


@dataclass(frozen=True, slots=True)
class ListedCode:
    """One code of an edition with what the edition says of it; None dates are open."""

    code: Jlac11Code
    name: str
    """The result's standard name, such as HBs抗原(定性)."""
    product: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    jlac10: tuple[str, ...] = ()
    source: str = "official"
    """official or starter (a completion)."""
    successor: str = ""
    """The 17 characters of the code that replaces an ended one."""
    abbreviation: str = ""
    specimen_name: str = ""
    unit_name: str = ""
    method_name: str = ""
    sort_order: str = ""
    """並び順 as written."""
    sheet: str = ""
    row: int = 0
    """Where the official file has it: sheet (empty for a text file) and row from 1; 0 where no file has."""

    def is_valid_on(self, day: date) -> bool:
        """Tell whether *day* lies inside the dates, both ends included."""
        return within(day, self.valid_from, self.valid_to)


@dataclass(frozen=True, slots=True)
class ImportNote:
    """What an import did with a row that gave no code of its own, or saw in one that it cleaned."""

    row: int
    """Row of the file, counted from 1 with the header; for JSON the number of the concept."""
    kind: str
    """A stable word: see `master.import_rows` and `master.import_remarks`."""
    text: str
    """For a person: what the row is about."""
    sheet: str = ""
    code: str = ""
    """The JLAC11 code, where the row has a readable one."""
    found: str = ""
    """The text that is odd, as written."""
    expected: str = ""
    more_rows: tuple[int, ...] = ()
    """Further rows of the same sheet with the same text."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the master: a name, its digest, and its codes in ascending order."""

    name: str
    digest: str
    codes: tuple[ListedCode, ...]
    completed: int = 0
    """How many codes are completions from the starter."""
    notes: tuple[ImportNote, ...] = ()
    """Rows of the file that were skipped or merged, or written oddly, for `master check`."""


# --- between the stages ---------------------------------------------------------------------------
