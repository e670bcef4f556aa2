"""What an edition says against itself and against the vocabulary: findings for a person, never changes."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.errors import InvalidCodeError
from jlac_mapper.master.import_rows import (
    CODE_MALFORMED,
    CODE_MISSING,
    DATE_UNREADABLE,
    DUPLICATE_MERGED,
    JLAC10_ONLY,
    WITHDRAWN,
)
from jlac_mapper.reading.units import canonical
from jlac_mapper.text import clean, fold
from jlac_mapper.vocabulary import Vocabulary


class Severity(StrEnum):
    """How much a finding matters for mapping."""

    ERROR = "error"
    """The row contradicts itself or could not be used."""
    WARNING = "warning"
    """A person should look at it."""
    INFO = "info"
    """To be known, not to be mended."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: the code it is about (empty for a row without one), a stable rule name, one line."""

    severity: Severity
    code: str
    rule: str
    message: str


_NOTES = {
    CODE_MALFORMED: (Severity.ERROR, "the code is malformed and was left out"),
    DATE_UNREADABLE: (Severity.ERROR, "a validity date is unreadable; the row was left out"),
    CODE_MISSING: (Severity.WARNING, "the row has no code"),
    JLAC10_ONLY: (Severity.INFO, "the row has a JLAC10 code only"),
    WITHDRAWN: (Severity.INFO, "the file marks the row as withdrawn"),
    DUPLICATE_MERGED: (Severity.WARNING, "the code stands on more than one row"),
}
_FAMILIES = ("抗原", "抗体")


def check_edition(edition: Edition, vocabulary: Vocabulary, as_of: date) -> list[Finding]:
    """
    Check an edition's own rows; completions from the starter are not its statements and are left out.

    Rules: `code-malformed`, `duplicate-merged` and the other notes of the import; `code-alphabet`;
    `unit-name` and `specimen-name` (the text against the code: by the vocabulary, else by the majority of
    the edition); `name-family` (抗原 in a name under an antibody's measurand, and the reverse);
    `product-ended` and `product-partly-ended` (codes of products discontinued before *as_of*).

    Returns:
        Findings by severity (errors first), then rule, then code.
    """
    rows = [row for row in edition.codes if row.source == "official" or not edition.completed]
    findings = [
        *_check_notes(edition),
        *_check_alphabet(rows),
        *_check_units(rows, vocabulary),
        *_check_specimens(rows, vocabulary),
        *_check_families(rows, vocabulary),
        *_check_discontinued(rows, as_of),
    ]
    order = list(Severity)
    return sorted(findings, key=lambda f: (order.index(f.severity), f.rule, f.code, f.message))


def _check_notes(edition: Edition) -> Iterator[Finding]:
    for note in edition.notes:
        severity, meaning = _NOTES.get(note.kind, (Severity.INFO, note.kind))
        code = note.text[:17] if note.kind in (DUPLICATE_MERGED, DATE_UNREADABLE) else ""
        yield Finding(severity, code, note.kind, f"row {note.row}: {meaning}: {note.text}")


def _check_alphabet(rows: Iterable[ListedCode]) -> Iterator[Finding]:
    """Check codes that reached the database some other way than by an import."""
    for row in rows:
        try:
            jlac11.parse(str(row.code))
        except InvalidCodeError as error:
            yield Finding(Severity.ERROR, str(row.code), "code-alphabet", str(error))


def _check_units(rows: list[ListedCode], vocabulary: Vocabulary) -> Iterator[Finding]:
    known = {unit.code: _unit_key(unit.canonical) for unit in vocabulary.units if unit.code}
    yield from _check_texts(
        rows, "unit-name", "unit", lambda row: (row.code.unit, row.unit_name), _unit_key,
        {code: frozenset({key}) for code, key in known.items()},
    )  # fmt: skip


def _check_specimens(rows: list[ListedCode], vocabulary: Vocabulary) -> Iterator[Finding]:
    claimed: dict[str, frozenset[str]] = {}
    for specimen in vocabulary.specimens:
        if specimen.code:
            keys = frozenset(fold(text) for text in (specimen.name, *specimen.spellings))
            claimed[specimen.code] = claimed.get(specimen.code, frozenset()) | keys
    yield from _check_texts(
        rows, "specimen-name", "specimen", lambda row: (row.code.specimen, row.specimen_name), fold, claimed
    )


