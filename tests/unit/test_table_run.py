"""The run on a file: one output row an input row, cells unchanged, whatever the file holds."""

import csv
import gc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jlac_mapper.errors import InputError, OutputError
from jlac_mapper.tables.job import MapJob, check_paths, default_output, map_file
from jlac_mapper.tables.table import open_table, result_columns
from jlac_mapper.types import LocalTest, MapOptions, MappingResult
from jlac_mapper.vocabulary import Concept
from tests.support.fakes import CodingMapper

CONTRACT = [
    *("disposition", "jlac11", "probability", "measurand_probability", "standard_name", "reasons"),
    *("candidate_1", "candidate_2", "candidate_3", "candidate_4", "candidate_5"),
    *("candidate_1_probability", "candidate_2_probability", "candidate_3_probability"),
    *("candidate_4_probability", "candidate_5_probability", "read_as", "provenance"),
]


def run(path: Path, output: Path | None = None, **changes: object) -> list[list[str]]:
    job = MapJob(path, output or path.with_name("out.csv"), **changes)  # type: ignore[arg-type]
    check_paths(job)
    map_file(job, CodingMapper(), chunk_rows=3)
    encoding = "cp932" if job.encoding == "cp932" else "utf-8-sig"
    with job.output.open(encoding=encoding, newline="") as stream:
        return list(csv.reader(stream, delimiter="\t" if job.output.suffix == ".tsv" else ","))


def table_at(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(text, "utf-8", newline="")
    return path


def test_the_result_columns_are_those_of_the_contract() -> None:
    assert list(result_columns(5)) == CONTRACT


def test_each_row_keeps_its_cells_and_place_and_gets_its_answer(tmp_path: Path) -> None:
    rows = run(table_at(tmp_path, "備考,検査名\nx,AST\ny,NONE1\nz,REVIEW1\n,\n"))
    assert rows[0] == ["備考", "検査名", *CONTRACT]
    assert [row[:3] for row in rows[1:]] == [
        ["x", "AST", "ACCEPTED"],
        ["y", "NONE1", "NO_CODE"],
        ["z", "REVIEW1", "NEEDS_REVIEW"],
        ["", "", "ERROR"],
    ]
    accepted = dict(zip(CONTRACT, rows[1][2:], strict=True))
    assert accepted["jlac11"] == accepted["candidate_1"]
    assert len(accepted["jlac11"]) == 17
    assert (accepted["probability"], accepted["measurand_probability"]) == ("0.9000", "0.9500")
    assert accepted["reasons"] == "EXACT_NAME;METHOD_UNSPECIFIED"
    assert (accepted["candidate_2_probability"], accepted["standard_name"]) == ("0.4500", "標準AST")
    no_code = dict(zip(CONTRACT, rows[2][2:], strict=True))
    assert (no_code["jlac11"], no_code["candidate_1"], no_code["candidate_1_probability"]) == ("", "", "")
    assert rows[4][2:8] == ["ERROR", "", "0.0000", "0.0000", "", "NAME_EMPTY"]


class Reader(CodingMapper):
    """A CodingMapper that reads every row that has no code as one concept."""

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        known = Concept("ck_mb", "=CK-MB", "CK-MB")
        return [
            replace(answer, read_as=None if answer.jlac11 else known)
            for answer in super().map_batch(tests, options)
        ]


def test_what_a_row_was_read_as_stands_by_its_standard_name_before_the_provenance(tmp_path: Path) -> None:
    path = table_at(tmp_path, "name\nNONE1\nAST\nBROKEN\n")
    job = MapJob(path, tmp_path / "out.csv")
    map_file(job, Reader())
    with job.output.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0])[-2:] == ["read_as", "provenance"]
    assert [row["read_as"] for row in rows] == ["'=CK-MB", "", ""]
    assert [row["disposition"] for row in rows] == ["NO_CODE", "ACCEPTED", "ERROR"]


def test_top_k_decides_the_number_of_candidates(tmp_path: Path) -> None:
    rows = run(table_at(tmp_path, "name\nAST\n"), options=MapOptions(top_k=2))
    assert rows[0][1:] == list(result_columns(2))
    assert len(rows[1]) == len(rows[0]) == 1 + 6 + 4 + 2


def test_a_row_that_the_mapper_fails_on_is_an_error_and_the_others_are_mapped(tmp_path: Path) -> None:
    path = table_at(tmp_path, "name\nAST\nBROKEN\nALT\nLD\n")
    rows = run(path)
    assert [row[1] for row in rows[1:]] == ["ACCEPTED", "ERROR", "ACCEPTED", "ACCEPTED"]
    assert rows[2][6] == "ROW_MALFORMED"
    tally, _, _ = map_file(MapJob(path, tmp_path / "again.csv"), CodingMapper())
    assert (tally.rows, tally.accepted, tally.errors) == (4, 3, 1)
    assert tally.notes == ["row 2: ValueError: cannot map this row"]


