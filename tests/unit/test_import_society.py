"""The learned society's list of 17-digit codes, one row a measurand, identification and method."""

from pathlib import Path
from typing import Any

import pytest

from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.import_rows import ImportedMaster
from jlac_mapper.master.importers import read_master
from tests.support.words import words
from tests.unit.master_files import write_csv, write_xlsx

SHEET = "JLAC11_17桁コードリスト"

SOCIETY_HEADER = words(
    """
    更新区分（T：登録、S：削除、H：変更） 測定物コード 測定物名称 識別コード 識別名称 測定法コード
    測定法名称 材料コード 材料名称 結果単位コード 結果単位名称 材料コード2 材料名称2 結果単位コード2
    結果単位名称2
    """
)
SOCIETY_ROW: list[Any] = [
    "T",
    "C2008",
    "AST",
    "0000",
    "",
    "009",
    "試薬A",
    "250",
    "血清",
    "F7",
    "U/L",
    243,
    "血漿(ヘパリン入り)",
    "",
    "",
]


def test_the_societys_list_gives_a_code_for_every_specimen_and_unit_of_a_row(tmp_path: Path) -> None:
    withdrawn = ["S", *SOCIETY_ROW[1:]]
    numbers: list[Any] = [
        "H",
        "C2011",
        "ALT",
        0,
        "",
        0,
        "その他の測定法",
        250,
        "血清",
        "F7",
        "U/L",
        "",
        "",
        85,
        "mg/dL",
    ]
    rows = [["JLAC11 17桁コードリスト"], SOCIETY_HEADER, SOCIETY_ROW, withdrawn, numbers]
    imported = read_master(write_xlsx(tmp_path / "jlac11_3.xlsx", ("JLAC11_17桁コードリスト", rows)))
    assert imported.layout == "jlac11-society"
    assert [(str(row.code), row.specimen_name, row.unit_name, row.product) for row in imported.rows] == [
        ("C20080000243009F7", "血漿(ヘパリン入り)", "U/L", "試薬A"),
        ("C20080000250009F7", "血清", "U/L", "試薬A"),
        ("C2011000025000085", "血清", "mg/dL", ""),
        ("C20110000250000F7", "血清", "U/L", ""),
    ]
    assert [(note.row, note.kind) for note in imported.skipped] == [(4, "withdrawn")]


def test_a_society_list_with_a_code_column_that_is_not_understood_is_refused(tmp_path: Path) -> None:
    header = [*SOCIETY_HEADER, "材料コード（任意追加分）"]
    file = write_xlsx(tmp_path / "m.xlsx", ("JLAC11_17桁コードリスト", [header, SOCIETY_ROW]))
    with pytest.raises(MasterFileError, match="任意追加分"):
        read_master(file)


def test_a_society_list_without_a_needed_column_is_refused_by_name(tmp_path: Path) -> None:
    file = write_csv(
        tmp_path / "m.csv", ["測定物コード", "材料コード", "測定法コード"], ["C2008", "250", "009"]
    )
    with pytest.raises(MasterFileError, match="識別コード, 結果単位コード"):
        read_master(file)


# --- 44 columns ------------------------------------------------------------------------------------

ELEMENTS = ("測定物", "識別", "材料", "測定法", "結果単位")
HEADER_44 = [
    "No.",
    "更新区分（T：登録、S：削除、H：変更）",
    "更新日",
    *(text for element in ELEMENTS for text in (f"{element}コード", f"{element}名称")),
    *(text for i in range(2, 10) for text in (f"材料コード{i}", f"材料名称{i}")),
    *(text for i in range(2, 7) for text in (f"結果単位コード{i}", f"結果単位名称{i}")),
    "JLAC10測定法",
    "販売開始日",
    "備考1",
    "備考2",
    "備考3",
]
FIRST = ["C2008", "AST", "0000", "1依頼1結果", "250", "血清", "009", "紫外吸光光度法_試薬A", "F7", "U/L"]
SPECIMENS = [str(code) for code in range(240, 248)]
UNITS = ["F8", "B1", "85", "55", "12"]


def row_44(status: str = "T", first: list[Any] = FIRST, further: bool = True) -> list[Any]:
    specimens = [text for code in SPECIMENS for text in (code, f"血漿{code}")] if further else [""] * 16
    units = [text for code in UNITS for text in (code, f"単位{code}")] if further else [""] * 10
    return [1, status, "20260801", *first, *specimens, *units, "272", "", "", "", ""]


def read_44(path: Path, *rows: list[Any], header: Any = None) -> ImportedMaster:
    heading = header or [HEADER_44]
    return read_master(write_xlsx(path / "list.xlsx", (SHEET, [["JLAC11"], *heading, *rows])))


