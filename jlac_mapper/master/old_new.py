"""The official table of old and new codes (JLAC新旧コード対応表), found by its header names."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from jlac_mapper.codes import jlac11
from jlac_mapper.errors import InvalidCodeError, MasterFileError
from jlac_mapper.master.diff import OldNew
from jlac_mapper.master.import_files import Sheet, open_sheets, read_bytes
from jlac_mapper.master.import_headers import HEADER_SEARCH_ROWS, header_key
from jlac_mapper.text import clean

# How the two columns may be called; `header_key` takes widths, blanks and dates out.
_OLD_WORDS = ("旧", "変更前", "改訂前", "改正前")
_NEW_WORDS = ("新", "変更後", "改訂後", "改正後", "後継", "移行先")
_CODE_WORDS = (
    "JLAC11コード",
    "JLAC11",
    "コード",
    "JLAC11コード(17桁)",
    "17桁コード",
    "JLACコード",
    "JLAC11_17桁コード",
)
_KIND = "変更区分"
_REASON = "削除理由"


def read_old_new(path: Path) -> dict[str, OldNew]:
    """
    Read the table (xlsx, CSV or TSV): old code -> new code, empty where it was deleted, and the reason.

    The new code may be of another measurand. Rows whose old code is no JLAC11 code (headings, JLAC10
    parts) are left out. An old code that went into several new ones has none here, and the reason names
    them: a person chooses.

    Raises:
        MasterFileError: Unreadable, no header with an old and a new code, or no row with an old code.
    """
    with open_sheets(path, read_bytes(path)) as sheets:
        return _read(path, sheets)


def _read(path: Path, sheets: Sequence[Sheet]) -> dict[str, OldNew]:
    seen: list[str] = []
    for sheet in sheets:
        for number, cells in islice(sheet.rows(), HEADER_SEARCH_ROWS):
            columns = _columns(cells)
            if {"old", "new"} <= columns.keys():
                found = _joined(_rows(sheet, number, columns))
                if not found:
                    raise MasterFileError(f"{path}: no row has an old JLAC11 code; is it the right sheet?")
                return found
            seen = max(seen, [clean(cell) for cell in cells if cell.strip()], key=len)
    raise MasterFileError(
        f"{path}: no header row with an old and a new code, such as 旧JLAC11コード and 新JLAC11コード "
        f"(変更前コード, 変更後コード); headers seen: {', '.join(seen[:20]) or 'none'}"
    )


def _joined(rows: Iterator[tuple[str, OldNew]]) -> dict[str, OldNew]:
    told: dict[str, list[OldNew]] = defaultdict(list)
    for old, new in rows:
        told[old].append(new)
    joined = {}
    for old, news in told.items():
        successors = list(dict.fromkeys(new.successor for new in news if new.successor))
        first = next((new for new in news if new.successor), news[0])
        several = OldNew("", f"several successors: {', '.join(successors)}")
        joined[old] = first if len(successors) < 2 else several
    return joined


def _columns(cells: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, cell in enumerate(cells):
        key = header_key(cell)
        for name, words in (("old", _OLD_WORDS), ("new", _NEW_WORDS)):
            if key in _spellings(words):
                columns.setdefault(name, index)
        for name, header in (("kind", _KIND), ("reason", _REASON)):
            if key == header_key(header):
                columns.setdefault(name, index)
    for name, words, others in (("old", _OLD_WORDS, _NEW_WORDS), ("new", _NEW_WORDS, _OLD_WORDS)):
        if name not in columns:
            loose = [i for i, cell in enumerate(cells) if _says(header_key(cell), words, others)]
            if len(loose) == 1:
                columns[name] = loose[0]
    return columns


def _says(key: str, words: Sequence[str], others: Sequence[str]) -> bool:
    """Tell a header that has a word and コード or JLAC11, and neither the other side's word nor JLAC10."""
    code = header_key("コード") in key or header_key("JLAC11") in key
    no_code = any(header_key(word) in key for word in ("JLAC10", "名称", "新旧", *others))
    return code and not no_code and any(header_key(word) in key for word in words)


def _spellings(words: Sequence[str]) -> set[str]:
    """Return every known way to write such a header: the word before, behind, or in brackets."""
    return {
        header_key(text)
        for word in words
        for code in _CODE_WORDS
        for text in (
            f"{word}{code}",
            f"{code}({word})",
            f"{code}_{word}",
            f"{word}_{code}",
            f"{word}の{code}",
        )
    }


def _rows(sheet: Sheet, header_row: int, columns: dict[str, int]) -> Iterator[tuple[str, OldNew]]:
    for number, cells in sheet.rows():
        if number <= header_row:
            continue
        texts = {name: clean(cells[index]) if index < len(cells) else "" for name, index in columns.items()}
        old, new = _code(texts["old"]), _code(texts["new"])
        if old and old != new:
            reason = texts.get("reason") or texts.get("kind", "")
            yield old, OldNew(new, reason)


def _code(text: str) -> str:
    try:
        return str(jlac11.parse(text))
    except InvalidCodeError:
        return ""
