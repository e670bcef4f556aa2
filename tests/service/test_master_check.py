"""`jlac-mapper master check` as a user runs it, alone, beside element tables and against a release before."""

import json
import os
from pathlib import Path

import pytest

from jlac_mapper.bootstrap import build_app
from jlac_mapper.config import Settings
from jlac_mapper.types import LocalTest, MapOptions
from tests.service.master_verbs import alone, run, stored
from tests.unit.master_files import HEADER_2024, HEADER_2025, cells, write_csv, write_xlsx


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return alone(tmp_path, monkeypatch)


@pytest.mark.usefixtures("database")
def test_check_lists_and_counts_the_findings_and_exits_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [
        cells(HEADER_2025, JLAC11コード=f"C20080000250{i:03}F7", 表示用単位="mg/dL", 販売名称=f"[試薬] {i}")
        for i in range(1, 4)
    ]
    ended = cells(HEADER_2025, JLAC11コード="C20080000250009F7", 適用終了日="20250715")
    run("import", write_csv(tmp_path / "m.csv", HEADER_2025, *wrong, ended), "--name", "mine", "--use")
    capsys.readouterr()
    assert run("check") == 0
    said = capsys.readouterr().out
    assert "error unit-name C20080000250001F7: 3 row(s) call unit F7 'mg/dL'" in said
    assert "that is unit 85" in said
    assert "(試薬) 1" in said
    assert "product-ended" in said
    assert run("check", "mine", "--as-of", "2025-07-15") == 0
    assert "product-ended" not in capsys.readouterr().out
    assert run("check", "--as-of", "15.7.2025") == 2


@pytest.mark.usefixtures("database")
def test_check_shows_the_first_findings_of_a_rule_and_all_of_them_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [cells(HEADER_2024, JLAC11コード="", JLAC10コード=f"3B0350000023272{i:02}") for i in range(30)]
    run("import", write_csv(tmp_path / "m.csv", HEADER_2024, *rows, cells(HEADER_2024)), "--name", "mine")
    capsys.readouterr()
    run("check", "mine")
    said = capsys.readouterr().out
    assert said.count("info jlac10-only") == 20
    assert "--all shows every finding" in said
    run("check", "mine", "--all")
    said = capsys.readouterr().out
    assert said.count("info jlac10-only") == 30
    assert "--all" not in said


@pytest.mark.usefixtures("database")
def test_the_starter_itself_has_no_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "starter", "--as-of", "2026-07-31") == 0
    assert "no findings" in capsys.readouterr().out
    assert run("check", "starter", "--json", "--as-of", "2026-08-01") == 0
    report = json.loads(capsys.readouterr().out)
    # What is known of the list of 2026-08 replaces none of these.
    assert {(found["kind"], found["code"][:5] + found["code"][9:12]) for found in report["findings"]} == {
        ("ended-no-successor", place)
        for place in (
            "A1006100",
            "A1008100",
            "A1009100",
            "A1020130",
            "A1021130",
            "V2253240",
            "V2257240",
        )
    }


@pytest.fixture
def element_file(tmp_path: Path) -> Path:
    return write_xlsx(
        tmp_path / "jlac11_1_1.0.xlsx",
        ("材料コード", [["コード", "材料名", "更新区分"], ["250", "血清", "T"]]),
        ("結果単位コード", [["コード", "結果単位名", "別表記"], ["F7", "U/L", "IU/L,カルメン価"]]),
    )


def test_an_element_workbook_is_kept_and_serves_the_check_and_the_reading_of_units(
    database: Path, element_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("import", element_file) == 0
    said = capsys.readouterr().out
    assert "jlac11-elements" in said
    assert "other spellings" in said
    assert [element.code for element in stored(database).load_elements()] == ["250", "F7"]
    assert len(stored(database).list()) == 1
    app = build_app(Settings.from_env(os.environ))
    [mapped] = app.mapper.map_batch([LocalTest("AST", specimen="血清", unit="カルメン価")], MapOptions())
    assert "UNIT_UNRECOGNISED" not in mapped.reasons
    assert mapped.jlac11 == "C20080000250000F7"
    run("import", write_csv(tmp_path / "m.csv", HEADER_2024, cells(HEADER_2024, 単位="g/L")), "--name", "m")
    capsys.readouterr()
    run("check", "m")
    assert "call unit F7 'g/L', expected 'U/L'" in capsys.readouterr().out
    assert run("import", element_file, "--use") == 2
    assert "is an element workbook, no edition" in capsys.readouterr().err


def test_a_list_of_17_digit_codes_is_an_edition_whose_methods_serve_the_check(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = [
        "測定物コード",
        "測定物名称",
        "識別コード",
        "材料コード",
        "測定法コード",
        "測定法名称",
        "結果単位コード",
    ]
    row = ["C2008", "AST", "0000", "250", "009", "紫外吸光光度法_試薬", "F7"]
    assert run("import", write_csv(tmp_path / "list.csv", header, row)) == 0
    assert "methods, for master check" in capsys.readouterr().out
    assert [element.code for element in stored(database).load_elements()] == ["C2008009"]
    other = cells(HEADER_2024, **{"測定法(JLAC11)": "可視吸光光度法_試薬"})
    run("import", write_csv(tmp_path / "m.csv", HEADER_2024, other), "--name", "m")
    capsys.readouterr()
    run("check", "m")
    assert "the official list names this method otherwise" in capsys.readouterr().out


@pytest.mark.usefixtures("database")
def test_check_prints_json_with_the_kind_the_rows_and_what_was_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        cells(HEADER_2024),
        cells(HEADER_2024, JLAC11コード="C20080000250001F7", 単位="g/L", 略称="（A）"),
    ]
    file = write_xlsx(tmp_path / "m.xlsx", ("表", [HEADER_2024, *rows]))
    run("import", file, "--name", "mine")
    capsys.readouterr()
    for name in ("mine", file):  # an edition and a file that is not kept say the same
        assert run("check", name, "--json", "--as-of", "2026-01-01") == 0
        report = json.loads(capsys.readouterr().out)
        assert report["counts"] == {"fullwidth-bracket": 1, "unit-name": 1}
        assert report["as_of"] == "2026-01-01"
        unit, bracket = report["findings"]
        message = unit.pop("message")
        assert unit == {
            "kind": "unit-name",
            "severity": "error",
            "code": "C20080000250001F7",
            "found": "g/L",
            "expected": "U/L",
            "rows": [{"sheet": "表", "row": 3}],
        }
        assert "call unit F7 'g/L'" in message
        assert (bracket["kind"], bracket["found"], bracket["expected"]) == (
            "fullwidth-bracket",
            "（A）",
            "(A)",
        )


def test_check_compares_with_the_release_before_and_keeps_nothing(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = write_csv(tmp_path / "old.csv", HEADER_2024, cells(HEADER_2024, JLAC11コード="A1006000010000102"))
    new = write_csv(tmp_path / "new.csv", HEADER_2024, cells(HEADER_2024, JLAC11コード="C1002000010000102"))
    table = write_csv(
        tmp_path / "table.csv",
        ["変更区分", "旧コード", "新コード", "削除理由"],
        ["変更", "A1006000010000102", "C1002000010000102", ""],
    )
    assert run("check", new, "--before", old, "--old-new-table", table) == 0
    said = capsys.readouterr().out
    assert "release-moved-measurand A1006000010000102" in said
    assert "moved to C1002000010000102 (told by table)" in said
    assert not database.exists()
    assert run("check", new, "--old-new-table", table) == 2
    assert "--before" in capsys.readouterr().err
    assert run("check", table) == 2
    assert "old and new codes" in capsys.readouterr().err
