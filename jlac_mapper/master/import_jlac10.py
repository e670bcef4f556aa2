"""The learned society's JLAC10 workbook: every element table of it, each sheet found by its headers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.master.import_files import Sheet
from jlac_mapper.master.import_headers import (
    HEADER_SEARCH_ROWS,
    Found,
    cell,
    header_key,
    is_withdrawn,
    rows_below,
)
from jlac_mapper.text import clean

LAYOUT = "jlac10-elements"

# Kind -> header of the code, headers of the names as they begin, and what a code looks like.
_SHEETS: Mapping[ElementKind, tuple[str, str, str]] = {
    ElementKind.JLAC10_MEMBER: ("結果識別コード", "結果名", "[0-9A-Z]{2}"),
    ElementKind.JLAC10_ANALYTE: ("分析物コード", "分析物名", "[0-9][0-9A-Z][0-9A-Z]{3}"),
    ElementKind.JLAC10_IDENTIFICATION: ("コード", "識別名", "[0-9A-Z]{4}"),
    ElementKind.JLAC10_SPECIMEN: ("コード", "材料名", "[0-9]{3}"),
    ElementKind.JLAC10_METHOD: ("コード", "測定法名", "[0-9]{3}"),
    ElementKind.JLAC10_RESULT: ("コード", "結果識別名", "[0-9A-Z]{2}"),
}
_WIDTHS = {ElementKind.JLAC10_IDENTIFICATION: 4, ElementKind.JLAC10_SPECIMEN: 3, ElementKind.JLAC10_METHOD: 3}
_MEMBER = re.compile("[0-9][0-9A-Z][0-9]{3}[0-9A-Z]{4}[0-9A-Z]{2}")
_METHOD_BRACKET = re.compile(r"\((?:[^()]*法)\)$")
_EMPTY = frozenset({"空き", "欠番"})
"""What stands where a number is kept free."""


def jlac10_columns(cells: Sequence[str]) -> tuple[ElementKind, dict[str, tuple[int, ...]]] | None:
    """Return what a header row's table is of, and its columns; None for any other row."""
    keys = [header_key(text) for text in cells]
    for kind, (code, name, _) in _SHEETS.items():
        names = tuple(i for i, key in enumerate(keys) if key.startswith(header_key(name)))
        if header_key(code) not in keys or not names:
            continue
        columns = {
            "code": (keys.index(header_key(code)),),
            "names": names,
            "status": tuple(i for i, key in enumerate(keys) if key.startswith(header_key("更新区分"))),
        }
        if kind is ElementKind.JLAC10_MEMBER:
            place = [header_key("分析物コード"), header_key("識別")]
            columns["place"] = tuple(keys.index(key) for key in place if key in keys)
        return kind, columns
    return None


def read_workbook(sheets: Iterable[Sheet]) -> tuple[tuple[Element, ...], tuple[str, ...]]:
    """Return the elements of every sheet that is a JLAC10 table, and the names of those sheets."""
    elements: list[Element] = []
    names: list[str] = []
    for sheet in sheets:
        for number, cells in islice(sheet.rows(), HEADER_SEARCH_ROWS):
            if (found := jlac10_columns(cells)) is not None:
                kind, columns = found
                elements += _read(kind, Found(LAYOUT, sheet, number, columns))
                names.append(sheet.name)
                break
    return tuple(elements), tuple(names)


def _read(kind: ElementKind, found: Found) -> list[Element]:
    pattern = re.compile(_SHEETS[kind][2])
    elements = []
    for _, cells in rows_below(found):
        written = clean(cell(cells, found.columns, "code")).upper()
        code = written.zfill(_WIDTHS.get(kind, 2)) if written else ""
        texts = [clean(cells[i]) for i in found.columns["names"] if i < len(cells)]
        # A name is also known without the method that stands behind it.
        texts += [_METHOD_BRACKET.sub("", text).strip() for text in texts]
        names = tuple(dict.fromkeys(text for text in texts if text))
        if not pattern.fullmatch(code) or not names or names[0] in _EMPTY:
            continue
        if kind is ElementKind.JLAC10_MEMBER:
            place = [clean(cells[i]) if i < len(cells) else "" for i in found.columns["place"]]
            code = f"{place[0]}{place[1].zfill(4)}{code}" if len(place) == 2 else ""
            if not _MEMBER.fullmatch(code):
                continue
        elements.append(Element(kind, code, names[0], names[1:], is_withdrawn(cells, found.columns)))
    return elements
