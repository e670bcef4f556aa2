"""What a run reports at its end."""

import io
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console

from jlac_mapper.cli.summary import print_rows, print_summary
from jlac_mapper.tables.tally import Tally
from jlac_mapper.types import Disposition


def console() -> Console:
    return Console(file=io.StringIO(), width=140, highlight=False)


def printed(to: Console) -> str:
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue()


def test_the_summary_counts_every_disposition_and_the_rows_of_this_run_in_a_second() -> None:
    tally = Tally()
    for disposition, number in zip(Disposition, (5, 3, 1, 1), strict=True):
        for _ in range(number):
            tally.count(disposition, "unreadable bytes" if disposition is Disposition.ERROR else "")
    to = console()
    print_summary(tally, to, seconds=2.0, mapped=6)
    lines = [[cell.strip() for cell in line.strip("│").split("│")] for line in printed(to).splitlines()]
    assert ["rows", "10", ""] in lines
    assert ["accepted", "5", "50.0 %"] in lines
    assert ["review", "3", "30.0 %"] in lines
    assert ["no code", "1", "10.0 %"] in lines
    assert ["errors", "1", "10.0 %"] in lines
    assert ["rows/s", "3", "2.0 s"] in lines
    assert "row 10: unreadable bytes" in printed(to)


def test_only_the_first_errors_are_named_and_the_others_counted() -> None:
    tally = Tally()
    for _ in range(7):
        tally.count(Disposition.ERROR, "the row has no name")
    to = console()
    print_summary(tally, to, seconds=1.0, mapped=7)
    assert printed(to).count("the row has no name") == 3
    assert "and 4 more rows with errors" in printed(to)


def test_altered_cells_are_told() -> None:
    to = console()
    print_summary(Tally(replaced_cells=2, cut_cells=1), to, seconds=0.0, mapped=0)
    assert "2 cells hold characters that cp932 lacks" in printed(to)
    assert "1 cells were cut" in printed(to)


def test_shown_rows_line_up_with_japanese_and_hold_no_markup_and_no_control_sequence() -> None:
    to = console()
    row = (
        "ｱﾙﾌﾞﾐﾝ\x1b[31m",
        "ACCEPTED",
        "C1016000025000055",
        "アルブミン[bold]",
        "0.99",
        "EXACT_NAME;SIMILAR_NAME",
    )
    print_rows([row, ("Na", "NO_CODE", "", "", "0.01", "NAME_UNKNOWN")], to, Path("out.csv"))
    *table, last = printed(to).splitlines()
    assert last == "Output: out.csv"
    assert len({cell_len(line) for line in table}) == 1
    assert any("ｱﾙﾌﾞﾐﾝ" in line and "アルブミン[bold]" in line for line in table)
    assert "\x1b" not in printed(to)
    assert "EXACT_NAME; SIMILAR_NAME" in printed(to)
