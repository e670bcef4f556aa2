"""`jlac-mapper train meanings`: weighs what speaks for a concept anew, and calibrates JLAC10."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jlac_mapper.config import SettingWord

if TYPE_CHECKING:
    from jlac_mapper.bootstrap import App
    from jlac_mapper.mapping.jlac10.pipeline import Jlac10Pipeline
    from jlac_mapper.mapping.meanings.weigh import MeaningWeights
    from jlac_mapper.training.jlac10_calibration import Seen
    from jlac_mapper.training.jlac10_choice import Heard


def meanings(
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="Folder for the two files; JLAC_MAPPER_JLAC10_CALIBRATION makes a site use it.",
        ),
    ],
    labelled: Annotated[
        list[Path] | None,
        typer.Option(
            help="Table with expected_jlac10 to calibrate on; may be given again. Never measure on it."
        ),
    ] = None,
    keep_weights: Annotated[
        bool, typer.Option("--keep-weights", help="Fit the probabilities only, over the weights in use.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the generated rows.")] = 5,
    llm: Annotated[
        str,
        typer.Option(
            metavar="MODEL", help="Language model whose word is weighed: off, bundled, a URL or a folder."
        ),
    ] = SettingWord.BUNDLED,
) -> None:
    """
    Fit the weights of meanings on rows generated from the vocabulary (needs the `train` extra).

    With --labelled the probabilities and thresholds of JLAC10 are fitted as well, and what a language model's
    word is worth.
    """
    import json
    import os
    from dataclasses import replace

    from rich.console import Console

    from jlac_mapper.bootstrap import CALIBRATION_FILE, WEIGHTS_FILE, build_app, build_jlac10
    from jlac_mapper.concepts.loader import load_vocabulary
    from jlac_mapper.config import Settings, master_data_dir
    from jlac_mapper.errors import OutputError
    from jlac_mapper.llm.score_only_choice import ScoreOnlyChoice
    from jlac_mapper.mapping.meanings.weigh import MeaningWeights
    from jlac_mapper.model_loading import require
    from jlac_mapper.training import jlac10_calibration
    from jlac_mapper.training import meanings as training

    require("scipy", extra="train")
    console = Console(stderr=True)
    app = build_app(replace(Settings.from_env(os.environ), llm=llm))
    if keep_weights:
        found = json.loads((master_data_dir() / WEIGHTS_FILE).read_text(encoding="utf-8"))
    else:
        rows = training.collect(load_vocabulary(), lambda _: None, seed)
        found = training.named(training.fit(rows))
        right = training.right_first(rows, found)
        console.print(f"{len(rows.fold):,} generated rows; {right:.1%} right first")
    try:
        output.mkdir(parents=True, exist_ok=True)
        (output / WEIGHTS_FILE).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        if labelled:
            weights = MeaningWeights.of(found["identity"], found["weights"])
            silent = replace(app, choice_model=ScoreOnlyChoice())
            mapper = build_jlac10(silent, weights, jlac10_calibration.NEUTRAL)
            seen = [each for file in labelled for each in _seen(file, mapper)]
            fitted = jlac10_calibration.fit(seen, " + ".join(file.name for file in labelled))
            if app.choice_model.template:
                choice = _choice(app, weights, fitted, labelled, seed)
                fitted = jlac10_calibration.with_choice(fitted, choice)
                console.print(json.dumps(fitted["choice"], indent=1), highlight=False)
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


def _choice(
    app: "App",
    weights: "MeaningWeights",
    fitted: "Mapping[str, Any]",
    labelled: "Sequence[Path]",
    seed: int,
) -> dict[str, Any]:
    """
    Return what the word of the app's language model is worth, with what it was measured on.

    Half of the generated rows and the labelled ones fit it, the other half measures it: once with the names
    in the vocabulary, as a known name that the model never read, and once without.
    """
    from dataclasses import asdict, replace

    from jlac_mapper.bootstrap import build_jlac10
    from jlac_mapper.mapping.jlac10.calibration import Jlac10Calibration
    from jlac_mapper.training import jlac10_choice, reranker_rows

    calibration = Jlac10Calibration.of(fitted)
    known = build_jlac10(app, weights, calibration)
    kept, unseen = reranker_rows.split(app.bound.vocabulary)
    without = build_jlac10(replace(app, bound=replace(app.bound, vocabulary=kept)), weights, calibration)
    rows = jlac10_choice.generated(app.bound.vocabulary, unseen, seed)
    parts = {
        title: jlac10_choice.halves(jlac10_choice.of_generated(pipeline, app.bound.vocabulary, rows))
        for title, pipeline in (("known names", known), ("unknown names", without))
    }
    own = [each for file in labelled for each in _heard(file, known)]
    fitting = [row for first, _ in parts.values() for row in first]
    choice = jlac10_choice.learn(fitting, own, known.choice_identity)
    measured = {
        title: jlac10_choice.measure(second, choice, calibration.thresholds)
        for title, (_, second) in parts.items()
    }
    lifts = jlac10_choice.lifts(measured["known names"])
    return {**asdict(replace(choice, lifts=lifts)), "labelled_rows": len(own), "measured": measured}


def _heard(file: Path, mapper: "Jlac10Pipeline") -> "list[Heard]":
    """Return the labelled rows that a language model spoke on."""
    from functools import partial

    from jlac_mapper.cli.eval_command import read_records
    from jlac_mapper.evaluation.jlac10.labels import read_labelled
    from jlac_mapper.training.jlac10_choice import has_code, heard

    rows = [row for row in read_labelled(read_records(file)) if not row.truth.codes or row.truth.known >= 9]
    right = [partial(has_code, codes=[str(code) for code in row.truth.codes]) for row in rows]
    return heard(mapper, [row.test for row in rows], right, [row.test.name for row in rows])
