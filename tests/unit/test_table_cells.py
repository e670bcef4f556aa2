"""The guard against formulas, and the text of spreadsheet values."""

from datetime import date, datetime, time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jlac_mapper.tables.cells import (
    as_text,
    escape_for_xlsx,
    guard,
    is_formula_like,
    unescape_from_xlsx,
    unguard,
)

FORMULAS = [
    *("=1+1", "+1+1", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x")', "=cmd|' /C calc'!A0", "-陰性", "+A"),
    *("-1-2", "--1-1", "-1/2", "-" + "1" * 100),
    *("＝1+1", "＋A1", "－A1", "＠SUM(A1)"),
    *("\t=1+1", "\r=1+1", "\ttext", " =1+1", "\u3000=1+1", "\ufeff=1+1", "\x00=1+1", "\n=1+1"),
]
DATA = [
    *("", "AST", "'A", "'", "''", "a=b", "1-2", "100 - 200", "<5", "±", "ー"),
    *("-", "+", "+-", "(-)", "-~+", "－", "-(+)"),
    *("-5", "+3.2", "-1,234", "-.5", "-5%", "-1E5", "－５", "+1"),
]


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_cell_that_a_spreadsheet_could_run_is_written_as_text(cell: str) -> None:
    assert guard(cell) == "'" + cell
    assert not is_formula_like(guard(cell))
    assert unguard(guard(cell)) == cell


@pytest.mark.parametrize("cell", DATA)
def test_plain_data_are_written_as_they_are(cell: str) -> None:
    assert guard(cell) == cell
    assert unguard(cell) == cell


@pytest.mark.parametrize("cell", ["'=1+1", "''=1+1", "'-A", "'\t"])
def test_a_cell_that_already_looks_guarded_keeps_its_own_apostrophe(cell: str) -> None:
    assert guard(cell) == "'" + cell
    assert unguard(guard(cell)) == cell


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r\n \u3000＝－1.,eE%Aア()~\x00\ufeff")) | st.text())
@example("'")
def test_unguard_gives_back_every_cell_and_no_guarded_cell_is_a_formula(cell: str) -> None:
    assert unguard(guard(cell)) == cell
    assert not is_formula_like(guard(cell))


@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("_x0041\x01\x0b")))
@example("_x0041_")
@example("_x005F_x0041_")
def test_the_escape_of_xlsx_gives_back_every_text(cell: str) -> None:
    assert unescape_from_xlsx(escape_for_xlsx(cell)) == cell


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (1.0, "1"),
        (12, "12"),
        (0.1 + 0.2, "0.3"),
        (2.5, "2.5"),
        (1e20, "1e+20"),
        (True, "TRUE"),
        (datetime(2026, 4, 1), "2026-04-01"),
        (datetime(2026, 4, 1, 9, 30), "2026-04-01 09:30:00"),
        (date(2026, 4, 1), "2026-04-01"),
        (time(9, 30), "09:30:00"),
        ("a_x000D_b", "a\rb"),
    ],
)
def test_spreadsheet_values_become_the_text_a_person_sees(value: object, text: str) -> None:
    assert as_text(value) == text
