"""This result beside an earlier one: the few figures that decide, and whether a change may be chance."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jlac_mapper.errors import InputError
from jlac_mapper.evaluation.run import PRODUCT
from jlac_mapper.types import System

_OF_99 = ("systems", PRODUCT, "at_precision", "0.99")
# Measure -> where the saved figures have it: a rate with its interval, or a number without one.
_MEASURES: Mapping[System, Mapping[str, tuple[str, ...]]] = {
    System.JLAC11: {
        "Right measurand first": ("systems", PRODUCT, "top1"),
        "Right measurand among five": ("systems", PRODUCT, "recall5"),
        "Whole code right, where labelled": ("systems", PRODUCT, "exact", "17"),
        "Codable rows accepted with the right answer": ("systems", PRODUCT, "accepted", "coverage"),
        "Rows without a listed code that were accepted": ("systems", PRODUCT, "accepted", "false_accepts"),
        "Coverage at 99 % precision (thresholds by hindsight)": (*_OF_99, "coverage"),
        "Expected calibration error": ("systems", PRODUCT, "ece_equal_mass"),
    },
    System.JLAC10: {
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
    },
}


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and now (0-1, None where a run has none), and what the difference means."""

    measure: str
    before: float | None
    now: float | None
    meaning: str


def read_previous(file: Path, system: System) -> Mapping[str, Any]:
    """
    Read the metrics.json of an earlier run on a code system.

    Raises:
        InputError: The file cannot be read, or holds something else, such as figures of another code system.
    """
    is_jlac11 = system is System.JLAC11
    try:
        saved = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read as an earlier metrics.json: {error}") from None
    # Figures of JLAC11 tell of the product and of searches as systems, those of JLAC10 name theirs.
    if isinstance(saved, dict) and ("systems" in saved if is_jlac11 else saved.get("system") == system):
        return saved
    option, advice = ("", "") if is_jlac11 else (f" --system {system}", ", or another -o")
    raise InputError(
        f"{file} is no metrics.json of `jlac-mapper eval{option}`; give another --previous{advice}"
    )


def same_dataset(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Tell whether both runs measured the very same table, with the JLAC10 column treated alike."""
    keys = ("dataset sha256", "JLAC10 column")
    return all(before.get("about", {}).get(key) == now.get("about", {}).get(key) for key in keys)


def changes(before: Mapping[str, Any], now: Mapping[str, Any], system: System) -> list[Change]:
    """
    Compare the product's figures of two runs.

    A difference within the earlier figure's interval may be chance; figures without one are not judged.
    """
    return [
        _change(measure, _find(before, path), _find(now, path)) for measure, path in _MEASURES[system].items()
    ]


def _change(measure: str, was: Mapping[str, Any], is_now: Mapping[str, Any]) -> Change:
    value, low, high = is_now.get("value"), was.get("low"), was.get("high")
    meaning = ""
    if value is not None and low is not None and high is not None:
        within = "within the earlier interval: may be chance"
        same = value == was["value"]
        meaning = "unchanged" if same else within if low <= value <= high else "beyond chance"
    return Change(measure, was.get("value"), value, meaning)


def _find(values: Any, path: tuple[str, ...]) -> Mapping[str, Any]:
    """Return what stands at a place as a rate; a number has no interval, and nothing has no value."""
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values if isinstance(values, Mapping) else {"value": values}
