"""FHIR, the JLAC10 analyte table, the table of old and new codes."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.import_rows import Analyte, ImportedMaster
from jlac_mapper.master.importers import read_master, unknown_names
from jlac_mapper.vocabulary import Concept, Name, SiteName, Vocabulary
from tests.unit.master_files import code_system, concept, write_xlsx


def read_fhir(path: Path, resource: Any) -> ImportedMaster:
    file = path / "codesystem.json"
    file.write_text(json.dumps(resource, ensure_ascii=False), encoding="utf-8")
    return read_master(file)


def test_a_code_system_gives_its_nested_concepts_with_their_properties(tmp_path: Path) -> None:
    parent = {"code": "AST", "display": "AST", "concept": [concept("3B035000002327201"), concept()]}
    imported = read_fhir(tmp_path, code_system(parent))
    (row,) = imported.rows
    assert imported.layout == "fhir-codesystem"
    assert str(row.code) == "C20080000250009F7"
    assert (row.name, row.abbreviation, row.product) == ("AST(GOT)", "AST", "ビトロス スライドAST")
    assert (row.specimen_name, row.unit_name) == ("血清", "U/L")
    assert [(note.row, note.kind) for note in imported.notes] == [(2, "jlac10-only")]


def test_a_concept_takes_its_japanese_name_from_display_designation_or_parent(tmp_path: Path) -> None:
    parent = {
        "code": "X",
        "display": "X",
        "designation": [{"language": "ja", "value": "親の名"}],
        "concept": [
            concept("C20080000250001F7", display="HBs抗原(定性)"),
            concept("C20080000250002F7", designation=[{"language": "en", "value": "AST, serum"}]),
            concept("C20080000250003F7", designation=[]),
        ],
    }
    rows = read_fhir(tmp_path, code_system(parent)).rows
    assert [row.name for row in rows] == ["HBs抗原(定性)", "親の名", "親の名"]


def test_validity_in_properties_is_read(tmp_path: Path) -> None:
    def dated(number: int, *properties: tuple[str, str, Any]) -> dict[str, Any]:
        given = [{"code": code, key: value} for code, key, value in properties]
        return concept(f"C20080000250{number:03}F7", property=given)

    imported = read_fhir(
        tmp_path,
        code_system(
            dated(1, ("effectiveDate", "valueDateTime", "2025-07-16")),
            dated(2, ("retirementDate", "valueDateTime", "2025-07-16T00:00:00+09:00")),
            dated(3, ("適用終了日", "valueString", "20250715")),
            dated(4, ("inactive", "valueBoolean", True)),
            dated(5, ("status", "valueCode", "retired"), ("validTo", "valueDateTime", "2025-07-15")),
        ),
    )
    assert [(row.code.method, row.valid_from, row.valid_to) for row in imported.rows] == [
        ("001", date(2025, 7, 16), None),
        ("002", None, date(2025, 7, 15)),
        ("003", None, date(2025, 7, 15)),
        ("005", None, date(2025, 7, 15)),
    ]
    assert [note.kind for note in imported.skipped] == ["withdrawn"]


def test_concepts_nested_four_hundred_deep_are_read(tmp_path: Path) -> None:
    resource = concept()
    for level in range(400):
        resource = {"code": f"level{level}", "concept": [resource]}
    assert len(read_fhir(tmp_path, code_system(resource)).rows) == 1


# --- JLAC10 analytes -------------------------------------------------------------------------------


ANALYTE_HEADER = (
    "大分類",
    "大分類名称",
    "分析物コード",
    "分析物名(1)",
    "分析物名(2)",
    "分析物名(英名)",
    "備考",
)


def test_the_analyte_table_gives_codes_and_names(tmp_path: Path) -> None:
    rows = [
        ["分析物コード一覧(Analyte Code List)"],
        [],
        ANALYTE_HEADER,
        ["1A", "\u3000一般検査", "1A010", "蛋白定性[尿]", None, "protein, qualitative [urine]"],
        [None, None, "3M170", "テオフィリン", "TP", "theophylline"],
        ["2C", "血液化学検査"],
    ]
    others = ("識別コード", [["分析物コード", "識別", "結果名"], ["1A105", "0000", "沈渣"]])
    imported = read_master(write_xlsx(tmp_path / "jlac10.xlsx", ("分析物コード", rows), others))
    assert imported.layout == "jlac10-analytes"
    assert imported.rows == ()
    assert imported.analytes == (
        Analyte("1A010", ("蛋白定性(尿)", "protein, qualitative (urine)")),
        Analyte("3M170", ("テオフィリン", "TP", "theophylline")),
    )
    assert [(note.row, note.kind) for note in imported.skipped] == [(6, "code-missing")]


def test_names_of_known_concepts_do_not_become_site_names() -> None:
    vocabulary = Vocabulary(
        concepts=(
            Concept("total_protein", "総蛋白", "Total protein", jlac10=("3A010-0000",)),
            Concept("zinc", "亜鉛", "Zinc"),
        ),
        names=(
            Name("総蛋白", "total_protein"),
            Name("ＴＰ", "total_protein", form="abbreviation"),
            Name("亜鉛", "zinc"),
        ),
        specimens=(),
        units=(),
    )
    analytes = [
        Analyte("3A010", ("総蛋白", "protein, total")),
        Analyte("3M170", ("テオフィリン", "TP", "theophylline")),
        Analyte("3H005", ("亜鉛", "Zn")),
        Analyte("3H006", ("ｚｎ", "total  PROTEIN")),
    ]
    assert unknown_names(analytes, vocabulary) == [
        SiteName(name, "jlac10") for name in ("テオフィリン", "theophylline", "Zn")
    ]


def test_the_table_of_old_and_new_codes_is_refused_with_what_to_import_instead(tmp_path: Path) -> None:
    rows = [["変更区分", "旧コード", "新コード", "削除理由"], ["S", "C20080000250009F7", "", "販売中止"]]
    with pytest.raises(
        MasterFileError, match=r"old and new codes.*import the master itself.*--old-new-table"
    ):
        read_master(write_xlsx(tmp_path / "m.xlsx", ("JLAC新旧コード対応表", rows)))
