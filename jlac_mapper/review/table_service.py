"""The table of items in the service of review: facets, neighbours, and several items at once."""

from collections.abc import Mapping
from dataclasses import replace

from jlac_mapper.errors import InvalidDecisionError, NotFoundError
from jlac_mapper.review import blind, ticked, workflow
from jlac_mapper.review.access import enter, request_reused, require_request_id
from jlac_mapper.review.admin_service import AdminService
from jlac_mapper.review.commands import (
    Command,
    Cursor,
    Facets,
    GroupUndo,
    ItemQuery,
    Outcome,
    Refusal,
    Refused,
    Ticked,
    TickedPreview,
)
from jlac_mapper.review.model import INSTALLATION, Action, Event, Item, Role, User
from jlac_mapper.review.ports import Work
from jlac_mapper.review.turns import Turns


class TableService(AdminService):
    """See ReviewService, which adds what reviewers do item by item."""

    @property
    def _turns(self) -> Turns:
        return Turns(self._clock, self._codes, self._edition)

    # --- reading

    def facets(self, user: User, query: ItemQuery) -> Facets:
        """Return how many items a filter finds, and how many for each value of each facet (viewer)."""
        with self._units.reading() as work:
            enter(work.users, user, query.facility, Role.VIEWER)
            return work.reviews.facets(query)

    def neighbours(self, user: User, query: ItemQuery, item: int) -> tuple[int | None, int | None]:
        """Return the items before and behind one in a filter's order, None at its ends (viewer)."""
        with self._units.reading() as work:
            enter(work.users, user, query.facility, Role.VIEWER)
            found = work.reviews.item(query.facility, item)
            at, now = cursor_of(found), self._clock.now()
            sides = [
                work.reviews.queue(query, now=now, after=at, limit=1, backwards=backwards)
                for backwards in (True, False)
            ]
        before, behind = (side[0].id if side else None for side in sides)
        return before, behind

    def names(self, user: User, facility: str) -> Mapping[str, str]:
        """Return login -> name of everyone who has a role in the facility, active or not (viewer)."""
        with self._units.reading() as work:
            enter(work.users, user, facility, Role.VIEWER)
            people = work.users.users()
        return {
            one.login: one.name or one.login for one in people if {facility, INSTALLATION} & set(one.roles)
        }

    def reviewers(self, user: User, facility: str) -> list[User]:
        """Return who can be given items of the facility, by name (viewer)."""
        with self._units.reading() as work:
            enter(work.users, user, facility, Role.VIEWER)
            people = work.users.users()
        able = [one for one in people if (role := one.role_in(facility)) and role.includes(Role.REVIEWER)]
        return sorted(able, key=lambda one: (one.name or one.login, one.login))

    # --- several items at once

    def preview_ticked(self, user: User, asked: Ticked) -> TickedPreview:
        """
        Return what *asked* would do to its items; nothing changes (reviewer).

        SEND_BACK needs no question yet, and CHOOSE without a code only tells what there is to choose.

        Raises:
            InvalidDecisionError: No item is ticked, too many are, or the action is for one item alone.
        """
        ticked.require_sense(asked)
        with self._units.reading() as work:
            facility, role = enter(work.users, user, asked.facility, Role.REVIEWER)
            items = work.reviews.items(asked.facility, asked.items)
            choices = ticked.choices(items) if asked.action is Action.CHOOSE else ()
            if asked.action is Action.CHOOSE and not asked.code:
                return TickedPreview((), (), choices)
            pairs = list(zip(ticked.commands(asked, items, is_preview=True), items, strict=True))
            changes, errors = self._turns.try_out(work, user, role, facility, pairs)
        return TickedPreview(
            tuple((blind.item_for(item, user.login), standing) for item, standing in changes),
            tuple(_shown(ticked.refused(command, item, why, role), user) for command, item, why in errors),
            choices,
        )

    def decide_ticked(self, user: User, asked: Ticked, etags: Mapping[int, int]) -> list[Outcome]:
        """
        Do *asked* with its items, one event an item, all of them or none (reviewer; ASSIGN: lead).

        Args:
            user: Who asks.
            asked: What is to be done; its request id is the group's.
            etags: Item -> etag, as of the preview.

        Raises:
            ConflictError: One of them changed since the preview; `item` says which. Others as `decide`.
        """
        ticked.require_sense(asked)
        with self._units.writing() as work:
            enter(work.users, user, asked.facility, Role.REVIEWER)
            items = work.reviews.items(asked.facility, asked.items)
            if missing := set(asked.items) - {item.id for item in items}:
                raise NotFoundError(f"there is no item {min(missing)} here")
            meant = ticked.commands(asked, items)
            if unknown := {one.item for one in meant} - set(etags):
                raise InvalidDecisionError(f"item {min(unknown)} comes without its etag")
            outcomes = self._turns.take(work, user, [replace(one, etag=etags[one.item]) for one in meant])
            work.commit()
        return outcomes

    def undo_group(self, user: User, facility: str, group: str, *, request_id: str) -> GroupUndo:
        """
        Take a group of events back that the user made in one request, one event an item (reviewer).

        Items with which something else was done since stay as they are and are told. The same request id
        again changes nothing.

        Raises:
            NotFoundError: The user has made no such group in the facility.
        """
        require_request_id(request_id)
        with self._units.writing() as work:
            entered, role = enter(work.users, user, facility, Role.REVIEWER)
            work.reviews.hold(facility)
            done = ticked.first_by_item(work.reviews.done(facility, group))
            if not done or any(event.draft.by != user.login for event in done.values()):
                raise NotFoundError(f"{user.login} has made no group {group} here")
            items = work.reviews.items(facility, list(done))
            if earlier := work.reviews.done(facility, request_id):
                return self._undone_before(work, user, items, earlier, request_id)
            commands, refused = [], []
            for item in items:
                last = workflow.last_turn(work.reviews.history(facility, item.id))
                command = ticked.undoing(done[item.id], item, last, request_id)
                if command is None:
                    refused.append(Refused(item, Refusal.CHANGED))
                else:
                    commands.append((command, item))
            _, errors = self._turns.try_out(work, user, role, entered, commands)
            refused += [ticked.refused(command, item, why, role) for command, item, why in errors]
            left = {one.item.id for one in refused}
            possible = [command for command, _ in commands if command.item not in left]
            outcomes = self._turns.take(work, user, possible) if possible else []
            work.commit()
        return GroupUndo(tuple(outcomes), tuple(_shown(one, user) for one in refused))

    def _undone_before(
        self, work: Work, user: User, items: list[Item], earlier: list[Event], request_id: str
    ) -> GroupUndo:
        known = {item.id: item for item in items}
        first = earlier[0].draft
        if first.item not in known:
            raise request_reused(request_id)
        command = Command(known[first.item].facility, first.item, 0, first.action, request_id)
        return GroupUndo(tuple(self._turns.repeated(work, user, command)), ())


def cursor_of(item: Item) -> Cursor:
    """Return an item's place in any order."""
    return Cursor(item.id, item.mapping.probability, item.standing.state)


def _shown(one: Refused, user: User) -> Refused:
    return replace(one, item=blind.item_for(one.item, user.login))
