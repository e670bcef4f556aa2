"""The published JLAC10 tables, read here by code of its own, against the importer and the vocabulary."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from jlac_mapper.codes.jlac10 import Jlac10Tables, parse
from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.master.import_rows import ImportedMaster
from jlac_mapper.master.importers import read_master, unknown_names
from jlac_mapper.vocabulary import Vocabulary

pytestmark = pytest.mark.filterwarnings("ignore:Cannot parse header or footer")

FIRST_ROW = 6
PLACES = {
    ElementKind.JLAC10_ANALYTE: ("分析物コード", 3, 8, 5),
    ElementKind.JLAC10_IDENTIFICATION: ("識別コード ", 2, 8, 4),
    ElementKind.JLAC10_SPECIMEN: ("材料コード", 6, 10, 3),
    ElementKind.JLAC10_METHOD: ("測定法コード", 3, 8, 3),
    ElementKind.JLAC10_RESULT: ("結果識別コード表（共通コード）", 2, 5, 2),
}
"""Sheet, columns of code and 更新区分 (from 1), characters of the code; the name stands behind the code."""


@pytest.fixture(scope="module")
def workbook(official_dir: Path) -> Path:
    path = official_dir / "jslm-jlac10-136.xlsx"
    if not path.is_file():
        pytest.skip(f"{path.name} is not among the official master files")
    return path


@pytest.fixture(scope="module")
def imported(workbook: Path) -> ImportedMaster:
    return read_master(workbook)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


def published(path: Path, kind: ElementKind) -> Iterator[tuple[str, bool]]:
    """Each code of a sheet that has a name, and whether it is deleted."""
    title, code, status, width = PLACES[kind]
    book = openpyxl.load_workbook(path, read_only=True)
    for row in book[title].iter_rows(min_row=FIRST_ROW, values_only=True):
        cells = ["" if cell is None else str(cell).strip() for cell in row] + [""] * 10
        text, name = cells[code - 1].zfill(width if width < 5 else 0), cells[code]
        if (
            re.fullmatch(rf"[0-9A-Z]{{{width}}}", text)
            and cells[code - 1]
            and name
            and name not in ("空き", "欠番")
        ):
            yield text, cells[status - 1].startswith(("S", "Ｓ"))


@pytest.mark.parametrize("kind", PLACES)
def test_every_line_of_a_sheet_is_read_and_what_is_deleted_is_kept_as_deleted(
    workbook: Path, imported: ImportedMaster, kind: ElementKind
) -> None:
    found = [(e.code, e.withdrawn) for e in imported.elements if e.kind is kind]
    assert found == list(published(workbook, kind))
    assert len(found) > 70
    assert any(withdrawn for _, withdrawn in found) is (
        kind not in (ElementKind.JLAC10_SPECIMEN, ElementKind.JLAC10_RESULT)
    )


def test_no_sheet_is_left_unread(workbook: Path, imported: ImportedMaster) -> None:
    assert imported.sheet.split(", ") == openpyxl.load_workbook(workbook, read_only=True).sheetnames
    assert imported.other_sheets == ()


def test_every_member_of_a_set_belongs_to_an_analyte_of_the_table(imported: ImportedMaster) -> None:
    members = [e for e in imported.elements if e.kind is ElementKind.JLAC10_MEMBER]
    assert len(members) > 4000
    analytes = {e.code for e in imported.elements if e.kind is ElementKind.JLAC10_ANALYTE}
    # Some lines are of a whole class (5I7xx), and one of an analyte that the table does not have.
    others = {e.code[:5] for e in members if "xx" not in e.code} - analytes
    assert others <= {"5C208"}
    results = {parse(e.code[:9] + "000000" + e.code[9:]).result for e in members if "xx" not in e.code}
    assert all(len(result) == 2 for result in results)
    tables = Jlac10Tables.of("jlac10", imported.elements)
    strip = dict(tables.members["1A990", "0000"])
    assert (strip["53"], strip["59"]) == ("蛋白 定性", "潜血 定性")


def test_well_known_elements_have_their_names(imported: ImportedMaster) -> None:
    tables = Jlac10Tables.of("jlac10", imported.elements)
    assert tables.specimens["023"][0] == "血清"
    assert tables.specimens["001"][0].startswith("尿")
    assert "AST" in " ".join(tables.analytes["3B035"])
    assert tables.results["11"] == ("判定",)
    assert tables.identifications["1300"][0] == "空腹時"


def test_the_vocabulary_uses_elements_of_the_table_alone_and_none_that_is_deleted(
    imported: ImportedMaster, vocabulary: Vocabulary
) -> None:
    tables = Jlac10Tables.of("jlac10", imported.elements)
    strange: dict[str, list[str]] = defaultdict(list)
    for concept in vocabulary.concepts:
        for entry in concept.jlac10:
            analyte, _, rest = entry.partition("-")
            identification, _, member = rest.partition("-")
            if analyte not in tables.analytes:
                strange["analyte"].append(f"{concept.key}: {entry}")
            if identification not in ("", "0000") and identification not in tables.identifications:
                strange["identification"].append(f"{concept.key}: {entry}")
            if member and member not in dict(tables.members.get((analyte, identification), ())):
                strange["member"].append(f"{concept.key}: {entry}")
        strange["method"] += [f"{concept.key}: {m}" for m in concept.methods if m not in tables.methods]
    strange["specimen"] += [
        s.key for s in vocabulary.specimens if s.jlac10 and s.jlac10 not in tables.specimens
    ]
    strange["principle"] += [p.code for p in vocabulary.principles if p.code not in tables.methods]
    assert {kind: found for kind, found in strange.items() if found} == {}


def test_every_measuring_principle_of_the_table_is_one_of_the_vocabulary(
    imported: ImportedMaster, vocabulary: Vocabulary
) -> None:
    methods = {e.code for e in imported.elements if e.kind is ElementKind.JLAC10_METHOD and not e.withdrawn}
    assert methods - {principle.code for principle in vocabulary.principles} == set()


def test_nearly_every_analyte_of_the_table_is_a_concept_of_the_vocabulary(
    imported: ImportedMaster, vocabulary: Vocabulary
) -> None:
    held = {analyte for concept in vocabulary.concepts for analyte in concept.analytes}
    missing = set(Jlac10Tables.of("jlac10", imported.elements).analytes) - held
    assert missing == set()
    deleted = {e.name for e in imported.elements if e.kind is ElementKind.JLAC10_ANALYTE and e.withdrawn}
    assert {name.text for name in unknown_names(imported.analytes, vocabulary)} <= {
        name for analyte in imported.analytes if analyte.names[0] in deleted for name in analyte.names
    }


def test_an_element_is_kept_and_comes_back(imported: ImportedMaster) -> None:
    assert Element(ElementKind.JLAC10_RESULT, "01", "定量値") in imported.elements
    assert (
        len({(e.kind, e.code) for e in imported.elements}) >= len(imported.elements) - 1
    )  # 8D102-9957 59 twice
