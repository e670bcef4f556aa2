"""Tables of the master data as rows that know their place: what is wrong is reported with file and line."""

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from jlac_mapper.errors import MasterFileError
from jlac_mapper.text import fold

_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table with where it stands."""

    path: Path
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def list(self, column: str) -> tuple[str, ...]:
        """Return the parts of a cell that `|` separates; an empty cell has none."""
        return tuple(part for part in self.cells[column].split("|") if part)

    def filled(self, column: str) -> str:
        """Return a cell that must not be empty. Raises MasterFileError for an empty one."""
        if not self.cells[column]:
            raise self.error(f"{column} is empty")
        return self.cells[column]

    def folded(self, column: str) -> str:
        """Return a cell as words are compared. Raises MasterFileError for one without letters."""
        if not (key := fold(self.cells[column])):
            raise self.error(f"{column} is {self.cells[column]!r}, which holds no letters")
        return key

    def one_of(self, column: str, words: Collection[str]) -> str:
        """Return a cell that must be one of *words*. Raises MasterFileError for another one."""
        if self.cells[column] not in words:
            known = ", ".join(word or "(empty)" for word in words)
            raise self.error(f"{column} is {self.cells[column]!r}; expected one of {known}")
        return self.cells[column]

    def word(self, column: str, kind: type[_Word]) -> _Word:
        """Return a cell as one of the words of *kind*. Raises MasterFileError for another one."""
        return kind(self.one_of(column, [word.value for word in kind]))

    def date(self, column: str) -> date | None:
        """Return a cell as a day, None for an empty one. Raises MasterFileError for anything else."""
        try:
            return date.fromisoformat(self.cells[column]) if self.cells[column] else None
        except ValueError:
            raise self.error(f"{column} is {self.cells[column]!r}; expected YYYY-MM-DD or nothing") from None

    def error(self, message: str) -> MasterFileError:
        """Return an error that begins with file and line."""
        return MasterFileError(f"{self.path.parent.name}/{self.path.name}, line {self.line}: {message}")


def unique(rows: Iterable[Row], column: str, key: Callable[[str], str] = str) -> Iterator[Row]:
    """Yield *rows*; raises MasterFileError where a cell of *column* repeats, compared by its *key*."""
    seen: dict[str, Row] = {}
    for row in rows:
        if first := seen.get(key(row[column])):
            where = f"{first.path.name}, line {first.line}"
            raise row.error(f"{column} {row[column]!r} is listed twice, first in {where}")
        seen[key(row[column])] = row
        yield row


def read(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """
    Yield the lines of a table after its header, which must be *columns*.

    Raises:
        MasterFileError: The file cannot be read, or its header or a line differs from what the table has.
    """
    where = f"{path.parent.name}/{path.name}"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            if tuple(next(reader, [])) != columns:
                raise MasterFileError(f"{where}, line 1: the header must be {','.join(columns)}")
            for cells in reader:
                if len(cells) != len(columns):
                    line = f"{where}, line {reader.line_num}"
                    raise MasterFileError(f"{line}: {len(cells)} cells, {len(columns)} expected")
                yield Row(path, reader.line_num, dict(zip(columns, cells, strict=True)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MasterFileError(f"{path} cannot be read as a UTF-8 CSV file: {error}") from error


def read_folder(folder: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """Yield the lines of every table of a folder, by the names of the files. Raises as `read` does."""
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise MasterFileError(f"{folder} holds no table (*.csv)")
    for path in paths:
        yield from read(path, columns)
