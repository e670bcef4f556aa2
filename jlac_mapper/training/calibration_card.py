"""Writes a calibration's card and reliability plot beside its file; both follow from the file alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jlac_mapper.mapping.score import LEAST_ACCEPTED

CARD_SUFFIX, PLOT_SUFFIX = ".md", ".svg"
MEASURED = "measured_on_held_out_generated_rows"
_SIZE, _LEFT, _TOP = 360, 56, 14


def write(calibration: Mapping[str, Any], path: Path) -> tuple[Path, Path]:
    """Write card and plot beside the calibration file *path*; return where they are."""
    card_file, plot_file = path.with_suffix(CARD_SUFFIX), path.with_suffix(PLOT_SUFFIX)
    plot_file.write_text(plot(calibration), encoding="utf-8", newline="\n")
    card_file.write_text(card(calibration, plot_file.name), encoding="utf-8", newline="\n")
    return card_file, plot_file


def card(calibration: Mapping[str, Any], plot_name: str) -> str:
    """Return the card as Markdown."""
    measured = calibration[MEASURED]
    lines = [
        "# Calibration of the measurand probability",
        "",
        f"Identity: `{calibration['identity']}`{' (provisional)' if calibration['provisional'] else ''}",
        "",
        "A logistic regression over what a row and a listed measurand have in common. It turns the scores "
        "of all search methods and the agreement of specimen, unit, result type, method, alias and JLAC10 "
        "into the probability that the first five digits are right.",
        "",
        "| | |",
        "|---|---|",
        "| data | rows generated from the names, background names and spelling rules of the starter master "
        "(`training/generated_rows.py`); no hospital's data |",
        f"| fitted on | {measured['fitted_hypotheses']:,} hypotheses of {measured['fitted_rows']:,} rows, "
        "three of five folds |",
        f"| thresholds chosen on | {measured['choosing_rows']:,} rows of the fourth fold |",
        f"| measured on | {measured['answered_rows']:,} rows of the fifth fold, "
        f"{measured['answered_codable_rows']:,} of them with a listed code |",
        "| folds | each with a fifth of all names taken out of the vocabulary and of the embedding's "
        "training; a name taken out plays the name that nobody has listed yet |",
        f"| recipe | logistic regression without further intercept, C = {measured['regularisation']:g}; rows "
        f"without a listed code weigh {measured['background_weight']:g} |",
        f"| seed | {measured['seed']} |",
        "| made with | `jlac-mapper train calibration` |",
        "",
        "## Held-out figures",
        "",
        f"Expected calibration error {measured['expected_calibration_error']:.4f}, Brier score "
        f"{measured['brier_score']:.4f}, both of the answers and with the weights of the fit.",
        "",
        f"![Stated against observed probability]({plot_name})",
        "",
        *_reliability(measured["reliability"]),
        "## Thresholds",
        "",
        "`--target-precision` chooses the row. A threshold is the least probability from which the answers "
        "of the fourth fold reach the stated precision with their lower 95 % confidence bound; 0.9999 "
        f"says that they never did. Nothing under {LEAST_ACCEPTED:g} is accepted, whatever the threshold. "
        "What is accepted was counted on the fifth fold, which chose nothing. Coverage: accepted rightly, of "
        "the rows with a listed code.",
        "",
        *_thresholds(calibration["thresholds"], measured["at_thresholds"]),
        f"Under {calibration['no_code_below']:g} the answer is NO_CODE: at most "
        f"{measured['no_code_loss']:.1%} of the fourth fold's rows with a listed code lay there.",
        "",
        "## Coefficients",
        "",
        "What each feature is, `mapping/score.py` says. A coefficient is the change in log-odds for one "
        "unit of its feature; `choice` stays 0 where no language model was listened to.",
        "",
        "| feature | coefficient |",
        "|---|---|",
        *(f"| {name} | {value:.3f} |" for name, value in calibration["coefficients"].items()),
        "",
        *_language_model(calibration.get("language_model")),
        "## Limits",
        "",
        "Generated rows are no hospital's rows: they are cleaner, and four in five of their names are known. "
        "Measure on your own labelled rows with `jlac-mapper eval` before you rely on a threshold.",
        "",
    ]
    return "\n".join(lines)


def _language_model(figures: Mapping[str, Any] | None) -> list[str]:
    if not figures or not figures["rows"]:
        return []
    return [
        "## Language model",
        "",
        f"`choice` was fitted for `{figures['model']}`, which was asked about the uncertain ones among rows "
        f"of names that it never learned: {figures['fitted_rows']:,} rows for the fit, and "
        f"{figures['rows']:,} rows of other names for these figures.",
        "",
        "| | without its word | with it |",
        "|---|---|---|",
        f"| Brier score of the answers | {figures['brier_without']:.4f} | {figures['brier_with']:.4f} |",
        "| likelier right than not, and so it is | "
        f"{figures['sorted_right_without']:.3f} | {figures['sorted_right_with']:.3f} |",
        "",
    ]


def _reliability(bins: Sequence[Mapping[str, float]]) -> list[str]:
    rows = [
        f"| {one['rows']:,} | {one['mean_probability']:.4f} | {one['observed']:.4f} "
        f"[{one['low']:.4f}, {one['high']:.4f}] |"
        for one in bins
    ]
    return ["| rows | stated | observed, 95 % interval |", "|---|---|---|", *rows, ""]


def _thresholds(thresholds: Mapping[str, float], reached: Mapping[str, Mapping[str, float]]) -> list[str]:
    lines = [
        "| stated precision | threshold | accepted | wrong | precision (lower bound) | coverage |",
        "|---|---|---|---|---|---|",
    ]
    for stated, threshold in thresholds.items():
        one = reached[stated]
        wrong = one["wrong_measurand"] + one["without_a_code"]
        lines.append(
            f"| {stated} | {threshold:g} | {one['accepted']:,} | {wrong} ({one['without_a_code']} without a "
            f"code) | {one['precision']:.4f} ({one['precision_low']:.4f}) | {one['coverage']:.3f} "
            f"[{one['low']:.3f}, {one['high']:.3f}] |"
        )
    return [*lines, ""]


def plot(calibration: Mapping[str, Any]) -> str:
    """Return the reliability plot as SVG: stated across, observed upwards, with 95 % intervals."""
    title = f"Reliability of {calibration['identity']}"
    edge = _LEFT + _SIZE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {edge + 16} {_TOP + _SIZE + 46}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{title}</title>',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        across, up = _place(tick, tick)
        parts += [
            f'<path d="M{across} {_TOP}V{_TOP + _SIZE}M{_LEFT} {up}H{edge}" stroke="#e3e6ea"/>',
            f'<text x="{across}" y="{_TOP + _SIZE + 16}" text-anchor="middle">{tick:g}</text>',
            f'<text x="{_LEFT - 6}" y="{up + 4}" text-anchor="end">{tick:g}</text>',
        ]
    parts.append(f'<path d="M{_LEFT} {_TOP + _SIZE}L{edge} {_TOP}" stroke="#888" stroke-dasharray="4 4"/>')
    for one in calibration[MEASURED]["reliability"]:
        across, up = _place(one["mean_probability"], one["observed"])
        bottom, top = (_place(0, one[bound])[1] for bound in ("low", "high"))
        parts += [
            f'<path d="M{across} {bottom}V{top}" stroke="#1f5fa8" stroke-width="1.5"/>',
            f'<circle cx="{across}" cy="{up}" r="4" fill="#1f5fa8"/>',
        ]
    centre, middle = _LEFT + _SIZE / 2, _TOP + _SIZE / 2
    parts += [
        f'<text x="{centre}" y="{_TOP + _SIZE + 36}" text-anchor="middle">stated probability</text>',
        f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">share right</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _place(stated: float, observed: float) -> tuple[float, float]:
    return round(_LEFT + stated * _SIZE, 1), round(_TOP + (1 - observed) * _SIZE, 1)
