"""Stage between guard and calibration: a language model may speak on rows that stay uncertain."""

import math
from collections.abc import Sequence

from jlac_mapper.ports import Choice, ChoiceModel
from jlac_mapper.types import Hypothesis, NormalizedTest

NONE_OF_THESE = "該当なし"


def question(test: NormalizedTest, hypotheses: Sequence[Hypothesis]) -> Choice:
    """Write the closed question for one row: its fields, and the listed hypotheses with "none of these"."""
    source = test.source
    fields = (
        ("名称", test.text),
        ("略称", source.abbreviation),
        ("材料", source.specimen),
        ("単位", source.unit),
        ("基準値", source.reference_range),
    )
    text = "\n".join(f"{label}: {value}" for label, value in fields if value)
    names = tuple(h.name.name for h in hypotheses if h.name is not None)
    return Choice(text, (*names, NONE_OF_THESE))


def ask(
    model: ChoiceModel, rows: Sequence[tuple[NormalizedTest, Sequence[Hypothesis]]]
) -> list[dict[str, float] | None]:
    """
    Ask *model* about uncertain rows.

    Returns:
        For each row the log-odds of each listed measurand over an even split, or None: no opinion.
    """
    answers = model.choose([question(test, hypotheses) for test, hypotheses in rows])
    found: list[dict[str, float] | None] = []
    for (_, hypotheses), answer in zip(rows, answers, strict=True):
        if answer is None:
            found.append(None)
            continue
        even = 1 / len(answer)
        listed = [h for h in hypotheses if h.name is not None]
        found.append(
            {
                h.measurand: math.log(max(p, 1e-6) / even)
                for h, p in zip(listed, answer[: len(listed)], strict=True)
            }
        )
    return found
