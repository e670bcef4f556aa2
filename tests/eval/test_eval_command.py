"""`jlac-mapper eval` from a file to the saved report, with a mapper that answers from a script."""

import json
import re
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from jlac_mapper.cli.eval_command import evaluate_table, read_records
from jlac_mapper.errors import InputError, MissingExtraError, OutputError
from jlac_mapper.types import Disposition
from tests.support.fakes import ScriptedMapper

AST, CK = "C20080000250000F7", "C20010000250000F7"
NAMES = (("AST", "C2008"), ("クレアチンキナーゼ", "C2001"))
SCRIPT = {
    "AST": (Disposition.ACCEPTED, (AST,), 0.99),
    "CK-MB | 蛋白量": (Disposition.ACCEPTED, (CK,), 0.97),
    "CPK": (Disposition.NEEDS_REVIEW, (AST, CK), 0.4),
}
TABLE = """項目コード,検査名,JLAC10コード,expected_measurand,expected_code
1,AST,3B035000002327201,C2008,C2008-0000-250-000-F7
2,CK-MB | 蛋白量,,NONE,

3,CPK,,C2001,
"""


def run(folder: Path, *, use_jlac10: bool = True) -> tuple[str, dict, str, ScriptedMapper]:
    source = folder / "labelled.csv"
    source.write_bytes(TABLE.encode("cp932"))
    screen, mapper = StringIO(), ScriptedMapper(SCRIPT)
    console = Console(file=screen, width=200)
    evaluate_table(source, folder / "out", mapper, NAMES, console, use_jlac10=use_jlac10)
    saved = json.loads((folder / "out" / "metrics.json").read_text(encoding="utf-8"))
    return screen.getvalue(), saved, (folder / "out" / "report.html").read_text(encoding="utf-8"), mapper


def test_a_hospital_table_in_cp932_with_japanese_headers_is_evaluated(tmp_path: Path) -> None:
    screen, saved, _, _ = run(tmp_path)
    product = saved["systems"]["jlac-mapper"]
    assert (product["rows"], product["codable"], product["unlisted"]) == (3, 2, 1)
    assert (product["top1"]["count"], product["recall5"]["count"]) == (1, 2)
    assert product["exact"]["17"] == {
        "count": 1,
        "total": 1,
        "value": 1.0,
        "low": pytest.approx(0.2065, abs=1e-4),
        "high": 1.0,
    }
    assert product["accepted"]["false_accepts"]["count"] == 1
    assert product["at_precision"]["0.99"]["coverage"] == 0.5
    for title in ("jlac-mapper", "substring", "RapidFuzz WRatio", "character TF-IDF"):
        assert title in screen


def test_what_was_measured_can_be_repeated_from_the_saved_figures(tmp_path: Path) -> None:
    _, saved, _, _ = run(tmp_path)
    assert saved["about"]["dataset"] == "labelled.csv"
    assert len(saved["about"]["dataset sha256"]) == 64
    assert saved["provenance"].startswith("edition=scripted@")


def test_the_report_shows_false_accepts_first_with_the_row_and_its_evidence(tmp_path: Path) -> None:
    _, _, report, _ = run(tmp_path)
    rows = report.split("Rows to look at first")[1]
    assert rows.index(">false accept<") < rows.index(">wrong<")
    assert "<b>CK-MB | 蛋白量</b>" in rows
    assert ": the script says CK-MB" in rows
    assert "EXACT_NAME" in rows


def test_the_report_says_in_plain_words_what_was_right_and_how_sure_that_is(tmp_path: Path) -> None:
    _, _, report, _ = run(tmp_path)
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", report))
    assert "50.0% of the rows that have a listed code got the right measurand in first place 1 of 2;" in text
    assert "100.0% of the rows without a listed code were accepted all the same 1 of 1;" in text
    assert "expect 9.5% to 90.5%" in text
    assert "has a listed code 1 1 0 0 2" in text
    assert "Chemistry 生化学 2 50.0% (9%-91%), 1 of 2" in text
    assert "Transfusion 輸血 0 - - - -" in text


def test_the_report_is_one_file_without_scripts_or_anything_from_elsewhere(tmp_path: Path) -> None:
    _, _, report, _ = run(tmp_path)
    assert report.count("<svg") == 2
    assert not re.search(r"<script|<link|<img|@import|src=|href=|url\((?!#)", report)
    assert set(re.findall(r"https?://[^\"'\s]+", report)) == {"http://www.w3.org/2000/svg"}


def test_the_report_is_read_out_with_headings_and_the_heads_of_its_tables(tmp_path: Path) -> None:
    _, _, report, _ = run(tmp_path)
    assert report.count("<h1>") == 1
    assert '<html lang="en">' in report
    for table in re.findall("<table.*?</table>", report, re.DOTALL):
        head, body = table.split("<tbody>", 1)
        assert not re.search(r"<th(?! scope=\"col\")(?!ead)", head)
        rows = re.findall("<tr>(.*?)</tr>", body, re.DOTALL)
        assert all(row.startswith(('<th scope="row">', "<td></td>")) for row in rows)
        assert any(row.startswith("<th") for row in rows)
    for figure in re.findall("<figure>.*?</figure>", report, re.DOTALL):
        assert re.search('<svg[^>]* role="img" aria-label="[^"]+"', figure)


