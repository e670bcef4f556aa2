"""The starter's tables as rows that know their place: what is wrong is reported with file and line."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jlac_mapper.errors import MasterFileError
from jlac_mapper.types import ResultType

_COLUMNS = {
    "measurands.csv": "measurand,name_ja,name_en,section,default_specimen,jlac10",
    "names.csv": "name,measurand,kind,identification,specimen,unit,result_type",
    "identifications.csv": "measurand,identification,unit,status,successor",
    "specimens.csv": "key,code,name_ja,name_en,broader,spellings",
    "specimen_groups.csv": "group,specimens",
    "units.csv": "code,canonical,name_ja,result_type,spellings",
    "rules.csv": "measurand,identification,unit,result_type,name,specimens,method",
    "qualifiers.csv": "text,kind,value,where",
    "background": "name,kind,near",
}


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

    def error(self, message: str) -> MasterFileError:
        """Return an error that begins with file and line."""
        return MasterFileError(f"{self.path.name}, line {self.line}: {message}")

    @property
    def result_type(self) -> ResultType:
        """The cell result_type; empty for any."""
        try:
            return ResultType(self["result_type"])
        except ValueError:
            raise self.error(f"{self['result_type']!r} is no result type") from None


def unique(rows: Iterable[Row], column: str) -> Iterator[Row]:
    """Yield *rows*; raises MasterFileError where a cell of *column* repeats."""
    seen: set[str] = set()
    for row in rows:
        if row[column] in seen:
            raise row.error(f"{column} {row[column]!r} is listed twice")
        seen.add(row[column])
        yield row


def read(path: Path) -> Iterator[Row]:
    """
    Yield the lines of a table after its header.

    Raises:
        MasterFileError: The file cannot be read, or its header or a line differs from what the table has.
    """
    expected = _COLUMNS.get(path.name, _COLUMNS["background"]).split(",")
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            if next(reader, []) != expected:
                raise MasterFileError(f"{path.name}, line 1: the header must be {','.join(expected)}")
            for cells in reader:
                if len(cells) != len(expected):
                    line = f"{path.name}, line {reader.line_num}"
                    raise MasterFileError(f"{line}: {len(cells)} cells, {len(expected)} expected")
                yield Row(path, reader.line_num, dict(zip(expected, cells, strict=True)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MasterFileError(f"{path} cannot be read as a UTF-8 CSV file: {error}") from error
