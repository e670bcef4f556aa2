"""`jlac-mapper eval --system jlac10` from a hospital's file to the saved report, with the real program."""

import json
import os
from pathlib import Path
from typing import Any

import jlac10_sets
import pytest
from rich.console import Console

from jlac_mapper.bootstrap import App, build_app
from jlac_mapper.cli.main import main
from jlac_mapper.config import Settings
from jlac_mapper.evaluation.run import PRODUCT
from tests.unit.master_files import write_xlsx

# The JLAC10 column of the AST holds the code of another analyte: it must not be looked at.
TABLE = """項目コード,検査名,検体,単位,JLAC10コード,expected_jlac10,level
1,AST(GOT),血清,U/L,3A010000002327101,3B0350000023272,specimen
2,ｱﾙﾌﾞﾐﾝ,血清,g/dL,,3A015-0000-023-271-01,
3,再診料,,,,NONE,
4,ゾルモア因子,血清,,,9Z9990000023271,analyte
5,覚え書き,,,,,
"""
ANALYTES = (
    "分析物コード",
    [
        ["大分類", "大分類名称", "分析物コード", "分析物名(1)", "分析物名(2)", "分析物名(英名)", "更新区分"],
        ["", "", "9Z999", "ゾルモア因子", None, "zolmor factor", "T"],
    ],
)


@pytest.fixture(autouse=True)
def own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's own database and settings out of the tests."""
    for name in [name for name in os.environ if name.startswith("JLAC_MAPPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", f"sqlite:///{tmp_path / 'editions.sqlite3'}")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.csv"
    path.write_bytes(TABLE.encode("cp932"))
    return path


def figures(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return found


def own_app(tmp_path: Path) -> App:
    return build_app(Settings(database_url=f"sqlite:///{tmp_path / 'editions.sqlite3'}"), master="starter")


def test_a_table_is_measured_with_what_ships_and_then_with_the_analytes_that_were_imported(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "--system", "jlac10", str(source)]) == 0
    shipped = figures(tmp_path / "evaluation-jlac10")
    assert (shipped["system"], shipped["rows"], shipped["coded"]) == ("jlac10", 4, 3)
    assert shipped["analyte"][PRODUCT]["top1"]["count"] == 2
    assert shipped["analyte"]["character TF-IDF"]["top1"]["total"] == 3
    assert shipped["accepted_without_code"]["count"] == 0
    assert shipped["about"]["dataset"] == "labelled.csv"
    screen = capsys.readouterr().out
    for text in ("RapidFuzz WRatio", "3B 酵素", "no concept", "report.html"):
        assert text in screen

    tables = write_xlsx(tmp_path / "tables.xlsx", ANALYTES)
    assert main(["master", "import", str(tables), "--name", "tables"]) == 0
    assert main(["eval", "--system", "jlac10", str(source)]) == 0
    imported = figures(tmp_path / "evaluation-jlac10")
    for title in (PRODUCT, "substring", "RapidFuzz WRatio", "character TF-IDF"):
        assert imported["analyte"][title]["top1"]["count"] == shipped["analyte"][title]["top1"]["count"] + 1
    assert "no concept" not in imported["kinds"]
    page = (tmp_path / "evaluation-jlac10" / "report.html").read_text(encoding="utf-8")
    assert "Earlier result of" in page


def test_one_folder_never_holds_the_figures_of_both_systems(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "evaluation"
    folder.mkdir()
    (folder / "metrics.json").write_text('{"systems": {}}', encoding="utf-8")
    assert main(["eval", "--system", "jlac10", str(source), "-o", str(folder)]) == 2
    assert "another -o" in capsys.readouterr().err
    assert figures(folder) == {"systems": {}}


def test_two_systems_at_once_are_no_choice(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--system", "both", str(source)]) == 2
    assert "jlac10" in capsys.readouterr().err


def test_a_table_labelled_for_jlac11_is_refused_with_the_column_that_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "labelled.csv"
    source.write_text("name,expected_measurand\nAST,C2008\n", encoding="utf-8")
    assert main(["eval", "--system", "jlac10", str(source)]) == 2
    assert "no column `expected_jlac10`" in capsys.readouterr().err
    assert not (tmp_path / "evaluation-jlac10").exists()


def test_the_history_run_knows_the_jlac10_sets_and_ours_are_there_and_labelled() -> None:
    sets = jlac10_sets.data_sets(Path("nowhere"))
    assert [one.title for one in sets] == [
        "lists-jlac10-developed",
        "lists-jlac10-held-out",
        "commercial-lab-jlac10",
        "jlac10-units",
    ]
    for one in (one for one in sets if one.file.is_file()):
        rows = one.rows()
        assert len(rows) > 1000
        assert {row.truth.known for row in rows if row.truth.codes} == {5, 9, 12, 15}
        assert sum(not row.truth.codes for row in rows) > 40


def test_rows_of_one_name_and_unit_determine_what_they_agree_in_and_a_dot_is_no_unit(tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text(
        "name,jlac10,unit\n色調[尿],1A006000000190111,.\nTSH,4A055000002305301,mIU/L\n"
        "TSH,4A055103002305301,mIU/L\nNa,3H010000002326101,mEq/L\nNa,3H010000000126101,mEq/L\n",
        encoding="utf-8",
    )
    rows = jlac10_sets.DataSet("units", file, jlac10_sets.of_units).rows()
    assert [(row.test.name, row.test.unit, row.truth.known) for row in rows] == [
        ("色調[尿]", "", 12),
        ("TSH", "mIU/L", 5),
        ("TSH", "mIU/L", 5),
        ("Na", "mEq/L", 9),
        ("Na", "mEq/L", 9),
    ]
    assert {row.test.jlac10 for row in rows} == {""}


def test_the_history_keeps_figures_by_section_and_no_row(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = [jlac10_sets.DataSet("ours", source), jlac10_sets.DataSet("theirs", tmp_path / "absent.csv")]
    results = jlac10_sets.measure(sets, {"concepts": lambda: own_app(tmp_path)}, Console())
    assert results["theirs"] == {"left_out": "absent.csv is not there"}
    saved = results["ours@concepts"]
    assert [section["class"] for section in saved["sections"]] == ["3A", "3B", "9Z"]
    assert (saved["rows"], len(saved["dataset_sha256"])) == (4, 64)
    for text in (json.dumps(saved, ensure_ascii=False), capsys.readouterr().out):
        assert "ゾルモア" not in text
        assert "再診料" not in text
