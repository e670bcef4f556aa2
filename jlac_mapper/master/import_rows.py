"""What an import yields, and the collecting of rows that every layout shares."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.jlac11 import Jlac11Code
from jlac_mapper.codes.listed import ImportNote, ListedCode
from jlac_mapper.element_tables import Element
from jlac_mapper.errors import InvalidCodeError
from jlac_mapper.master.import_remarks import Remarks
from jlac_mapper.text import clean

JLAC10_ONLY = "jlac10-only"
"""The row has a JLAC10 code and no JLAC11 code."""
CODE_MISSING = "code-missing"
"""The row has neither code."""
CODE_MALFORMED = "code-malformed"
"""A row from which no code can be put together: an element is missing."""
CODE_LENGTH = "code-length"
"""The code column holds a text of another length than 17."""
CODE_ALPHABET = "code-alphabet"
"""The code column holds 17 characters of which one cannot stand in its place."""
CODE_DUMMY = "code-dummy"
"""A placeholder stands for a code: all nines, all zeros, xxxx."""
CODE_JLAC10 = "code-jlac10"
"""The JLAC11 column holds a JLAC10 code: its first five characters begin with a digit."""
DATE_UNREADABLE = "date-unreadable"
"""A validity date is no date: the row is left out rather than taken as open."""
WITHDRAWN = "withdrawn"
"""The file marks the row as deleted."""
DUPLICATE_MERGED = "duplicate-merged"
"""A further row of a code that is already there; its JLAC10 codes and dates were merged."""
JLAC10_MALFORMED = "jlac10-malformed"
"""The JLAC10 column holds something that is no JLAC10 code. It is kept as it stands."""
DUPLICATE_ACROSS_SHEETS = "duplicate-across-sheets"
"""The same, where the first row stands on another sheet."""
DATE_ORDER = "date-order"
"""The row ends before it starts. It is kept as it stands: valid on no day."""
DATE_DUMMY = "date-dummy"
"""A placeholder such as xxxxxxxx stands for a date; it was taken as open."""

MERGED = frozenset({DUPLICATE_MERGED, DUPLICATE_ACROSS_SHEETS})
"""Notes of rows that were not lost: they are part of an earlier row's code."""

JLAC10_CODE = re.compile(r"[0-9][A-Z][0-9]{3}[0-9A-Z]{4}[0-9]{3}[0-9]{3}(?:[0-9A-Z]{2})?")
"""A JLAC10 order (15 characters) or result (17)."""

