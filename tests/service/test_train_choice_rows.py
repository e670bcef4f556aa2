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


def run(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "labelled.csv").write_text(text, encoding="utf-8")
    source = [] if "--generated" in options else ["labelled.csv"]
    command = [PROGRAM, "train", "choice-rows", *source, "-o", "rows.jsonl", "--master", "starter", *options]
    environment = {"JLAC_MAPPER_DATABASE_URL": f"sqlite:///{folder / 'x.sqlite3'}", "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_each_labelled_row_becomes_a_question_with_its_right_answer(tmp_path: Path) -> None:
    done = run(tmp_path, LABELLED)
    assert done.returncode == 0, done.stderr
    assert "2 questions of 2 labelled rows" in done.stderr
    listed, unlisted = read(tmp_path / "rows.jsonl")
    assert dict(listed.choice.fields)["name"] == "AST"
    assert listed.choice.options[listed.right].measurand == "C2008"
    assert unlisted.choice.options[unlisted.right].measurand == ""


def test_a_table_without_labels_is_refused_in_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "name,expected_measurand\nAST,\n")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "no row with a label" in done.stderr


def test_rows_of_jlac10_offer_analytes_with_their_identifications(tmp_path: Path) -> None:
    text = "name,specimen,expected_jlac10\nHBs抗原,血清,5F016-1410-023-023\n採血料,,NONE\n"
    done = run(tmp_path, text, "--system", "jlac10")
    assert done.returncode == 0, done.stderr
    antigen, *others = read(tmp_path / "rows.jsonl")
    right = antigen.choice.options[antigen.right]
    assert [one.choice.options[one.right].measurand for one in others] in ([], [""])
    assert (right.measurand, right.identification) == ("5F016", "1410")
    assert "HBs抗原" in right.text


def test_generated_rows_have_their_right_code_among_others_or_none_of_these(tmp_path: Path) -> None:
    done = run(tmp_path, "", "--system", "jlac10", "--generated", "200")
    assert done.returncode == 0, done.stderr
    asked = read(tmp_path / "rows.jsonl")
    assert 100 < len(asked) <= 200
    right = [one.choice.options[one.right].measurand for one in asked]
    assert len(set(right)) > 50
    assert 0 < right.count("") < 100


def test_generated_rows_beside_a_table_or_of_jlac11_are_refused(tmp_path: Path) -> None:
    for options in (["--generated", "10"], ["--system", "jlac10", "--generated", "0"]):
        done = run(tmp_path, LABELLED if "0" in options else "", *options)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1
