"""ConceptMap, SSSOM, the letter, and the rows to measure and train on."""

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from jlac_mapper.cli.eval_command import read_records
from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.evaluation.labels import Status, read_labelled
from jlac_mapper.exports.concept_map import concept_map, local_system
from jlac_mapper.exports.fields import Answered
from jlac_mapper.exports.labelled import confirmed_csv, labelled_csv
from jlac_mapper.exports.letter import letter
from jlac_mapper.exports.sssom import COLUMNS, sssom_tsv
from jlac_mapper.review.model import Facility, Item, ItemState
from jlac_mapper.training.confirmed_names import read as read_confirmed
from jlac_mapper.types import Reason
from tests.support.review_items import ALT, AST, AST_PRODUCT, item, uncodable
from tests.support.shipped_release import shipped

H1 = Facility("h1", "第一病院")
NOW = datetime(2026, 5, 1, 23, 30, tzinfo=UTC)
LOCAL = local_system(H1, "")


def names(code: str) -> str:
    return {AST: "AST", AST_PRODUCT: "AST", ALT: "ALT"}.get(code, "")


def mapped(items: list[Item]) -> dict[str, Any]:
    resource = concept_map(
        items, names, facility=H1, name="h1-run-3", now=NOW, local=LOCAL, jlac11_system="urn:jlac11"
    )
    fhir: Any = pytest.importorskip("fhir.resources.R4B.conceptmap")
    fhir.ConceptMap.model_validate_json(json.dumps(resource))
    return resource


