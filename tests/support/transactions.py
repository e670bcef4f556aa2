"""Counts the transactions that a step takes, as the database sees them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, event

REVIEWED = ("users", "facilities", "sessions", "items", "events", "chain_heads", "runs")
"""Tables of review: a transaction that touches none of them is about editions."""


@dataclass
class Transactions:
    """What was begun and committed; each is listed with its statements."""

    begun: list[list[str]] = field(default_factory=list)
    committed: int = 0

    @property
    def of_review(self) -> int:
        """How many touched a table of review."""
        return sum(
            any(f" {table}" in statement for statement in each for table in REVIEWED) for each in self.begun
        )


@contextmanager
def counted() -> Iterator[Transactions]:
    """Count the transactions of every engine of this process."""
    found = Transactions()
    running: dict[Connection, list[str]] = {}

    def begin(connection: Connection) -> None:
        running[connection] = []
        found.begun.append(running[connection])

    def execute(connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if connection in running:
            running[connection].append(" ".join(statement.split()))

    def commit(_connection: Connection) -> None:
        found.committed += 1

    listeners = (("begin", begin), ("before_cursor_execute", execute), ("commit", commit))
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield found
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)
