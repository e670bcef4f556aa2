"""Small master files for tests, as the published ones are laid out."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl

from tests.support.words import words

HEADER_2024 = words(
    """
    区分名称 FHIR項目名称 略称 販売名称 材料(JLAC11) 測定法(JLAC11) JLAC11コード 単位 JLAC10コード
    適用開始日 適用終了日
    """
)
HEADER_2025 = words(
    """
    区分名称 救急フラグ FHIR項目名称 略称 販売名称 材料(JLAC11) JLAC11コード 表示用単位 XML用単位
    JLAC10コード 適用開始日 適用終了日
    """
)
HEADER_2026 = words(
    """
    区分名称 予備区分名称 救急フラグ 生活習慣病フラグ データ区分 大項目 FHIR項目名称 FHIR識別文字列 略称
    販売名称 材料(JLAC11) 測定法(JLAC11) JLAC11コード 表示用単位 表示用単位2 XML用単位 XML用単位2
    材料(JLAC10) 検査方法(JLAC10-測定法) JLAC10コード 基準値フラグ(下限) 基準値フラグ(上限)
    基準値フラグ(判定) データタイプ 値の下限 値の上限 数値型の場合の形式 コード型の場合の値リスト
    コード型のOID 並び順 適用開始日 適用終了日
    """
)
AST = {
    "FHIR項目名称": "AST(GOT)",
    "略称": "AST",
    "販売名称": "試薬",
    "材料(JLAC11)": "血清",
    "JLAC11コード": "C20080000250009F7",
    "単位": "U/L",
    "表示用単位": "U/L",
    "JLAC10コード": "3B035000002327201",
}


def cells(header: Sequence[str], **changes: str) -> list[str]:
    return [(AST | changes).get(heading, "") for heading in header]


def write_xlsx(path: Path, *sheets: tuple[str, Sequence[Sequence[Any]]]) -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets:
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    workbook.save(path)
    return path


def write_csv(path: Path, *rows: Sequence[str], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def code_system(*concepts: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "CodeSystem", "content": "complete", "concept": list(concepts)}


def concept(code: str = "C20080000250009F7", **more: Any) -> dict[str, Any]:
    properties = [
        {"code": "unit", "valueString": "U/L  "},
        {"code": "specimen", "valueCoding": {"code": "250", "display": "血清"}},
        {"code": "method", "valueString": "可視吸光光度法_ビトロス\u3000スライドAST"},
    ]
    japanese = [{"language": "ja", "value": "AST(GOT)"}]
    return {"code": code, "display": "AST", "designation": japanese, "property": properties} | more
