"""Which column holds which field: the headers that hospitals use, and the search for the header row."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache

from jlac_mapper.errors import InputError
from jlac_mapper.text import clean, fold
from jlac_mapper.types import LocalTest

FIELDS = tuple(field.name for field in fields(LocalTest))
"""The fields that an input may give; only `name` is required."""

HEADER_SEARCH_ROWS = 20

# Separated by blanks, most telling first: of two columns of one field, the earlier spelling wins.
_HEADERS: Mapping[str, str] = {
    "local_code": """
        local_code 項目コード 検査項目コード 検査コード 院内コード 院内検査コード 院内項目コード
        ローカルコード test_code item_code 項目CD 検査CD 検査項目CD 項目番号 検査項目番号 検査番号
        code コード CD 項目ID 検査ID
    """,
    "name": """
        name 項目名称 検査項目名称 検査項目名 検査名称 検査名 項目名 院内名称 院内項目名 院内項目名称
        院内検査名称 院内検査名 ローカル名称 正式名称 漢字名称 項目名漢字 検査項目 test_name
        item_name test 検査 項目 名称 名前
    """,
    "abbreviation": """
        abbreviation 略称 略名 略号 項目略称 項目略名 検査略称 検査略名 略称名 略称名称 省略名
        省略名称 短縮名 短縮名称 abbr short_name 報告書名称 英略称 英字略称
    """,
    "kana": """
        kana カナ カナ名称 カナ名 カナ項目名 カナ検査名 読み ヨミ よみがな ふりがな 読み仮名
        項目名カナ 項目名称カナ 検査名カナ 検査名称カナ 検査項目名カナ 名称カナ 仮名 半角カナ
    """,
    "specimen": """
        specimen 材料 検体 検体名 検体名称 材料名 材料名称 検査材料 検査材料名 検査材料名称 検体種別
        検体種 検体種類 検体材料 試料 sample material 採取管 採血管 採取容器 容器 検体容器 容器名
        容器名称 スピッツ tube
    """,
    "unit": """
        unit 単位 結果単位 単位名 単位名称 検査単位 報告単位 表示単位 表示用単位 units
    """,
    "reference_range": """
        reference_range 基準値 基準範囲 正常値 参考基準値 参考基準範囲 参考値 基準値範囲 正常範囲
        正常値範囲 共用基準範囲 基準値単位 基準 reference reference_value normal_range
    """,
    "method": """
        method 測定法 検査方法 測定方法 方法 検査法 測定法名 測定法名称 測定原理 検査方法名
    """,
    "reagent": """
        reagent 試薬 試薬名 試薬名称 測定試薬 使用試薬 販売名 販売名称 製品名 製品名称 商品名
        試薬キット 試薬キット名 キット キット名 試薬測定機器 試薬機器 試薬/機器 試薬/測定機器 product
        測定機器 測定機器名 測定装置 分析装置 分析機器 使用機器 機器 機器名 instrument analyzer
    """,
    "result_type": """
        result_type 結果型 データ型 結果種別 結果タイプ データタイプ 結果形式 結果区分 定性/定量
        定性定量 定性定量区分 定量定性区分
    """,
    "jlac10": """
        jlac10 JLAC10コード JLAC10(15桁) JLAC10(17桁) JLAC10コード(15桁) JLAC10コード(17桁)
        JLAC10桁15 旧JLAC10 旧JLAC10コード JLACコード 標準検査コード 検査標準コード 標準コード
        臨床検査項目分類コード
    """,
}

_BRACKETS = re.compile(r"\([^()]*\)")
# 材料(コード) or 項目名(英語) are other things than 材料 and 項目名.
_OTHER_THING = re.compile(r"\([^()]*(?:コード|cd|code|英|略|カナ|ｶﾅ|かな|旧|番号)[^()]*\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """The header's place among the first rows (0 = first) and the column index of each field found."""

    index: int
    cells: tuple[str, ...]
    columns: Mapping[str, int]


@cache
def _known_headers() -> dict[str, tuple[str, int]]:
    """Folded header -> (field, rank); a smaller rank wins inside a field."""
    return {
        fold(header): (field, rank)
        for field, headers in _HEADERS.items()
        for rank, header in reversed(list(enumerate(headers.split())))
    }


def recognise(header: Sequence[str]) -> dict[str, int]:
    """Return field -> column index for the headers that are known; the most telling, then the first, wins."""
    best: dict[str, tuple[int, int]] = {}
    for index, cell in enumerate(header):
        text = clean(cell[:200])
        found = _known_headers().get(fold(text))
        penalty = 0
        if found is None and "(" in text and not _OTHER_THING.search(text):
            found, penalty = _known_headers().get(fold(_BRACKETS.sub("", text))), 1000
        if found is not None:
            field, rank = found
            best[field] = min(best.get(field, (rank + penalty, index)), (rank + penalty, index))
    return {field: index for field, (_, index) in best.items()}


def parse_overrides(arguments: Sequence[str]) -> dict[str, str]:
    """
    Read `field=HEADER` arguments.

    Raises:
        InputError: Not of that form, an unknown field, or a field given twice.
    """
    overrides: dict[str, str] = {}
    for argument in arguments:
        field, separator, header = argument.partition("=")
        field = field.strip()
        if not separator or not header.strip():
            raise InputError(f"--column {argument!r} is not of the form field=HEADER, such as name=検査名")
        if field not in FIELDS:
            raise InputError(f"--column names the unknown field {field!r}; known: {', '.join(FIELDS)}")
        if field in overrides:
            raise InputError(f"--column gives the field {field} twice")
        overrides[field] = header
    return overrides


def _locate(header: Sequence[str], wanted: str) -> int | None:
    for key in (str, str.strip, fold):
        wanted_key = key(wanted)
        if wanted_key and wanted_key in (keys := [key(cell) for cell in header]):
            return keys.index(wanted_key)
    return None


def find_header(rows: Sequence[Sequence[str]], overrides: Mapping[str, str]) -> HeaderRow | None:
    """
    Return the header among the first rows: the one that names most fields, the earliest of equals.

    It must hold every header of *overrides* and a name column. None when no row does.
    """
    best: HeaderRow | None = None
    for index, cells in enumerate(rows[:HEADER_SEARCH_ROWS]):
        columns = recognise(cells)
        located = {field: _locate(cells, header) for field, header in overrides.items()}
        chosen = {field: column for field, column in located.items() if column is not None}
        if len(chosen) < len(overrides):
            continue
        # A column that the user gave to one field serves no other.
        columns = {f: c for f, c in columns.items() if c not in chosen.values()} | chosen
        if "name" in columns and (best is None or len(columns) > len(best.columns)):
            best = HeaderRow(index, tuple(cells), columns)
    return best


def headers_seen(rows: Sequence[Sequence[str]]) -> str:
    """Return the likeliest header row as one line for an error message."""
    filled = [[clean(cell[:40]) for cell in row if cell.strip()] for row in rows]
    likely = max(filled, key=lambda row: (len(recognise(row)), len(row) > 1), default=[])
    shown = ", ".join(likely[:30]) + (", ..." if len(likely) > 30 else "")
    return shown or "none"
