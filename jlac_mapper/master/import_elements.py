"""The learned society's element workbook: specimen codes, and unit codes with their other spellings."""

import re
from collections.abc import Sequence

from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.import_headers import Columns, Found, cell, header_key, is_withdrawn, rows_below
from jlac_mapper.master.import_rows import CODE_MALFORMED, RowCollector
from jlac_mapper.text import clean, fold

LAYOUT = "jlac11-elements"

# Headers are known by what they say, or by the sheet's name where they only say コード and 名称.
_WORDS = {ElementKind.SPECIMEN: ("材料",), ElementKind.UNIT: ("結果単位", "単位")}
_PATTERNS = {ElementKind.SPECIMEN: re.compile("[0-9]{3}"), ElementKind.UNIT: re.compile("[0-9A-Z]{2}")}
_SPELLINGS = ("表記", "別名", "同義", "表現", "シノニム", "書き方")
_NAME_ENDS = ("名称", "名", "")
# Serum in JLAC11 and in JLAC10: both tables have three digits and much the same headers.
_SERUM, _SERUM_JLAC10 = "250", "023"


def element_columns(sheet_name: str, cells: Sequence[str]) -> dict[str, tuple[int, ...]] | None:
    """Return the columns of a header with code, name and 更新区分 or other spellings, None for others."""
    keys = [header_key(text) for text in cells]
    for kind, words in _WORDS.items():
        columns = _columns_of(kind, words, sheet_name, keys)
        if columns:
            return columns
    return None


def read_elements(collector: RowCollector, found: Found) -> None:
    """
    Take the rows below a header of specimens or units; rows without a code only name a group.

    Raises:
        MasterFileError: The specimens are those of JLAC10.
    """
    kind = ElementKind.SPECIMEN if "specimen" in found.columns else ElementKind.UNIT
    taken: list[Element] = []
    for number, cells in rows_below(found):
        collector.rows_read += 1
        code, name = clean(cell(cells, found.columns, kind.value)).upper(), _name(cells, found.columns)
        if not re.search("[0-9A-Z]", code):  # blank, or the black diamond of a group
            continue
        code = code.zfill(3 if kind is ElementKind.SPECIMEN else 2)
        if not _PATTERNS[kind].fullmatch(code) or not name:
            collector.skip(
                number,
                CODE_MALFORMED,
                f"{code} {name}".strip(),
                found=code,
                expected=f"a {kind.value} code and its name",
            )
            continue
        spellings = _spellings(cells, found.columns, name)
        taken.append(Element(kind, code, name, spellings, is_withdrawn(cells, found.columns)))
    serum = {element.code for element in taken if fold(element.name).startswith(fold("血清"))}
    if _SERUM_JLAC10 in serum and _SERUM not in serum:
        raise MasterFileError(
            f"sheet {found.sheet.name!r} holds JLAC10 specimens (023 is serum; JLAC11's is 250); "
            "import the JLAC11 element workbook"
        )
    collector.elements += taken


def _columns_of(
    kind: ElementKind, words: Sequence[str], sheet_name: str, keys: Sequence[str]
) -> dict[str, tuple[int, ...]] | None:
    named = any(word in clean(sheet_name) for word in words)
    own_codes = [header_key(f"{word}コード") for word in words]
    own_names = [header_key(f"{word}{end}") for word in words for end in _NAME_ENDS]
    code = _first(keys, [*own_codes, header_key("コード")], own_codes)
    name = _first(keys, [*own_names, header_key("名称"), header_key("名")], own_names[:2])
    says_itself = any(own in key for key in keys for own in own_codes + own_names[:2])
    if code is None or name is None or not (named or says_itself):
        return None
    status = [i for i, key in enumerate(keys) if key.startswith(header_key("更新区分"))]
    words_for_spellings = [header_key(word) for word in _SPELLINGS]
    spellings = [
        i
        for i, key in enumerate(keys)
        if i not in (code, name) and any(word in key for word in words_for_spellings)
    ]
    if not status and not spellings:
        return None
    return {kind.value: (code,), "name": (name,), "status": tuple(status), "spellings": tuple(spellings)}


def _first(keys: Sequence[str], wanted: Sequence[str], parts: Sequence[str]) -> int | None:
    """Return the first column with a wanted header, else the only one with a part: 材料コード(3桁)."""
    exact = next((keys.index(key) for key in wanted if key in keys), None)
    if exact is not None:
        return exact
    loose = [i for i, key in enumerate(keys) if any(part in key for part in parts)]
    return loose[0] if len(loose) == 1 else None


def _name(cells: Sequence[str], columns: Columns) -> str:
    return clean(cell(cells, columns, "name"))


def _spellings(cells: Sequence[str], columns: Columns, name: str) -> tuple[str, ...]:
    """Return the other spellings, separated by commas of any width; the name itself is none."""
    written = [
        clean(text)
        for column in columns.get("spellings", ())
        if column < len(cells)
        for text in re.split("[,\uff0c、;\n]", cells[column])
    ]
    return tuple(dict.fromkeys(text for text in written if text and text != name))
