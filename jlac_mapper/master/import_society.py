"""The learned society's list of 17-digit codes: a row stands for every specimen and unit it names."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product, zip_longest

from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.import_headers import Columns, cell, header_key, is_heading, is_withdrawn
from jlac_mapper.master.import_rows import CODE_MALFORMED, WITHDRAWN, RowCollector
from jlac_mapper.text import clean, fold

_WIDTHS = {"measurand": 5, "identification": 4, "specimen": 3, "method": 3, "unit": 2}
_WORDS = {
    "measurand": ("測定物",),
    "identification": ("識別",),
    "specimen": ("材料",),
    "method": ("測定法",),
    "unit": ("結果単位", "単位"),
}
_CODE_HEADERS = ("JLAC11コード", "17桁コード", "JLAC11_17桁コード", "JLAC11コード(17桁)")
_PRODUCT_HEADERS = ("販売名称", "販売名", "試薬名", "試薬・機器名")
_FURTHER = "(?:追加|他|その他|別|代替|任意|選択)?"  # a word for further specimens and units
_COUNT = "[0-9]*桁?"
_GENERAL = "0000"  # the identification of a test that has one result: its name adds nothing


def society_columns(
    sheet_name: str, cells: Sequence[str], above: Sequence[str] = ()
) -> dict[str, tuple[int, ...]] | None:
    """
    Return the columns of each field, None where the row is no header of this list.

    Args:
        above: The row above. Where it names the elements once for a code and a name column each, and this
            row says only コード and 名称, both are read together.

    Raises:
        MasterFileError: It is the list, but a column is missing or not understood.
    """
    columns, unknown = _columns(cells)
    if "measurand" not in columns and above:
        columns, unknown = _columns(_joined(above, cells))
    if "measurand" not in columns or not {"specimen", "method", "unit"} & columns.keys():
        return None
    missing = [_WORDS[name][0] + "コード" for name in _WIDTHS if name not in columns]
    if missing and "code" not in columns:
        raise MasterFileError(
            f"sheet {sheet_name!r} looks like a list of codes but lacks {', '.join(missing)}"
        )
    if unknown:
        raise MasterFileError(
            f"sheet {sheet_name!r} has code columns that are not understood: {', '.join(unknown)}; "
            "reading on could make codes that are not listed"
        )
    return {name: tuple(indexes) for name, indexes in columns.items()}


def society_row(collector: RowCollector, columns: Columns, number: int, cells: Sequence[str]) -> None:
    """Take one row: one code for each of its specimens with each of its units."""
    pairs = {element: dict(_pairs(cells, columns, element)) for element in _WIDTHS}
    identification = next(iter(pairs["identification"]), _GENERAL)
    name = " ".join(
        text
        for text in (
            next(iter(pairs["measurand"].values()), "") or cell(cells, columns, "measurand_name"),
            "" if identification == _GENERAL else next(iter(pairs["identification"].values()), ""),
        )
        if text.strip() and not text.strip().isdigit()
    )
    if is_withdrawn(cells, columns):
        return collector.skip(number, WITHDRAWN, clean(name))
    whole = clean(cell(cells, columns, "code"))
    codes = list(dict.fromkeys("".join(parts) for parts in product(*pairs.values())))
    if whole and whole not in codes:
        codes.insert(0, whole)
    if not codes:
        if is_heading(cells):
            return None
        lacking = ", ".join(_WORDS[element][0] for element, found in pairs.items() if not found)
        return collector.skip(number, CODE_MALFORMED, f"{clean(name)}: no {lacking}")
    method_name = next(iter(pairs["method"].values()), "") or cell(cells, columns, "method_name")
    # A method is named by its principle and its product: 可視吸光光度法_試薬A.
    product_name = cell(cells, columns, "product") or method_name.partition("_")[2] or method_name
    for code in codes:
        collector.add(
            number,
            code,
            name=name,
            product="" if code[12:15] == "000" else product_name,
            specimen_name=pairs["specimen"].get(code[9:12], ""),
            unit_name=pairs["unit"].get(code[15:], ""),
            method_name=method_name,
        )
    for measurand, method in product(pairs["measurand"], pairs["method"]):
        if method_name.strip():
            collector.elements.append(
                Element(ElementKind.METHOD, measurand + method, collector.text(method_name))
            )
    return None


def _columns(cells: Sequence[str]) -> tuple[dict[str, list[int]], list[str]]:
    """Return field -> columns, and the code columns that no field claims."""
    columns: dict[str, list[int]] = {}
    unknown: list[str] = []
    whole = {header_key(header) for header in _CODE_HEADERS}
    products = {header_key(header) for header in _PRODUCT_HEADERS}
    elements = tuple(fold(word) for words in _WORDS.values() for word in words)
    for index, text in enumerate(cells):
        key = header_key(text)
        if key in whole:
            field = "code"
        elif key in products:
            field = "product"
        elif key.startswith(header_key("更新区分")):
            field = "status"
        else:
            field = _field(key)
        if field:
            columns.setdefault(field, []).append(index)
        elif header_key("コード") in key and any(word in key for word in elements):
            unknown.append(clean(text))
    return columns, unknown


@cache
def _field(key: str) -> str:
    """Return the field of a header such as 材料コード, 材料コード2, 追加材料1名称; empty for others."""
    for name, words in _WORDS.items():
        word = f"(?:jlac11)?{_FURTHER}(?:{'|'.join(fold(word) for word in words)}){_COUNT}"
        if re.fullmatch(f"{word}{fold('コード')}{_FURTHER}{_COUNT}", key):
            return name
        if re.fullmatch(f"{word}(?:{fold('名称')}|{fold('名')})?{_FURTHER}{_COUNT}", key):
            return f"{name}_name"
    return ""


def _joined(above: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Return the headers of two rows, of which the upper names each element once for its columns."""
    element, joined = "", []
    for upper, text in zip_longest(above, cells, fillvalue=""):
        element = upper if upper.strip() else element
        plain = header_key(text) in {header_key(word) for word in ("コード", "名称", "名")}
        joined.append(f"{clean(element)}{clean(text)}" if plain else text or upper)
    return joined


def _pairs(cells: Sequence[str], columns: Columns, element: str) -> Iterator[tuple[str, str]]:
    """Yield code and name of an element and of its further choices; the name stands right of its code."""
    names = set(columns.get(f"{element}_name", ()))
    for column in columns.get(element, ()):
        if column < len(cells) and cells[column].strip():
            beside = column + 1
            name = cells[beside] if beside in names and beside < len(cells) else ""
            yield clean(cells[column]).zfill(_WIDTHS[element]), name
