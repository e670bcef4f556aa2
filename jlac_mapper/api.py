"""The public API: open a mapper, map rows or a pandas frame; imported from `jlac_mapper` itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from jlac_mapper import bootstrap
from jlac_mapper.config import Settings
from jlac_mapper.errors import InputError
from jlac_mapper.tables.headings import find_header, headers_seen
from jlac_mapper.tables.run import CHUNK_ROWS, result_cells
from jlac_mapper.tables.table import result_columns
from jlac_mapper.types import Answers, Jlac10Mapping, LocalTest, MapOptions, MappingResult, System

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Answers", "Jlac10Mapping", "LocalTest", "Mapper", "MappingResult", "open_mapper"]


class Mapper:
    """
    Maps rows to codes of one release on one day; made by `open_mapper`, used from one thread at a time.

    What JLAC10 needs is made ready when it is asked for the first time: that call takes some seconds longer.
    """

    def __init__(self, app: bootstrap.App) -> None:
        self._app = app
        self._systems = app.systems()

    @property
    def release(self) -> str:
        """Name of the release that answers come from."""
        return self._app.edition_info.name

    @property
    def as_of(self) -> date:
        """The day on which proposed codes are valid."""
        return self._app.as_of

    def map(self, tests: Iterable[LocalTest], *, top_k: int = 5) -> list[MappingResult]:
        """
        Map rows to JLAC11; one answer a row, in order.

        A row that cannot be mapped is an answer with disposition ERROR and a message, never an exception.

        Args:
            top_k: Candidates of each answer, at least 1.

        Raises:
            ValueError: *top_k* < 1.
        """
        return list(self.stream(tests, top_k=top_k))

    def stream(self, tests: Iterable[LocalTest], *, top_k: int = 5) -> Iterator[MappingResult]:
        """Do what `map` does for rows that need not fit into memory, a few hundred at a time."""
        options, rows = MapOptions(top_k=_at_least_one(top_k)), iter(tests)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            yield from self._app.mapper.map_batch(chunk, options)

    def answers(
        self,
        tests: Iterable[LocalTest],
        *,
        systems: Iterable[str] = tuple(System),
        top_k: int = 5,
    ) -> list[Answers]:
        """
        Map rows to several code systems; one object a row, in order, with a mapping for each system.

        A row that cannot be mapped has disposition ERROR and a message in each. Where the systems read a row
        as two different things, neither accepts it: SYSTEMS_DISAGREE.

        Args:
            systems: `jlac11`, `jlac10` or both, in any order; the mapping of one not named is None.
            top_k: Candidates of each mapping, at least 1.

        Raises:
            ValueError: A system that is not known, none at all, or *top_k* < 1.
            ConfigurationError: A setting or a file cannot be used for JLAC10.
            DatabaseError: The database cannot be used.
        """
        return list(self._answers(tests, _systems(systems), top_k))

    def _answers(
        self, tests: Iterable[LocalTest], systems: tuple[System, ...], top_k: int
    ) -> Iterator[Answers]:
        options, rows = MapOptions(top_k=_at_least_one(top_k), systems=systems), iter(tests)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            yield from self._systems.map_batch(chunk, options)

    def map_frame(
        self,
        frame: pd.DataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        systems: Iterable[str] = (System.JLAC11,),
        top_k: int = 5,
    ) -> pd.DataFrame:
        """
        Map the rows of a pandas frame, as `jlac-mapper map` maps those of a file.

        Args:
            frame: One test a row; its columns are recognised by their names (name, 項目名称, 単位 ...).
                Cells that hold nothing (None, NaN) are empty.
            columns: Field -> column, where a name is not recognised.
            systems: `jlac11`, `jlac10` or both, in any order; JLAC11's columns come first.
            top_k: Candidates of each answer, at least 1.

        Returns:
            The frame's columns and index as they are, then `disposition`, `jlac11`, ... for JLAC11,
            `jlac10_disposition`, `jlac10_code`, ... for JLAC10, and `read_as` and `provenance`, as in the
            output of `map`: texts, but those whose names end in `probability`, which are numbers (NaN where
            there is no candidate).

        Raises:
            InputError: No column holds the names, a field is unknown, or a column would be written twice.
            ValueError: A system that is not known, none at all, or *top_k* < 1.
            ConfigurationError: A setting or a file cannot be used for JLAC10.
            DatabaseError: The database cannot be used.
        """
        import pandas as pd

        places = _places([str(column) for column in frame.columns], columns or {})
        asked = _systems(systems)
        added = result_columns(_at_least_one(top_k), asked)
        if twice := [str(column) for column in frame.columns if str(column) in added]:
            raise InputError(f"the frame has a column {twice[0]!r} already: rename it, the result goes there")
        texts = {field: [_text(cell) for cell in frame.iloc[:, place]] for field, place in places.items()}
        rows = (
            LocalTest(**dict(zip(texts, cells, strict=True))) for cells in zip(*texts.values(), strict=True)
        )
        cells = [result_cells(answer, top_k, asked) for answer in self._answers(rows, asked, top_k)]
        results = pd.DataFrame(cells, columns=list(added), index=frame.index)
        for column in added:
            if column.endswith("probability"):
                results[column] = pd.to_numeric(results[column], errors="coerce")
        return pd.concat([frame, results], axis=1)


def open_mapper(
    *, master: str = "", as_of: date | None = None, llm: str = "", database_url: str = ""
) -> Mapper:
    """
    Open a mapper; it takes about a second and needs no server.

    Args:
        master: Name of a release; the one in use where it is not given, `starter` is always there.
        as_of: Day on which codes must be valid; today when not given.
        llm: Who speaks on uncertain rows: off, bundled, a vLLM server's URL or a checkpoint's folder; the
            setting's when not given.
        database_url: SQLAlchemy URL of the database with imported releases; the setting's when not given.

    Raises:
        UnknownEditionError: No such release.
        ConfigurationError: A setting cannot be used.
        DatabaseError: The database cannot be used.
    """
    settings = Settings.from_env(os.environ)
    settings = replace(settings, llm=llm or settings.llm, database_url=database_url or settings.database_url)
    return Mapper(bootstrap.build_app(settings, master=master, as_of=as_of))


def _systems(words: Iterable[str]) -> tuple[System, ...]:
    """Return the code systems that words name, JLAC11 first; one word alone is a system as well."""
    asked = [words] if isinstance(words, str) else list(words)
    known = ", ".join(System)
    if unknown := [word for word in asked if word not in list(System)]:
        raise ValueError(f"unknown code system {unknown[0]!r}; known: {known}")
    if not asked:
        raise ValueError(f"no code system is named; known: {known}")
    return tuple(system for system in System if system in asked)


def _at_least_one(top_k: int) -> int:
    if top_k < 1:
        raise ValueError(f"top_k is {top_k}; at least 1 expected")
    return top_k


def _places(header: list[str], columns: Mapping[str, str]) -> dict[str, int]:
    """Return field -> place of its column."""
    if unknown := [field for field in columns if field not in LocalTest.__slots__]:
        raise InputError(f"unknown field {unknown[0]!r}; known: {', '.join(LocalTest.__slots__)}")
    if missing := [column for column in columns.values() if column not in header]:
        raise InputError(f"the frame has no column {missing[0]!r}; it has: {', '.join(header)}")
    found = find_header([header], columns)
    if found is None:
        raise InputError(
            f"no column of the frame holds the tests' names (columns: {headers_seen([header])}): "
            "name it, such as columns={'name': '検査名'}"
        )
    return dict(found.columns)


def _text(cell: Any) -> str:
    """Return a cell as text, empty for None and NaN; 1.0 as 1, as a spreadsheet shows it."""
    from jlac_mapper.tables.cells import as_text

    return "" if cell is None or cell != cell else as_text(cell)  # NaN alone differs from itself
