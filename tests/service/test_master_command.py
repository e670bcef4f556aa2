"""`jlac-mapper master ...` as a user runs it: exit codes, one-line errors, what the database holds after."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from jlac_mapper.codes.jlac10 import Jlac10Tables
from jlac_mapper.element_tables import ElementKind
from jlac_mapper.master.importers import read_master
from tests.service.master_verbs import alone, run, stored
from tests.unit.master_files import HEADER_2024, cells, write_csv, write_xlsx
from tests.unit.test_import_jlac10_tables import workbook


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return alone(tmp_path, monkeypatch)


@pytest.fixture
def master_file(tmp_path: Path) -> Path:
    rows = [
        cells(HEADER_2024),
        cells(HEADER_2024, JLAC11コード=""),
        cells(HEADER_2024, JLAC10コード="3B035000002327202"),
        cells(HEADER_2024, JLAC11コード="C20080000240009F7", **{"材料(JLAC11)": "血漿"}),
    ]
    return write_csv(tmp_path / "EHR 共有 [2024].csv", HEADER_2024, *rows, encoding="cp932")


def test_an_import_is_kept_completed_and_summarised_without_changing_the_edition_in_use(
    database: Path, master_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("import", master_file) == 0
    said = capsys.readouterr().out
    assert "ehr-share-2024" in said
    assert "rows: jlac10-only" in said
    assert "rows: duplicate-merged" in said
    assert "not in use yet: jlac-mapper master use 'EHR-共有-2024'" in said
    edition = stored(database).load("EHR-共有-2024")
    official = [str(row.code) for row in edition.codes if row.source == "official"]
    assert official == ["C20080000240009F7", "C20080000250009F7"]
    completions = {row.code.hyphenated for row in edition.codes if row.source == "starter"}
    assert "C2008-0000-250-000-F7" in completions
    assert {code[:5] for code in completions} == {"C2008"}
    assert edition.completed == len(completions)
    assert stored(database).active() == "starter"


def test_an_import_with_use_is_in_use_and_listed_with_a_star(
    database: Path, master_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("import", master_file, "--name", "mine", "--use") == 0
    assert "in use: mine" in capsys.readouterr().out
    assert stored(database).active() == "mine"
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    (mine,) = [line for line in lines if " mine " in line]
    assert "*" in mine
    assert "EHR 共有 [2024].csv" in mine
    (starter,) = [line for line in lines if " starter  " in line and "from" not in line]
    assert "*" not in starter


def test_the_edition_in_use_can_be_chosen_and_given_back(database: Path, master_file: Path) -> None:
    run("import", master_file, "--name", "mine")
    assert run("use", "mine") == 0
    assert stored(database).active() == "mine"
    assert run("use", "starter") == 0
    assert stored(database).active() == "starter"


def test_importing_under_a_name_again_says_that_it_replaces(
    database: Path, master_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("import", master_file, "--name", "mine", "--use")
    assert "replaces" not in capsys.readouterr().out
    run("import", master_file, "--name", "mine")
    said = capsys.readouterr().out
    assert "replaces" in said
    assert "in use: mine" in said
    assert len(stored(database).list()) == 2


def test_an_edition_that_is_not_there_is_one_line_and_exit_code_2(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["use", "nowhere"], ["check", "nowhere"]):
        assert run(*arguments) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "'nowhere'; there are: starter" in error
    assert not database.exists()


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 cut off", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"a,b\n1,2\n"]
)
def test_a_file_that_cannot_be_used_is_one_line_exit_code_2_and_changes_nothing(
    database: Path, master_file: Path, tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    run("import", master_file, "--name", "mine", "--use")
    before = stored(database).list()
    capsys.readouterr()
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(content)
    assert run("import", bad, "--name", "mine", "--use") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert str(bad) in captured.err
    assert stored(database).list() == before


@pytest.mark.parametrize("name", ["starter", "x" * 101])
def test_a_name_that_cannot_be_used_is_one_line_and_exit_code_2(
    database: Path, master_file: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("import", master_file, "--name", name) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert len(stored(database).list()) == 1


def test_an_analyte_table_becomes_names_of_the_site_and_no_edition(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = ["分析物コード", "分析物名(1)", "分析物名(2)", "分析物名(英名)"]
    rows = [["JLAC10"], header, ["3M999", "架空薬物エックス", "XX-1", "imaginary drug X"]]
    file = write_xlsx(tmp_path / "jlac10.xlsx", ("分析物コード", rows))
    assert run("import", file) == 0
    assert "names of analytes without a concept" in capsys.readouterr().out
    assert [(n.text, n.kind) for n in stored(database).load_site_names()] == [
        ("架空薬物エックス", "jlac10"),
        ("XX-1", "jlac10"),
        ("imaginary drug X", "jlac10"),
    ]
    assert len(stored(database).list()) == 1
    assert run("import", file, "--use") == 2
    assert "no edition" in capsys.readouterr().err


def test_the_jlac10_workbook_becomes_tables_with_what_is_deleted_and_no_edition(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = workbook(tmp_path)
    assert run("import", file, "--name", "136") == 0
    said = capsys.readouterr().out
    for kind in ("analytes", "specimens", "methods", "results", "members"):
        assert re.search(rf"jlac10 {kind}\D+2\b", said)
    assert re.search(r"jlac10 identifiers\D+3\b", said)
    assert re.search(r"deleted, kept as names only\D+4\b", said)
    assert "sheets not read" in said
    kept = stored(database).load_elements()
    assert kept == read_master(file).elements
    assert {e.code for e in kept if e.withdrawn} == {"5C999", "1999", "999", "1A990000060"}
    assert [info.name for info in stored(database).list()] == ["starter"]
    assert stored(database).active() == "starter"
    assert run("import", file, "--name", "136", "--use") == 2
    assert "JLAC10 analyte table, no edition; leave --use out" in capsys.readouterr().err


def test_the_jlac10_workbook_imported_again_replaces_what_it_held(database: Path, tmp_path: Path) -> None:
    assert run("import", workbook(tmp_path), "--name", "jlac10") == 0
    rows = [["", "", "3B035", "AST"], ["", "", "1A990", "尿定性", None, None, None, "S"]]
    assert run("import", workbook(tmp_path, JLAC10_ANALYTE=rows), "--name", "jlac10") == 0
    tables = Jlac10Tables.of("jlac10", stored(database).load_elements())
    assert list(tables.analytes) == ["3B035"]
    assert (ElementKind.JLAC10_ANALYTE, "1A990") in tables.withdrawn


def test_what_a_newer_jlac10_workbook_deletes_is_not_listed_any_more(database: Path, tmp_path: Path) -> None:
    assert run("import", workbook(tmp_path).rename(tmp_path / "jlac10-136.xlsx")) == 0
    rows = [["", "", "3B035", "AST"], ["", "", "1A990", "尿定性", None, None, None, "S"]]
    newer = workbook(tmp_path, JLAC10_ANALYTE=rows).rename(tmp_path / "jlac10-137.xlsx")
    assert run("import", newer) == 0
    tables = Jlac10Tables.of("jlac10", stored(database).load_elements())
    assert list(tables.analytes) == ["3B035"]


def test_the_jlac10_workbook_leaves_units_of_jlac11_and_the_edition_in_use_alone(
    database: Path, master_file: Path, tmp_path: Path
) -> None:
    run("import", master_file, "--name", "mine", "--use")
    header = ["コード", "結果単位名", "その他の表記"]
    units = write_xlsx(tmp_path / "units.xlsx", ("結果単位コード", [header, ["F7", "U/L", "カルメン"]]))
    run("import", units, "--name", "units")
    edition, elements = stored(database).load("mine"), stored(database).load_elements()
    assert run("import", workbook(tmp_path), "--name", "jlac10") == 0
    assert (stored(database).load("mine"), stored(database).active()) == (edition, "mine")
    assert set(stored(database).load_elements()) >= set(elements)
    assert run("check", "mine") in (0, 1)


def test_the_published_jlac10_workbook_is_kept_whole(
    database: Path, official_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = official_dir / "jslm-jlac10-136.xlsx"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    assert run("import", file) == 0
    said = capsys.readouterr().out
    assert re.search(r"jlac10 analytes\D+2,837\b", said)
    kept = stored(database).load_elements()
    assert len(kept) == 9593
    assert sum(element.withdrawn for element in kept) == 334
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


def test_a_database_that_cannot_be_opened_is_one_line_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "no.sqlite3").write_bytes(b"no database " * 100)
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", f"sqlite:///{tmp_path / 'no.sqlite3'}")
    assert run("list") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "JLAC_MAPPER_DATABASE_URL" in error


@pytest.mark.parametrize("name", ["ehr-share-master-202409.xlsx", "ehr-share-master-202512-excerpt.csv"])
def test_the_published_masters_are_imported_completed_and_left_unchanged(
    database: Path, official_dir: Path, name: str
) -> None:
    file = official_dir / name
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    assert run("import", file, "--name", "official") == 0
    edition = stored(database).load("official")
    measurands = {row.code.measurand for row in edition.codes if row.source == "official"}
    completed = [row for row in edition.codes if row.source == "starter"]
    if "202409" in name:
        assert len(edition.codes) - len(completed) == 7870
        assert {row.code.measurand for row in completed} == measurands - {"K1001", "K1006"}
    else:
        assert completed == []
    assert all(row.code.method == "000" and row.code.measurand in measurands for row in completed)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


def test_the_real_master_is_imported_and_indexed_in_700_megabytes_and_ten_times_what_reading_it_costs(
    database: Path, official_dir: Path
) -> None:
    # VmHWM and not ru_maxrss: the latter still holds the peak of the process that started this one.
    program = """
import os, re, sys, time
from openpyxl import load_workbook
from jlac_mapper.bootstrap import build_app
from jlac_mapper.cli.main import main
from jlac_mapper.config import Settings
from jlac_mapper.types import LocalTest, MapOptions
began = time.process_time()
assert sum(1 for sheet in load_workbook(sys.argv[3], read_only=True) for row in sheet.iter_rows()) > 7000
read = time.process_time()
code = main(sys.argv[1:])
[mapped] = build_app(Settings.from_env(os.environ)).mapper.map_batch([LocalTest("AST")], MapOptions())
cost = (time.process_time() - read) / (read - began)
peak = re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]
print(code, cost, int(peak) // 1024, mapped.jlac11, file=sys.stderr)
"""
    file = official_dir / "ehr-share-master-202409.xlsx"
    done = subprocess.run(
        [sys.executable, "-c", program, "master", "import", file, "--use"],
        # One thread: others count as processor time also while they only wait for work.
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    code, cost, megabytes, mapped = done.stderr.split()[-4:]
    assert code == "0"
    assert mapped.startswith("C2008")
    assert float(cost) < 10  # 2 to 3 is usual
    assert float(megabytes) < 700
    assert database.exists()
