"""Editions in a database: the MasterStore with SQLAlchemy."""

import builtins
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.editions import STARTER
from jlac_mapper.codes.listed import Edition, ImportNote, ListedCode
from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.errors import InputError, UnknownEditionError
from jlac_mapper.ports import EditionInfo
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.row_fields import columns_of, fields_in
from jlac_mapper.storage.tables import (
    active_edition,
    background_names,
    edition_bindings,
    edition_codes,
    edition_notes,
    editions,
    elements,
)
from jlac_mapper.vocabulary import SiteName

_LONGEST_NAME = 100


class SqlMasterStore:
    """
    Keeps editions in SQLite or PostgreSQL; the starter comes from *starter_loader*, never from there.

    The database is opened on the first use. Reading from an SQLite file that is not there yet finds the
    starter alone and makes no file, so mapping with the starter needs no writable folder.
    """

    def __init__(self, database_url: str, starter_loader: Callable[[], Edition]) -> None:
        self._database = Database(database_url)
        self._load_starter = starter_loader

    def save(self, edition: Edition, *, source_file: str, imported_at: datetime) -> None:
        """
        Keep *edition* under its name, replacing one of the same name, in one transaction.

        Raises:
            InputError: The name is empty, longer than 100 characters, or `starter`.
            DatabaseError: The database cannot be written; what it held is unchanged.
        """
        _require_name(edition.name)
        with self._database.writing() as connection:
            connection.execute(delete(editions).where(editions.c.name == edition.name))
            connection.execute(
                insert(editions).values(
                    name=edition.name,
                    digest=edition.digest,
                    source_file=source_file,
                    imported_at=imported_at.astimezone(UTC).isoformat(timespec="seconds"),
                    codes=len(edition.codes),
                    completed=edition.completed,
                )
            )
            rows = [_code_row(edition.name, listed) for listed in edition.codes]
            _insert_all(connection, edition_codes, rows)
            notes = [_note_row(edition.name, i, note) for i, note in enumerate(edition.notes)]
            _insert_all(connection, edition_notes, notes)

    def load(self, name: str) -> Edition:
        """Return an edition by name. Raises UnknownEditionError, naming those that exist."""
        if name == STARTER:
            return self._starter
        if not self._database.exists:
            raise _unknown(name, [])
        with self._database.reading() as connection:
            head = connection.execute(select(editions).where(editions.c.name == name)).one_or_none()
            if head is None:
                raise _unknown(name, _names(connection))
            codes = connection.execute(select(edition_codes).where(edition_codes.c.edition == name)).all()
            notes = connection.execute(
                select(edition_notes)
                .where(edition_notes.c.edition == name)
                .order_by(edition_notes.c.position)
            ).all()
        # Sorted here: a database's collation may order letters and digits in its own way.
        listed = sorted((_listed(row) for row in codes), key=lambda row: row.code)
        return Edition(
            name=name,
            digest=head.digest,
            codes=tuple(listed),
            completed=head.completed,
            notes=tuple(_note(row) for row in notes),
        )

    def list(self) -> builtins.list[EditionInfo]:
        """Return the editions, the starter first, then by name."""
        starter, rows, active = self._starter, [], STARTER
        if self._database.exists:
            with self._database.reading() as connection:
                rows = sorted(connection.execute(select(editions)).all(), key=lambda row: str(row.name))
                active = _active(connection)
        infos = [EditionInfo(STARTER, starter.digest, len(starter.codes), 0, "", "", active == STARTER)]
        for row in rows:
            infos.append(EditionInfo(**fields_in(row, EditionInfo), active=row.name == active))
        return infos

    def active(self) -> str:
        """Return the name of the edition in use; `starter` where none was chosen."""
        if not self._database.exists:
            return STARTER
        with self._database.reading() as connection:
            return _active(connection)

    def use(self, name: str) -> None:
        """Make an edition the active one. Raises UnknownEditionError."""
        if not self._database.exists:
            if name != STARTER:
                raise _unknown(name, [])
            return
        with self._database.writing() as connection:
            names = _names(connection)
            if name != STARTER and name not in names:
                raise _unknown(name, names)
            connection.execute(delete(active_edition))
            connection.execute(insert(active_edition).values(id=1, name=name))

    def save_site_names(self, name: str, names: Sequence[SiteName]) -> None:
        """
        Keep names that the site brought in under the name of their vocabulary, replacing what that name held.

        Raises:
            InputError: The name is empty or longer than 100 characters.
        """
        _require_name(name)
        rows = [
            {"vocabulary": name, "position": i, "name": n.text, "kind": n.kind, "near": ""}
            for i, n in enumerate(names)
        ]
        with self._database.writing() as connection:
            connection.execute(delete(background_names).where(background_names.c.vocabulary == name))
            _insert_all(connection, background_names, rows)

    def load_site_names(self) -> tuple[SiteName, ...]:
        """Return all names that the site brought in, ordered by vocabulary name, then as saved."""
        if not self._database.exists:
            return ()
        with self._database.reading() as connection:
            rows = connection.execute(select(background_names)).all()
        ordered = sorted(rows, key=lambda row: (row.vocabulary, row.position))
        return tuple(SiteName(row.name, row.kind) for row in ordered)

    def save_binding(self, edition: str, result: tuple[str, str, str, str], concept: str) -> None:
        """
        Keep what a person says a result of an edition is; an empty *concept* takes it back.

        It outlives an import of the same edition again.

        Raises:
            UnknownEditionError: No such edition.
        """
        place = dict(zip(_RESULT, result, strict=True))
        table = edition_bindings
        with self._database.writing() as connection:
            names = _names(connection)
            if edition != STARTER and edition not in names:
                raise _unknown(edition, names)
            here = [table.c.edition == edition, *(table.c[name] == text for name, text in place.items())]
            connection.execute(delete(table).where(*here))
            if concept:
                connection.execute(insert(table).values(edition=edition, concept=concept, **place))

    def load_bindings(self, edition: str) -> dict[tuple[str, str, str, str], str]:
        """Return the results of an edition that people bound, each with its concept's key."""
        if not self._database.exists:
            return {}
        with self._database.reading() as connection:
            wanted = select(edition_bindings).where(edition_bindings.c.edition == edition)
            rows = connection.execute(wanted).all()
        return {(row.measurand, row.identification, row.specimen, row.unit): row.concept for row in rows}

    def save_elements(self, name: str, lines: Sequence[Element]) -> None:
        """
        Keep element tables under a name, replacing what that name held.

        Raises:
            InputError: The name is empty or longer than 100 characters.
        """
        _require_name(name)
        rows = [
            columns_of(line)
            | {
                "vocabulary": name,
                "position": i,
                "kind": line.kind.value,
                "spellings": "\n".join(line.spellings),
            }
            for i, line in enumerate(lines)
        ]
        with self._database.writing() as connection:
            connection.execute(delete(elements).where(elements.c.vocabulary == name))
            _insert_all(connection, elements, rows)

    def load_elements(self) -> tuple[Element, ...]:
        """Return the lines of all element tables, ordered by the tables' names, then as saved."""
        if not self._database.exists:
            return ()
        with self._database.reading() as connection:
            rows = connection.execute(select(elements)).all()
        return tuple(
            Element(
                ElementKind(row.kind), row.code, row.name, tuple(row.spellings.splitlines()), row.withdrawn
            )
            for row in sorted(rows, key=lambda row: (row.vocabulary, row.position))
        )

    def close(self) -> None:
        """Give back the database's connections."""
        self._database.close()

    @cached_property
    def _starter(self) -> Edition:
        return self._load_starter()