@pytest.mark.parametrize("module", ["sklearn", "matplotlib", "jinja2"])
def test_without_the_extra_one_line_names_it_before_any_row_is_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    source, mapper = tmp_path / "labelled.csv", ScriptedMapper(SCRIPT)
    source.write_text(TABLE, encoding="utf-8")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"{module} is not installed.*jlac-mapper\[report\]"):
        evaluate_table(source, tmp_path / "out", mapper, NAMES, Console(file=StringIO()))
    assert not mapper.batches
    assert not (tmp_path / "out").exists()


def test_what_a_hospital_wrote_cannot_become_markup(tmp_path: Path) -> None:
    source = tmp_path / "labelled.csv"
    source.write_text("name,unit,expected_measurand\n<b onclick=x>AST,<i>U/L,C2008\n", encoding="utf-8")
    mapper = ScriptedMapper({"<b onclick=x>AST": (Disposition.ACCEPTED, (CK,), 0.9)})
    evaluate_table(source, tmp_path / "out", mapper, NAMES, Console(file=StringIO()))
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "&lt;b onclick=x&gt;AST" in report
    assert "&lt;i&gt;U/L" in report
    assert "<b onclick" not in report
    assert "<i>" not in report


def test_a_second_run_is_compared_with_the_first_of_the_same_folder(tmp_path: Path) -> None:
    _, _, first, _ = run(tmp_path)
    assert "There is no earlier result" in first
    metrics = tmp_path / "out" / "metrics.json"
    saved = json.loads(metrics.read_text(encoding="utf-8"))
    saved["systems"]["jlac-mapper"]["top1"] = {"value": 0.0, "low": 0.0, "high": 0.1}
    metrics.write_text(json.dumps(saved), encoding="utf-8")
    _, _, second, _ = run(tmp_path)
    change = re.sub("<[^>]+>", " ", second.split("Compared with the previous")[1].split("Rows to look")[0])
    assert "Right measurand first  0.0%  50.0%  +50.0 points  beyond chance" in change
    assert "accepted with the right answer  50.0%  50.0%  +0.0 points  unchanged" in change
    assert "another table" not in change


def test_an_earlier_result_of_another_table_is_compared_with_a_warning(tmp_path: Path) -> None:
    run(tmp_path)
    metrics = tmp_path / "out" / "metrics.json"
    saved = json.loads(metrics.read_text(encoding="utf-8"))
    saved["about"]["dataset sha256"] = "0" * 64
    earlier = tmp_path / "earlier.json"
    earlier.write_text(json.dumps(saved), encoding="utf-8")
    source = tmp_path / "labelled.csv"
    console = Console(file=StringIO())
    evaluate_table(source, tmp_path / "out", ScriptedMapper(SCRIPT), NAMES, console, previous=earlier)
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "earlier result is of another table" in report
    assert "unchanged" not in report


def test_a_previous_file_that_is_no_result_is_one_clear_line(tmp_path: Path) -> None:
    source, earlier = tmp_path / "labelled.csv", tmp_path / "earlier.json"
    source.write_text(TABLE, encoding="utf-8")
    earlier.write_text('{"rows": 3}', encoding="utf-8")
    with pytest.raises(InputError, match="give another --previous"):
        evaluate_table(
            source,
            tmp_path / "out",
            ScriptedMapper(SCRIPT),
            NAMES,
            Console(file=StringIO()),
            previous=earlier,
        )


def test_no_jlac10_reaches_the_mapper_when_it_is_switched_off(tmp_path: Path) -> None:
    _, saved, _, mapper = run(tmp_path, use_jlac10=False)
    assert {test.jlac10 for test in mapper.batches[0]} == {""}
    assert saved["about"]["JLAC10 column"] == "emptied"


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    source, blocked = tmp_path / "labelled.csv", tmp_path / "out"
    source.write_text(TABLE, encoding="utf-8")
    blocked.write_text("a file, no folder", encoding="utf-8")
    with pytest.raises(OutputError, match="give another -o"):
        evaluate_table(source, blocked, ScriptedMapper(SCRIPT), NAMES, Console(file=StringIO()))


def test_a_table_without_labels_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "unlabelled.csv"
    source.write_text("name,unit\nAST,U/L\n", encoding="utf-8")
    with pytest.raises(InputError, match="neither `expected_measurand` nor `expected_code`"):
        evaluate_table(source, tmp_path / "out", ScriptedMapper(SCRIPT), NAMES, Console(file=StringIO()))
    assert not (tmp_path / "out").exists()


def test_records_hold_the_file_headers_and_the_fields(tmp_path: Path) -> None:
    source = tmp_path / "labelled.csv"
    source.write_text(TABLE, encoding="utf-8-sig")
    first, *_, last = read_records(source)
    assert (first["項目コード"], first["local_code"], first["name"]) == ("1", "1", "AST")
    assert last["name"] == "CPK"