def elements(items: list[Item]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = mapped(items)["group"][0]["element"]
    return found


def test_a_code_with_a_product_is_equal_method_000_is_wider_and_no_code_is_unmatched() -> None:
    rows = [item(1, local_code="1", code=AST_PRODUCT), item(2, local_code="2"), uncodable(3, local_code="3")]
    targets = [element["target"] for element in elements(rows)]
    assert [[t["equivalence"] for t in each] for each in targets] == [["equal"], ["wider"], ["unmatched"]]
    assert targets[0][0]["code"] == AST_PRODUCT
    assert targets[0][0]["display"] == "AST"
    assert "code" not in targets[2][0]
    assert UNCODABLE in targets[2][0]["comment"]
    assert "EXACT_NAME" in targets[0][0]["comment"]


def test_open_rows_are_left_out_and_counted() -> None:
    resource = mapped([item(1), item(2, state=ItemState.PROPOSED)])
    assert resource["status"] == "draft"
    assert resource["description"] == "1 rows answered, 1 open rows left out"
    assert len(resource["group"][0]["element"]) == 1
    assert mapped([item(1)])["status"] == "active"


def test_a_map_without_an_answered_row_is_still_valid() -> None:
    assert "group" not in mapped([item(state=ItemState.PROPOSED)])
    assert mapped([])["status"] == "draft"


def test_one_local_code_is_one_element_and_a_row_without_one_goes_by_its_name() -> None:
    rows = [item(1), item(2), item(3, code=ALT), item(4, local_code="", name=" T.P  (尿)\n")]
    found = elements(rows)
    assert [element["code"] for element in found] == ["001", "T.P (尿)"]
    assert [target["code"] for target in found[0]["target"]] == [AST, ALT]


def set_of(items: list[Item]) -> tuple[list[str], list[dict[str, str]]]:
    answered = Answered(("hanako", "taro"), NOW)
    text = sssom_tsv(
        items,
        names,
        lambda it: answered if it.standing.state is ItemState.FINAL else Answered(),
        facility=H1,
        name="h1-run-3",
        now=NOW,
        local=LOCAL,
        jlac11_system="urn:jlac11",
    )
    header = [line for line in text.splitlines() if line.startswith("#")]
    body = text[sum(len(line) + 1 for line in header) :]
    return header, list(csv.DictReader(io.StringIO(body), delimiter="\t"))


def test_the_sssom_header_is_yaml_with_every_prefix_that_the_rows_use() -> None:
    header, rows = set_of([item(), uncodable(2)])
    assert header[0] == "#curie_map:"
    prefixes = {line.split(":")[0].strip("# ") for line in header if line.startswith("#  ")}
    used = {
        row[c].split(":")[0]
        for row in rows
        for c in ("subject_id", "predicate_id", "object_id", "mapping_justification")
    }
    assert used <= prefixes
    slots = {
        line[1:].partition(": ")[0]: json.loads(line.partition(": ")[2])
        for line in header
        if line[1] != " " and line != "#curie_map:"
    }
    assert slots["mapping_set_id"].startswith("urn:jlac-mapper:facility:h1:")
    assert slots["mapping_set_title"] == "第一病院: JLAC11"
    assert slots["license"]
    assert slots["mapping_date"] == "2026-05-01"


def test_a_decided_row_names_its_people_and_its_day() -> None:
    [row] = set_of([item(code=AST_PRODUCT)])[1]
    assert tuple(row) == COLUMNS
    assert row["mapping_justification"] == "semapv:ManualMappingCuration"
    assert (row["author_label"], row["reviewer_label"], row["mapping_date"]) == (
        "hanako",
        "taro",
        "2026-05-01",
    )
    assert (row["predicate_id"], row["object_id"]) == ("skos:exactMatch", f"JLAC11:{AST_PRODUCT}")
    assert (row["confidence"], row["mapping_tool"]) == ("", "")


def test_what_the_program_accepted_says_so_and_a_local_alias_is_a_persons() -> None:
    rows = set_of(
        [
            item(1, state=ItemState.ACCEPTED),
            item(2, state=ItemState.ACCEPTED, reasons=(Reason.HOUSE_NAME,)),
            item(3, state=ItemState.SENT_BACK),
        ]
    )[1]
    assert [row["mapping_justification"] for row in rows] == [
        "semapv:CompositeMatching",
        "semapv:ManualMappingCuration",
    ]
    assert (rows[0]["mapping_tool"], rows[0]["confidence"]) == ("jlac-mapper", "0.7500")
    assert [row["predicate_id"] for row in rows] == ["skos:broadMatch"] * 2


def test_names_cannot_break_the_tsv_or_run_in_a_spreadsheet() -> None:
    [row] = set_of([item(name="=A1\tB\n#x", local_code="a b/é:1")])[1]
    assert row["subject_label"] == "'=A1 B #x"
    assert row["subject_id"] == "LOCAL:a%20b%2F%C3%A9%3A1"


def test_the_letter_asks_each_question_once_over_its_rows() -> None:
    asked = {"state": ItemState.SENT_BACK, "question": "「材料」は何ですか"}
    rows = [
        item(1, name="TP", **asked),  # type: ignore[arg-type]
        item(2, name="ALB", state=ItemState.SENT_BACK, question="単位は？"),
        item(3, name="CRP", unit="mg/dL", local_code="", **asked),  # type: ignore[arg-type]
        item(4, name="AST"),
    ]
    text = letter(rows, facility=H1, day=date(2026, 5, 1))
    assert text.startswith("第一病院 臨床検査部門 御中\n2026-05-01\n")
    assert "下記の3項目" in text
    assert "照会1: 「材料」は何ですか (2項目)" in text
    assert "照会2: 単位は？ (1項目)" in text
    assert text.index("TP") < text.index("CRP") < text.index("ALB")
    assert "* TP (リスト3 の 1 行目, 項目コード 001)" in text
    assert "* CRP (リスト3 の 3 行目)" in text
    assert "材料: (記載なし) / 単位: mg/dL" in text
    assert text.count("回答: ___") == 3
    assert "AST" not in text


def test_the_letter_speaks_english_and_says_when_there_is_nothing_to_ask() -> None:
    row = item(state=ItemState.SENT_BACK, question="Which specimen?\nPlease {tell}", name="T\nP")
    text = letter([row], facility=H1, day=date(2026, 5, 1), language="en")
    assert "Question 1: Which specimen? Please {tell} (tests: 1)" in text
    assert "* T P (list 3, row 1, local code 001)" in text
    assert "no test to ask about" in letter([], facility=H1, day=date(2026, 5, 1), language="en")


NO_SPECIMEN = (Reason.EXACT_NAME, Reason.SPECIMEN_NOT_LISTED)


def test_labelled_rows_are_what_eval_reads(tmp_path: Path) -> None:
    file = tmp_path / "h1.labelled.csv"
    rows = [
        item(1, name="=AST", unit="U/L"),
        uncodable(2, name="謎"),
        item(3, name="AST(髄液)", code=UNCODABLE, reasons=NO_SPECIMEN),
        item(4, name="ALT", state=ItemState.ACCEPTED, code=ALT),
        item(5, name="open", state=ItemState.PROPOSED),
    ]
    file.write_bytes(labelled_csv(rows))
    read = read_labelled(read_records(file))
    assert [row.test.name for row in read] == ["=AST", "謎", "AST(髄液)"]
    assert read[0].test == rows[0].test
    assert [row.truth.status for row in read] == [Status.CODABLE, Status.UNLISTED, Status.UNLISTED_SPECIMEN]
    assert read[0].truth.measurands == {"C2008"}
    assert read[0].truth.codes == {AST}
    assert read[2].truth.measurands == {"C2008"}


def test_confirmed_names_are_what_training_reads_and_leave_out_what_says_nothing_of_the_name(
    tmp_path: Path,
) -> None:
    file = tmp_path / "h1.confirmed.csv"
    rows = [
        item(1, name="AST"),
        item(2, name="ＡＳＴ"),
        uncodable(3, name="謎"),
        item(4, name="ALT(髄液)", code=UNCODABLE, reasons=NO_SPECIMEN),
        item(5, name="二義"),
        item(6, name="二義", code=ALT),
        item(7, name="  "),
        item(8, name="ALT", state=ItemState.ACCEPTED, code=ALT),
    ]
    file.write_bytes(confirmed_csv(rows))
    names = read_confirmed(file, shipped())
    assert [(name.text, name.concept) for name in names] == [("AST", "ast"), ("謎", "confirmed:謎")]
