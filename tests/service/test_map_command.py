"""`jlac-mapper map` as a user runs it, with the starter master."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jlac_mapper import __version__
from jlac_mapper.cli.main import main
from jlac_mapper.tables.run import CHUNK_ROWS
from tests.service.interrupted_map import COMPLETE_BATCHES

REPOSITORY = Path(__file__).parents[2]
LIST = "項目コード,検査名,材料,単位\n001,AST(GOT),血清,U/L\n002,=1+1,,\n003,手術料,,\n,,,\n"


@pytest.fixture(autouse=True)
def own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's own database and settings out of the tests."""
    for name in [name for name in os.environ if name.startswith("JLAC_MAPPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", f"sqlite:///{tmp_path / 'editions.sqlite3'}")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "検査マスタ.csv"
    path.write_bytes(LIST.encode("cp932"))
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_list_becomes_the_same_list_with_codes(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", str(source), "--as-of", "2026-04-01"]) == 0
    rows = rows_of(source.with_name("検査マスタ.jlac11.csv"))
    assert [row["検査名"] for row in rows] == ["AST(GOT)", "'=1+1", "手術料", ""]
    assert rows[0]["jlac11"] == "C20080000250000F7"
    assert rows[0]["disposition"] in ("ACCEPTED", "NEEDS_REVIEW")
    assert (rows[2]["disposition"], rows[2]["jlac11"]) == ("NO_CODE", "")
    assert (rows[3]["disposition"], rows[3]["reasons"]) == ("ERROR", "NAME_EMPTY")
    assert "as_of=2026-04-01" in rows[0]["provenance"]
    printed = capsys.readouterr()
    assert printed.out == ""
    for word in ("rows", "accepted", "review", "no code", "errors", "rows/s"):
        assert word in printed.err


def test_a_row_says_what_it_was_read_as_also_without_a_code_and_nothing_where_nothing_is_known(
    tmp_path: Path,
) -> None:
    named = [
        ("AST(GOT)", "血清", "U/L", "アスパラギン酸アミノトランスフェラーゼ"),
        ("CK-MB", "血清", "U/L", "CK-MB(活性)"),
        ("CK-MB mass", "血清", "ng/mL", "CK-MB蛋白量"),
        ("コメント", "", "", "フリーコメント・備考"),
        ("謎謎ZZQ", "", "", ""),
        ("", "", "", ""),
    ]
    path = tmp_path / "list.csv"
    path.write_text("検査名,材料,単位\n" + "".join(f"{','.join(row[:3])}\n" for row in named), "utf-8")
    assert main(["map", str(path), "-o", str(tmp_path / "out.csv"), "--as-of", "2026-04-01"]) == 0
    rows = rows_of(tmp_path / "out.csv")
    assert list(rows[0])[-2:] == ["read_as", "provenance"]
    assert [row["read_as"] for row in rows] == [row[3] for row in named]
    dispositions = [row["disposition"] for row in rows]
    assert dispositions == ["ACCEPTED", "NO_CODE", "NO_CODE", "NO_CODE", "NO_CODE", "ERROR"]


def test_show_prints_a_table_that_lines_up_and_the_path_of_the_output(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.cells import cell_len

    output = tmp_path / "out" / "codes.csv"
    assert main(["map", str(source), "-o", str(output), "--show", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"Output: {output}"
    table = lines[:-1]
    assert len({cell_len(line) for line in table}) == 1
    assert any("AST(GOT)" in line and "C2008000025000" in line for line in table)
    assert any("手術料" in line and "NO_CODE" in line for line in table)
    assert any("=1+1" in line and "'=1+1" not in line for line in table)


def test_a_header_that_is_not_recognised_is_named_with_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("ラベル,たんい\nAST,U/L\n", "utf-8")
    assert main(["map", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("jlac-mapper: error: ")
    assert "columns seen: ラベル, たんい" in error
    assert "--column name=HEADER" in error
    assert error.count("\n") == 1
    assert main(["map", str(path), "--column", "name=ラベル", "--column", "unit=たんい"]) == 0
    assert rows_of(tmp_path / "list.jlac11.csv")[0]["jlac11"].startswith("C2008")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.csv"], "none.csv does not exist"),
        (["list.csv", "-o", "list.csv"], "is the input itself"),
        (["list.csv", "--column", "naem=x"], "unknown field 'naem'"),
        (["list.csv", "--as-of", "tomorrow"], "--as-of is 'tomorrow'"),
        (["list.csv", "--target-precision", "2"], "--target-precision is 2.0"),
        (["list.csv", "--master", "nowhere"], "nowhere"),
        (["list.csv", "--resume", "-o", "out.xlsx"], "cannot be resumed"),
        (["list.csv", "--top-k", "0"], "--top-k"),
        (["list.csv", "--encoding", "euc-jp"], "--encoding"),
        (["list.csv", "--nonsense"], "--nonsense"),
        ([], "INPUT"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("list.csv").write_text("検査名\nAST\n", "utf-8")
    assert main(["map", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("jlac-mapper: error: ")
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert not Path("list.jlac11.csv").exists()


def test_an_unknown_setting_is_refused(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JLAC_MAPPER_MASTR", "starter")
    assert main(["map", str(source)]) == 2
    assert "JLAC_MAPPER_MASTR" in capsys.readouterr().err


def test_the_version_and_the_help_name_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"jlac-mapper {__version__}\n"
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for verb in ("map", "master", "serve", "health", "eval"):
        assert f" {verb} " in text


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    script = (
        "import sys; from jlac_mapper.cli.main import main; main(['--help']);"
        "heavy = ('pandas', 'openpyxl', 'grpc', 'sqlalchemy', 'numpy', 'rapidfuzz', 'matplotlib');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_ends_the_program_quietly(source: Path) -> None:
    command = [sys.executable, "-m", "jlac_mapper", "map", str(source), "--show", "4"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("  row 4: ")  # the summary and nothing after it
    assert len(rows_of(source.with_name("検査マスタ.jlac11.csv"))) == 4


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_leaves_complete_rows_and_resume_gives_what_an_uninterrupted_run_gives(
    jobs: int, tmp_path: Path
) -> None:
    source, output = tmp_path / "long.csv", tmp_path / "out.csv"
    names = ["AST", "アルブミン", "手術料", "尿ｸﾚｱﾁﾆﾝ"]
    rows = [f"{names[i % 4]},{i}\n" for i in range(jobs * (COMPLETE_BATCHES + 2) * CHUNK_ROWS)]
    source.write_text("検査名,番号\n" + "".join(rows), "utf-8")
    command = [sys.executable, "-m", "tests.service.interrupted_map", "map", str(source), "-o", str(output)]
    interrupted = subprocess.run(
        [*command, "--as-of", "2026-04-01", "--jobs", str(jobs)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    assert interrupted.returncode == 130, interrupted.stderr
    assert "--resume" in interrupted.stderr
    assert "Traceback" not in interrupted.stderr
    record = output.with_name("out.csv.progress")
    done = json.loads(record.read_text("utf-8"))["tally"]["rows"]
    assert done == COMPLETE_BATCHES * CHUNK_ROWS if jobs == 1 else done % CHUNK_ROWS == 0 < done < len(rows)
    assert [row["番号"] for row in rows_of(output)] == [str(i) for i in range(done)]

    # Without --as-of again: the run that is continued has its date.
    assert main(["map", str(source), "-o", str(output), "--resume"]) == 0
    assert not record.exists()
    assert main(["map", str(source), "-o", str(tmp_path / "whole.csv"), "--as-of", "2026-04-01"]) == 0
    assert output.read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize("system", ["jlac11", "jlac10", "both"])
def test_any_number_of_processes_writes_the_same(system: str, tmp_path: Path) -> None:
    source = tmp_path / "long.csv"
    names = [
        "AST",
        "Ｔ－Ｃｈｏ",
        "手術料",
        "尿ｸﾚｱﾁﾆﾝ",
        "ﾌｪﾘﾁﾝ",
        "",
        "抗ＳＳ－Ａ抗体",
        "はしかIgM",
        "ヘモグロ",
    ]
    rows = [f"{names[i % len(names)]}{i % 7 or ''},{i}\n" for i in range(3 * CHUNK_ROWS + 5)]
    source.write_text("検査名,番号\n" + "".join(rows), "utf-8")
    written = []
    for jobs in ("1", "2", "3"):
        output = tmp_path / f"{jobs}.csv"
        assert main(["map", str(source), "-o", str(output), "--system", system, "--jobs", jobs]) == 0
        written.append(output.read_bytes())
    assert written[0] == written[1] == written[2]
    assert written[0].count(b"\n") == len(rows) + 1


def test_several_processes_are_refused_where_what_answers_cannot_be_copied(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["map", str(source), "--jobs", "2", "--llm", "http://127.0.0.1:9"]) == 2
    assert "--jobs 2" in capsys.readouterr().err
