"""The run itself: rows in chunks through the mapper, one output row an input row, whatever happens."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from jlac_mapper.errors import DatabaseError, NotFoundError
from jlac_mapper.garbage import only_at_new_objects_while_mapping
from jlac_mapper.ports import Mapper, SystemsMapper
from jlac_mapper.tables.sinks import OutputRow, Sink
from jlac_mapper.tables.table import Table, open_table
from jlac_mapper.tables.tally import Tally
from jlac_mapper.tables.text import Row
from jlac_mapper.tables.whole import ListColumn, WholeList
from jlac_mapper.tables.workers import cores, ordered
from jlac_mapper.types import (
    Answers,
    Disposition,
    Jlac10Mapping,
    LocalTest,
    MapOptions,
    MappingResult,
    Reason,
    System,
)

CHUNK_ROWS = 512
_ROWS_WORTH_A_PROCESS = 4096
"""With fewer, a process of its own costs more than it saves: it fills caches that the others fill too."""


def map_table(
    table: Table,
    sink: Sink,
    mapper: Mapper | SystemsMapper,
    options: MapOptions,
    *,
    tally: Tally,
    on_chunk: Callable[[int], None] = lambda _: None,
    chunk_rows: int = CHUNK_ROWS,
    jobs: int | None = 1,
) -> None:
    """
    Map the rows of *table* that *tally* does not count yet and write them to *sink*.

    A row that cannot be read, or that the mapper fails on, becomes an ERROR row with ROW_MALFORMED and a
    note in *tally*; the run goes on. Memory does not grow with the rows.

    Args:
        table: The input.
        sink: Takes each chunk with the tally that counts it.
        mapper: Maps a chunk in one call; called row by row where a chunk fails.
        options: Passed to the mapper; `top_k` is also the number of candidates written.
        tally: Counts of the rows already in the output; counts on in place.
        on_chunk: Called with the number of rows after each chunk.
        chunk_rows: Rows a call of the mapper, at least 1.
        jobs: Processes that map, no more than there are chunks; any number gives the same output. None: one a
            core, as far as there is work for them.

    Raises:
        NotFoundError: The options name a facility that is not there.
        DatabaseError: The database with its decisions cannot be used.
        JlacMapperError: One of those processes was killed.
    """

    def work(tests: Sequence[LocalTest | str]) -> list[_Answered]:
        return [_answered(answer, options) for answer in _map_chunk(tests, mapper, options)]

    chunks = (
        (chunk, [row.problem or local_test(row, table.columns) for row in chunk])
        for chunk in _chunks(table.rows(skip=tally.rows), chunk_rows)
    )
    left = table.row_count - tally.rows
    if jobs is None:
        jobs = min(cores(), left // _ROWS_WORTH_A_PROCESS)
    jobs = min(jobs, -(-left // chunk_rows))
    with only_at_new_objects_while_mapping(), ordered(work, jobs) as in_order:
        for chunk, answers in in_order(chunks):
            rows = []
            for row, answer in zip(chunk, answers, strict=True):
                tally.count(answer.disposition, answer.note, answer.beside)
                padded = row.cells + ("",) * (len(table.header) - len(row.cells))
                rows.append(OutputRow(padded, answer.cells, row.native))
            sink.write(rows, tally)
            on_chunk(len(rows))


class _Answered(NamedTuple):
    """What a row came to: its result cells, and how it is counted (see `Tally.count`)."""

    cells: tuple[str | float, ...]
    disposition: Disposition
    note: str
    beside: Disposition | None


def _answered(answer: MappingResult | Answers | str, options: MapOptions) -> _Answered:
    """Take the cells out of an answer, or out of the line that says why there is none."""
    if isinstance(answer, str):
        beside = Disposition.ERROR if len(options.systems) > 1 else None
        return _Answered(
            result_cells(None, options.top_k, options.systems), Disposition.ERROR, answer, beside
        )
    first, *others = [each for each in _by_system(answer).values() if each is not None]
    return _Answered(
        result_cells(answer, options.top_k, options.systems),
        first.disposition,
        first.message if first.disposition is Disposition.ERROR else "",
        others[0].disposition if others else None,
    )


def _by_system(answer: MappingResult | Answers) -> dict[System, MappingResult | Jlac10Mapping | None]:
    if isinstance(answer, Answers):
        return {System.JLAC11: answer.jlac11, System.JLAC10: answer.jlac10}
    return {System.JLAC11: answer}


def result_cells(
    answer: MappingResult | Answers | None, top_k: int, systems: Sequence[System] = (System.JLAC11,)
) -> tuple[str | float, ...]:
    """Return the cells of `tables.result_columns`; for None, those of a row that could not be mapped."""
    unmapped = (Disposition.ERROR.value, "", 0.0, 0.0, "", Reason.ROW_MALFORMED.value)
    if answer is None:
        widths = {System.JLAC11: 2 * top_k, System.JLAC10: top_k}
        cells: list[str | float] = []
        for system in systems:
            cells += (*unmapped, *[""] * widths[system])
        return (*cells, "", "")
    said = _by_system(answer)
    jlac11, jlac10 = said.get(System.JLAC11), said.get(System.JLAC10)
    cells = []
    if isinstance(jlac11, MappingResult):
        best = jlac11.candidates[:top_k]
        blank = [""] * (top_k - len(best))
        cells += (jlac11.disposition.value, jlac11.jlac11, jlac11.probability, jlac11.measurand_probability)
        cells += (jlac11.standard_name, ";".join(jlac11.reasons))
        cells += (*(str(candidate.code) for candidate in best), *blank)
        cells += (*(candidate.probability for candidate in best), *blank)
    if isinstance(jlac10, Jlac10Mapping):
        codes = [str(candidate.code) for candidate in jlac10.candidates[:top_k]]
        cells += (jlac10.disposition.value, jlac10.code, jlac10.probability, jlac10.analyte_probability)
        cells += (jlac10.name, ";".join(jlac10.reasons), *codes, *[""] * (top_k - len(codes)))
    given = [each for each in (jlac11, jlac10) if each is not None]
    read_as = next((each.read_as.name for each in reversed(given) if each.read_as), "")
    return (*cells, read_as, " | ".join(str(each.provenance) for each in given))


def local_test(row: Row, columns: Mapping[str, int]) -> LocalTest:
    """Return the row's fields; a field whose column the row does not reach is empty."""
    cells = row.cells
    given = {field: cells[index] for field, index in columns.items() if index < len(cells)}
    return LocalTest(name=given.pop("name", ""), **given)


