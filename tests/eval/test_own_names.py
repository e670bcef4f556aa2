"""Our own labelled names: well-formed, and good enough a smoke test that the product must beat a search."""

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from jlac_mapper.bootstrap import build_app
from jlac_mapper.cli.eval_command import read_records
from jlac_mapper.cli.main import main
from jlac_mapper.config import Settings
from jlac_mapper.evaluation.baselines import listed_names
from jlac_mapper.evaluation.findings import Kind
from jlac_mapper.evaluation.labels import LabelledRow, Status, read_labelled
from jlac_mapper.evaluation.moved import MovedLabels
from jlac_mapper.evaluation.run import Evaluation, evaluate
from jlac_mapper.master.starter import load_starter
from tests.support.shipped_release import DAY, shipped

OWN_NAMES = Path(__file__).parents[2] / "eval" / "datasets" / "own_names.csv"


@pytest.fixture(scope="module")
def rows() -> list[LabelledRow]:
    return read_labelled(read_records(OWN_NAMES))


@pytest.fixture(scope="module")
def smoke(rows: list[LabelledRow]) -> Evaluation:
    app = build_app(Settings(database_url="sqlite://"), master="starter", as_of=DAY)
    return evaluate(rows, app.mapper, listed_names(shipped()))


@pytest.fixture(scope="module")
def later(rows: list[LabelledRow]) -> Evaluation:
    """The same rows after measurands moved, their labels read in the new numbers."""
    day = date(2026, 9, 1)
    app = build_app(Settings(database_url="sqlite://"), master="starter", as_of=day)
    labels = MovedLabels(shipped(day).release, load_starter().successions)
    return evaluate(labels.rows(rows), app.mapper, listed_names(shipped(day)))


def test_the_labels_hold_every_kind_of_row(rows: list[LabelledRow]) -> None:
    counts = Counter(row.truth.status for row in rows)
    assert counts[Status.CODABLE] >= 90
    assert counts[Status.UNLISTED] >= 50
    assert counts[Status.UNLISTED_SPECIMEN] >= 5
    with OWN_NAMES.open(encoding="utf-8", newline="") as file:
        codes = [record["local_code"] for record in csv.DictReader(file)]
    assert len(set(codes)) == len(codes) == len(rows)


def test_every_labelled_measurand_and_code_is_one_that_the_starter_lists(rows: list[LabelledRow]) -> None:
    listed = {str(code.code) for code in shipped().release.proposable}
    assert {code for row in rows for code in row.truth.codes} <= listed
    assert {m for row in rows for m in row.truth.measurands} <= {code[:5] for code in listed}


def test_the_product_beats_every_search_on_our_own_names(smoke: Evaluation) -> None:
    product = smoke.product
    for title, scores in smoke.systems.items():
        if scores is not product:
            assert product.top1.count >= scores.top1.count, title
    assert product.top1.value is not None
    assert product.top1.value >= 0.95
    assert product.exact[17].value is not None
    assert product.exact[17].value >= 0.95


def test_nothing_without_a_code_and_nothing_wrong_is_accepted_on_our_own_names(smoke: Evaluation) -> None:
    wrong = (Kind.FALSE_ACCEPT, Kind.ACCEPTED_WRONG)
    assert [(f.kind, f.row.test.name) for f in smoke.findings if f.kind in wrong] == []


def test_after_measurands_moved_the_same_labels_still_measure_the_product(later: Evaluation) -> None:
    assert later.product.top1.value is not None
    assert later.product.top1.value >= 0.9
    wrong = (Kind.FALSE_ACCEPT, Kind.ACCEPTED_WRONG)
    assert [(f.kind, f.row.test.name) for f in later.findings if f.kind in wrong] == []


def test_the_verb_evaluates_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", f"sqlite:///{tmp_path / 'editions.sqlite3'}")
    out = tmp_path / "out"
    command = ["eval", str(OWN_NAMES), "--master", "starter", "-o", str(out), "--no-jlac10"]
    assert main([*command, "--as-of", DAY.isoformat()]) == 0
    screen = capsys.readouterr().out
    assert all(title in screen for title in ("jlac-mapper", "substring", "RapidFuzz", "character"))
    saved = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert saved["about"]["JLAC10 column"] == "emptied"
    assert "edition=starter@" in saved["provenance"]
    assert f"as_of={DAY}" in saved["provenance"]


def test_a_day_that_is_none_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", str(OWN_NAMES), "-o", str(tmp_path / "out"), "--as-of", "December"]) == 2
    assert "--as-of is 'December'" in capsys.readouterr().err


def test_a_missing_labelled_file_is_one_line_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", f"sqlite:///{tmp_path / 'editions.sqlite3'}")
    assert main(["eval", str(tmp_path / "absent.csv"), "-o", str(tmp_path / "out")]) == 2
    assert "absent.csv" in capsys.readouterr().err
