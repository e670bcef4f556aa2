"""One file to one file: input, output and record put together, and closed properly however the run ends."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jlac_mapper.errors import InputError, OutputError
from jlac_mapper.ports import Mapper, SystemsMapper
from jlac_mapper.tables.progress import check_settings, file_sha256, load_progress
from jlac_mapper.tables.run import CHUNK_ROWS, map_table
from jlac_mapper.tables.sinks import Sink, TextSink, encodable
from jlac_mapper.tables.table import JLAC10_COLUMNS, Table, open_table, result_columns
from jlac_mapper.tables.tally import Tally
from jlac_mapper.tables.xlsx import MAX_COLUMNS, MAX_ROWS, XlsxSink
from jlac_mapper.types import Disposition, MapOptions, System

ENCODINGS = ("utf-8-sig", "cp932")
_FOREIGN_SUFFIXES = (".xls", ".xlsm", ".xlsb", ".ods")


@dataclass(frozen=True, slots=True)
class MapJob:
    """
    What to map, and where to.

    Attributes:
        input: A CSV, TSV or XLSX file.
        output: Its suffix decides: .xlsx, .tsv, anything else is CSV.
        options: For the mapper.
        columns: Field -> header, beyond what is recognised.
        encoding: utf-8-sig or cp932; an XLSX output has none.
        resume: Continue what an interrupted run left.
        settings: Everything else that decides the answers, by name (edition, date, model ...).
    """

    input: Path
    output: Path
    options: MapOptions = field(default_factory=MapOptions)
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8-sig"
    resume: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_xlsx(self) -> bool:
        """True when the output is a workbook."""
        return self.output.suffix.lower() == ".xlsx"


def default_output(source: Path, systems: Sequence[System] = (System.JLAC11,)) -> Path:
    """Return where the result of *source* goes when nothing is said."""
    return source.with_name(f"{source.stem}.{'-'.join(systems)}.csv")


def check_paths(job: MapJob) -> None:
    """
    Refuse what cannot work, before anything is loaded.

    Raises:
        InputError: The input is not there, or --resume with an XLSX output.
        OutputError: The output is the input, a folder, or of a kind that is not written.
    """
    if not job.input.exists():
        raise InputError(f"{job.input} does not exist")
    if job.output.is_dir():
        raise OutputError(f"{job.output} is a folder; name a file with -o")
    if job.output.exists() and job.output.samefile(job.input):
        raise OutputError(f"{job.output} is the input itself; name another file with -o")
    if job.output.suffix.lower() in _FOREIGN_SUFFIXES:
        raise OutputError(f"{job.output} cannot be written; use .csv, .tsv or .xlsx")
    if job.encoding not in ENCODINGS:
        raise InputError(f"--encoding {job.encoding} is not known; use {' or '.join(ENCODINGS)}")
    if job.resume and job.is_xlsx:
        raise InputError("an XLSX output cannot be resumed: it is written in one piece at the end; use .csv")


def map_file(
    job: MapJob,
    mapper: Mapper | SystemsMapper,
    *,
    on_start: Callable[[int, int], None] = lambda _done, _total: None,
    on_chunk: Callable[[int], None] = lambda _: None,
    chunk_rows: int = CHUNK_ROWS,
    jobs: int | None = 1,
) -> tuple[Tally, int, float]:
    """
    Map a file to a file.

    However it ends, the output holds complete rows only: an interruption or an error cuts it back to the
    last complete chunk (CSV, TSV), or saves the rows so far (XLSX), and is raised on.

    Args:
        job: What to do; `check_paths` has passed.
        mapper: Gives the answers.
        on_start: Called with the rows already done and the rows in all.
        on_chunk: Called with the number of rows after each chunk.
        chunk_rows: Rows a chunk.
        jobs: Processes that map; None: as many as are of use.

    Returns:
        The tally of the whole output, the rows mapped now, and the seconds that took.

    Raises:
        InputError: The input is no table with a name column, or not the one that was begun.
        OutputError: The output cannot be written or continued.
        JlacMapperError: One of several processes was killed.
    """
    table = open_table(job.input, job.columns)
    header = (*table.header, *result_columns(job.options.top_k, job.options.systems))
    settings = _settings(job)
    progress = load_progress(job.output) if job.resume else None
    if progress is not None:
        check_settings(progress, settings, job.output)
    elif job.resume and job.output.exists():
        return _tally_of_complete(job, table, header), 0, 0.0
    tally = progress.tally if progress else Tally()
    done = tally.rows
    try:
        job.output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder of {job.output}: {error.strerror}") from None
    started = time.monotonic()
    on_start(done, table.row_count)
    sink: Sink
    if job.is_xlsx:
        _check_fits(table, header)
        sink = XlsxSink(job.output, header)
    else:
        delimiter = "\t" if job.output.suffix.lower() in (".tsv", ".tab") else ","
        sink = TextSink(
            job.output, header, settings=settings, encoding=job.encoding, delimiter=delimiter, resume=progress
        )
    try:
        map_table(
            table, sink, mapper, job.options, tally=tally, on_chunk=on_chunk, chunk_rows=chunk_rows, jobs=jobs
        )
    except BaseException:
        sink.abort()
        raise
    sink.finish()
    return tally, tally.rows - done, time.monotonic() - started


def _tally_of_complete(job: MapJob, table: Table, header: tuple[str, ...]) -> Tally:
    """
    Count an output that is already complete, so that resuming twice does no harm.

    Raises:
        OutputError: It is another file, or an unfinished one that lost its record.
    """
    refusal = OutputError(
        f"{job.output} has no record of an interrupted run and is not the complete result of {job.input}; "
        "run without --resume to write it anew"
    )
    try:
        output = open_table(job.output, job.columns)
    except InputError:
        raise refusal from None
    if output.header != header or output.row_count != table.row_count:
        raise refusal
    tally = Tally()
    width = len(table.header)
    for given, written in zip(table.rows(), output.rows(), strict=True):
        cells = tuple(encodable(cell, job.encoding) for cell in given.cells)
        if written.cells[: len(cells)] != cells or written.cells[width] not in set(Disposition):
            raise refusal
        beside = job.options.systems[1:] and written.cells[header.index(JLAC10_COLUMNS[0])]
        tally.count(Disposition(written.cells[width]), beside=Disposition(beside) if beside else None)
    return tally


def _settings(job: MapJob) -> dict[str, str]:
    options = job.options
    return {
        **job.settings,
        "input": file_sha256(job.input),
        "--top-k": str(options.top_k),
        "--system": "+".join(options.systems),
        "--facility": options.facility,
        "--column": ";".join(f"{field}={header}" for field, header in sorted(job.columns.items())),
        "--encoding": job.encoding,
        "site defaults": ";".join(f"{k}={v}" for k, v in sorted(options.site_defaults.items())),
    }


def _check_fits(table: Table, header: tuple[str, ...]) -> None:
    if table.row_count + 1 > MAX_ROWS or len(header) > MAX_COLUMNS:
        raise OutputError(
            f"{table.row_count:,} rows and {len(header):,} columns do not fit on an XLSX sheet; write .csv"
        )