def _check_texts(
    rows: Iterable[ListedCode],
    rule: str,
    element: str,
    texts_of: Callable[[ListedCode], tuple[str, str]],
    key_of: Callable[[str], str],
    known: Mapping[str, frozenset[str]],
) -> Iterator[Finding]:
    """
    Compare the text of an element with its code, one finding for each differing (code, text) pair.

    What a code is called is told by the vocabulary; for a code that it does not know, by most rows. A
    text that belongs to another code is an error, any other difference a warning.
    """
    groups: dict[str, dict[str, list[tuple[ListedCode, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        code, text = texts_of(row)
        if text and not row.code.is_request:
            groups[code][key_of(text)].append((row, text))
    called = dict(known)
    for code, by_key in groups.items():
        called.setdefault(code, frozenset({max(by_key, key=lambda key: len(by_key[key]))}))
    owners: dict[str, set[str]] = defaultdict(set)
    for code, keys in called.items():
        for key in keys:
            owners[key].add(code)
    for code, by_key in groups.items():
        usual = Counter(text for found in by_key.values() for _, text in found).most_common(1)[0][0]
        for key, found in by_key.items():
            if key in called[code]:
                continue
            others = sorted(owners[key])
            belongs = f"; that is {element} {', '.join(others)}" if others else ""
            row, text = found[0]
            yield Finding(
                Severity.ERROR if others else Severity.WARNING, str(row.code), rule,
                f"{len(found)} row(s) call {element} {code} {text!r}, usually {usual!r}{belongs}: "
                f"{row.name} {row.product}".rstrip(),
            )  # fmt: skip


def _unit_key(text: str) -> str:
    return canonical(text) or re.sub(r"[\s・]", "", clean(text)).casefold()


def _check_families(rows: Iterable[ListedCode], vocabulary: Vocabulary) -> Iterator[Finding]:
    families = {
        measurand.code: {family for family in _FAMILIES if family in clean(measurand.name)}
        for measurand in vocabulary.measurands
    }
    groups: dict[tuple[str, str], list[ListedCode]] = defaultdict(list)
    for row in rows:
        groups[row.code.measurand, row.name].append(row)
    for (measurand, name), found in groups.items():
        own = families.get(measurand)
        foreign = [family for family in _FAMILIES if own and family in name and family not in own]
        if own and any(family in name for family in own):
            continue  # 抗原・抗体同時 names both
        if own and foreign:
            yield Finding(
                Severity.WARNING, str(found[0].code), "name-family",
                f"{len(found)} code(s) of {measurand}, a measurand of {'・'.join(sorted(own))}, "
                f"are named {name!r}",
            )  # fmt: skip


def _check_discontinued(rows: Iterable[ListedCode], as_of: date) -> Iterator[Finding]:
    groups: dict[tuple[str, str, str], list[ListedCode]] = defaultdict(list)
    for row in rows:
        if row.product and not row.code.is_request:
            groups[row.code.measurand, row.code.identification + row.code.unit, row.product].append(row)
    for (measurand, _, product), found in groups.items():
        ended = [row for row in found if row.valid_to is not None and row.valid_to < as_of]
        if not ended:
            continue
        days = ", ".join(sorted({row.valid_to.isoformat() for row in ended if row.valid_to}))
        still_open = [row for row in found if row.is_valid_on(as_of)]
        if still_open:
            yield Finding(
                Severity.WARNING, str(still_open[0].code), "product-partly-ended",
                f"{product} under {measurand}: {len(ended)} code(s) ended ({days}), "
                f"{len(still_open)} of the same result are still open",
            )  # fmt: skip
        else:
            yield Finding(
                Severity.INFO, str(ended[0].code), "product-ended",
                f"{product} under {measurand}: its {len(ended)} code(s) of {found[0].name} ended ({days})",
            )  # fmt: skip
