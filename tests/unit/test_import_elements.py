"""The learned society's element workbook: specimens, units and their other spellings."""

from pathlib import Path
from typing import Any

import pytest

from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.importers import read_master
from tests.unit.master_files import HEADER_2024, cells, write_csv, write_xlsx

SPECIMEN_HEADER = [
    "大分類",
    "中分類",
    "コード",
    "材料名",
    "材料名（英名）",
    "備考",
    "更新区分（T：登録、S：削除、H：変更）",
    "更新日",
]
SPECIMEN_ROWS: list[list[Any]] = [
    ["◆血液", "", "", "", "", "", "", ""],
    ["", "", 250, "血清", "serum", "", "T", ""],
    ["", "", "240", "血漿", "plasma", "", "H", "20260801"],
    ["", "", "299", "廃止の材料", "", "", "S", "20260801"],
    ["", "", "◆尿", "", "", "", "", ""],
    ["", "", "100", "尿", "urine", "", "", ""],
]
UNIT_HEADER = ["コード", "結果単位名", "その他の表記"]
UNIT_ROWS: list[list[Any]] = [["F7", "U/L", "IU/L, 単位／L，カルメン単位"], [12, "%", ""], ["5", "比", None]]


def workbook(path: Path, specimens: Any = None, units: Any = None) -> Path:
    return write_xlsx(
        path / "jlac11_1.xlsx",
        ("はじめに", [["JLAC11 要素コード表"]]),
        ("材料コード", [["材料コード一覧"], [], SPECIMEN_HEADER, *(specimens or SPECIMEN_ROWS)]),
        ("結果単位コード", [UNIT_HEADER, *(units or UNIT_ROWS)]),
    )


def test_both_sheets_are_read_as_elements_and_the_other_is_told(tmp_path: Path) -> None:
    imported = read_master(workbook(tmp_path))
    assert (imported.layout, imported.sheet) == ("jlac11-elements", "材料コード, 結果単位コード")
    assert imported.other_sheets == ("はじめに",)
    assert imported.rows == ()
    assert imported.notes == ()
    assert imported.elements == (
        Element(ElementKind.SPECIMEN, "250", "血清"),
        Element(ElementKind.SPECIMEN, "240", "血漿"),
        Element(ElementKind.SPECIMEN, "299", "廃止の材料", withdrawn=True),
        Element(ElementKind.SPECIMEN, "100", "尿"),
        Element(ElementKind.UNIT, "F7", "U/L", ("IU/L", "単位/L", "カルメン単位")),
        Element(ElementKind.UNIT, "12", "%"),
        Element(ElementKind.UNIT, "05", "比"),
    )


@pytest.mark.parametrize(
    "header",
    [
        ["材料コード", "材料名称", "更新区分"],
        ["更新区分", "材料", "材料コード"],
        ["コード", "名称", "更新区分（T：登録、S：削除、H：変更）"],
        ["JLAC11材料コード（3桁）", "JLAC11材料名称", "更新区分"],
    ],
)
def test_columns_are_known_by_their_headers_or_the_sheets_name(tmp_path: Path, header: list[str]) -> None:
    row = ["250" if "コード" in text else "T" if "更新" in text else "血清" for text in header]
    imported = read_master(write_xlsx(tmp_path / "m.xlsx", ("材料コード", [header, row])))
    assert imported.elements == (Element(ElementKind.SPECIMEN, "250", "血清"),)


def test_a_row_that_is_no_element_is_noted_with_what_was_expected(tmp_path: Path) -> None:
    bad = ["", "", "25A", "血清もどき", "", "", "T", ""]
    imported = read_master(workbook(tmp_path, [*SPECIMEN_ROWS, bad]))
    (note,) = imported.notes
    assert (note.row, note.kind, note.sheet, note.found) == (10, "code-malformed", "材料コード", "25A")
    assert note.expected == "a specimen code and its name"


def test_the_specimens_of_jlac10_are_refused_by_their_serum(tmp_path: Path) -> None:
    jlac10 = [["", "", "023", "血清", "serum", "", "", ""], ["", "", "022", "血漿", "", "", "", ""]]
    with pytest.raises(MasterFileError, match=r"JLAC10 specimens \(023 is serum") as caught:
        read_master(workbook(tmp_path, jlac10))
    assert str(caught.value).startswith(str(tmp_path))


def test_a_table_that_only_has_code_and_name_is_of_no_known_layout(tmp_path: Path) -> None:
    with pytest.raises(MasterFileError, match="no known layout"):
        read_master(write_csv(tmp_path / "m.csv", ["コード", "名称", "更新区分"], ["250", "血清", "T"]))


def test_a_master_beside_element_sheets_is_read_as_the_master(tmp_path: Path) -> None:
    file = write_xlsx(
        tmp_path / "m.xlsx",
        ("材料コード", [SPECIMEN_HEADER, *SPECIMEN_ROWS]),
        ("表", [HEADER_2024, cells(HEADER_2024)]),
    )
    imported = read_master(file)
    assert (imported.layout, imported.elements) == ("ehr-share-2024", ())
    assert imported.other_sheets == ("材料コード",)
