"""What the import noted: rows that it left out or merged, and texts that it cleaned."""

from collections.abc import Iterable, Iterator

from jlac_mapper.codes.listed import ImportNote
from jlac_mapper.master import import_remarks as remarks
from jlac_mapper.master import import_rows as rows
from jlac_mapper.master.checks.finding import Finding, Severity, said

_MEANINGS = {
    rows.CODE_MALFORMED: (Severity.ERROR, "the code lacks an element and was left out"),
    rows.CODE_LENGTH: (Severity.ERROR, "the code has not 17 characters and was left out"),
    rows.CODE_ALPHABET: (Severity.ERROR, "the code has a character in a wrong place and was left out"),
    rows.CODE_JLAC10: (Severity.ERROR, "the JLAC11 column holds a JLAC10 code; the row was left out"),
    rows.CODE_DUMMY: (Severity.WARNING, "a placeholder stands for a code"),
    rows.JLAC10_MALFORMED: (Severity.WARNING, "the JLAC10 column holds no JLAC10 code"),
    rows.DATE_UNREADABLE: (Severity.ERROR, "a validity date is unreadable; the row was left out"),
    rows.DATE_ORDER: (Severity.ERROR, "the row ends before it starts"),
    rows.DATE_DUMMY: (Severity.WARNING, "a placeholder stands for a date; it was taken as open"),
    rows.CODE_MISSING: (Severity.WARNING, "the row has no code"),
    rows.JLAC10_ONLY: (Severity.INFO, "the row has a JLAC10 code only"),
    rows.WITHDRAWN: (Severity.INFO, "the file marks the row as withdrawn"),
    rows.DUPLICATE_MERGED: (Severity.WARNING, "the code stands on more than one row"),
    rows.DUPLICATE_ACROSS_SHEETS: (Severity.WARNING, "the code stands on more than one sheet"),
}
_WRITTEN = {
    remarks.KELVIN_SIGN: (Severity.WARNING, "a Kelvin sign for the letter K"),
    remarks.KANGXI_RADICAL: (Severity.WARNING, "a radical for a character"),
    remarks.ENTITY: (Severity.WARNING, "an entity"),
    remarks.FULLWIDTH_BRACKET: (Severity.INFO, "a full-width bracket"),
    remarks.VOWEL_HYPHEN: (Severity.INFO, "a hyphen for a long-vowel mark"),
    remarks.STRAY_BLANK: (Severity.INFO, "blanks before or behind the text"),
}


def check_notes(notes: Iterable[ImportNote]) -> Iterator[Finding]:
    """Turn each note into a finding of its kind."""
    for note in notes:
        places = tuple((note.sheet, row) for row in (note.row, *note.more_rows))
        if note.kind in _WRITTEN:
            severity, oddity = _WRITTEN[note.kind]
            message = f"{oddity} in the {note.text}: {note.found!r}"
        else:
            severity, meaning = _MEANINGS.get(note.kind, (Severity.INFO, note.kind))
            found = f" ({note.found})" if note.found not in note.text else ""
            message = f"{meaning}: {note.text}{found}" if note.text else f"{meaning}{found}"
        yield Finding(
            severity, note.code, note.kind, f"{said(places)}: {message}", places, note.found, note.expected
        )
