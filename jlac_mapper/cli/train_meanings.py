"""`jlac-mapper train meanings`: weighs what speaks for a concept anew, and calibrates JLAC10."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from jlac_mapper.mapping.jlac10.pipeline import Jlac10Pipeline
    from jlac_mapper.training.jlac10_calibration import Seen

WEIGHTS_FILE, CALIBRATION_FILE = "meanings.json", "calibration_jlac10.json"


def meanings(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write the two files to.")],
    labelled: Annotated[
        list[Path] | None,
        typer.Option(
            help="Table with expected_jlac10 to calibrate on; may be given again. Never measure on it."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the generated rows.")] = 5,
) -> None:
    """
    Fit the weights of meanings on rows generated from the vocabulary (needs the `train` extra).

    With --labelled the probabilities and thresholds of JLAC10 are fitted as well; the rest of the calibration
    stays as it is without.
    """
    import json
    import os

    from rich.console import Console

    from jlac_mapper.bootstrap import build_app, build_jlac10
    from jlac_mapper.concepts.loader import load_vocabulary
    from jlac_mapper.config import Settings
    from jlac_mapper.errors import OutputError
    from jlac_mapper.mapping.meanings.weigh import MeaningWeights
    from jlac_mapper.model_loading import require
    from jlac_mapper.training import jlac10_calibration
    from jlac_mapper.training import meanings as training

    require("scipy", extra="train")
    console = Console(stderr=True)
    app = build_app(Settings.from_env(os.environ))
    rows = training.collect(load_vocabulary(), lambda _: None, seed)
    found = training.named(training.fit(rows))
    console.print(f"{len(rows.fold):,} generated rows; {training.right_first(rows, found):.1%} right first")
    try:
        output.mkdir(parents=True, exist_ok=True)
        (output / WEIGHTS_FILE).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        if labelled:
            weights = MeaningWeights.of(found["identity"], found["weights"])
            mapper = build_jlac10(app, weights, jlac10_calibration.NEUTRAL)
            seen = [each for file in labelled for each in _seen(file, mapper)]
            fitted = jlac10_calibration.fit(seen, " + ".join(file.name for file in labelled))
            (output / CALIBRATION_FILE).write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error.strerror}") from error
    console.print(f"written to {output}", soft_wrap=True, highlight=False)


def _seen(file: Path, mapper: "Jlac10Pipeline") -> "Iterator[Seen]":
    """Yield what the best candidate of each labelled row says of the calibration."""
    from jlac_mapper.cli.eval_command import read_records
    from jlac_mapper.evaluation.jlac10.labels import read_labelled
    from jlac_mapper.training.jlac10_calibration import seen

    rows = read_labelled(read_records(file))
    for row, (best, level) in zip(rows, mapper.best([row.test for row in rows]), strict=True):
        codes = [str(code) for code in row.truth.codes]
        if (one := seen(codes, row.truth.known, best, level)) is not None:
            yield one
