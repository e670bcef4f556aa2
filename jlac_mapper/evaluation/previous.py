"""This result beside an earlier one: the few figures that decide, and whether a change may be chance."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jlac_mapper.errors import InputError

_RATES = {
    "Right measurand first": ("top1",),
    "Right measurand among five": ("recall5",),
    "Whole code right, where labelled": ("exact", "17"),
    "Codable rows accepted with the right answer": ("accepted", "coverage"),
    "Rows without a listed code that were accepted": ("accepted", "false_accepts"),
}
_NUMBERS = {
    "Coverage at 99 % precision (thresholds by hindsight)": ("at_precision", "0.99", "coverage"),
    "Expected calibration error": ("ece_equal_mass",),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and now (0-1, None where a run has none), and what the difference means."""

    measure: str
    before: float | None
    now: float | None
    meaning: str


def read_previous(file: Path) -> Mapping[str, Any]:
    """
    Read the metrics.json of an earlier run.

    Raises:
        InputError: The file cannot be read, or holds something else.
    """
    try:
        saved = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read as an earlier metrics.json: {error}") from None
    if not isinstance(saved, dict) or "systems" not in saved:
        raise InputError(f"{file} is no metrics.json of `jlac-mapper eval`; give another --previous")
    return saved


def same_dataset(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Tell whether both runs measured the very same table, with the JLAC10 column treated alike."""
    keys = ("dataset sha256", "JLAC10 column")
    return all(before.get("about", {}).get(key) == now.get("about", {}).get(key) for key in keys)


def changes(before: Mapping[str, Any], now: Mapping[str, Any], system: str) -> list[Change]:
    """
    Compare one system's figures of two runs.

    A difference within the earlier figure's interval may be chance; figures without one are not judged.
    """
    old, new = before["systems"].get(system, {}), now["systems"].get(system, {})
    found = []
    for measure, path in _RATES.items():
        was, is_now = _find(old, path), _find(new, path)
        was, is_now = was or {}, is_now or {}
        found.append(change(measure, was, is_now))
    for measure, path in _NUMBERS.items():
        found.append(Change(measure, _find(old, path), _find(new, path), ""))
    return found


def change(measure: str, was: Mapping[str, Any], is_now: Mapping[str, Any]) -> Change:
    """Compare one rate of two runs; without an earlier interval the change is not judged."""
    value, low, high = is_now.get("value"), was.get("low"), was.get("high")
    meaning = ""
    if value is not None and low is not None and high is not None:
        within = "within the earlier interval: may be chance"
        same = value == was["value"]
        meaning = "unchanged" if same else within if low <= value <= high else "beyond chance"
    return Change(measure, was.get("value"), value, meaning)


def _find(values: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values
