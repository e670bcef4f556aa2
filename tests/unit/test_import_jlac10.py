"""Files that are named after JLAC11 and hold JLAC10 codes; and code systems in FHIR Shorthand."""

import json
from pathlib import Path

import pytest

from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.importers import read_master
from tests.unit.master_files import HEADER_2024, cells, code_system, concept, write_csv

HEAD = """CodeSystem: JP_CLINS_JLAC11_CoreLabo_CS
Id: jp-clins-jlac11
Title: "JLAC11 CoreLabo"
* ^url = "http://example.org/JLAC11"
* ^caseSensitive = true
"""
JLAC10 = """* #TP
  * #3A010000002329101 "TP"
    * ^designation.language = #ja
    * ^designation.value = "総蛋白(TP)"
    * ^property[0].code = #unit
    * ^property[=].valueString = "g/dL"
  * #3A010000002229101 "TP"
"""
JLAC11 = """  * #C1002000025000155 "TP"
    * ^designation.language = #ja
    * ^designation.value = "総蛋白(TP)"
    * ^property[0].code = #unit
    * ^property[=].valueString = "g/dL"
    * ^property[+].code = #specimen
    * ^property[=].valueString = "血清"
    * ^property[+].code = #method
    * ^property[=].valueString = "反射測光法_試薬A"
* #C20080000250009F7 "AST"
"""


def write(path: Path, text: str, name: str = "JLAC11_CoreLabo.fsh") -> Path:
    file = path / name
    file.write_text(text, encoding="utf-8")
    return file


def refused(file: Path) -> str:
    with pytest.raises(MasterFileError) as caught:
        read_master(file)
    said = str(caught.value)
    assert said.startswith(str(file))
    assert "\n" not in said
    return said


def test_shorthand_gives_the_jlac11_codes_with_their_properties(tmp_path: Path) -> None:
    imported = read_master(write(tmp_path, HEAD + JLAC10 + JLAC11))
    assert imported.layout == "fsh-codesystem"
    total, ast = imported.rows
    assert (str(total.code), total.name, total.unit_name) == ("C1002000025000155", "総蛋白(TP)", "g/dL")
    assert (total.specimen_name, total.method_name, total.product) == ("血清", "反射測光法_試薬A", "試薬A")
    assert (str(ast.code), ast.name) == ("C20080000250009F7", "AST")
    assert imported.note_counts == {"jlac10-only": 2}


def test_a_concept_below_a_named_parent_on_one_line_is_read(tmp_path: Path) -> None:
    lines = '* #TP #C1002000025000155 "総蛋白"\n* #TP #C1002000025000155 ^property[0].code = #unit\n'
    (row,) = read_master(write(tmp_path, HEAD + '* #TP "TP"\n' + lines)).rows
    assert (str(row.code), row.name) == ("C1002000025000155", "総蛋白")


def test_shorthand_named_jlac11_that_holds_jlac10_codes_says_so(tmp_path: Path) -> None:
    said = refused(write(tmp_path, HEAD + JLAC10))
    assert "holds 2 JLAC10 code(s), such as" in said
    assert "3A010000002" in said
    assert "no JLAC11 code" in said


def test_shorthand_without_a_code_system_is_refused(tmp_path: Path) -> None:
    assert "FSH without a CodeSystem" in refused(
        write(tmp_path, "ValueSet: X\n* include codes from system Y\n")
    )


def test_a_json_code_system_of_jlac10_codes_says_so(tmp_path: Path) -> None:
    parent = {"code": "TP", "display": "TP", "concept": [concept("3A010000002329101")]}
    file = write(tmp_path, json.dumps(code_system(parent)), "CodeSystem-jlac11.json")
    assert "holds 1 JLAC10 code(s)" in refused(file)


def test_a_table_whose_jlac11_column_holds_jlac10_codes_says_so(tmp_path: Path) -> None:
    rows = [cells(HEADER_2024, JLAC11コード=f"3A0100000023{i}9101") for i in (1, 2)]
    said = refused(write_csv(tmp_path / "JLAC11.csv", HEADER_2024, *rows))
    assert "holds 2 JLAC10 code(s), such as 3A010000002319101" in said


def test_a_table_of_unknown_headers_with_jlac10_codes_says_so(tmp_path: Path) -> None:
    rows = [[f"3A0100000023{i}9101", "総蛋白"] for i in range(1, 5)]
    said = refused(write_csv(tmp_path / "JLAC11.csv", ["項目コード", "項目名"], *rows))
    assert "no known layout and lists JLAC10 codes (3A010000002319101)" in said
