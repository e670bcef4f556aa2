"""`jlac-mapper train reranker`: makes the bundled small language model again, or with a hospital's rows."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from jlac_mapper.cli.train_release import AsOf, earlier_releases, require_folder, say, shipped_release


def reranker(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write the model to.")],
    seed: Annotated[int, typer.Option(help="Seed of the rows and of the first weights.")] = 11,
    steps: Annotated[int, typer.Option(min=0, help="Steps of training; 0 for the recipe's number.")] = 0,
    confirmed: Annotated[
        Path | None,
        typer.Option(help="CSV (name,measurand) of a hospital's confirmed rows: learned as well."),
    ] = None,
    threads: Annotated[
        int, typer.Option(min=1, help="Processor threads; other numbers round differently.")
    ] = 1,
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Measure on the names held out.")
    ] = True,
    as_of: AsOf = "",
) -> None:
    """Train the small language model of closed questions (needs the `train` extra); the card tells how."""
    from jlac_mapper.errors import OutputError
    from jlac_mapper.model_loading import require
    from jlac_mapper.training import (
        confirmed_names,
        embedder,
        pairs,
        reranker_export,
        reranker_measure,
        reranker_rows,
    )
    from jlac_mapper.training import reranker as training
    from jlac_mapper.training.generated_rows import names_by_listing
    from jlac_mapper.types import System

    require("torch", "transformers", "sentence_transformers", "onnx", extra="train")
    require_folder(output)
    bound = shipped_release(as_of)
    kept_names, out = reranker_rows.split(bound.vocabulary)
    rows = 0
    if confirmed:
        names = confirmed_names.read(confirmed, bound)
        kept_names = confirmed_names.added(kept_names, names)
        out = reranker_rows.unread(out, kept_names)
        rows = len(names)
        say(f"{rows:,} confirmed names are learned as well")
    recipe = replace(training.RECIPE, seed=seed, threads=threads, steps=steps or training.RECIPE.steps)
    kept = replace(bound, vocabulary=kept_names)
    listed, background = names_by_listing(kept)
    say(f"{len(listed):,} listed and {len(background):,} background names, {recipe.steps:,} steps")
    trained = reranker_export.rounded(
        training.train(
            kept,
            bound.release.successions.identifications(),
            recipe,
            lambda step, loss: say(f"step {step}: loss {loss:.3f}"),
            [replace(each, vocabulary=kept_names) for each in earlier_releases(bound)],
        )
    )
    measured: dict[System, reranker_export.Measured] = {}
    if measure:
        say("measuring on the names held out, beside a static embedding trained without them")
        _, trained_names = embedder.train_static(pairs.examples(kept, seed))
        sides = {
            System.JLAC11: (
                reranker_measure.questions(kept, out, seed),
                reranker_measure.measurand_names(kept),
            ),
            System.JLAC10: (
                reranker_measure.jlac10_questions(kept_names, out, seed),
                reranker_measure.analyte_names(kept_names),
            ),
        }
        for system, (asked, known) in sides.items():
            is_jlac10 = system is System.JLAC10
            learned = [m for m in trained.learned if training.is_analyte(m) == is_jlac10]
            compared = {
                "this model": reranker_measure.model_scores(trained, learned, asked),
                "static embedding": reranker_measure.name_scores(trained_names.embed, known, learned, asked),
            }
            figures = {
                method: reranker_measure.figures(asked, learned, scores)
                for method, scores in compared.items()
            }
            measured[system] = reranker_export.Measured(len(asked), figures)
    story = reranker_export.Story(kept, out, recipe, rows, measured)
    try:
        digest = reranker_export.write(output, trained, story)
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error}") from error
    for system, told in measured.items():
        for method, found in told.figures.items():
            for name, figure in found.items():
                say(f"  {system.upper()}, {method}: {name}: {figure}")
    say(f"digest {digest[:12]}, written to {output}, trained in {trained.seconds / 60:.0f} minutes")
