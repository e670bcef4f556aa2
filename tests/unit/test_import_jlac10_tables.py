"""The learned society's JLAC10 workbook: each sheet found by its headers, deleted lines kept as deleted."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jlac_mapper.codes.jlac10 import Jlac10Tables
from jlac_mapper.concepts.loader import with_analytes, with_site_names
from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.import_jlac10 import jlac10_columns
from jlac_mapper.master.import_rows import ImportedMaster
from jlac_mapper.master.importers import read_master, unknown_names
from tests.unit.master_files import write_xlsx
from tests.unit.vocabulary import VOCABULARY

STATUS = "更新区分（T：登録、S：削除、H：変更）"
HEADERS: dict[ElementKind, tuple[str, list[str]]] = {
    ElementKind.JLAC10_ANALYTE: (
        "分析物コード",
        [
            "大分類",
            "大分類名称",
            "分析物コード",
            "分析物名(1)",
            "分析物名(2)",
            "分析物名(英名)",
            "備考",
            STATUS,
            "更新日",
        ],
    ),
    ElementKind.JLAC10_IDENTIFICATION: (
        "識別コード ",
        ["", "コード", "識別名", "識別名(２)", "識別名(英名)", "識別名(英名2)", "備考", STATUS, "変更日"],
    ),
    ElementKind.JLAC10_SPECIMEN: (
        "材料コード",
        [
            "List",
            "大分類",
            "Catergory",
            "中分類",
            "Subcatergory",
            "コード",
            "材料名",
            "Materials",
            "備考",
            STATUS,
        ],
    ),
    ElementKind.JLAC10_METHOD: (
        "測定法コード",
        ["大分類", "中分類", "コード", "測定法名", "測定法名(２)", "測定法名(英名)", "備考", STATUS],
    ),
    ElementKind.JLAC10_RESULT: (
        "結果識別コード表（共通コード）",
        ["分類", "コード", "結果識別名", "備考", STATUS],
    ),
    ElementKind.JLAC10_MEMBER: (
        "結果識別（固有コード）",
        ["", "分析物コード", "識別", "結果識別コード", "結果名", "結果名(英名)", "備考", STATUS],
    ),
}
Rows = Sequence[Sequence[Any]]
ROWS: dict[ElementKind, Rows] = {
    ElementKind.JLAC10_ANALYTE: (
        ["1A", "一般検査", "1A990", "尿定性", None, "urine strip"],
        ["", "", "3B035", "AST(GOT)", "GOT", "aspartate aminotransferase", "注", "H", 46078],
        ["", "", "5C999", "廃止の分析物", None, "old one", None, "S", "20250401"],
    ),
    ElementKind.JLAC10_IDENTIFICATION: (
        [None, 1300, "空腹時", None, "fasting"],
        [None, 27, "ミルク", "牛乳", "milk", "cow's milk"],
        [None, "A001", "文字のコード"],
        [None, "1999", "廃止の識別", None, None, None, None, "S"],
    ),
    ElementKind.JLAC10_SPECIMEN: (
        ["材料コードⅠ", "○血液", "[Blood]", "", "", "023", "　血清", "　serum"],
        ["", "", "", "", "", 1, "尿(含むその他)", "urine"],
    ),
    ElementKind.JLAC10_METHOD: (
        ["免疫学的測定法", "●標識", "001", "ラジオイムノアッセイ(RIA)", "二抗体法", "RIA double antibody"],
        ["", "", 52, "化学発光酵素免疫測定法"],
        ["", "", "999", "廃止の測定法", "", "", "", "Ｓ"],
    ),
    ElementKind.JLAC10_RESULT: (["●測定結果", 1, "定量値", "g, U"], ["", "11", "判定"]),
    ElementKind.JLAC10_MEMBER: (
        [None, "1A990", "0000", "53", "蛋白 定性", "protein"],
        [None, "1A990", 0, 9, "数字のコード"],
        [None, "1A990", "0000", "60", "廃止の項目", None, None, "S"],
    ),
}
ABOVE: Rows = ([], ["※　臨床検査項目分類コードです。"], [])


def sheet(kind: ElementKind, rows: Rows | None = None) -> tuple[str, Rows]:
    name, header = HEADERS[kind]
    return name, [[name + "一覧"], *ABOVE, header, *(ROWS[kind] if rows is None else rows)]


def workbook(folder: Path, **changed: Rows) -> Path:
    """The whole workbook; the rows of a kind (as JLAC10_MEMBER) may be others."""
    return write_xlsx(
        folder / "jlac10.xlsx",
        *(sheet(kind, changed.get(kind.name)) for kind in HEADERS),
        ("その他", [["注"]]),
    )


def elements(imported: ImportedMaster, kind: ElementKind) -> list[Element]:
    return [element for element in imported.elements if element.kind is kind]


def test_every_sheet_is_read_whatever_it_is_called_and_the_others_are_told(tmp_path: Path) -> None:
    imported = read_master(workbook(tmp_path))
    assert imported.layout == "jlac10-analytes"
    assert imported.sheet == ", ".join(name for name, _ in HEADERS.values())
    assert imported.other_sheets == ("その他",)
    assert {element.kind for element in imported.elements} == set(HEADERS)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            ElementKind.JLAC10_ANALYTE,
            [
                ("1A990", "尿定性", ("urine strip",)),
                ("3B035", "AST(GOT)", ("GOT", "aspartate aminotransferase")),
            ],
        ),
        (
            ElementKind.JLAC10_IDENTIFICATION,
            [
                ("1300", "空腹時", ("fasting",)),
                ("0027", "ミルク", ("牛乳", "milk", "cow's milk")),
                ("A001", "文字のコード", ()),
            ],
        ),
        (ElementKind.JLAC10_SPECIMEN, [("023", "血清", ()), ("001", "尿(含むその他)", ())]),
        (
            ElementKind.JLAC10_METHOD,
            [
                ("001", "ラジオイムノアッセイ(RIA)", ("二抗体法", "RIA double antibody")),
                ("052", "化学発光酵素免疫測定法", ()),
            ],
        ),
        (ElementKind.JLAC10_RESULT, [("01", "定量値", ()), ("11", "判定", ())]),
        (
            ElementKind.JLAC10_MEMBER,
            [("1A990000053", "蛋白 定性", ("protein",)), ("1A990000009", "数字のコード", ())],
        ),
    ],
)
def test_codes_keep_their_leading_zeros_and_names_their_order(
    tmp_path: Path, kind: ElementKind, expected: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    read = elements(read_master(workbook(tmp_path)), kind)
    assert [(e.code, e.name, e.spellings) for e in read if not e.withdrawn] == expected


def test_deleted_elements_are_kept_as_deleted_and_changed_ones_as_they_are(tmp_path: Path) -> None:
    imported = read_master(workbook(tmp_path))
    assert {(e.kind.name, e.code) for e in imported.elements if e.withdrawn} == {
        ("JLAC10_ANALYTE", "5C999"),
        ("JLAC10_IDENTIFICATION", "1999"),
        ("JLAC10_METHOD", "999"),
        ("JLAC10_MEMBER", "1A990000060"),
    }
    tables = Jlac10Tables.of("jlac10", imported.elements)
    assert list(tables.analytes) == ["1A990", "3B035"]
    assert (ElementKind.JLAC10_METHOD, "999") in tables.withdrawn
    assert tables.members == {("1A990", "0000"): (("53", "蛋白 定性"), ("09", "数字のコード"))}
    # Its names stay known: hospitals go on using them.
    assert [analyte.code for analyte in imported.analytes] == ["1A990", "3B035", "5C999"]


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (ElementKind.JLAC10_ANALYTE, ["", "", "3B0350", "長い"]),
        (ElementKind.JLAC10_ANALYTE, ["", "", "B0350", "JLAC11の測定物"]),
        (ElementKind.JLAC10_ANALYTE, ["", "", "3B036", None]),
        (ElementKind.JLAC10_IDENTIFICATION, ["", "12345", "長い"]),
        (ElementKind.JLAC10_IDENTIFICATION, ["", "1301", ""]),
        (ElementKind.JLAC10_IDENTIFICATION, ["", "5678", "空き"]),
        (ElementKind.JLAC10_SPECIMEN, ["", "", "", "", "", "02A", "文字"]),
        (ElementKind.JLAC10_METHOD, ["", "", "●", "見出し"]),
        (ElementKind.JLAC10_METHOD, ["", "", "053", "欠番"]),
        (ElementKind.JLAC10_RESULT, ["", "012", "長い"]),
        (ElementKind.JLAC10_MEMBER, [None, "1A99", "0000", "53", "短い"]),
        (ElementKind.JLAC10_MEMBER, [None, "1A990", "00000", "53", "長い"]),
        (ElementKind.JLAC10_MEMBER, [None, None, None, "53", "どこの"]),
    ],
)
def test_a_line_that_is_no_element_is_left_out(tmp_path: Path, kind: ElementKind, row: list[Any]) -> None:
    whole = read_master(workbook(tmp_path))
    with_it = read_master(workbook(tmp_path, **{kind.name: [*ROWS[kind], row]}))
    assert with_it.elements == whole.elements


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (ElementKind.JLAC10_IDENTIFICATION, ["", "", "見出し"]),
        (ElementKind.JLAC10_SPECIMEN, ["", "", "", "", "", "", "見出し"]),
        (ElementKind.JLAC10_METHOD, ["", "", "", "見出し"]),
        (ElementKind.JLAC10_RESULT, ["", "", "見出し"]),
        (ElementKind.JLAC10_MEMBER, [None, "1A990", "0000", None, "見出し"]),
    ],
)
def test_a_line_with_a_name_and_no_code_is_left_out(
    tmp_path: Path, kind: ElementKind, row: list[Any]
) -> None:
    whole = read_master(workbook(tmp_path))
    with_it = read_master(workbook(tmp_path, **{kind.name: [*ROWS[kind], row]}))
    assert with_it.elements == whole.elements


@pytest.mark.parametrize("kind", HEADERS)
def test_columns_may_be_extra_and_titles_may_stand_above(tmp_path: Path, kind: ElementKind) -> None:
    name, header = HEADERS[kind]
    rows = [["題"], ["", "説明"], [], ["旧番号", *header], *(["x", *row] for row in ROWS[kind])]
    analytes = [] if kind is ElementKind.JLAC10_ANALYTE else [sheet(ElementKind.JLAC10_ANALYTE)]
    moved = read_master(write_xlsx(tmp_path / "moved.xlsx", (name, rows), *analytes))
    assert elements(moved, kind) == elements(read_master(workbook(tmp_path)), kind)


@pytest.mark.parametrize("kind", list(HEADERS))
def test_columns_may_stand_in_any_order(tmp_path: Path, kind: ElementKind) -> None:
    """Only names keep theirs: the first is the standard one."""
    name, header = HEADERS[kind]
    names = [i for i, text in enumerate(header) if "名" in text and not text.startswith("大分類")]
    others = [i for i in range(len(header)) if i not in names]
    order = [*others[::-1], *names]
    padded = [[*row, *[None] * (len(header) - len(row))] for row in ROWS[kind]]
    rows = [[header[i] for i in order], *([row[i] for i in order] for row in padded)]
    analytes = [] if kind is ElementKind.JLAC10_ANALYTE else [sheet(ElementKind.JLAC10_ANALYTE)]
    turned = read_master(write_xlsx(tmp_path / "turned.xlsx", (name, rows), *analytes))
    assert elements(turned, kind) == elements(read_master(workbook(tmp_path)), kind)


def test_an_analyte_sheet_alone_gives_analytes_alone(tmp_path: Path) -> None:
    imported = read_master(write_xlsx(tmp_path / "a.xlsx", sheet(ElementKind.JLAC10_ANALYTE)))
    assert {element.kind for element in imported.elements} == {ElementKind.JLAC10_ANALYTE}
    assert imported.sheet == "分析物コード"


def test_the_other_sheets_without_the_analytes_are_not_taken_for_the_workbook(tmp_path: Path) -> None:
    sheets = [sheet(kind) for kind in HEADERS if kind is not ElementKind.JLAC10_ANALYTE]
    with pytest.raises(MasterFileError):
        read_master(write_xlsx(tmp_path / "rest.xlsx", *sheets))


@pytest.mark.parametrize(
    "cells",
    [
        [],
        ["コード"],
        ["識別名"],
        ["コード", "名称"],
        ["分析物", "分析物名"],
        ["検査名", "単位"],
        ["結果識別コード", "備考"],
    ],
)
def test_another_row_is_no_header_of_a_table(cells: list[str]) -> None:
    assert jlac10_columns(cells) is None


@pytest.mark.parametrize("kind", HEADERS)
def test_a_header_is_known_in_any_width_and_with_a_date_behind_it(kind: ElementKind) -> None:
    header = [
        text.replace("コード", "ｺｰﾄﾞ").replace("(", "（").replace(")", "）") for text in HEADERS[kind][1]
    ]
    found = jlac10_columns([f"{text}(20260401)" if text else "" for text in header])
    assert found is not None
    assert found[0] is kind


# --- what becomes of names without a concept


def test_an_analyte_of_no_concept_is_one_of_the_site_with_its_code(tmp_path: Path) -> None:
    rows = [
        *ROWS[ElementKind.JLAC10_ANALYTE],
        ["", "", "3M777", "架空物質", "ゼータX", "imaginary substance"],
    ]
    imported = read_master(workbook(tmp_path, JLAC10_ANALYTE=rows))
    tables = Jlac10Tables.of("jlac10", imported.elements)
    named = with_site_names(VOCABULARY, unknown_names(imported.analytes, VOCABULARY))
    concepts = with_analytes(named, tables.analytes).concepts
    own = {c.name: c.jlac10 for c in concepts if c.key.startswith("site:")}
    assert (
        own.items()
        >= {
            "架空物質": ("3M777",),
            "ゼータX": ("3M777",),
            "imaginary substance": ("3M777",),
            "廃止の分析物": (),
            "old one": (),
        }.items()
    )
    assert "AST(GOT)" not in own  # a concept has its analyte
    assert [c for c in concepts if not c.key.startswith("site:")] == list(VOCABULARY.concepts)


def test_an_analyte_named_with_a_method_has_its_code_as_well(tmp_path: Path) -> None:
    rows = [["", "", "3M777", "架空物質(HPLC法)", None, None]]
    imported = read_master(workbook(tmp_path, JLAC10_ANALYTE=rows))
    tables = Jlac10Tables.of("jlac10", imported.elements)
    named = with_site_names(VOCABULARY, unknown_names(imported.analytes, VOCABULARY))
    (own,) = [c for c in with_analytes(named, tables.analytes).concepts if c.key.startswith("site:")]
    assert (own.name, own.jlac10) == ("架空物質", ("3M777",))
