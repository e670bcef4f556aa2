"""Lists, items, decisions and local aliases in a database: the ReviewStore with SQLAlchemy."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from jlac_mapper.errors import ConflictError, NotFoundError
from jlac_mapper.review.access import request_reused
from jlac_mapper.review.audit import write_moment
from jlac_mapper.review.commands import Cursor, Facets, ItemQuery, QueueRow, Reopened
from jlac_mapper.review.model import (
    DECISIONS,
    Action,
    ChainHead,
    Change,
    Event,
    EventDraft,
    Item,
    ItemState,
    LocalAlias,
    NewItem,
    NewRun,
    Run,
)
from jlac_mapper.review.rules import KeptRule, Rule
from jlac_mapper.storage import (
    chain,
    facets,
    facility_rules,
    item_rows,
    list_columns,
    local_aliases,
    reopening,
    run_rows,
    waiting,
)
from jlac_mapper.storage.database import Connections
from jlac_mapper.storage.item_rows import AT_ONCE, chunks
from jlac_mapper.storage.review_tables import events, facilities, item_reasons, items, runs
from jlac_mapper.tables.whole import ListColumn
from jlac_mapper.types import Reason

_COUNTED = [action.value for action in (*DECISIONS, Action.SETTLE)]


class SqlReviewStore:
    """See ReviewStore. Final items are the local aliases: there is no second table to keep in step."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    # --- lists and items

    def import_run(
        self, run: NewRun, items: Sequence[NewItem], event: EventDraft, columns: Sequence[ListColumn] = ()
    ) -> Run:
        """Take a list in; the same facility and request id again returns the first run."""
        with self._connections.writing() as connection:
            head = chain.lock_head(connection, run.facility)
            earlier = chain.of_request(connection, run.facility, event.request_id)
            if earlier:
                if earlier[0].draft.run is None:
                    raise request_reused(event.request_id)
                return _run(connection, run.facility, earlier[0].draft.run)
            known = select(facilities.c.key).where(facilities.c.key == run.facility)
            if connection.execute(known).one_or_none() is None:
                raise NotFoundError(f"there is no facility {run.facility!r}")
            made = item_rows.insert_run(connection, run, len(items), event.by, write_moment(event.at))
            of_rows = run_rows.already_open(connection, run.facility, items)
            own = [(row, item) for row, item in enumerate(items, start=1) if row not in of_rows]
            item_rows.insert_items(connection, run.facility, made, own)
            run_rows.insert_rows(connection, made, items, of_rows)
            list_columns.insert_columns(connection, made, columns, items)
            chain.append(connection, head, [replace(event, run=made)])
            return _run(connection, run.facility, made)

    def runs(self, facility: str) -> list[Run]:
        """Return the lists, the newest first."""
        with self._connections.reading() as connection:
            found = connection.execute(
                select(runs).where(runs.c.facility == facility).order_by(runs.c.id.desc())
            )
            return [item_rows.read_run(row) for row in found]

    def run(self, facility: str, run: int) -> Run:
        """Return one list. Raises NotFoundError."""
        with self._connections.reading() as connection:
            return _run(connection, facility, run)

    def columns(self, facility: str, run: int) -> tuple[ListColumn, ...]:
        """Return the columns of a list, in place; none where none were kept. Raises NotFoundError."""
        with self._connections.reading() as connection:
            _run(connection, facility, run)
            return list_columns.read_columns(connection, run)

    def item(self, facility: str, item: int) -> Item:
        """Return one item. Raises NotFoundError."""
        found = self.items(facility, [item])
        if not found:
            raise _no_item(item)
        return found[0]

    def items(self, facility: str, ids: Sequence[int]) -> list[Item]:
        """Return items by rising id; unknown ones and those of other facilities are left out."""
        wanted = sorted(set(ids))
        found: list[Item] = []
        with self._connections.reading() as connection:
            for chunk in chunks(wanted, AT_ONCE):
                statement = item_rows.WHOLE_ITEM.where(items.c.facility == facility, items.c.id.in_(chunk))
                found += map(item_rows.read_item, connection.execute(statement.order_by(items.c.id)))
        return found

    def run_items(self, facility: str, run: int, *, after_row: int = 0, limit: int = 500) -> list[Item]:
        """Return a list's items by row, behind a row."""
        statement = item_rows.WHOLE_ITEM.where(
            items.c.facility == facility, items.c.run == run, items.c.row > after_row
        )
        with self._connections.reading() as connection:
            found = connection.execute(statement.order_by(items.c.row).limit(limit))
            own = [item_rows.read_item(row) for row in found]
            others = run_rows.read(connection, facility, run, after_row, limit)
        return sorted(own + others, key=lambda item: item.row)[:limit]

    # --- the queue

    def queue(
        self,
        query: ItemQuery,
        *,
        now: datetime,
        after: Cursor | None = None,
        limit: int = 50,
        backwards: bool = False,
    ) -> list[QueueRow]:
        """Return the rows behind a cursor in the query's order, or those before it, the nearest first."""
        with self._connections.reading() as connection:
            found = waiting.page(connection, query, now=now, after=after, limit=limit, backwards=backwards)
            return [item_rows.read_queue_row(row) for row in found]

    def facets(self, query: ItemQuery) -> Facets:
        """Return how many items a query finds, and how many for each value of each facet."""
        with self._connections.reading() as connection:
            return facets.count(connection, query)

    def next_for(
        self, query: ItemQuery, login: str, *, now: datetime, after: Cursor | None = None
    ) -> int | None:
        """Return the first item behind a cursor that *login* may read next."""
        with self._connections.reading() as connection:
            return waiting.next_for(connection, query, login, now=now, after=after)

    def identical(self, facility: str, key: str, states: Sequence[ItemState]) -> list[int]:
        """Return the ids of the items with an alias key in some states, rising."""
        return self._ids(facility, items.c.key == key, states)

    def twins(self, facility: str, twin_key: str, states: Sequence[ItemState]) -> list[int]:
        """Return the ids of the items with a twin key in some states, rising."""
        return self._ids(facility, items.c.twin_key == twin_key, states)

    def _ids(self, facility: str, wanted: ColumnElement[bool], states: Sequence[ItemState]) -> list[int]:
        statement = select(items.c.id).where(
            wanted, items.c.state.in_([s.value for s in states]), items.c.facility == facility
        )
        with self._connections.reading() as connection:
            return sorted(int(found) for found in connection.execute(statement).scalars())

    def counts(self, facility: str, run: int | None = None) -> dict[ItemState, int]:
        """Return how many items stand in each stored state."""
        statement = select(items.c.state, func.count()).where(items.c.facility == facility)
        if run is not None:
            statement = statement.where(items.c.run == run)
        with self._connections.reading() as connection:
            found = connection.execute(statement.group_by(items.c.state))
            counted = Counter({ItemState(state): count for state, count in found})
            if run is not None:
                counted.update(run_rows.counts(connection, facility, run))
            return dict(counted)

    def decided_since(self, facility: str, login: str, since: datetime) -> int:
        """Return how many decisions a user made since a moment."""
        statement = select(func.count()).where(
            events.c.facility == facility,
            events.c.login == login,
            events.c.at >= write_moment(since),
            events.c.action.in_(_COUNTED),
        )
        with self._connections.reading() as connection:
            return connection.execute(statement).scalar_one()

    # --- decisions

    def apply(self, facility: str, changes: Sequence[Change], request_id: str) -> tuple[list[Event], bool]:
        """Make changes and append their events; see ReviewStore.apply."""
        with self._connections.writing() as connection:
            head = chain.lock_head(connection, facility)
            earlier = chain.of_request(connection, facility, request_id)
            if earlier:
                return earlier, True
            for change in changes:
                _write(connection, facility, change)
            return chain.append(connection, head, [change.event for change in changes]), False

    def hold(self, facility: str) -> None:
        """Wait for the other writers of a facility's chain, and keep them waiting until the unit ends."""
        with self._connections.writing() as connection:
            chain.lock_head(connection, facility)

    def done(self, facility: str, request_id: str) -> list[Event]:
        """Return the events of an earlier request; none where it is new."""
        with self._connections.reading() as connection:
            return chain.of_request(connection, facility, request_id)

    def history(self, facility: str, item: int) -> list[Event]:
        """Return an item's events, oldest first."""
        with self._connections.reading() as connection:
            return chain.of_item(connection, facility, item)

    def events(self, facility: str, *, after: int = 0, limit: int = 1000) -> list[Event]:
        """Return events of a chain behind a sequence."""
        with self._connections.reading() as connection:
            return chain.after_sequence(connection, facility, after, limit)

    def head(self, facility: str) -> ChainHead:
        """Return the chain's length and last hash."""
        with self._connections.reading() as connection:
            return chain.read_head(connection, facility)

    # --- what was learnt

    def local_aliases(self, facility: str, keys: Sequence[str]) -> dict[str, list[LocalAlias]]:
        """Return the final decisions of each alias key, the newest first."""
        with self._connections.reading() as connection:
            return local_aliases.of_keys(connection, facility, keys)

    def local_aliases_elsewhere(self, facility: str, keys: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return key -> code -> how many other facilities decided so."""
        with self._connections.reading() as connection:
            return local_aliases.elsewhere(connection, facility, keys)

    def similar(self, facility: str, item: int, limit: int) -> list[LocalAlias]:
        """Return final decisions of other names like an item's; see ReviewStore.similar."""
        with self._connections.reading() as connection:
            found = connection.execute(
                select(items.c.key, items.c.twin_key, items.c.concept).where(
                    items.c.facility == facility, items.c.id == item
                )
            ).one_or_none()
            if found is None:
                raise _no_item(item)
            return local_aliases.similar(connection, facility, *found, limit=limit)

    def contradictions(self, facility: str) -> list[LocalAlias]:
        """Return the final decisions of every key that has more than one code."""
        with self._connections.reading() as connection:
            return local_aliases.contradictions(connection, facility)

    def readings(self, facility: str) -> dict[tuple[str, str], int]:
        """Return (first code, second code) -> number of items that two people read."""
        with self._connections.reading() as connection:
            return local_aliases.readings(connection, facility)

    def final_codes(self, facility: str) -> dict[str, int]:
        """Return code -> number of final decisions, UNCODABLE left out."""
        with self._connections.reading() as connection:
            return local_aliases.final_codes(connection, facility)

    # --- facility rules

    def rules(self, facility: str) -> list[KeptRule]:
        """Return the facility rules that hold, the oldest first."""
        with self._connections.reading() as connection:
            return facility_rules.holding(connection, facility)

    def keep_rules(self, facility: str, rules: Sequence[Rule], event: EventDraft) -> int:
        """Keep rules of one answer and return its number; see ReviewStore.keep_rules."""
        with self._connections.writing() as connection:
            head = chain.lock_head(connection, facility)
            if earlier := chain.of_request(connection, facility, event.request_id):
                return facility_rules.answer_of(connection, facility, earlier[0])
            chain.append(connection, head, [event])
            return facility_rules.keep(connection, facility, rules, event)

    def end_rules(self, facility: str, answer: int, event: EventDraft) -> list[Rule]:
        """End the rules of an answer and return them. Raises NotFoundError where none of it holds."""
        with self._connections.writing() as connection:
            head = chain.lock_head(connection, facility)
            ended = facility_rules.end(connection, facility, answer, event)
            chain.append(connection, head, [event])
            return ended

    def helped_by_rules(self, facility: str) -> list[int]:
        """Return the ids of accepted items that say SITE_RULE, rising."""
        statement = select(item_reasons.c.item).where(
            item_reasons.c.facility == facility,
            item_reasons.c.reason == Reason.SITE_RULE.value,
            item_reasons.c.state == ItemState.ACCEPTED.value,
        )
        with self._connections.reading() as connection:
            return sorted(int(found) for found in connection.execute(statement).scalars())

    def reopen(self, facility: str, moved: Mapping[str, str], event: EventDraft) -> list[Reopened]:
        """Reopen every final decision for the codes of *moved*."""
        with self._connections.writing() as connection:
            return reopening.reopen(connection, facility, moved, event)


def _write(connection: Connection, facility: str, change: Change) -> None:
    """Bring an item to its new standing where its etag still holds."""
    mine = (items.c.facility == facility, items.c.id == change.item)
    if change.standing is None:
        if connection.execute(select(items.c.id).where(*mine)).one_or_none() is None:
            raise _no_item(change.item)
        return
    values = {**item_rows.standing_values(change.standing), "etag": change.etag + 1}
    final = change.standing.state is ItemState.FINAL
    values["decided_by"] = change.event.by if final else ""
    values["decided_at"] = write_moment(change.event.at) if final else ""
    written = connection.execute(update(items).where(*mine, items.c.etag == change.etag).values(values))
    if written.rowcount != 1:
        found = connection.execute(select(items.c.etag).where(*mine)).scalar_one_or_none()
        if found is None:
            raise _no_item(change.item)
        raise ConflictError(
            f"item {change.item} was changed in the meantime: load it again", item=change.item, etag=found
        )
    before = change.event.before
    if before is None or before.state is not change.standing.state:
        connection.execute(
            update(item_reasons)
            .where(item_reasons.c.item == change.item)
            .values(state=change.standing.state.value)
        )


def _run(connection: Connection, facility: str, run: int) -> Run:
    found = connection.execute(
        select(runs).where(runs.c.facility == facility, runs.c.id == run)
    ).one_or_none()
    if found is None:
        raise NotFoundError(f"there is no list {run} here")
    return item_rows.read_run(found)


def _no_item(item: int) -> NotFoundError:
    return NotFoundError(f"there is no item {item} here")