_DUMMY_CODE = re.compile(r"9{5,}|0{5,}|.*X{3,}.*")
_DUMMY_DATE = re.compile(r"[xX*-]+")
_NEVER = re.compile("9{8}")  # an end that is open, and no start
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
    What a file holds, cleaned: codes, JLAC10 analytes, or elements of codes.

    `rows` are in ascending order of the code, each code once. `notes` tell of the rows that were skipped
    or merged, `remarks` of rows that were read and are written oddly. `sheet` names what was read, several
    sheets joined by a comma, and is empty for files without sheets; `other_sheets` were not read.
    """

    layout: str
    rows: tuple[ListedCode, ...] = ()
    notes: tuple[ImportNote, ...] = ()
    analytes: tuple[Analyte, ...] = ()
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()
    rows_read: int = 0
    """Rows of the file that were not blank, the header and the titles left out."""
    remarks: tuple[ImportNote, ...] = ()
    elements: tuple[Element, ...] = ()

    @property
    def skipped(self) -> tuple[ImportNote, ...]:
        """The rows that gave no code, merged ones left out."""
        return tuple(note for note in self.notes if note.kind not in MERGED)

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
    elements: list[Element] = field(default_factory=list)
    rows_read: int = 0
    sheet: str = ""
    """The sheet that the next rows are on."""
    _cleaned: dict[str, str] = field(default_factory=dict)
    _remarks: list[ImportNote] = field(default_factory=list)
    _texts: Remarks = field(default_factory=Remarks)

    def text(self, raw: str) -> str:
        """Return *raw* cleaned."""
        found = self._cleaned.get(raw)
        if found is None:
            found = self._cleaned[raw] = clean(raw)
        return found

    def skip(
        self, row: int, kind: str, text: str, *, code: str = "", found: str = "", expected: str = ""
    ) -> None:
        """Note that a row gave no code of its own."""
        self.notes.append(ImportNote(row, kind, text, self.sheet, code, found, expected))

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
        method_name: str = "",
        sort_order: str = "",
    ) -> None:
        """Take one row of raw texts; a row that gives no code becomes a note."""
        for column, raw in (
            ("name", name),
            ("abbreviation", abbreviation),
            ("product", product),
            ("unit", unit_name),
            ("specimen", specimen_name),
            ("method", method_name),
        ):
            self._texts.see(self.sheet, row, column, raw)
        code_text, jlac10, name = self.text(code_text), _alphanumeric(self.text(jlac10)), self.text(name)
        if _is_dummy(jlac10):
            self._remark(row, CODE_DUMMY, name, found=jlac10, expected="a JLAC10 code")
            jlac10 = ""
        elif jlac10 and not JLAC10_CODE.fullmatch(jlac10):
            self._remark(row, JLAC10_MALFORMED, name, found=jlac10, expected="a JLAC10 code")
        code = self._code(row, code_text, name, jlac10)
        if code is None:
            return
        try:
            start, end = parse_date(valid_from), parse_date(valid_to)
        except ValueError as error:
            self.skip(
                row,
                DATE_UNREADABLE,
                f"{code} {name}: {error}",
                code=str(code),
                found=f"{valid_from} {valid_to}".strip(),
                expected="YYYYMMDD",
            )
            return
        self._look_at_dates(row, code, name, valid_from, valid_to)
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
            method_name=self.text(method_name),
            sort_order=self.text(sort_order),
            sheet=self.sheet,
            row=row,
        )
        self._keep(listed)

    def _code(self, row: int, code_text: str, name: str, jlac10: str) -> Jlac11Code | None:
        compact = _alphanumeric(code_text)
        if not compact:
            self.skip(row, JLAC10_ONLY if jlac10 else CODE_MISSING, f"{name} {jlac10}".strip())
        elif _is_dummy(compact):
            self.skip(row, CODE_DUMMY, name, found=code_text, expected="a JLAC11 code")
        elif JLAC10_CODE.fullmatch(compact):
            self.skip(row, CODE_JLAC10, name, found=code_text, expected="a JLAC11 code")
        else:
            try:
                return jlac11.parse(code_text)
            except InvalidCodeError as error:
                kind = CODE_LENGTH if len(compact) != 17 else CODE_ALPHABET
                self.skip(row, kind, f"{name}: {error}", found=code_text, expected="a JLAC11 code")
        return None

    def _look_at_dates(self, row: int, code: Jlac11Code, name: str, valid_from: str, valid_to: str) -> None:
        for written in (valid_from, valid_to):
            never = written is valid_from and _NEVER.fullmatch(clean(written))
            if never or _DUMMY_DATE.fullmatch(clean(written)):
                self._remark(row, DATE_DUMMY, name, code, written, "YYYYMMDD, 00000000 or 99999999")
        start, end = parse_date(valid_from), parse_date(valid_to)
        if start and end and end < start:
            self._remark(row, DATE_ORDER, name, code, f"{start} to {end}", "an end on the start or later")

    def _remark(
        self, row: int, kind: str, text: str, code: Jlac11Code | str = "", found: str = "", expected: str = ""
    ) -> None:
        self._remarks.append(
            ImportNote(row, kind, text, self.sheet, str(code), found=found, expected=expected)
        )

    def _keep(self, listed: ListedCode) -> None:
        key = str(listed.code)
        first = self.codes.get(key)
        self.codes[key] = listed if first is None else _merge(first, listed)
        if first is not None:
            across = first.sheet != listed.sheet
            where = f"first on {f'sheet {first.sheet}, ' if across else ''}row {first.row}"
            self.notes.append(
                ImportNote(
                    listed.row,
                    DUPLICATE_ACROSS_SHEETS if across else DUPLICATE_MERGED,
                    f"{key} {listed.name}: {_difference(first, listed)}",
                    listed.sheet,
                    key,
                    found=where,
                    expected="each code on one row",
                )
            )

    def finish(self, layout: str, sheet: str = "", other_sheets: Iterable[str] = ()) -> ImportedMaster:
        """Return what was gathered, in order of the codes."""
        return ImportedMaster(
            layout=layout,
            rows=tuple(self.codes[key] for key in sorted(self.codes)),
            notes=tuple(self.notes),
            sheet=sheet,
            other_sheets=tuple(other_sheets),
            rows_read=self.rows_read,
            remarks=(*self._remarks, *self._texts.notes()),
            elements=tuple(self.elements),
        )


def _alphanumeric(text: str) -> str:
    """Return a code without hyphens and blanks; a lone dash or 'なし' is no code."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def _is_dummy(code: str) -> bool:
    return bool(_DUMMY_CODE.fullmatch(code))


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


_COMPARED = {"name": "name", "product": "product", "specimen_name": "specimen", "sort_order": "sort order"}


def _difference(first: ListedCode, second: ListedCode) -> str:
    differing = [
        f"{label} {getattr(first, attribute)!s} / {getattr(second, attribute)!s}"
        for attribute, label in _COMPARED.items()
        if getattr(first, attribute) != getattr(second, attribute)
    ]
    if not set(second.jlac10) <= set(first.jlac10):
        differing.append(f"JLAC10 {' '.join(first.jlac10)} / {' '.join(second.jlac10)}")
    return "; ".join(differing) or "the same texts"
