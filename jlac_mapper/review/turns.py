"""From commands to changes: read the items, ask the rules, write everything in one unit of work."""

from collections.abc import Sequence
from dataclasses import replace

from jlac_mapper.errors import ConflictError, InvalidDecisionError, JlacMapperError, NotFoundError
from jlac_mapper.ports import Clock
from jlac_mapper.review import blind, workflow
from jlac_mapper.review.access import enter, request_reused, require_request_id
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.commands import Command, Outcome
from jlac_mapper.review.model import (
    DECISIONS,
    Action,
    Change,
    Event,
    EventDraft,
    Facility,
    Item,
    Role,
    Standing,
    User,
)
from jlac_mapper.review.ports import Work

_LONGEST_TEXT = 4000


class Turns:
    """Does commands; one instance serves every user."""

    def __init__(self, clock: Clock, codes: CodeSearch, edition: str) -> None:
        self._clock = clock
        self._codes = codes
        self._edition = edition

    def take(self, work: Work, user: User, commands: Sequence[Command]) -> list[Outcome]:
        """
        Do commands of one facility and request in an open unit of work, one event each.

        Raises:
            ConflictError, NotAllowedError, InvalidDecisionError, NotFoundError: See ReviewService.decide.
                The unit must not be committed then.
        """
        key, request_id = commands[0].facility, commands[0].request_id
        facility, role = enter(work.users, user, key, Role.VIEWER)
        _require_sense(commands[0])
        if earlier := self.repeated(work, user, commands[0]):
            return earlier
        items = {item.id: item for item in work.reviews.items(key, [command.item for command in commands])}
        changes = []
        for command in commands:
            item = items.get(command.item)
            if item is None:
                raise NotFoundError(f"there is no item {command.item} here")
            if command.etag != item.etag and command.action is not Action.COMMENT:
                raise _conflict(work, user, facility, item)
            changes.append(self._change(work, user, role, facility, command, item))
        try:
            events, repeated = work.reviews.apply(key, changes, request_id)
        except ConflictError as error:
            raise _conflict(work, user, facility, work.reviews.item(key, error.item)) from error
        if repeated:
            return _outcomes(work, user, facility, events)
        return [
            _outcome(user, facility, event, _after(items[change.item], change), repeated=False)
            for event, change in zip(events, changes, strict=True)
        ]

    def try_out(
        self,
        work: Work,
        user: User,
        role: Role,
        facility: Facility,
        commands: Sequence[tuple[Command, Item]],
    ) -> tuple[list[tuple[Item, Standing]], list[tuple[Command, Item, JlacMapperError]]]:
        """Return what commands would make of their items, and the errors of those that would be refused."""
        changes, errors = [], []
        for command, item in commands:
            try:
                after = self._change(work, user, role, facility, command, item).standing
            except JlacMapperError as error:
                errors.append((command, item, error))
            else:
                changes.append((item, after or item.standing))
        return changes, errors

    def repeated(self, work: Work, user: User, command: Command) -> list[Outcome]:
        """
        Return the outcome of the request when it was done before; nothing where it is new.

        Raises:
            ConflictError: Someone else, or another kind of request, used its id.
        """
        events = work.reviews.done(command.facility, command.request_id)
        if not events:
            return []
        first = next((e.draft for e in events if e.draft.item == command.item), events[0].draft)
        other_item = first.item is None or (len(events) == 1 and first.item != command.item)
        if first.by != user.login or other_item or not _same_kind(first.action, command.action):
            raise request_reused(command.request_id)
        facility, _ = enter(work.users, user, command.facility, Role.VIEWER)
        return _outcomes(work, user, facility, events)

    def _change(
        self, work: Work, user: User, role: Role, facility: Facility, command: Command, item: Item
    ) -> Change:
        now = self._clock.now()
        last = None
        if command.action is Action.UNDO:
            last = workflow.last_turn(work.reviews.history(facility.key, item.id))
        if command.action is Action.ASSIGN and command.text:
            assigned = work.users.user(command.text).role_in(facility.key)
            if assigned is None or not assigned.includes(Role.REVIEWER):
                raise InvalidDecisionError(f"{command.text} is no reviewer of {facility.key}")
        after = workflow.result(
            command,
            item,
            facility,
            login=user.login,
            role=role,
            now=now,
            last=last,
            is_listed=self._codes.is_current,
        )
        event = EventDraft(
            action=command.action,
            by=user.login,
            at=now,
            request_id=command.request_id,
            item=item.id,
            code=_decided(command, after),
            text=command.text,
            before=item.standing,
            after=after,
            edition=self._edition,
            model=str(item.mapping.provenance),
        )
        return Change(item.id, item.etag, after, event)


def _conflict(work: Work, user: User, facility: Facility, item: Item) -> ConflictError:
    last = workflow.last_turn(work.reviews.history(facility.key, item.id))
    return blind.conflict(item, facility, last, user.login)


def _outcomes(work: Work, user: User, facility: Facility, events: Sequence[Event]) -> list[Outcome]:
    items = work.reviews.items(facility.key, [event.draft.item or 0 for event in events])
    by_id = {item.id: item for item in items}
    return [_outcome(user, facility, e, by_id[e.draft.item or 0], repeated=True) for e in events]


def _outcome(user: User, facility: Facility, event: Event, item: Item, *, repeated: bool) -> Outcome:
    [shown] = blind.history_for((event,), item.standing, facility, user.login)
    return Outcome(shown, blind.item_for(item, user.login), repeated)


def _after(item: Item, change: Change) -> Item:
    if change.standing is None:
        return item
    return replace(item, standing=change.standing, etag=item.etag + 1)


def _decided(command: Command, after: Standing | None) -> str:
    """Return the code that an event says was decided."""
    if after is None or command.action not in DECISIONS | {Action.SETTLE}:
        return ""
    reading = after.second or after.first
    return after.code if command.action is Action.SETTLE or reading is None else reading.code


def _same_kind(done: Action, asked: Action) -> bool:
    """Tell whether one call has both actions: a decision in bulk is named after each row's candidates."""
    return done is asked or {done, asked} <= DECISIONS


def _require_sense(command: Command) -> None:
    """Raise InvalidDecisionError for a command that no item could obey."""
    require_request_id(command.request_id)
    if command.action not in workflow.RULES:
        known = ", ".join(action for action in Action if action in workflow.RULES)
        raise InvalidDecisionError(f"{command.action} cannot be ordered; one of {known}")
    if len(command.text) > _LONGEST_TEXT:
        raise InvalidDecisionError(f"the text has {len(command.text)} characters; {_LONGEST_TEXT} at most")
    if "\0" in command.text or any("\ud800" <= c <= "\udfff" for c in command.text):
        raise InvalidDecisionError("the text holds characters that cannot be stored")
