"""200,000 rows are streamed: memory does not grow with the rows."""

import tracemalloc
from pathlib import Path

from jlac_mapper.tables.job import MapJob, map_file
from tests.support.fakes import CodingMapper


def table_of(rows: int, path: Path) -> Path:
    with path.open("w", encoding="cp932", newline="") as stream:
        stream.write("項目コード,検査名,単位\r\n")
        for number in range(rows):
            stream.write(f"{number:06},NONE検査{number},U/L\r\n")
    return path


def peak_of(rows: int, folder: Path) -> int:
    source = table_of(rows, folder / f"{rows}.csv")
    tracemalloc.start()
    try:
        tally, _, _ = map_file(MapJob(source, folder / f"{rows}.out.csv"), CodingMapper())
        assert tally.rows == rows
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_peak_of_a_run_does_not_depend_on_its_length(tmp_path: Path) -> None:
    peak_of(1_000, tmp_path)  # what is loaded once
    short, long = peak_of(4_000, tmp_path), peak_of(24_000, tmp_path)
    assert long < short * 1.2 + 100_000


def test_two_hundred_thousand_rows_give_two_hundred_thousand_rows(tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    tally, mapped, _ = map_file(MapJob(table_of(200_000, tmp_path / "long.csv"), output), CodingMapper())
    assert (tally.rows, tally.no_code, mapped) == (200_000, 200_000, 200_000)
    with output.open(encoding="utf-8-sig", newline="") as stream:
        numbers = [line.partition(",")[0] for line in stream]
    assert numbers == ["項目コード", *(f"{number:06}" for number in range(200_000))]
