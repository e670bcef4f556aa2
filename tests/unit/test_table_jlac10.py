"""The run on a file in JLAC10, and in both code systems: header, cells, tally, resuming, workbooks."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from jlac_mapper.errors import InputError, OutputError
from jlac_mapper.mapping.systems import Systems
from jlac_mapper.tables.headings import recognise
from jlac_mapper.tables.job import MapJob, default_output, map_file
from jlac_mapper.tables.progress import progress_path
from jlac_mapper.tables.run import result_cells
from jlac_mapper.tables.table import open_table, result_columns
from jlac_mapper.types import Answers, LocalTest, MapOptions, System
from tests.unit import jlac10, stages

JLAC11_BLOCK = [
    *("disposition", "jlac11", "probability", "measurand_probability", "standard_name", "reasons"),
    *(f"candidate_{rank}" for rank in range(1, 6)),
    *(f"candidate_{rank}_probability" for rank in range(1, 6)),
]
JLAC10_BLOCK = [
    *("jlac10_disposition", "jlac10_code", "jlac10_probability", "jlac10_analyte_probability", "jlac10_name"),
    *("jlac10_reasons", *(f"jlac10_candidate_{rank}" for rank in range(1, 6))),
]
SHARED = ["read_as", "provenance"]
ONE, BOTH = (System.JLAC10,), (System.JLAC11, System.JLAC10)
CONTRACT = {ONE: [*JLAC10_BLOCK, *SHARED], BOTH: [*JLAC11_BLOCK, *JLAC10_BLOCK, *SHARED]}
SYSTEMS = Systems(stages.build_pipeline, lambda: jlac10.PIPELINE)
TEXT = (
    "備考,検査名,材料,単位\n"
    "=1+1,AST,血清,U/L\n"
    "@b,採血料,,\n"
    "c,謎の物質ゼータ,血清,\n"
    ",,,\n"
    f"d,{'長' * 600},血清,\n"
    "e,HBs抗原,血清,COI,余り\n"
    "\n"
    "f,AST,,\n"
)


class Interrupted:
    """The systems' mapper, during whose work on a test the user presses Ctrl-C; or that fails on it."""

    def __init__(self, name: str, error: type[BaseException] = KeyboardInterrupt) -> None:
        self.name, self.error = name, error

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[Answers]:
        if any(test.name == self.name for test in tests):
            raise self.error(f"cannot map {self.name}")
        return SYSTEMS.map_batch(tests, options)


def job(folder: Path, systems: tuple[System, ...], output: str = "out.csv", **changes: object) -> MapJob:
    path = folder / "list.csv"
    if not path.exists():
        path.write_text(TEXT, "utf-8")
    return MapJob(path, folder / output, MapOptions(systems=systems), **changes)  # type: ignore[arg-type]


def mapped(made: MapJob) -> list[list[str]]:
    map_file(made, SYSTEMS, chunk_rows=3)
    with made.output.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def records(made: MapJob) -> list[dict[str, str]]:
    header, *rows = mapped(made)
    return [dict(zip(header, row, strict=True)) for row in rows]


# --- columns


@pytest.mark.parametrize("systems", CONTRACT)
def test_the_result_columns_are_those_of_the_contract(tmp_path: Path, systems: tuple[System, ...]) -> None:
    assert list(result_columns(5, systems)) == CONTRACT[systems]
    assert mapped(job(tmp_path, systems))[0] == ["備考", "検査名", "材料", "単位", "", *CONTRACT[systems]]


def test_top_k_decides_the_number_of_candidates_in_each_block() -> None:
    assert [c for c in result_columns(2, BOTH) if "candidate" in c] == [
        "candidate_1",
        "candidate_2",
        "candidate_1_probability",
        "candidate_2_probability",
        "jlac10_candidate_1",
        "jlac10_candidate_2",
    ]


@pytest.mark.parametrize("top_k", [1, 2, 5])
@pytest.mark.parametrize("systems", CONTRACT)
def test_every_answer_fills_its_columns(systems: tuple[System, ...], top_k: int) -> None:
    width = len(result_columns(top_k, systems))
    assert len(result_cells(None, top_k, systems)) == width
    rows = [
        LocalTest("AST", specimen="血清"),
        LocalTest("麻疹の抗体"),
        LocalTest("謎"),
        LocalTest("採血料"),
        LocalTest(""),
    ]
    for answer in SYSTEMS.map_batch(rows, MapOptions(top_k=top_k, systems=systems)):
        assert len(result_cells(answer, top_k, systems)) == width


# --- rows


