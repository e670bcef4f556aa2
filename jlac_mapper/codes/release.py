"""A release on one day: completion, validity, successors and what may be proposed, worked out once."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import cached_property

from jlac_mapper.codes import editions
from jlac_mapper.codes.jlac11 import Jlac11Code
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.codes.successions import Successions


class Release:
    """
    An edition, completed with the starter, on a day.

    Args:
        edition: As it was imported.
        starter: Completes it where it lists no method 000.
        day: The day on which codes must be valid.
        successions: What replaced what, beside the edition's own dates.
        earlier: Codes of a release in use before; those that this one does not list count as ended, so that
            their successors are found.
        standing: Measurands of this edition that stand for a code of the starter.
    """

    def __init__(
        self,
        edition: Edition,
        starter: Edition,
        day: date,
        successions: Successions,
        earlier: Iterable[ListedCode] = (),
        standing: Callable[[Jlac11Code], Iterable[str]] = lambda code: (code.measurand,),
    ) -> None:
        self.name = edition.name
        self.day = day
        self.successions = successions
        self._edition = edition
        completed = editions.complete_with_starter(edition, starter, standing)
        gone = tuple(earlier)
        self.completed = completed
        self._known = editions.with_ended(completed, gone, day) if gone else completed
        self.digest = completed.digest

    @property
    def is_starter(self) -> bool:
        """Whether it is the shipped one, of which nothing is a completion."""
        return self.name == editions.STARTER

    @cached_property
    def edition(self) -> Edition:
        """The completed edition with the successor of every code that has one."""
        return editions.with_successors(self._known, self.day, self.successions)

    @cached_property
    def proposable(self) -> tuple[ListedCode, ...]:
        """Codes that may be proposed for a result: valid on the day, no request, not replaced."""
        allowed = {c.code for c in editions.proposable_codes(self._known, self.day, self.successions)}
        return tuple(listed for listed in self.edition.codes if listed.code in allowed)

    @cached_property
    def others(self) -> tuple[ListedCode, ...]:
        """Its other codes: ended, replaced, not yet valid, or of requests."""
        allowed = {listed.code for listed in self.proposable}
        return tuple(listed for listed in self.edition.codes if listed.code not in allowed)

    @cached_property
    def by_code(self) -> dict[str, ListedCode]:
        """Every code by its 17 characters."""
        return {str(listed.code): listed for listed in self.edition.codes}

    def get(self, code: Jlac11Code) -> ListedCode | None:
        """Return what the release says of a code, None where it does not list it."""
        return self.by_code.get(str(code))
