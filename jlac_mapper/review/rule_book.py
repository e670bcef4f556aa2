"""The facility's rule book: answers to questions about groups of rows, kept, listed and taken back."""

from collections.abc import Sequence
from dataclasses import replace

from jlac_mapper.errors import InputError
from jlac_mapper.ports import Clock
from jlac_mapper.review.access import enter, require_request_id
from jlac_mapper.review.batch import BatchMapper
from jlac_mapper.review.lists import first_standing
from jlac_mapper.review.model import Action, Change, EventDraft, Item, ItemState, Role, Standing, User
from jlac_mapper.review.ports import UnitOfWork
from jlac_mapper.review.rules import KeptRule, Rule
from jlac_mapper.types import MapOptions, MappingResult

_LONGEST_TEXT = 4000
_AT_ONCE = 500


class RuleBook:
    """
    What a user may do with the rules of a facility: see them (viewer), add to them and take back (lead).

    Args:
        mapper: Answers as the facility's decisions and rules stand; what a rule that was taken back had
            settled is asked of it again.
    """

    def __init__(self, units: UnitOfWork, clock: Clock, mapper: BatchMapper[MappingResult]) -> None:
        self._units = units
        self._clock = clock
        self._mapper = mapper

    def rules(self, user: User, facility: str) -> list[KeptRule]:
        """Return the rules that hold, the oldest first (viewer)."""
        with self._units.reading() as work:
            enter(work.users, user, facility, Role.VIEWER)
            return work.reviews.rules(facility)

    def answer(self, user: User, facility: str, rules: Sequence[Rule], *, request_id: str) -> int:
        """
        Keep what was answered and return the number of the answer (lead).

        A rule takes the place of an earlier one about the same rows. The same request id again returns the
        first number.

        Raises:
            InputError: There is nothing to keep.
        """
        require_request_id(request_id)
        if not rules:
            raise InputError("no question is answered: fill in the column answer, = agrees with a proposal")
        event = self._event(Action.RULE, user, request_id, "; ".join(map(str, rules)))
        with self._units.writing() as work:
            enter(work.users, user, facility, Role.LEAD)
            number = work.reviews.keep_rules(facility, rules, event)
            work.commit()
        return number

    def take_back(self, user: User, facility: str, answer: int, *, request_id: str) -> tuple[int, int]:
        """
        End the rules of an answer and reopen what only they had settled (lead).

        Returns:
            How many rules ended, and how many items wait for a person again.

        Raises:
            NotFoundError: No rule of the answer holds.
        """
        require_request_id(request_id)
        with self._units.writing() as work:
            enter(work.users, user, facility, Role.LEAD)
            event = self._event(Action.RULE_END, user, request_id, f"answer {answer}")
            ended = work.reviews.end_rules(facility, answer, event)
            work.commit()
        return len(ended), self._reopen(user, facility, request_id, answer)

    def _reopen(self, user: User, facility: str, request_id: str, answer: int) -> int:
        with self._units.reading() as work:
            helped = work.reviews.helped_by_rules(facility)
        reopened = 0
        for start in range(0, len(helped), _AT_ONCE):
            with self._units.reading() as work:
                items = work.reviews.items(facility, helped[start : start + _AT_ONCE])
            now = self._mapper.map_batch([item.test for item in items], MapOptions(facility=facility))
            event = self._event(
                Action.REOPEN, user, f"{request_id}-{start}", f"answer {answer} was taken back"
            )
            changes = [
                _reopening(item, mapping, event)
                for item, mapping in zip(items, now, strict=True)
                if item.standing.state is ItemState.ACCEPTED
                # Else another rule, or the row itself, still says so.
                and first_standing(mapping).code != item.standing.code
            ]
            with self._units.writing() as work:
                if changes:
                    work.reviews.apply(facility, changes, event.request_id)
                work.commit()
            reopened += len(changes)
        return reopened

    def _event(self, action: Action, user: User, request_id: str, text: str) -> EventDraft:
        return EventDraft(
            action, by=user.login, at=self._clock.now(), request_id=request_id, text=text[:_LONGEST_TEXT]
        )


def _reopening(item: Item, mapping: MappingResult, event: EventDraft) -> Change:
    """Return the change after which an item waits for a person, with what the mapper proposes now."""
    before, after = item.standing, Standing(ItemState.PROPOSED, proposal=mapping.jlac11)
    of_item = replace(event, item=item.id, code=before.code, before=before, after=after)
    return Change(item.id, item.etag, after, of_item)
