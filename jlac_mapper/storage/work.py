"""Units of work over a database: the stores of review share one connection and its transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Transaction

from jlac_mapper.storage.database import Database, reported
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.storage.users import SqlUserStore


class SqlUnitOfWork:
    """See UnitOfWork."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def reading(self) -> Iterator["SqlWork"]:
        """Give the stores in one read transaction."""
        with self._database.reading() as connection:
            yield SqlWork(_Shared(connection, str(self._database), writes=False), None)

    @contextmanager
    def writing(self) -> Iterator["SqlWork"]:
        """Give the stores in one transaction, kept where it is committed."""
        with self._database.begun() as (connection, transaction):
            yield SqlWork(_Shared(connection, str(self._database), writes=True), transaction)


class SqlWork:
    """See Work. A unit that joins it to write is a savepoint."""

    def __init__(self, shared: "_Shared", transaction: Transaction | None) -> None:
        self._shared = shared
        self._transaction = transaction
        self.reviews = SqlReviewStore(shared)
        self.users = SqlUserStore(shared)

    def commit(self) -> None:
        """Keep what was written."""
        if self._transaction is not None:
            self._transaction.commit()

    @contextmanager
    def reading(self) -> Iterator["SqlWork"]:
        """Give the same stores."""
        yield self

    @contextmanager
    def writing(self) -> Iterator["SqlWork"]:
        """Give the stores in a savepoint. Raises RuntimeError where this unit reads only."""
        with self._shared.writing() as connection, connection.begin_nested() as savepoint:
            yield SqlWork(self._shared, savepoint)
            if savepoint.is_active:
                savepoint.rollback()


class _Shared:
    """The one connection of a unit of work, to every store in it."""

    def __init__(self, connection: Connection, shown: str, *, writes: bool) -> None:
        self._connection = connection
        self._shown = shown
        self._writes = writes

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give the connection."""
        with reported(self._shown):
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the connection. Raises RuntimeError where the unit reads only."""
        if not self._writes:
            raise RuntimeError("a unit of work that only reads was asked to write")
        with reported(self._shown):
            yield self._connection
