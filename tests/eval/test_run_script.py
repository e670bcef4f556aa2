"""The history run: which data sets it knows, how it joins labels, and that its file holds figures only."""

import json
import subprocess
import sys
from pathlib import Path

import run

from jlac_mapper.evaluation.labels import Status

SCRIPT = Path(__file__).parents[2] / "eval" / "run.py"


def test_labels_of_their_own_file_are_joined_by_the_first_column(tmp_path: Path) -> None:
    table, labels = tmp_path / "tests.csv", tmp_path / "expected.csv"
    table.write_text("項目コード,検査名\n02,CEA\n01,AST\n03,メモ\n", encoding="utf-8-sig")
    labels.write_text("項目コード,expected_measurand\n01,C2008\n02,NONE\n", encoding="utf-8-sig")
    rows = run.DataSet("joined", table, expected_file=labels).rows()
    assert [(row.test.name, row.truth.status) for row in rows] == [
        ("CEA", Status.UNLISTED),
        ("AST", Status.CODABLE),
        ("メモ", Status.UNSCORED),
    ]


def test_the_shipped_data_sets_are_there_and_labelled() -> None:
    shipped = [one for one in run.data_sets(Path("nowhere")) if one.file.is_file()]
    assert [one.title for one in shipped] == [
        "own-names",
        "example-hospital",
        "lists-developed",
        "lists-held-out",
    ]
    for one in shipped:
        assert sum(row.truth.status is Status.CODABLE for row in one.rows()) > 40, one.title


def test_a_run_saves_figures_and_no_row(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--shared", str(tmp_path), "--out", str(tmp_path / "out")]
    done = subprocess.run([*command, "--only", "own-names"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (saved,) = (tmp_path / "out").iterdir()
    text = saved.read_text(encoding="utf-8")
    result = json.loads(text)["results"]["own-names@starter"]
    assert result["systems"]["jlac-mapper"]["rows"] == 160
    assert "採血管準備" not in text
    assert "ﾝ" not in text


def test_an_unknown_data_set_is_refused_with_those_known(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--out", str(tmp_path), "--only", "nothing"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "own-names" in done.stderr
    assert not list(tmp_path.iterdir())
