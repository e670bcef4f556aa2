"""Opening a database: its folder, the settings of a connection, its schema at head."""

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Protocol

from sqlalchemy import Connection, Engine, Transaction, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from jlac_mapper.errors import ConfigurationError, DatabaseError, MissingExtraError

HEAD = "0008"
"""The newest schema. A database that has it is used without loading Alembic."""
_MIGRATION_LOCK = 7_011_117  # any number, the same in every process
BUSY_SECONDS = 30.0
"""How long another process may keep a database locked, or from being reached."""
_BUSY_PAUSE_SECONDS = 0.02


class Connections(Protocol):
    """Where a store has its connections from: a database, or the one connection of a unit of work."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Give a connection to read with."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """Give a connection whose changes are kept when the block ends well, or with the unit of work."""
        ...


class Database:
    """
    A database of this product, by SQLAlchemy URL: SQLite or PostgreSQL (`postgresql://...`).

    Nothing is opened before the first use. Writing makes an SQLite file and its folder; the schema is
    brought to the newest version on the first use by one process at a time.

    Args:
        url: Where it is.
        pooled: Whether connections stay open for the next use. Without, none is open between two uses, so
            that copies of this process (fork) share none.
        busy_seconds: How long to wait for a lock of another process, and for PostgreSQL's answer.
    """

    def __init__(self, url: str, *, pooled: bool = True, busy_seconds: float = BUSY_SECONDS) -> None:
        self.url = _parsed(url)
        self._pooled = pooled
        self._busy_seconds = busy_seconds
        self._engine: Engine | None = None
        self._opening = Lock()
        # SQLite makes writers poll for its lock; those of one process take turns here without waiting longer.
        sqlite = self.url.get_backend_name() == "sqlite"
        self._writer: AbstractContextManager[object] = Lock() if sqlite else nullcontext()

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    @property
    def exists(self) -> bool:
        """Whether there can be anything to read: False only for an SQLite file that is not there yet."""
        path = self._sqlite_file()
        return path is None or path.exists()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """
        Give a connection in one read transaction.

        Raises:
            DatabaseError: Not reachable, not ours, or of a newer schema.
        """
        with reported(str(self)), self._opened().connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """
        Give a connection in one transaction, committed at the end and rolled back on any exception.

        Raises:
            DatabaseError: As for `reading`, or not writable.
        """
        with self.begun() as (connection, transaction):
            yield connection
            transaction.commit()

    @contextmanager
    def begun(self) -> Iterator[tuple[Connection, Transaction]]:
        """
        Give a connection in one transaction for the caller to commit; without that it is rolled back.

        Raises:
            DatabaseError: As for `writing`.
        """
        with (
            reported(str(self)),
            self._writer,
            _connected_to_write(self._opened()) as connection,
            connection.begin() as transaction,
        ):
            yield connection, transaction
            if transaction.is_active:
                transaction.rollback()

    def close(self) -> None:
        """Give back the connections; a later use opens them again."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _sqlite_file(self) -> Path | None:
        named = self.url.database
        in_memory = not named or named == ":memory:" or named.startswith("file:")
        return None if self.url.get_backend_name() != "sqlite" or in_memory else Path(str(named))

    def _opened(self) -> Engine:
        with self._opening:
            if self._engine is None:
                self._engine = self._open()
            return self._engine

    def _open(self) -> Engine:
        path = self._sqlite_file()
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise _unusable(str(self), error) from error
        engine = _make_engine(self.url, self._busy_seconds, pooled=self._pooled)
        try:
            _bring_to_head(engine, str(self), self._busy_seconds)
        except BaseException:
            engine.dispose()
            raise
        return engine


@contextmanager
def reported(shown: str) -> Iterator[None]:
    """Raise DatabaseError, which names the database as *shown*, for what the database says inside."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise _unusable(shown, error) from error


def _unusable(shown: str, error: Exception) -> DatabaseError:
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()
    return DatabaseError(
        f"database {shown}: {cause[0] if cause else type(error).__name__}; "
        "check JLAC_MAPPER_DATABASE_URL and that the database can be reached and written"
    )


def _parsed(text: str) -> URL:
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except ArgumentError as error:
        raise ConfigurationError(
            "JLAC_MAPPER_DATABASE_URL is no SQLAlchemy URL; expected such as sqlite:////data/jlac.sqlite3 "
            "or postgresql://user@host/name"
        ) from error
    if backend not in ("sqlite", "postgresql"):
        raise ConfigurationError(f"JLAC_MAPPER_DATABASE_URL names {backend}; use sqlite or postgresql")
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _make_engine(url: URL, busy_seconds: float, *, pooled: bool) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    arguments = {"timeout": busy_seconds} if sqlite else {"connect_timeout": math.ceil(busy_seconds)}
    try:
        if pooled:
            engine = create_engine(url, connect_args=arguments, pool_pre_ping=not sqlite)
        else:
            engine = create_engine(url, connect_args=arguments, poolclass=NullPool)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"the database driver {error.name} is not installed; pip install 'jlac-mapper[postgres]'"
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigurationError(f"JLAC_MAPPER_DATABASE_URL cannot be used: {error}") from error
    if sqlite:
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _on_sqlite_connect(dbapi_connection: object, _record: object) -> None:
    # The driver's own transactions would leave schema changes outside of ours.
    dbapi_connection.isolation_level = None  # type: ignore[attr-defined]
    dbapi_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[attr-defined]
    # What was committed is on the disk, also after a power cut: a decision is acknowledged once.
    dbapi_connection.execute("PRAGMA synchronous=FULL")  # type: ignore[attr-defined]


def _on_sqlite_begin(connection: Connection) -> None:
    # A writer takes the lock at once: waiting for it works, upgrading to it later fails as "locked".
    mode = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")


def _connected_to_write(engine: Engine) -> Connection:
    return engine.connect().execution_options(writes=True)


def _bring_to_head(engine: Engine, shown: str, busy_seconds: float) -> None:
    """Upgrade the schema where it is older; do nothing, not even write, where it is at head."""
    with engine.connect() as connection:
        revision = _revision(connection)
    if revision == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseError(
            f"database {shown} has the schema {revision!r}, which this version does not know: "
            "it was written by a newer jlac-mapper; upgrade the program or name another database"
        )
    if engine.dialect.name == "sqlite":
        _write_ahead(engine, busy_seconds)
    with _connected_to_write(engine) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
        if _revision(connection) in known - {HEAD} | {None}:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _write_ahead(engine: Engine, busy_seconds: float) -> None:
    """
    Let readers of an SQLite file go on beside its writer, for as long as the file lives.

    SQLite refuses this at once, without waiting its busy time, where another process has the same file open
    for the same change; so the waiting is done here.
    """
    deadline = time.monotonic() + busy_seconds
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        while True:
            try:
                raw.execute("PRAGMA journal_mode=WAL")  # type: ignore[union-attr]  # not allowed in a transaction
                return
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # also its extended codes
                if not busy or time.monotonic() > deadline:
                    raise
            time.sleep(_BUSY_PAUSE_SECONDS)


def _revision(connection: Connection) -> str | None:
    """Return the schema that a database has, as Alembic writes it down; None where there is none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    return None if found is None else str(found)
