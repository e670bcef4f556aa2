"""Interrupted runs: the file that is left, and the run that continues it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jlac_mapper.errors import InputError, JlacMapperError, OutputError
from jlac_mapper.tables.job import MapJob, map_file
from jlac_mapper.tables.progress import load_progress, progress_path
from jlac_mapper.tables.table import open_table
from jlac_mapper.types import MapOptions
from tests.support.fakes import CodingMapper, InterruptedMapper

ROWS = 23
CHUNK = 4
NAMES = [f"{('', 'NONE', 'REVIEW', 'BROKEN')[i % 4]}検査{i}" for i in range(ROWS)]


def job_in(folder: Path, **changes: object) -> MapJob:
    path = folder / "list.csv"
    if not path.exists():
        path.write_text("検査名,note\n" + "".join(f'{name},"=a\n{name}"\n' for name in NAMES), "utf-8")
    return MapJob(path, folder / "out.csv", **changes)  # type: ignore[arg-type]


def complete_bytes(folder: Path) -> bytes:
    job = replace(job_in(folder), output=folder / "complete.csv")
    map_file(job, CodingMapper(), chunk_rows=CHUNK)
    return job.output.read_bytes()


def interrupt(job: MapJob, at_row: int = 9) -> None:
    with pytest.raises(KeyboardInterrupt):
        map_file(job, InterruptedMapper(NAMES[at_row]), chunk_rows=CHUNK)


@pytest.mark.parametrize("at_row", [0, 3, 4, 9, 15, 20, 22])
def test_an_interrupted_file_holds_complete_rows_and_resuming_gives_the_same_file(
    tmp_path: Path, at_row: int
) -> None:
    job = job_in(tmp_path)
    interrupt(job, at_row)
    left = open_table(job.output)
    assert left.row_count == at_row // CHUNK * CHUNK
    assert {len(row.cells) for row in left.rows()} <= {len(left.header)}
    tally, mapped, _ = map_file(replace(job, resume=True), CodingMapper(), chunk_rows=CHUNK)
    assert job.output.read_bytes() == complete_bytes(tmp_path)
    assert (tally.rows, mapped) == (ROWS, ROWS - left.row_count)
    assert (tally.accepted, tally.no_code, tally.review, tally.errors) == (6, 6, 6, 5)
    assert not progress_path(job.output).exists()


@settings(max_examples=40)
@given(stops=st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=4), torn=st.integers(0, 200))
def test_a_run_killed_again_and_again_in_mid_write_loses_and_repeats_nothing(
    tmp_path_factory: pytest.TempPathFactory, stops: list[int], torn: int
) -> None:
    folder = tmp_path_factory.mktemp("killed")
    job = job_in(folder)
    expected = complete_bytes(folder)
    for number, at_row in enumerate(stops):
        try:
            map_file(replace(job, resume=number > 0), InterruptedMapper(NAMES[at_row]), chunk_rows=CHUNK)
        except KeyboardInterrupt:
            # A killed process leaves part of a chunk behind the last one that its record knows.
            with job.output.open("ab") as stream:
                stream.write(expected[stream.tell() : stream.tell() + torn])
    map_file(replace(job, resume=True), CodingMapper(), chunk_rows=CHUNK)
    assert job.output.read_bytes() == expected


def test_resuming_what_never_began_is_an_ordinary_run(tmp_path: Path) -> None:
    map_file(job_in(tmp_path, resume=True), CodingMapper(), chunk_rows=CHUNK)
    assert (tmp_path / "out.csv").read_bytes() == complete_bytes(tmp_path)


def test_resuming_a_complete_output_changes_nothing_and_counts_it(tmp_path: Path) -> None:
    job = job_in(tmp_path)
    first, _, _ = map_file(job, CodingMapper())
    before = job.output.read_bytes()
    again, mapped, _ = map_file(replace(job, resume=True), CodingMapper())
    assert (job.output.read_bytes(), mapped) == (before, 0)
    assert (again.rows, again.accepted, again.errors) == (first.rows, first.accepted, first.errors)


def test_resuming_onto_another_file_is_refused(tmp_path: Path) -> None:
    job = job_in(tmp_path, resume=True)
    job.output.write_text("name\nprecious\n", "utf-8")
    with pytest.raises(OutputError, match="no record of an interrupted run"):
        map_file(job, CodingMapper())
    assert job.output.read_text("utf-8") == "name\nprecious\n"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"options": MapOptions(top_k=3)}, "--top-k"),
        ({"settings": {"edition": "other"}}, "edition"),
        ({"encoding": "cp932"}, "--encoding"),
    ],
)
def test_resuming_under_other_settings_is_refused(
    tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    job = job_in(tmp_path)
    interrupt(job)
    with pytest.raises(InputError, match=f"begun with another {named}"):
        map_file(replace(job, resume=True, **changes), CodingMapper())  # type: ignore[arg-type]


def test_resuming_with_another_input_is_refused(tmp_path: Path) -> None:
    job = job_in(tmp_path)
    interrupt(job)
    with job.input.open("a", encoding="utf-8") as stream:
        stream.write("AST,\n")
    with pytest.raises(InputError, match="begun with another input"):
        map_file(replace(job, resume=True), CodingMapper())


@pytest.mark.parametrize("damage", ["shorter", "edited", "missing"])
def test_an_output_that_was_changed_meanwhile_is_not_continued(tmp_path: Path, damage: str) -> None:
    job = job_in(tmp_path)
    interrupt(job)
    content = job.output.read_bytes()
    if damage == "missing":
        job.output.unlink()
    else:
        job.output.write_bytes(
            content[:-5] if damage == "shorter" else content.replace(b"ACCEPTED", b"REJECTED")
        )
    with pytest.raises(OutputError, match="without --resume"):
        map_file(replace(job, resume=True), CodingMapper())


def test_a_damaged_record_is_one_clear_error(tmp_path: Path) -> None:
    job = job_in(tmp_path)
    interrupt(job)
    for text in ("{", "[]", '{"version": 1}', '{"version": 0}'):
        progress_path(job.output).write_text(text, "utf-8")
        with pytest.raises(InputError, match="cannot be used"):
            load_progress(job.output)


def test_without_resume_the_output_is_begun_anew(tmp_path: Path) -> None:
    job = job_in(tmp_path)
    interrupt(job)
    map_file(job, CodingMapper(), chunk_rows=CHUNK)
    assert job.output.read_bytes() == complete_bytes(tmp_path)


def test_a_full_disk_is_one_clear_error_and_the_run_can_be_continued(tmp_path: Path) -> None:
    if not os.path.exists("/dev/full"):  # noqa: PTH110 - a device, not a path of ours
        pytest.skip("this system has no device that is always full")
    (tmp_path / "out.csv").symlink_to("/dev/full")
    with pytest.raises(JlacMapperError, match=r"cannot write .*: No space left"):
        map_file(job_in(tmp_path), CodingMapper())
