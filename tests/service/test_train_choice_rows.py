"""Labelled rows as a language model's lessons, by the real command."""

import subprocess
import sys
from pathlib import Path

from jlac_mapper.training.choice_rows import read

PROGRAM = Path(sys.executable).with_name("jlac-mapper")
LABELLED = """name,specimen,unit,expected_measurand
AST,血清,U/L,C2008
CK-MB,血清,U/L,NONE
ナトリウム,尿,mmol/L,NOCODE:C7002
総蛋白,血清,g/dL,
"""


def run(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "labelled.csv").write_text(text, encoding="utf-8")
    command = [PROGRAM, "train", "choice-rows", "labelled.csv", "-o", "rows.jsonl", "--master", "starter"]
    environment = {"JLAC_MAPPER_DATABASE_URL": f"sqlite:///{folder / 'x.sqlite3'}", "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_each_labelled_row_becomes_a_question_with_its_right_answer(tmp_path: Path) -> None:
    done = run(tmp_path, LABELLED)
    assert done.returncode == 0, done.stderr
    assert "2 questions of 4 rows" in done.stderr
    listed, unlisted = read(tmp_path / "rows.jsonl")
    assert dict(listed.choice.fields)["name"] == "AST"
    assert listed.choice.options[listed.right].measurand == "C2008"
    assert unlisted.choice.options[unlisted.right].measurand == ""


def test_a_table_without_labels_is_refused_in_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "name,expected_measurand\nAST,\n")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "no row with a label" in done.stderr
