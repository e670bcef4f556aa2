"""Unit and specimen text against the digits of the code."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.master.checks.finding import Finding, Severity, places_of
from jlac_mapper.reading.units import canonical
from jlac_mapper.text import clean, fold
from jlac_mapper.vocabulary import Vocabulary

Tables = Mapping[tuple[ElementKind, str], Element]
"""The official element tables, by kind and code; see `master.elements.in_force`."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One element of a code with its text: how it is read off a row, how texts are compared."""

    kind: ElementKind
    of: Callable[[ListedCode], tuple[str, str]]
    key: Callable[[str], str]


def check_units(rows: list[ListedCode], vocabulary: Vocabulary, tables: Tables) -> Iterator[Finding]:
    """Yield `unit-name` (the text belongs to another code) and `unit-code` (the table lacks the code)."""
    known = {unit.code: frozenset({unit_key(unit.canonical)}) for unit in vocabulary.units if unit.code}
    names = {unit.code: unit.name for unit in reversed(vocabulary.units)}
    side = _Side(ElementKind.UNIT, lambda row: (row.code.unit, row.unit_name), unit_key)
    yield from _check(rows, side, known, names, tables)


def check_specimens(rows: list[ListedCode], vocabulary: Vocabulary, tables: Tables) -> Iterator[Finding]:
    """Yield `specimen-name` and `specimen-code`, as for units."""
    known: dict[str, frozenset[str]] = {}
    for specimen in vocabulary.specimens:
        if specimen.code:
            keys = frozenset(fold(text) for text in (specimen.name, *specimen.spellings))
            known[specimen.code] = known.get(specimen.code, frozenset()) | keys
    names = {specimen.code: specimen.name for specimen in reversed(vocabulary.specimens)}
    side = _Side(ElementKind.SPECIMEN, lambda row: (row.code.specimen, row.specimen_name), fold)
    yield from _check(rows, side, known, names, tables)


def unit_key(text: str) -> str:
    """Return what two spellings of one unit share."""
    return canonical(text) or re.sub(r"[\s・]", "", clean(text)).casefold()


def _check(
    rows: list[ListedCode],
    side: _Side,
    known: Mapping[str, frozenset[str]],
    names: Mapping[str, str],
    tables: Tables,
) -> Iterator[Finding]:
    results = [row for row in rows if not row.code.is_request]
    official = {code: element for (kind, code), element in tables.items() if kind is side.kind}
    if official:
        names = {**names, **{code: element.name for code, element in official.items()}}
        known = {**known} | {
            code: frozenset(side.key(text) for text in (element.name, *element.spellings))
            for code, element in official.items()
        }
        yield from _check_codes(results, side, official)
    yield from _check_texts(results, side, known, names)


def _check_codes(
    rows: Iterable[ListedCode], side: _Side, official: Mapping[str, Element]
) -> Iterator[Finding]:
    groups: dict[str, list[ListedCode]] = defaultdict(list)
    for row in rows:
        code, _ = side.of(row)
        if code not in official or official[code].withdrawn:
            groups[code].append(row)
    for code, found in groups.items():
        state = "has been withdrawn from" if code in official else "is not in"
        yield Finding(
            Severity.WARNING,
            str(found[0].code),
            f"{side.kind.value}-code",
            f"{side.kind.value} {code} {state} the element table: {len(found)} row(s), first "
            f"{found[0].name} {found[0].product}".rstrip(),
            places_of(found),
            code,
            f"a {side.kind.value} code of the element table",
        )


def _check_texts(
    rows: Iterable[ListedCode],
    side: _Side,
    known: Mapping[str, frozenset[str]],
    names: Mapping[str, str],
) -> Iterator[Finding]:
    """
    Compare the text of an element with its code, one finding for each differing (code, text) pair.

    What a code is called is told by the element table, else by the vocabulary; for a code that neither
    knows, by most rows. A text that belongs to another code is an error, any other difference a warning.
    """
    groups: dict[str, dict[str, list[tuple[ListedCode, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        code, text = side.of(row)
        if text:
            groups[code][side.key(text)].append((row, text))
    called = dict(known)
    for code, by_key in groups.items():
        called.setdefault(code, frozenset({max(by_key, key=lambda key: len(by_key[key]))}))
    owners: dict[str, set[str]] = defaultdict(set)
    for code, keys in called.items():
        for key in keys:
            owners[key].add(code)
    element = side.kind.value
    for code, by_key in groups.items():
        usual = Counter(text for found in by_key.values() for _, text in found).most_common(1)[0][0]
        expected = names.get(code, usual)
        for key, found in by_key.items():
            if key in called[code]:
                continue
            others = sorted(owners[key])
            belongs = f"; that is {element} {', '.join(others)}" if others else ""
            row, text = found[0]
            yield Finding(
                Severity.ERROR if others else Severity.WARNING,
                str(row.code),
                f"{element}-name",
                f"{len(found)} row(s) call {element} {code} {text!r}, expected {expected!r}{belongs}: "
                f"{row.name} {row.product}".rstrip(),
                places_of(row for row, _ in found),
                text,
                expected,
            )
