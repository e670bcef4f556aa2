"""What an import yields, and the collecting of rows that every layout shares."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.listed import ImportNote, ListedCode
from jlac_mapper.errors import InvalidCodeError
from jlac_mapper.text import clean

JLAC10_ONLY = "jlac10-only"
"""The row has a JLAC10 code and no JLAC11 code."""
CODE_MISSING = "code-missing"
"""The row has neither code."""
CODE_MALFORMED = "code-malformed"
"""The code column holds something that is no JLAC11 code."""
DATE_UNREADABLE = "date-unreadable"
"""A validity date is no date: the row is left out rather than taken as open."""
WITHDRAWN = "withdrawn"
"""The file marks the row as deleted."""
DUPLICATE_MERGED = "duplicate-merged"
"""A further row of a code that is already there; its JLAC10 codes and dates were merged."""

_OPEN_DATE = re.compile(r"|0+|9{8}|[xX*-]+")
_DATE = re.compile(r"([0-9]{4})[-/.年]?([0-9]{1,2})[-/.月]?([0-9]{1,2})日?(?:[T ].*)?")
_EIGHT_DIGITS = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}|[0-9]{4}[/.年][0-9]{1,2}[/.月][0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class Analyte:
    """One line of the JLAC10 analyte table: five characters and its names, Japanese first."""

    code: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportedMaster:
    """
    What a file holds, cleaned: either codes or JLAC10 analytes.

    `rows` are in ascending order of the code, each code once. `notes` tell of the rows that were skipped
    or merged. `sheet` is empty for files without sheets; `other_sheets` could have been read as well.
    """

    layout: str
    rows: tuple[ListedCode, ...] = ()
    notes: tuple[ImportNote, ...] = ()
    analytes: tuple[Analyte, ...] = ()
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()
    rows_read: int = 0
    """Rows of the file that were not blank, the header and the titles left out."""

    @property
    def skipped(self) -> tuple[ImportNote, ...]:
        """The rows that gave no code, merged ones left out."""
        return tuple(note for note in self.notes if note.kind != DUPLICATE_MERGED)

    @property
    def note_counts(self) -> Counter[str]:
        """How many notes there are of each kind."""
        return Counter(note.kind for note in self.notes)


def parse_date(text: str) -> date | None:
    """
    Read a validity date; None is open (empty, 00000000, 99999999, xxxxxxxx).

    Raises:
        ValueError: Anything else that is no calendar date.
    """
    text = clean(text).replace(" 00:00:00", "")
    if _OPEN_DATE.fullmatch(text):
        return None
    match = _DATE.fullmatch(text) if _EIGHT_DIGITS.match(text) else None
    if not match:
        raise ValueError(f"{text!r} is no date")
    year, month, day = (int(part) for part in match.groups())
    return None if year in (0, 9999) else date(year, month, day)


@dataclass(slots=True)
class RowCollector:
    """
    Gathers the rows of one file: cleans, parses, merges further rows of one code, notes what it leaves out.

    Cleaned texts are kept, because a master repeats the same few thousand texts in every column.
    """

    codes: dict[str, ListedCode] = field(default_factory=dict)
    notes: list[ImportNote] = field(default_factory=list)
    rows_read: int = 0
    _cleaned: dict[str, str] = field(default_factory=dict)

    def text(self, raw: str) -> str:
        """Return *raw* cleaned."""
        found = self._cleaned.get(raw)
        if found is None:
            found = self._cleaned[raw] = clean(raw)
        return found

    def skip(self, row: int, kind: str, text: str) -> None:
        """Note that a row gave no code of its own."""
        self.notes.append(ImportNote(row, kind, text))

    def add(
        self,
        row: int,
        code_text: str,
        *,
        name: str,
        product: str = "",
        valid_from: str = "",
        valid_to: str = "",
        jlac10: str = "",
        successor: str = "",
        abbreviation: str = "",
        specimen_name: str = "",
        unit_name: str = "",
    ) -> None:
        """Take one row of raw texts; a row that gives no code becomes a note."""
        code_text, jlac10, name = self.text(code_text), _alphanumeric(self.text(jlac10)), self.text(name)
        if not _alphanumeric(code_text):
            kind = JLAC10_ONLY if jlac10 else CODE_MISSING
            return self.skip(row, kind, f"{name} {jlac10}".strip())
        try:
            code = jlac11.parse(code_text)
        except InvalidCodeError as error:
            return self.skip(row, CODE_MALFORMED, f"{name}: {error}")
        try:
            start, end = parse_date(valid_from), parse_date(valid_to)
        except ValueError as error:
            return self.skip(row, DATE_UNREADABLE, f"{code} {name}: {error}")
        listed = ListedCode(
            code=code,
            name=name,
            product=self.text(product),
            valid_from=start,
            valid_to=end,
            jlac10=(jlac10,) if jlac10 else (),
            successor=_alphanumeric(self.text(successor)),
            abbreviation=self.text(abbreviation),
            specimen_name=self.text(specimen_name),
            unit_name=self.text(unit_name),
        )
        key = str(code)
        first = self.codes.get(key)
        self.codes[key] = listed if first is None else _merge(first, listed)
        if first is not None:
            self.notes.append(
                ImportNote(row, DUPLICATE_MERGED, f"{key} {name}: {_difference(first, listed)}")
            )
        return None

    def finish(self, layout: str, sheet: str = "", other_sheets: Iterable[str] = ()) -> ImportedMaster:
        """Return what was gathered, in order of the codes."""
        return ImportedMaster(
            layout=layout,
            rows=tuple(self.codes[key] for key in sorted(self.codes)),
            notes=tuple(self.notes),
            sheet=sheet,
            other_sheets=tuple(other_sheets),
            rows_read=self.rows_read,
        )


def _alphanumeric(text: str) -> str:
    """Return a code without hyphens and blanks; a lone dash or 'なし' is no code."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def _merge(first: ListedCode, second: ListedCode) -> ListedCode:
    """Keep the first row's texts, unite the JLAC10 codes, and span both rows' dates."""
    starts, ends = (first.valid_from, second.valid_from), (first.valid_to, second.valid_to)
    return replace(
        first,
        jlac10=first.jlac10 + tuple(code for code in second.jlac10 if code not in first.jlac10),
        valid_from=None if None in starts else min(day for day in starts if day),
        valid_to=None if None in ends else max(day for day in ends if day),
        product=first.product or second.product,
        successor=first.successor or second.successor,
    )


def _difference(first: ListedCode, second: ListedCode) -> str:
    differing = [
        f"{label} {getattr(first, attribute)!s} / {getattr(second, attribute)!s}"
        for attribute, label in (("name", "name"), ("product", "product"), ("specimen_name", "specimen"))
        if getattr(first, attribute) != getattr(second, attribute)
    ]
    if not set(second.jlac10) <= set(first.jlac10):
        differing.append(f"JLAC10 {' '.join(first.jlac10)} / {' '.join(second.jlac10)}")
    return "; ".join(differing) or "the same texts"
