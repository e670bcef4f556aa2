"""The sheet layouts, each found by its header names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, product

from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.import_files import Row, Sheet
from jlac_mapper.master.import_rows import (
    CODE_MALFORMED,
    CODE_MISSING,
    WITHDRAWN,
    Analyte,
    ImportedMaster,
    RowCollector,
)
from jlac_mapper.text import clean, fold

HEADER_SEARCH_ROWS = 40
"""How far down a header row is looked for: titles and notes stand above it."""

# Field -> headers that hold it, the preferred one first.
_EHR_HEADERS: Mapping[str, tuple[str, ...]] = {
    "code": ("JLAC11コード", "JLAC11コード(17桁)", "JLAC11"),
    "name": ("FHIR項目名称", "項目名称"),
    "abbreviation": ("略称",),
    "product": ("販売名称", "販売名"),
    "specimen_name": ("材料(JLAC11)",),
    "unit_name": ("表示用単位", "単位", "XML用単位"),
    "jlac10": ("JLAC10コード",),
    "valid_from": ("適用開始日",),
    "valid_to": ("適用終了日",),
    "successor": ("後継コード", "変更後コード", "後継JLAC11コード"),
}
_ELEMENTS = {"measurand": 5, "identification": 4, "specimen": 3, "method": 3, "unit": 2}
_SOCIETY_WORDS = {
    "measurand": "測定物", "identification": "識別", "specimen": "材料", "method": "測定法",
    "unit": "結果単位",
}  # fmt: skip
_SOCIETY_CODE_HEADERS = ("JLAC11コード", "17桁コード", "JLAC11_17桁コード", "JLAC11コード(17桁)")
_SOCIETY_PRODUCT_HEADERS = ("販売名称", "販売名", "試薬名", "試薬・機器名")
_METHOD_BRACKET = re.compile(r"\((?:[^()]*法)\)$")


@dataclass(frozen=True, slots=True)
class Found:
    """A header row that was recognised: layout, sheet, row number, and the columns of each field."""

    layout: str
    sheet: Sheet
    header_row: int
    columns: Mapping[str, tuple[int, ...]]


@cache
def header_key(text: str) -> str:
    """Return a header without what varies: widths, blanks, line breaks, a revision date in brackets."""
    return fold(re.sub(r"\([0-9]{6,8}\)", "", clean(text)))


def find_layout(sheet: Sheet) -> Found | None:
    """
    Return the layout of a sheet, None where no row among the first ones is a known header.

    Raises:
        MasterFileError: A known table that cannot be imported as it is.
    """
    for number, cells in islice(sheet.rows(), HEADER_SEARCH_ROWS):
        keys = [header_key(cell) for cell in cells]
        if columns := _ehr_columns(keys):
            edition = "2025" if header_key("表示用単位") in keys else "2024"
            return Found(f"ehr-share-{edition}", sheet, number, columns)
        if columns := _society_columns(sheet.name, cells, keys):
            return Found("jlac11-society", sheet, number, columns)
        if columns := _analyte_columns(keys):
            return Found("jlac10-analytes", sheet, number, columns)
        if {header_key("変更区分"), header_key("削除理由")} <= set(keys):
            raise MasterFileError(
                f"sheet {sheet.name!r} is the table of old and new codes; it lists no edition: "
                "import the master itself, whose dates and identifications give the successors"
            )
    return None


def read_found(found: Found) -> ImportedMaster:
    """Read the rows below a recognised header."""
    if found.layout == "jlac10-analytes":
        return _read_analytes(found)
    collector = RowCollector()
    read = _society_row if found.layout == "jlac11-society" else _ehr_row
    for number, cells in _rows_below(found):
        collector.rows_read += 1
        read(collector, found.columns, number, cells)
    return collector.finish(found.layout, found.sheet.name)


def _rows_below(found: Found) -> Iterator[Row]:
    for number, cells in found.sheet.rows():
        if number > found.header_row and any(cell.strip() for cell in cells):
            yield number, cells


def _cell(cells: Sequence[str], columns: Mapping[str, tuple[int, ...]], name: str) -> str:
    """Return the first filled cell of a field; a short row lacks its last cells."""
    for column in columns.get(name, ()):
        if column < len(cells) and cells[column].strip():
            return cells[column]
    return ""


# --- the EHR-sharing master, 2024 and 2025 layouts -------------------------------------------------


def _ehr_columns(keys: Sequence[str]) -> dict[str, tuple[int, ...]] | None:
    columns = {
        name: tuple(keys.index(header_key(header)) for header in headers if header_key(header) in keys)
        for name, headers in _EHR_HEADERS.items()
    }
    return columns if columns["code"] and columns["name"] else None


def _ehr_row(
    collector: RowCollector, columns: Mapping[str, tuple[int, ...]], number: int, cells: Sequence[str]
) -> None:
    texts = {name: _cell(cells, columns, name) for name in _EHR_HEADERS if name != "code"}
    collector.add(number, _cell(cells, columns, "code"), **texts)


# --- the learned society's list of 17-digit codes --------------------------------------------------


def _society_columns(
    sheet_name: str, cells: Sequence[str], keys: Sequence[str]
) -> dict[str, tuple[int, ...]] | None:
    columns: dict[str, list[int]] = {}
    unknown: list[str] = []
    whole = {header_key(header) for header in _SOCIETY_CODE_HEADERS}
    products = {header_key(header) for header in _SOCIETY_PRODUCT_HEADERS}
    for index, key in enumerate(keys):
        field = _society_field(key)
        if key in whole:
            columns.setdefault("code", []).append(index)
        elif key in products:
            columns.setdefault("product", []).append(index)
        elif key.startswith(header_key("更新区分")):
            columns.setdefault("status", []).append(index)
        elif field:
            columns.setdefault(field, []).append(index)
        elif header_key("コード") in key and any(key.startswith(fold(w)) for w in _SOCIETY_WORDS.values()):
            unknown.append(clean(cells[index]))
    if "measurand" not in columns or not {"specimen", "method", "unit"} & columns.keys():
        return None
    missing = [_SOCIETY_WORDS[name] + "コード" for name in _ELEMENTS if name not in columns]
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


@cache
def _society_field(key: str) -> str:
    """Return the field of a header such as 材料コード, 材料コード2 or 測定物名称; empty for others."""
    for name, word in _SOCIETY_WORDS.items():
        words = fold(word) if name != "unit" else f"(?:{fold(word)}|{fold('単位')})"
        if re.fullmatch(rf"{words}{fold('コード')}[0-9]*", key):
            return name
        if re.fullmatch(rf"{words}(?:{fold('名称')}|{fold('名')})?[0-9]*", key):
            return f"{name}_name"
    return ""


def _society_row(
    collector: RowCollector, columns: Mapping[str, tuple[int, ...]], number: int, cells: Sequence[str]
) -> None:
    name = " ".join(
        text
        for text in (_cell(cells, columns, "measurand_name"), _cell(cells, columns, "identification_name"))
        if text.strip() and not text.strip().isdigit()
    )
    if clean(_cell(cells, columns, "status")).upper().startswith("S"):
        return collector.skip(number, WITHDRAWN, clean(name))
    values = {
        element: [
            clean(cells[column]).zfill(width)
            for column in columns.get(element, ())
            if column < len(cells) and cells[column].strip()
        ]
        for element, width in _ELEMENTS.items()
    }
    whole = _cell(cells, columns, "code")
    codes = ["".join(parts) for parts in product(*values.values())]
    if whole and whole not in codes:
        codes.insert(0, whole)
    if not codes:
        lacking = ", ".join(_SOCIETY_WORDS[element] for element, found in values.items() if not found)
        return collector.skip(number, CODE_MALFORMED, f"{clean(name)}: no {lacking}")
    product_name = _cell(cells, columns, "product") or _cell(cells, columns, "method_name")
    specimen_names = _names_of(cells, columns, "specimen")
    unit_names = _names_of(cells, columns, "unit")
    for code in codes:
        collector.add(
            number, code, name=name, product="" if code[12:15] == "000" else product_name,
            specimen_name=specimen_names.get(code[9:12], ""), unit_name=unit_names.get(code[15:], ""),
        )  # fmt: skip
    return None


def _names_of(cells: Sequence[str], columns: Mapping[str, tuple[int, ...]], element: str) -> dict[str, str]:
    """Return code -> name of the alternatives in one row, where each code column has its name column."""
    codes, names = columns.get(element, ()), columns.get(f"{element}_name", ())
    if len(codes) != len(names):
        return {}
    width = _ELEMENTS[element]
    return {
        clean(cells[code]).zfill(width): cells[name]
        for code, name in zip(codes, names, strict=True)
        if max(code, name) < len(cells) and cells[code].strip()
    }


# --- the JLAC10 analyte table ----------------------------------------------------------------------


def _analyte_columns(keys: Sequence[str]) -> dict[str, tuple[int, ...]] | None:
    code, first_name = header_key("分析物コード"), header_key("分析物名(1)")
    if code not in keys or first_name not in keys:
        return None
    names = [i for i, key in enumerate(keys) if key.startswith(header_key("分析物名"))]
    return {"code": (keys.index(code),), "names": tuple(names)}


def _read_analytes(found: Found) -> ImportedMaster:
    """Keep withdrawn analytes as well: hospitals go on using their names."""
    collector = RowCollector()
    analytes = []
    for number, cells in _rows_below(found):
        collector.rows_read += 1
        code = clean(_cell(cells, found.columns, "code"))
        names = [
            # A method in brackets is dropped; a specimen such as [尿] makes another test and stays.
            _METHOD_BRACKET.sub("", clean(cells[column])).strip()
            for column in found.columns["names"]
            if column < len(cells)
        ]
        kept = tuple(dict.fromkeys(name for name in names if name))
        if re.fullmatch(r"[0-9][0-9A-Z][0-9A-Z]{3}", code) and kept:
            analytes.append(Analyte(code, kept))
        else:
            kind = CODE_MALFORMED if code and kept else CODE_MISSING
            collector.skip(number, kind, f"{code} {' '.join(kept)}".strip())
    imported = collector.finish(found.layout, found.sheet.name)
    return ImportedMaster(
        imported.layout, notes=imported.notes, analytes=tuple(analytes),
        sheet=imported.sheet, rows_read=imported.rows_read,
    )  # fmt: skip
