"""One suite for every ReviewStore, SQLite and PostgreSQL: every column of a list is kept with its rows."""

from dataclasses import replace

import pytest

from jlac_mapper.errors import InputError, NotFoundError
from jlac_mapper.review.model import Action
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.storage.users import SqlUserStore
from jlac_mapper.tables.whole import LONGEST_CELL, LONGEST_ROW, ListColumn
from jlac_mapper.types import LocalTest
from tests.contract.test_review_migrations import migrate, version_of
from tests.support.review_office import ANN, EVE, Office
from tests.support.review_store_steps import decide, take_in, verified
from tests.support.review_values import AST, ONE, a_draft, a_run, new_items

COLUMNS = (
    ListColumn("No."),
    ListColumn("検査名", "name"),
    ListColumn(""),
    ListColumn("検査名"),
    ListColumn("備考"),
)
CELLS = (("1", "GOT?", " x ", "GOT", "至急\n可"), ("2", "AST"), ())


def take_in_whole(office: Office, *, cells: tuple[tuple[str, ...], ...] = CELLS) -> int:
    tests = [LocalTest(row[1] if row else "") for row in cells]
    run = office.review.import_list(
        ANN,
        "h1",
        file_name="list.csv",
        digest="d" * 64,
        tests=tests,
        request_id=office.request(),
        columns=COLUMNS,
        cells=cells,
    )
    return run.id


def test_every_cell_of_a_row_comes_back_in_place_with_its_heading(office: Office) -> None:
    run = take_in_whole(office)
    items = list(office.review.run_items(ANN, "h1", run))
    assert tuple(item.cells for item in items) == CELLS
    assert office.review.columns(ANN, "h1", run) == COLUMNS
    view = office.review.view(ANN, "h1", items[0].id)
    assert (view.columns, view.item.cells) == (COLUMNS, CELLS[0])


def test_a_list_without_a_table_has_kept_no_columns(office: Office) -> None:
    run = office.take_in("GOT?")
    assert office.review.columns(ANN, "h1", run.id) == ()
    assert [item.cells for item in office.review.run_items(ANN, "h1", run.id)] == [()]


def test_a_row_that_an_earlier_list_answers_has_the_cells_of_its_own_list(office: Office) -> None:
    first = take_in_whole(office)
    later = tuple((f"n{row[0]}", *row[1:]) if row else () for row in CELLS)
    second = take_in_whole(office, cells=later)
    assert tuple(item.cells for item in office.review.run_items(ANN, "h1", second)) == later
    assert tuple(item.cells for item in office.review.run_items(ANN, "h1", first)) == CELLS
    [own, *_] = office.review.run_items(ANN, "h1", first)
    assert office.review.view(ANN, "h1", own.id).item.cells == CELLS[0]


def test_a_decision_leaves_the_cells_as_they_are(office: Office) -> None:
    run = take_in_whole(office)
    item = office.store.run_items("h1", run)[0].id
    assert office.do(ANN, item, Action.CONFIRM).item.cells == CELLS[0]
    assert office.store.item("h1", item).cells == CELLS[0]


def test_cells_are_kept_to_a_bounded_length_and_without_what_cannot_be_stored(office: Office) -> None:
    long = ("1", "GOT?", "x" * (LONGEST_CELL + 1), "a\0b\ud800", *["y" * LONGEST_CELL] * 40)
    run = take_in_whole(office, cells=(long,))
    [item] = office.review.run_items(ANN, "h1", run)
    assert item.cells[2] == "x" * LONGEST_CELL
    assert item.cells[3] == "ab?"
    assert sum(map(len, item.cells)) == LONGEST_ROW
    assert len(item.cells) == len(long)


def test_another_facility_does_not_learn_of_the_columns(office: Office) -> None:
    run = take_in_whole(office)
    for facility in ("h1", "h2"):
        with pytest.raises(NotFoundError):
            office.review.columns(EVE, facility, run)


def test_as_many_rows_of_cells_are_asked_for_as_there_are_tests(office: Office) -> None:
    ask = {"file_name": "a", "digest": "d" * 64, "tests": [LocalTest("AST")] * 2}
    with pytest.raises(InputError, match="1 rows of cells for 2 rows"):
        office.review.import_list(ANN, "h1", request_id="r", columns=COLUMNS, cells=CELLS[:1], **ask)  # type: ignore[arg-type]
    assert office.review.runs(ANN, "h1") == []


def test_a_database_of_the_release_before_opens_with_its_rows_which_show_no_columns(
    review_database: Database,
) -> None:
    users, reviews = SqlUserStore(review_database), SqlReviewStore(review_database)
    users.save_facility(ONE, a_draft(Action.FACILITY))
    with_cells = [replace(item, cells=("1", item.test.name)) for item in new_items("CPK?", "AST")]
    run = reviews.import_run(a_run(), with_cells, a_draft(Action.IMPORT), COLUMNS[:2])
    migrate(review_database, "0006", down=True)
    review_database.close()
    assert reviews.columns("h1", run.id) == ()
    first, second = reviews.run_items("h1", run.id)
    assert (first.test.name, first.cells, second.cells) == ("CPK?", (), ())
    assert version_of(review_database) == "0009"
    assert decide(reviews, first.id, AST)
    later = take_in(reviews, [replace(with_cells[1], cells=("7", "AST"))], request_id="later")
    assert reviews.columns("h1", later.id) == ()
    assert verified(reviews) == []
