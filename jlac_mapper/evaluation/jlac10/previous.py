"""This JLAC10 result beside an earlier one: the figures that decide, and whether a change may be chance."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jlac_mapper.errors import InputError
from jlac_mapper.evaluation.jlac10.run import PRODUCT
from jlac_mapper.evaluation.previous import Change, change

SYSTEM = "jlac10"
"""What the saved figures say they are of."""
_RATES = {
    "Right analyte first": ("analyte", PRODUCT, "top1"),
    "Right analyte among five": ("analyte", PRODUCT, "top5"),
    "9 characters right, where the row determines them": ("characters", "9", "determined"),
    "12 characters right, where the row determines them": ("characters", "12", "determined"),
    "15 characters right, where the row determines them": ("characters", "15", "determined"),
    "Rows with a code accepted rightly": ("accepted_rightly",),
    "Accepted rows that are right": ("accepted_right",),
    "Rows without a code that were accepted": ("accepted_without_code",),
    "Rows with a code answered with none": ("missed",),
    "Coverage at 98 % precision (threshold by hindsight)": ("at_precision", "0.98", "coverage"),
}


def read_previous(file: Path) -> Mapping[str, Any]:
    """
    Read the metrics.json of an earlier JLAC10 run.

    Raises:
        InputError: The file cannot be read, or holds something else, such as figures of another code system.
    """
    try:
        saved = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read as an earlier metrics.json: {error}") from None
    if not isinstance(saved, dict) or saved.get("system") != SYSTEM:
        raise InputError(
            f"{file} is no metrics.json of `jlac-mapper eval --system {SYSTEM}`; give another --previous, or "
            "another -o"
        )
    return saved


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """
    Compare the figures of two runs.

    A difference within the earlier figure's interval may be chance; figures without one are not judged.
    """
    found = []
    for measure, path in _RATES.items():
        was, is_now = _find(before, path), _find(now, path)
        found.append(change(measure, was, is_now))
    return found


def _find(values: Any, path: tuple[str, ...]) -> Mapping[str, Any]:
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values if isinstance(values, Mapping) else {}
