"""CSV and TSV out, chunk by chunk: after each one the file is whole and the run can continue from there."""

import csv
import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jlac_mapper.errors import OutputError
from jlac_mapper.tables.cells import guard
from jlac_mapper.tables.progress import Progress, check_output, progress_path, save_progress
from jlac_mapper.tables.tally import Tally

UTF8_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class OutputRow:
    """One output row: the input cells, padded to the table's width, and the result cells."""

    cells: tuple[str, ...]
    results: tuple[str | float, ...]
    native: tuple[object, ...] | None = None
    """The XLSX values behind the first cells."""


class Sink(Protocol):
    """Takes the rows of a run, in order."""

    def write(self, rows: Sequence[OutputRow], tally: Tally) -> None:
        """Append a chunk; *tally* already counts it, and cells that had to be altered are added to it."""
        ...

    def finish(self) -> None:
        """Close the complete output."""
        ...

    def abort(self) -> None:
        """Close the output so that what it holds are complete rows."""
        ...


def encodable(cell: str, encoding: str) -> str:
    """Return *cell* with each character that *encoding* lacks as &#NNNN; (its decimal number)."""
    return cell.encode(encoding, "xmlcharrefreplace").decode(encoding)


class TextSink:
    """
    A CSV or TSV file, written under its final name.

    Cells that a spreadsheet could run are guarded (see `tables.cells`). Characters that cp932 lacks are
    written as &#NNNN; and counted. With *resume*, the file is cut back to that record and continued.
    """

    def __init__(
        self,
        path: Path,
        header: Sequence[str],
        *,
        settings: Mapping[str, str],
        encoding: str = "utf-8-sig",
        delimiter: str = ",",
        resume: Progress | None = None,
    ) -> None:
        self._path = path
        self._codec = "utf-8" if encoding == "utf-8-sig" else encoding
        self._delimiter = delimiter
        self._settings = settings
        self._digest = hashlib.sha256()
        if resume is not None:
            check_output(resume, path)
        try:
            self._stream = path.open("wb" if resume is None else "r+b")
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror}; is it open in Excel?") from None
        if resume is None:
            self._committed = Progress(settings, Tally(), 0, self._digest.hexdigest())
            tally = Tally()
            blob = self._encode([list(header)], tally)
            self._commit((UTF8_BOM if encoding == "utf-8-sig" else b"") + blob, tally)
        else:
            self._committed = resume
            self._digest.update(self._stream.read(resume.output_bytes))
            self._stream.truncate(resume.output_bytes)

    def write(self, rows: Sequence[OutputRow], tally: Tally) -> None:
        """Append a chunk and record it. Raises OutputError when the disk does not take it."""
        lines = [
            [*row.cells, *(cell if isinstance(cell, str) else f"{cell:.4f}" for cell in row.results)]
            for row in rows
        ]
        self._commit(self._encode(lines, tally), tally)

    def finish(self) -> None:
        """Close the file and remove the record: nothing is left to continue."""
        try:
            self._stream.close()
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror}") from None
        progress_path(self._path).unlink(missing_ok=True)

    def abort(self) -> None:
        """Cut the file back to its last complete chunk; the record stays for a later run."""
        with suppress(OSError):  # a full disk; the unfinished chunk goes now
            self._stream.close()
        with suppress(OSError):  # the error that ends the run is the one to report
            os.truncate(self._path, self._committed.output_bytes)
            save_progress(self._path, self._committed)

    def _commit(self, blob: bytes, tally: Tally) -> None:
        try:
            self._stream.write(blob)
            self._stream.flush()
            self._digest.update(blob)
            size = self._committed.output_bytes + len(blob)
            self._committed = Progress(self._settings, deepcopy(tally), size, self._digest.hexdigest())
            save_progress(self._path, self._committed)
        except OSError as error:
            raise OutputError(
                f"cannot write {self._path}: {error.strerror}; it holds "
                f"{self._committed.tally.rows} rows; make room and continue with --resume"
            ) from None

    def _encode(self, lines: Sequence[Sequence[str]], tally: Tally) -> bytes:
        guarded = [[guard(cell) for cell in line] for line in lines]
        try:
            return self._text(guarded).encode(self._codec)
        except UnicodeEncodeError:
            replaced = [[self._replace(cell, tally) for cell in line] for line in guarded]
            return self._text(replaced).encode(self._codec)

    def _replace(self, cell: str, tally: Tally) -> str:
        try:
            cell.encode(self._codec)
        except UnicodeEncodeError:
            tally.replaced_cells += 1
            return encodable(cell, self._codec)
        return cell

    def _text(self, lines: Sequence[Sequence[str]]) -> str:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter=self._delimiter).writerows(lines)
        return buffer.getvalue()
