"""What the reports of both code systems show alike: rates, what changed since an earlier run, single rows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jlac_mapper.evaluation.metrics import Rate, ReliabilityBin, RiskPoint, rate
from jlac_mapper.evaluation.previous import Change, same_dataset
from jlac_mapper.reports.figures import RiskCurve, Stated
from jlac_mapper.types import Disposition, Evidence, LocalTest, Reason
from jlac_mapper.wording import Language, say

_WORKLOAD = (Disposition.ACCEPTED, Disposition.NEEDS_REVIEW, Disposition.NO_CODE, Disposition.ERROR)
"""As the columns of the template follow each other."""
_EVIDENCE = 9
"""Statements shown; a page of fifty rows stays readable."""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """
    One row to look at: what the hospital wrote, what was expected and answered, and why.

    Attributes:
        severe: Nobody would have seen it in daily use.
        expected: Codes.
        beside: What is said of the expected codes, or in their place.
    """

    number: int
    kind: str
    severe: bool
    test: LocalTest
    expected: Sequence[str]
    beside: str
    given: str
    given_name: str
    disposition: Disposition
    probability: float
    reasons: Sequence[Reason]
    evidence: Sequence[Evidence]

    @property
    def fields(self) -> str:
        """What the row says beside its name."""
        said = {field: text for field, text in asdict(self.test).items() if text}
        return " · ".join(
            f"{field.replace('_', ' ')} {text}"
            for field, text in said.items()
            if field not in ("name", "local_code")
        )

    @property
    def why(self) -> str:
        """The first statements of the evidence in words."""
        said = (say(one, Language.ENGLISH) for one in self.evidence[:_EVIDENCE])
        return " · ".join(f"{one.element}: {one.text}" for one in said)


def share(value: Rate) -> str:
    """Write a rate with its interval and counts; a dash without rows."""
    if value.value is None or value.low is None or value.high is None:
        return "-"
    return f"{value.value:.1%} ({value.low:.0%}-{value.high:.0%}), {value.count} of {value.total}"


def workload(title: str, counts: Mapping[Disposition, int]) -> list[str]:
    """Return one line of what became of the rows."""
    return [title, *(str(counts.get(one, 0)) for one in _WORKLOAD), str(sum(counts.values()))]


def curve(title: str, points: Sequence[RiskPoint], accepted: tuple[float, float] | None) -> RiskCurve:
    """Return a system's risk against coverage as it is drawn; *accepted* is where it really stands."""
    return RiskCurve(title, [(point.coverage, point.risk) for point in points], accepted)


def happened(one: ReliabilityBin) -> Rate:
    """Return the share of a bin's rows that was right, with its interval."""
    return rate(round(one.observed * one.count), one.count)


def stated(bins: Sequence[ReliabilityBin]) -> list[Stated]:
    """Return bins as they are drawn."""
    return [
        Stated(
            one.count, one.mean_probability, one.observed, happened(one).low or 0.0, happened(one).high or 0.0
        )
        for one in bins
    ]


def shell(
    saved: Mapping[str, Any],
    previous: Mapping[str, Any] | None,
    changes: Sequence[Change],
    speed: tuple[int, float],
) -> dict[str, object]:
    """
    Return what the shell of a report asks for beside the run itself.

    Args:
        saved: The run's figures as they are saved, with `about`.
        previous: Those of an earlier run; None where there is none.
        changes: Between both; what a difference means is said only where both measured the same table.
        speed: Rows, and the seconds that they took.
    """
    same = previous is not None and same_dataset(previous, saved)
    rows, seconds = speed
    per_second = rows / seconds if seconds else 0.0
    return {
        "about": saved["about"],
        "before": previous.get("about", {}) if previous is not None else None,
        "same_table": same,
        "changes": [_change(change, judged=same) for change in changes],
        "repeat": [
            *saved["about"].items(),
            ("provenance", saved["provenance"]),
            ("speed", f"{rows} rows in {seconds:.1f} s, {per_second:.0f} rows/s"),
        ],
    }


def _change(change: Change, *, judged: bool) -> list[str]:
    before, now = change.before, change.now
    difference = "-" if before is None or now is None else f"{100 * (now - before):+.1f} points"
    written = ["-" if value is None else f"{value:.1%}" for value in (before, now)]
    return [change.measure, *written, difference, change.meaning if judged else ""]
