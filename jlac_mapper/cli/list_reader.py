"""A hospital's list as tests, read as `map` reads it: what the queue takes in."""

from pathlib import Path

from jlac_mapper.cli.table_run import local_test
from jlac_mapper.cli.tables import open_table
from jlac_mapper.types import LocalTest


def read_list(path: Path) -> list[LocalTest]:
    """
    Return a test a data row, in order.

    A row that cannot be read becomes one without a name, which the mapper answers with ERROR, so that row
    numbers stay those of the file.

    Raises:
        InputError: No such file, not a table, or no name column; one line that says what to do.
    """
    table = open_table(path)
    return [LocalTest(name="") if row.problem else local_test(row, table.columns) for row in table.rows()]
