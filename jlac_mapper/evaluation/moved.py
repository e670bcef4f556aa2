"""Labels written for an older release, as the release in use numbers the same results."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.release import Release
from jlac_mapper.codes.successions import Change, Successions
from jlac_mapper.evaluation.labels import LabelledRow, Truth


class MovedLabels:
    """
    Reads a label's codes as those of a release on its day.

    A measurand that the release no longer lists counts as the measurands that it was moved to or merged into;
    one that it lists, or that nothing replaced, stays as it is.
    """

    def __init__(self, release: Release, successions: Successions) -> None:
        self._release = release
        self._successions = successions
        self._proposable = {str(listed.code) for listed in release.proposable}
        self._listed = {code[:5] for code in self._proposable}
        self._moved: dict[str, set[str]] = defaultdict(set)
        for line in successions.lines:
            held = line.since is None or line.since <= release.day
            if held and line.change is not Change.RENUMBERED and line.new_measurand in self._listed:
                self._moved[line.measurand].add(line.new_measurand)

    def measurands(self, expected: Iterable[str]) -> frozenset[str]:
        """Return the measurands of the release that stand for the *expected* ones."""
        found: set[str] = set()
        for measurand in expected:
            moved = () if measurand in self._listed else self._moved.get(measurand, ())
            found |= set(moved or (measurand,))
        return frozenset(found)

    def truth(self, truth: Truth) -> Truth:
        """Return a label in the numbers of the release."""
        codes = frozenset(self._code(code) for code in truth.codes)
        measurands = frozenset(code[:5] for code in codes) if codes else self.measurands(truth.measurands)
        return replace(truth, measurands=measurands, codes=codes)

    def rows(self, rows: Iterable[LabelledRow]) -> list[LabelledRow]:
        """Return rows with their labels in the numbers of the release."""
        return [replace(row, truth=self.truth(row.truth)) for row in rows]

    def _code(self, text: str) -> str:
        if text in self._proposable:
            return text
        successor = self._successions.successor(parse(text), self._release.day)
        return str(successor) if successor and str(successor) in self._proposable else text