def test_a_row_of_44_columns_becomes_its_nine_specimens_with_its_six_units(tmp_path: Path) -> None:
    assert len(HEADER_44) == len(row_44()) == 44
    imported = read_44(tmp_path, row_44())
    assert imported.layout == "jlac11-society"
    assert imported.notes == ()
    assert [str(row.code) for row in imported.rows] == sorted(
        f"C20080000{specimen}009{unit}" for specimen in ("250", *SPECIMENS) for unit in ("F7", *UNITS)
    )
    by_code = {str(row.code): row for row in imported.rows}
    row = by_code["C20080000243009B1"]
    assert (row.name, row.specimen_name, row.unit_name) == ("AST", "血漿243", "単位B1")
    assert (row.method_name, row.product) == ("紫外吸光光度法_試薬A", "試薬A")
    assert (row.sheet, row.row) == (SHEET, 3)


def test_a_specimen_that_a_row_names_twice_gives_its_code_once(tmp_path: Path) -> None:
    row = row_44(further=False)
    row[13:15] = ["250", "血清"]
    imported = read_44(tmp_path, row)
    assert [str(listed.code) for listed in imported.rows] == ["C20080000250009F7"]
    assert imported.notes == ()


def test_a_deleted_row_gives_no_codes_and_a_changed_one_does(tmp_path: Path) -> None:
    other = ["C2011", *FIRST[1:]]
    imported = read_44(tmp_path, row_44("S"), row_44("H", other, further=False))
    assert [str(row.code) for row in imported.rows] == ["C20110000250009F7"]
    assert [(note.row, note.kind, note.sheet) for note in imported.skipped] == [(3, "withdrawn", SHEET)]


def test_the_methods_of_each_measurand_are_kept_by_their_names(tmp_path: Path) -> None:
    imported = read_44(tmp_path, row_44(), row_44(first=[*FIRST[:6], "000", "その他の測定法", "F7", "U/L"]))
    assert imported.elements == (
        Element(ElementKind.METHOD, "C2008009", "紫外吸光光度法_試薬A"),
        Element(ElementKind.METHOD, "C2008000", "その他の測定法"),
    )


def test_the_identification_stands_in_the_name_where_there_are_several(tmp_path: Path) -> None:
    pt = ["B2006", "プロトロンビン時間", "0001", "秒", "244", "血漿", "009", "試薬", "F0", "秒"]
    imported = read_44(tmp_path, row_44(first=pt, further=False))
    assert [row.name for row in imported.rows] == ["プロトロンビン時間 秒"]


def test_a_header_of_two_rows_and_reordered_columns_are_read(tmp_path: Path) -> None:
    upper = ["更新区分", "測定物", "", "識別", "", "測定法", "", "結果単位", "", "材料", "", "材料2", ""]
    lower = ["", *(["コード", "名称"] * 6)]
    row = ["T", *FIRST[:4], *FIRST[6:10], "250", "血清", "240", "血漿"]
    imported = read_44(tmp_path, row, header=[upper, lower])
    assert [(str(listed.code), listed.specimen_name) for listed in imported.rows] == [
        ("C20080000240009F7", "血漿"),
        ("C20080000250009F7", "血清"),
    ]


def test_the_last_column_of_a_header_of_two_rows_may_be_named_by_the_upper_alone(tmp_path: Path) -> None:
    upper = ["測定物", "", "識別", "", "測定法", "", "結果単位", "", "材料", "", "更新区分"]
    lower = [*(["コード", "名称"] * 5), ""]
    row = [*FIRST[:4], *FIRST[6:10], "250", "血清"]
    with pytest.raises(MasterFileError, match="1 withdrawn"):
        read_44(tmp_path, [*row, "S"], header=[upper, lower])


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("追加材料1コード", "追加材料1名"),
        ("材料コード（追加1）", "材料名称（追加1）"),
        ("材料コード②", "材料名称②"),
        ("材料コード", "材料名称"),
    ],
)
def test_further_specimens_may_be_headed_in_other_words(tmp_path: Path, code: str, name: str) -> None:
    header = [text.replace("材料コード2", code).replace("材料名称2", name) for text in HEADER_44]
    header[3] = "JLAC11測定物コード（5桁）"
    assert len(read_44(tmp_path, row_44(), header=[header]).rows) == 54


def test_a_row_without_an_element_is_noted_and_a_heading_is_not(tmp_path: Path) -> None:
    lacking = row_44(first=["C2008", "AST", "0000", "", "", "", "009", "試薬", "F7", "U/L"], further=False)
    heading = ["◆生化学", *[""] * 43]
    imported = read_44(tmp_path, heading, lacking, row_44())
    assert [(note.row, note.kind, note.text) for note in imported.notes] == [
        (4, "code-malformed", "AST: no 材料"),
    ]