@pytest.mark.parametrize("systems", CONTRACT)
def test_each_row_keeps_its_cells_and_place_and_gets_its_answer(
    tmp_path: Path, systems: tuple[System, ...]
) -> None:
    rows = mapped(job(tmp_path, systems))[1:]
    assert [row[:5] for row in rows] == [
        ["'=1+1", "AST", "血清", "U/L", ""],
        ["'@b", "採血料", "", "", ""],
        ["c", "謎の物質ゼータ", "血清", "", ""],
        ["", "", "", "", ""],
        ["d", "長" * 600, "血清", "", ""],
        ["e", "HBs抗原", "血清", "COI", "余り"],
        ["", "", "", "", ""],
        ["f", "AST", "", "", ""],
    ]
    assert {len(row) for row in rows} == {5 + len(CONTRACT[systems])}
    answers = [dict(zip(CONTRACT[systems], row[5:], strict=True)) for row in rows]
    assert [answer["jlac10_disposition"] for answer in answers] == [
        "ACCEPTED",
        "NO_CODE",
        "NEEDS_REVIEW",
        "ERROR",
        "ERROR",
        "ACCEPTED",
        "ERROR",
        "NEEDS_REVIEW",
    ]
    assert [answer["jlac10_code"] for answer in answers] == [
        "3B035000002327201",
        "",
        "",
        "",
        "",
        "5F016141002305233",
        "",
        "3B035000002327201",
    ]


def test_the_cells_of_a_jlac10_answer(tmp_path: Path) -> None:
    first, line, unknown, empty, *_ = records(job(tmp_path, ONE))
    assert (first["jlac10_probability"], first["jlac10_reasons"]) == (
        "0.9800",
        "EXACT_NAME;PRINCIPLE_ASSUMED",
    )
    assert 0.98 < float(first["jlac10_analyte_probability"]) <= 1
    assert first["jlac10_name"] == "AST [血清] 紫外吸光光度法"
    assert first["jlac10_candidate_1"] == first["jlac10_code"]
    assert (first["read_as"], first["provenance"].startswith("edition=small")) == ("AST", True)
    assert (line["jlac10_reasons"], line["read_as"]) == ("NAME_KNOWN_UNLISTED", "採血料")
    assert (unknown["jlac10_reasons"], unknown["read_as"]) == ("NAME_UNKNOWN", "")
    assert (empty["jlac10_reasons"], empty["jlac10_probability"]) == ("NAME_EMPTY", "0.0000")


def test_an_order_code_has_15_characters_and_a_composite_result_two_candidates(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "検査名,材料,基準値\n麻疹抗体IgG,血清,\n便潜血,便,3+(300)\n麻疹抗体IgG,血清,\n", "utf-8"
    )
    order, composite, _ = records(job(tmp_path, ONE))
    assert order["jlac10_code"] == "5F4311431023023"
    codes = composite["jlac10_candidate_1"], composite["jlac10_candidate_2"]
    assert codes == ("1B040000001519011", "1B040000001519001")
    assert "COMPOSITE_RESULT" in composite["jlac10_reasons"].split(";")


def test_both_blocks_hold_what_each_system_alone_says(tmp_path: Path) -> None:
    both = records(job(tmp_path, BOTH))
    for name, block in (("jlac10.csv", JLAC10_BLOCK), ("jlac11.csv", JLAC11_BLOCK)):
        systems = ONE if name == "jlac10.csv" else (System.JLAC11,)
        alone = records(job(tmp_path, systems, name))
        for row, other in zip(both, alone, strict=True):
            assert {column: row[column] for column in block} == {column: other[column] for column in block}
    provenance = both[0]["provenance"].split(" | ")
    assert len(provenance) == 2
    assert len(set(provenance)) == 2


def test_a_row_that_both_fail_on_is_an_error_in_both_and_the_others_are_mapped(tmp_path: Path) -> None:
    made = job(tmp_path, BOTH)
    tally, _, _ = map_file(made, Interrupted("採血料", ValueError))
    with made.output.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert (rows[1]["disposition"], rows[1]["jlac10_disposition"]) == ("ERROR", "ERROR")
    assert (rows[1]["reasons"], rows[1]["jlac10_reasons"]) == ("ROW_MALFORMED", "ROW_MALFORMED")
    assert (rows[0]["disposition"], rows[0]["jlac10_disposition"]) == ("ACCEPTED", "ACCEPTED")
    assert "row 2: ValueError: cannot map 採血料" in tally.notes


def test_the_tally_counts_the_first_system_and_the_second_beside_it(tmp_path: Path) -> None:
    one, _, _ = map_file(job(tmp_path, ONE), SYSTEMS)
    assert (one.rows, one.accepted, one.review, one.no_code, one.errors) == (8, 2, 2, 1, 3)
    assert one.jlac10 == {}
    both, _, _ = map_file(job(tmp_path, BOTH, "both.csv"), SYSTEMS)
    assert both.rows == both.accepted + both.review + both.no_code + both.errors == 8
    assert both.jlac10 == {"ACCEPTED": 2, "NEEDS_REVIEW": 2, "NO_CODE": 1, "ERROR": 3}


# --- interrupted runs


@pytest.mark.parametrize("systems", CONTRACT)
@pytest.mark.parametrize("name", ["AST", "謎の物質ゼータ", "HBs抗原"])
def test_an_interrupted_run_continued_gives_what_a_whole_one_gives(
    tmp_path: Path, systems: tuple[System, ...], name: str
) -> None:
    made = job(tmp_path, systems)
    with pytest.raises(KeyboardInterrupt):
        map_file(made, Interrupted(name), chunk_rows=2)
    tally, _, _ = map_file(replace(made, resume=True), SYSTEMS, chunk_rows=2)
    whole, _, _ = map_file(job(tmp_path, systems, "whole.csv"), SYSTEMS, chunk_rows=2)
    assert made.output.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert tally == whole
    assert not progress_path(made.output).exists()


