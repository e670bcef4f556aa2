"""In place of a language model that was configured and could not be set up: every question says why."""

from collections.abc import Sequence

from jlac_mapper.ports import Choice, ChoiceAnswer


class UnavailableChoice:
    """A ChoiceModel that is away for good, so that rows are decided without it and say so."""

    template = ""
    speaks = True
    sees_order = False

    def __init__(self, identity: str, reason: str) -> None:
        self.identity = identity
        self._answer = ChoiceAnswer(unavailable=reason)

    def choose(self, questions: Sequence[Choice]) -> list[ChoiceAnswer]:
        """Return the reason for every question."""
        return [self._answer] * len(questions)
