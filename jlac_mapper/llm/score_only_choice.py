"""No language model: every question stays open, and the provenance says so."""

from collections.abc import Sequence

from jlac_mapper.ports import Choice, ChoiceAnswer


class ScoreOnlyChoice:
    """A ChoiceModel that never has an opinion; decisions rest on the scores alone."""

    identity = "score_only"
    template = ""
    speaks = False
    sees_order = False

    def choose(self, questions: Sequence[Choice]) -> list[ChoiceAnswer]:
        """Return no opinion for every question."""
        return [ChoiceAnswer()] * len(questions)