def read_list(path: Path, columns: Mapping[str, str] | None = None) -> WholeList:
    """
    Return the rows of a list with every column that it has.

    Args:
        columns: Field -> header, for headers that are not recognised.

    Raises:
        InputError: No such file, not a table, or no name column; one line that says what to do.
    """
    return whole_list(open_table(path, columns))


def whole_list(table: Table) -> WholeList:
    """
    Return the rows of a table with every column that it has.

    A row that cannot be read becomes a test without a name, which the mapper answers with ERROR, so that row
    numbers stay those of the file.
    """
    fields = {index: field for field, index in table.columns.items()}
    columns = [ListColumn(heading, fields.get(index, "")) for index, heading in enumerate(table.header)]
    tests, cells = [], []
    for row in table.rows():
        tests.append(LocalTest(name="") if row.problem else local_test(row, table.columns))
        cells.append(row.cells)
    return WholeList(tests, tuple(columns), cells)


def _chunks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _map_chunk(
    rows: Sequence[LocalTest | str], mapper: Mapper | SystemsMapper, options: MapOptions
) -> list[MappingResult | Answers | str]:
    """Return an answer a row, or the line that says why there is none; such a line stays as it stands."""
    mapped = iter(_map_tests([row for row in rows if isinstance(row, LocalTest)], mapper, options))
    return [next(mapped) if isinstance(row, LocalTest) else row for row in rows]


def _map_tests(
    tests: Sequence[LocalTest], mapper: Mapper | SystemsMapper, options: MapOptions
) -> list[MappingResult | Answers | str]:
    if not tests:
        return []
    try:
        answers = mapper.map_batch(tests, options)
        if len(answers) != len(tests):
            raise RuntimeError(f"{len(answers)} answers for {len(tests)} rows")
        return list(answers)
    except (DatabaseError, NotFoundError):  # of what the options ask for: no row is to blame
        raise
    except Exception as error:  # one bad row must not cost the other rows of its chunk
        if len(tests) == 1:
            return [f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"]
    return [answer for test in tests for answer in _map_tests([test], mapper, options)]
