"""No language model: every question stays open, and the provenance says so."""

from collections.abc import Sequence

from jlac_mapper.ports import Choice


class ScoreOnlyChoice:
    """A ChoiceModel that never has an opinion; decisions rest on the scores alone."""

    @property
    def identity(self) -> str:
        """The adapter's name; there is no model behind it."""
        return "score_only"

    def choose(self, questions: Sequence[Choice]) -> list[tuple[float, ...] | None]:
        """Return None for every question."""
        return [None] * len(questions)