@pytest.mark.parametrize("other", [(System.JLAC11,), ONE, BOTH])
@pytest.mark.parametrize("systems", [(System.JLAC11,), ONE, BOTH])
def test_a_run_is_continued_in_the_systems_that_it_was_begun_in(
    tmp_path: Path, systems: tuple[System, ...], other: tuple[System, ...]
) -> None:
    made = job(tmp_path, systems)
    with pytest.raises(KeyboardInterrupt):
        map_file(made, Interrupted("HBs抗原"), chunk_rows=2)
    again = replace(made, resume=True, options=MapOptions(systems=other))
    if other == systems:
        map_file(again, SYSTEMS, chunk_rows=2)
        return
    with pytest.raises(InputError, match="begun with another --system"):
        map_file(again, SYSTEMS, chunk_rows=2)


@pytest.mark.parametrize("systems", CONTRACT)
def test_a_complete_output_of_other_systems_is_not_continued(
    tmp_path: Path, systems: tuple[System, ...]
) -> None:
    made = job(tmp_path, systems)
    map_file(made, SYSTEMS)
    before = made.output.read_bytes()
    for other in ((System.JLAC11,), *(each for each in CONTRACT if each != systems)):
        with pytest.raises(OutputError, match="not the complete result"):
            map_file(replace(made, resume=True, options=MapOptions(systems=other)), SYSTEMS)
    assert map_file(replace(made, resume=True), SYSTEMS)[1] == 0
    assert made.output.read_bytes() == before


def test_resuming_a_complete_output_counts_it_in_both_systems(tmp_path: Path) -> None:
    made = job(tmp_path, BOTH)
    first, _, _ = map_file(made, SYSTEMS)
    again, _, _ = map_file(replace(made, resume=True), SYSTEMS)
    assert (again.accepted, again.jlac10) == (first.accepted, first.jlac10)


# --- workbooks, and outputs as inputs


@pytest.mark.parametrize("systems", CONTRACT)
def test_a_workbook_holds_the_same_answers_with_numbers_as_numbers(
    tmp_path: Path, systems: tuple[System, ...]
) -> None:
    rows = mapped(job(tmp_path, systems))
    map_file(job(tmp_path, systems, "out.xlsx"), SYSTEMS)
    header, *written = openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows(values_only=True)
    assert ["" if cell is None else cell for cell in header] == rows[0]
    for cells, row in zip(written, rows[1:], strict=True):
        for column, cell, text in zip(rows[0][5:], cells[5:], row[5:], strict=True):
            if "probability" in column and text:
                assert isinstance(cell, int | float)
                assert f"{cell:.4f}" == text
            else:
                assert ("" if cell is None else cell) == text
    assert written[0][0] == "=1+1"  # a workbook's text is no formula: it needs no guard
    kinds = {cell.data_type for row in openpyxl.load_workbook(tmp_path / "out.xlsx").active for cell in row}
    assert "f" not in kinds


@pytest.mark.parametrize("systems", CONTRACT)
@pytest.mark.parametrize("output", ["first.csv", "first.tsv", "first.xlsx"])
def test_an_output_read_back_in_is_the_list_that_it_was_made_of(
    tmp_path: Path, systems: tuple[System, ...], output: str
) -> None:
    made = job(tmp_path, systems, output)
    map_file(made, SYSTEMS)
    given, back = open_table(made.input), open_table(made.output)
    assert back.row_count == given.row_count == 8
    padded = [(row.cells + ("",) * 5)[:5] for row in given.rows()]
    assert [(row.cells + ("",) * 5)[:5] for row in back.rows()] == padded
    assert back.columns == given.columns
    assert list(back.header[5:]) == CONTRACT[systems]


@pytest.mark.parametrize("systems", CONTRACT)
def test_mapping_an_output_again_changes_no_cell_of_it_and_gives_the_same_answers(
    tmp_path: Path, systems: tuple[System, ...]
) -> None:
    first = mapped(job(tmp_path, systems, "first.csv"))
    again = MapJob(tmp_path / "first.csv", tmp_path / "second.csv", MapOptions(systems=systems))
    second = mapped(again)
    width = len(first[0])
    assert [row[:width] for row in second] == first
    assert [row[width:] for row in second] == [row[5:] for row in first]


def test_no_column_of_an_output_is_taken_for_a_field_of_the_list() -> None:
    assert recognise(["検査名", *CONTRACT[BOTH]]) == {"name": 0}


def test_the_default_output_is_named_after_the_systems() -> None:
    assert default_output(Path("a/tests.v2.xlsx"), ONE) == Path("a/tests.v2.jlac10.csv")
    assert default_output(Path("a/tests.v2.xlsx"), BOTH) == Path("a/tests.v2.jlac11-jlac10.csv")