def test_an_unreadable_row_is_an_error_with_its_cells_kept(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("code,検査名\n1,総蛋白\n".encode() + "2,尿素\n".encode("cp932") + "3,血糖\n".encode())
    rows = run(path)
    assert [row[:1] + row[2:3] for row in rows[1:]] == [["1", "ACCEPTED"], ["2", "ERROR"], ["3", "ACCEPTED"]]
    assert rows[2][1] == "\\x94A\\x91f"
    assert rows[2][7] == "ROW_MALFORMED"


def test_ragged_rows_are_padded_and_extra_cells_stay_before_the_results(tmp_path: Path) -> None:
    rows = run(table_at(tmp_path, "name,unit\nAST\n\nALT,U/L,extra\n"))
    assert rows[0][:4] == ["name", "unit", "", "disposition"]
    assert [row[:4] for row in rows[1:]] == [
        ["AST", "", "", "ACCEPTED"],
        ["", "", "", "ERROR"],
        ["ALT", "U/L", "extra", "ACCEPTED"],
    ]


def test_duplicate_headers_stay_and_the_results_keep_the_names_of_the_contract(tmp_path: Path) -> None:
    rows = run(table_at(tmp_path, "name,unit,unit,jlac11\nAST,a,b,mine\n"))
    assert rows[0] == ["name", "unit", "unit", "jlac11", *CONTRACT]
    assert rows[1][:4] == ["AST", "a", "b", "mine"]


def test_mapping_an_output_again_changes_no_cell_of_it(tmp_path: Path) -> None:
    first = run(table_at(tmp_path, "name,note\nAST,=1+1\n'-A,'=1+1\n"), tmp_path / "first.csv")
    second = run(tmp_path / "first.csv", tmp_path / "second.csv")
    assert [row[: len(first[0])] for row in second] == first
    assert [row[1] for row in first[1:]] == ["'=1+1", "''=1+1"]


def test_a_tsv_output_is_separated_by_tabs(tmp_path: Path) -> None:
    rows = run(table_at(tmp_path, 'name,note\nAST,"a\tb"\n'), tmp_path / "out.tsv")
    assert rows[1][:3] == ["AST", "a\tb", "ACCEPTED"]


def test_csv_begins_with_the_mark_that_excel_looks_for_and_ends_its_lines_as_excel_does(
    tmp_path: Path,
) -> None:
    run(table_at(tmp_path, "name\nAST\n"))
    content = (tmp_path / "out.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfname,")
    assert content.count(b"\xef\xbb\xbf") == 1
    assert content.count(b"\r\n") == content.count(b"\n") == 2


def test_characters_that_cp932_lacks_are_written_as_references_and_counted(tmp_path: Path) -> None:
    path = table_at(tmp_path, "検査名,unit\n総蛋白,g/dL\n⾎糖,\u00b5g\nAST,U/L\n")
    rows = run(path, encoding="cp932")
    assert rows[2][:2] == ["&#12174;糖", "&#181;g"]
    assert rows[1][:3] == ["総蛋白", "g/dL", "ACCEPTED"]
    tally, _, _ = map_file(MapJob(path, tmp_path / "again.csv", encoding="cp932"), CodingMapper())
    assert tally.replaced_cells == 2 + 1  # the standard name repeats the test's name


def test_an_input_without_rows_gives_a_header_alone(tmp_path: Path) -> None:
    assert run(table_at(tmp_path, "name,unit\n")) == [["name", "unit", *CONTRACT]]


def test_the_default_output_lies_beside_the_input() -> None:
    assert default_output(Path("a/tests.v2.xlsx")) == Path("a/tests.v2.jlac11.csv")


@pytest.mark.parametrize(
    ("output", "changes", "message"),
    [
        ("list.csv", {}, "is the input itself"),
        (".", {}, "is a folder"),
        ("out.xls", {}, "cannot be written"),
        ("out.xlsx", {"resume": True}, "cannot be resumed"),
        ("out.csv", {"encoding": "latin-1"}, "--encoding latin-1 is not known"),
    ],
)
def test_what_cannot_work_is_refused_first(
    tmp_path: Path, output: str, changes: dict[str, object], message: str
) -> None:
    path = table_at(tmp_path, "name\nAST\n")
    with pytest.raises((InputError, OutputError), match=message):
        run(path, tmp_path / output, **changes)
    assert path.read_text("utf-8") == "name\nAST\n"


def test_an_unusable_input_leaves_an_earlier_output_alone(tmp_path: Path) -> None:
    path = table_at(tmp_path, "コード\n1\n")
    (tmp_path / "out.csv").write_text("precious", "utf-8")
    with pytest.raises(InputError):
        run(path)
    assert (tmp_path / "out.csv").read_text("utf-8") == "precious"


CELLS = st.text(
    alphabet=st.characters(codec="utf-8") | st.sampled_from("'=+-@\t\r\n,\"\u3000＝\x00_"), max_size=12
)


@settings(max_examples=150)
@given(
    rows=st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=12),
    suffix=st.sampled_from([".csv", ".tsv"]),
)
def test_any_table_gives_one_row_a_row_with_the_same_cells(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], suffix: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path, output = folder / "list.csv", folder / f"out{suffix}"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["name", "unit"], *rows])
    map_file(MapJob(path, output), CodingMapper(), chunk_rows=4)
    written = open_table(output)
    width = max([2, *map(len, rows)])
    assert [list(row.cells[:width]) for row in written.rows()] == [
        row + [""] * (width - len(row)) for row in rows
    ]
    assert {len(row.cells) for row in written.rows()} <= {width + len(CONTRACT)}


@settings(max_examples=30)
@given(rows=st.lists(st.lists(CELLS, min_size=2, max_size=2).filter(any), max_size=6))
def test_any_table_goes_into_a_workbook_and_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path, output = folder / "list.csv", folder / "out.xlsx"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["name", "unit"], *rows])
    map_file(MapJob(path, output), CodingMapper(), chunk_rows=4)
    assert [list(row.cells[:2]) for row in open_table(output).rows()] == rows


def test_a_run_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    run(table_at(tmp_path, "検査名\nAST\n"))
    assert (gc.get_threshold(), gc.get_freeze_count()) == (threshold, frozen)