_RESULT = ("measurand", "identification", "specimen", "unit")


def _insert_all(connection: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _require_name(name: str) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable() or name == STARTER:
        raise InputError(
            f"{name!r} cannot be a name here: give 1 to {_LONGEST_NAME} printable characters, not {STARTER!r}"
        )


def _unknown(name: str, names: Sequence[str]) -> UnknownEditionError:
    return UnknownEditionError(f"there is no edition {name!r}; there are: {', '.join((STARTER, *names))}")


def _names(connection: Connection) -> builtins.list[str]:
    return sorted(str(name) for name in connection.execute(select(editions.c.name)).scalars())


def _active(connection: Connection) -> str:
    chosen = connection.execute(select(active_edition.c.name)).scalar_one_or_none()
    return str(chosen) if chosen else STARTER


def _code_row(edition: str, listed: ListedCode) -> dict[str, Any]:
    written = {"edition": edition, "code": str(listed.code), "jlac10": " ".join(listed.jlac10)}
    return columns_of(listed) | written


def _listed(row: Row[Any]) -> ListedCode:
    found = fields_in(row, ListedCode)
    return ListedCode(**found | {"code": jlac11.parse(row.code), "jlac10": tuple(row.jlac10.split())})


def _note_row(edition: str, position: int, note: ImportNote) -> dict[str, Any]:
    more_rows = " ".join(map(str, note.more_rows))
    return columns_of(note) | {"edition": edition, "position": position, "more_rows": more_rows}


def _note(row: Row[Any]) -> ImportNote:
    more_rows = tuple(int(number) for number in row.more_rows.split())
    return ImportNote(**fields_in(row, ImportNote) | {"more_rows": more_rows})
