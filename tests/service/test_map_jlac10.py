"""`jlac-mapper map --system jlac10` and `both` as a user runs it, without and with imported tables."""

import csv
import os
import re
from pathlib import Path

import openpyxl
import pytest

from jlac_mapper.cli.main import main
from tests.unit.test_import_jlac10_tables import workbook

INPUT = ("項目コード", "検査名", "材料", "単位", "測定法")
ROWS = (
    ("001", "AST(GOT)", "血清", "U/L", "JSCC標準化対応法"),
    ("002", "=1+1", "", "", ""),
    ("003", "コメント", "", "", ""),
    ("004", "", "", "", ""),
    ("005", "麻疹ウイルス抗体IgG", "血清", "", "EIA法"),
    ("006", "謎謎ZZQ", "血清", "", ""),
    ("007", "検" * 600, "血清", "", ""),
    ("008", "ｱﾙﾌﾞﾐﾝ", "", "g/dL", ""),
)
JLAC11 = [
    *("disposition", "jlac11", "probability", "measurand_probability", "standard_name", "reasons"),
    *(f"candidate_{i}" for i in range(1, 6)),
    *(f"candidate_{i}_probability" for i in range(1, 6)),
]
JLAC10 = [
    *("jlac10_disposition", "jlac10_code", "jlac10_probability", "jlac10_analyte_probability", "jlac10_name"),
    *("jlac10_reasons", *(f"jlac10_candidate_{i}" for i in range(1, 6))),
]
SHARED = ["read_as", "provenance"]
DAY = ("--as-of", "2026-11-01")


def alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's own database and settings out of the tests."""
    for name in [name for name in os.environ if name.startswith("JLAC_MAPPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", f"sqlite:///{folder / 'editions.sqlite3'}")


@pytest.fixture(autouse=True)
def own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One list mapped in each way; the outputs."""
    folder = tmp_path_factory.mktemp("runs")
    source = write_list(folder)
    with pytest.MonkeyPatch.context() as monkeypatch:
        alone(folder, monkeypatch)
        for system in ("jlac11", "jlac10", "both"):
            assert main(["map", str(source), "--system", system, *DAY]) == 0
    return {
        "jlac11": folder / "検査マスタ.jlac11.csv",
        "jlac10": folder / "検査マスタ.jlac10.csv",
        "both": folder / "検査マスタ.jlac11-jlac10.csv",
    }


def write_list(folder: Path) -> Path:
    source = folder / "検査マスタ.csv"
    with source.open("w", encoding="cp932", newline="") as stream:
        csv.writer(stream).writerows([INPUT, *ROWS])
    return source


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def records(path: Path) -> list[dict[str, str]]:
    header, *rows = table(path)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.mark.parametrize(
    ("system", "columns"), [("jlac10", [*JLAC10, *SHARED]), ("both", [*JLAC11, *JLAC10, *SHARED])]
)
def test_the_header_is_that_of_the_contract_behind_the_lists_own(
    runs: dict[str, Path], system: str, columns: list[str]
) -> None:
    assert table(runs[system])[0] == [*INPUT, *columns]


@pytest.mark.parametrize("system", ["jlac10", "both"])
def test_every_row_comes_back_once_in_place_and_unchanged(runs: dict[str, Path], system: str) -> None:
    rows = table(runs[system])[1:]
    assert [tuple(row[: len(INPUT)]) for row in rows] == [
        tuple(f"'{cell}" if cell.startswith("=") else cell for cell in row) for row in ROWS
    ]


@pytest.mark.parametrize("system", ["jlac10", "both"])
def test_the_rows_are_answered_as_they_should_be(runs: dict[str, Path], system: str) -> None:
    ast, formula, line, empty, measles, unknown, long, albumin = records(runs[system])
    assert re.fullmatch(r"3B035000002327[0-9]01", ast["jlac10_code"])
    assert ast["jlac10_disposition"] == "ACCEPTED"
    assert formula["jlac10_disposition"] == "NEEDS_REVIEW"
    assert (line["jlac10_disposition"], line["jlac10_code"]) == ("NO_CODE", "")
    assert line["read_as"] != ""
    assert (empty["jlac10_disposition"], empty["jlac10_reasons"]) == ("ERROR", "NAME_EMPTY")
    assert measles["jlac10_code"].startswith("5F431143102302")
    assert measles["read_as"].startswith("麻疹")
    assert (unknown["jlac10_disposition"], unknown["jlac10_code"]) == ("NEEDS_REVIEW", "")
    assert "NAME_UNKNOWN" in unknown["jlac10_reasons"].split(";")
    assert (long["jlac10_disposition"], long["jlac10_reasons"]) == ("ERROR", "FIELD_TOO_LONG")
    assert "SPECIMEN_ASSUMED" in albumin["jlac10_reasons"].split(";")
    assert albumin["jlac10_code"].startswith("3A0150000023")


def test_both_hold_what_each_system_says_alone(runs: dict[str, Path]) -> None:
    for row, one, other in zip(*(records(runs[s]) for s in ("both", "jlac11", "jlac10")), strict=True):
        if "SYSTEMS_DISAGREE" in row["reasons"]:
            continue
        assert {column: row[column] for column in JLAC11} == {column: one[column] for column in JLAC11}
        assert {column: row[column] for column in JLAC10} == {column: other[column] for column in JLAC10}
        assert row["provenance"] == f"{one['provenance']} | {other['provenance']}"


def test_the_summary_tells_both_systems_and_the_shown_rows_the_code_of_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_list(tmp_path)
    assert main(["map", str(source), "--system", "both", "--show", "2", *DAY]) == 0
    printed = capsys.readouterr()
    for label in (
        "rows",
        "accepted",
        "JLAC10 accepted",
        "JLAC10 needs review",
        "JLAC10 no code",
        "JLAC10 error",
    ):
        assert label in printed.err
    assert "C20080000250" in printed.out
    assert main(["map", str(source), "--system", "jlac10", "--show", "2", *DAY]) == 0
    printed = capsys.readouterr()
    assert "3B0350000023" in printed.out
    assert "JLAC10 accepted" not in printed.err


def test_a_workbook_in_gives_a_workbook_out_that_reads_back_in(tmp_path: Path) -> None:
    source = tmp_path / "list.xlsx"
    book = openpyxl.Workbook()
    for row in (INPUT, ROWS[0], ROWS[2], ROWS[4]):
        book.active.append(list(row))
    book.save(source)
    first, second = tmp_path / "first.xlsx", tmp_path / "second.csv"
    assert main(["map", str(source), "-o", str(first), "--system", "jlac10", "--top-k", "2", *DAY]) == 0
    header, *rows = openpyxl.load_workbook(first).active.iter_rows(values_only=True)
    assert list(header) == [*INPUT, *JLAC10[:6], "jlac10_candidate_1", "jlac10_candidate_2", *SHARED]
    assert [row[1] for row in rows] == ["AST(GOT)", "コメント", "麻疹ウイルス抗体IgG"]
    assert all(isinstance(row[7], float | int) for row in rows)
    assert main(["map", str(first), "-o", str(second), "--system", "jlac10", "--top-k", "2", *DAY]) == 0
    again = table(second)[1:]
    assert [row[:3] for row in again] == [list(row[:3]) for row in (ROWS[0], ROWS[2], ROWS[4])]
    width = len(header)
    for row in again:
        for before, after in zip(row[len(INPUT) : width], row[width:], strict=True):
            assert before == after or f"{float(before):.4f}" == after  # a workbook's numbers are whole


def test_an_unknown_system_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_list(tmp_path)
    for arguments in (["--system", "jlac9"], ["--system", ""], ["--system", "JLAC-10"]):
        assert main(["map", str(source), *arguments]) == 2
        error = capsys.readouterr().err
        assert error.startswith("jlac-mapper: error: ")
        assert "--system" in error
        assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == [source.name]


# --- with the learned society's tables

ANALYTES = (
    ["", "", "3B035", "AST", "", "aspartate aminotransferase"],
    ["", "", "3M777", "架空薬物エックス", "XX-77", "imaginary drug X"],
    ["", "", "3A015", "アルブミン", "", "albumin", "", "S"],
)


def test_imported_tables_give_their_analytes_codes_and_tell_what_they_do_not_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = workbook(tmp_path, JLAC10_ANALYTE=ANALYTES)
    source = tmp_path / "list.csv"
    source.write_text(
        "検査名,材料\n架空薬物エックス,血清\nｘｘ７７,血清\nAST,血清\nアルブミン,血清\n", "utf-8"
    )
    command = ["map", str(source), "--system", "jlac10", *DAY, "-o"]
    assert main([*command, str(tmp_path / "before.csv")]) == 0
    assert main(["master", "import", str(file)]) == 0
    said = capsys.readouterr().out
    for label in (
        "jlac10 analytes",
        "jlac10 identifiers",
        "jlac10 specimens",
        "jlac10 methods",
        "jlac10 members",
    ):
        assert label in said
    assert re.search(r"deleted, kept as names only\D+4\b", said)
    assert main([*command, str(tmp_path / "after.csv")]) == 0
    before, after = records(tmp_path / "before.csv"), records(tmp_path / "after.csv")
    assert [row["jlac10_code"][:5] for row in before[2:]] == ["3B035", "3A015"]
    assert "3M777" not in {row["jlac10_code"][:5] for row in before}
    assert [row["jlac10_code"][:12] for row in after[:2]] == ["3M7770000023"] * 2
    assert [row["read_as"] for row in after[:2]] == ["架空薬物エックス", "XX-77"]
    # The method is one that this small table does not hold, and the analyte of albumin is deleted in it.
    assert all("ELEMENT_NOT_LISTED" not in row["jlac10_reasons"].split(";") for row in before)
    assert "ELEMENT_NOT_LISTED" in after[3]["jlac10_reasons"].split(";")
    assert before[2]["provenance"] != after[2]["provenance"]


def test_without_tables_the_provenance_names_the_concepts(runs: dict[str, Path]) -> None:
    assert "edition=concepts" in records(runs["jlac10"])[0]["provenance"]
