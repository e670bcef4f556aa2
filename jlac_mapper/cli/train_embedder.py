"""`jlac-mapper train embedder`: makes the embedding of names again, or goes on with a hospital's own."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from jlac_mapper.cli.train_release import AsOf, require_folder, say, shipped_release


def embedder(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write the model to.")],
    seed: Annotated[int, typer.Option(help="Seed of spellings, pairs and first vectors.")] = 11,
    steps: Annotated[int, typer.Option(min=0, help="Steps of 512 pairs; 0 for the recipe's number.")] = 0,
    minutes: Annotated[
        float, typer.Option(min=0, help="Stop a training after so many minutes; 0 for no limit.")
    ] = 0,
    confirmed: Annotated[
        Path | None,
        typer.Option(help="CSV (name,measurand) of confirmed rows: go on from the shipped model with them."),
    ] = None,
    folds: Annotated[int, typer.Option(min=0, max=5, help="Held-out fifths to measure on; 0: none.")] = 5,
    transformer_minutes: Annotated[
        float, typer.Option(min=0, help="Train a character transformer so long and compare; 0: not.")
    ] = 0,
    as_of: AsOf = "",
) -> None:
    """Train the embedding of names (needs the `train` extra); the card says how it came out."""
    from jlac_mapper.config import models_dir
    from jlac_mapper.errors import OutputError
    from jlac_mapper.model_loading import require
    from jlac_mapper.training import confirmed_names, embedder_compare, embedder_export, pairs
    from jlac_mapper.training import embedder as training
    from jlac_mapper.vectors.static_embedder import StaticEmbedder

    require("torch", "sentence_transformers", extra="train")
    require_folder(output)
    bound = shipped_release(as_of)
    recipe = training.CONTINUED if confirmed else training.STATIC
    recipe = replace(recipe, seed=seed, minutes=minutes, steps=steps or recipe.steps)
    start, rows = None, 0
    if confirmed:
        names = confirmed_names.read(confirmed, bound)
        bound = replace(bound, vocabulary=confirmed_names.added(bound.vocabulary, names))
        rows = len(names)
        start = StaticEmbedder.load(models_dir() / "embedder").table()
        say(f"{rows:,} confirmed names; going on from the shipped model")
    methods = embedder_compare.methods(
        replace(training.STATIC, seed=seed, minutes=minutes, steps=steps or training.STATIC.steps),
        replace(training.TRANSFORMER, seed=seed, minutes=transformer_minutes),
    )
    compared = []
    quick = {name: method for name, method in methods.items() if name != embedder_compare.TRANSFORMER}
    if folds:
        compared += embedder_compare.compare(bound, quick, folds=folds, seed=seed, report=say)
    if transformer_minutes:
        # One fifth only, and the static model on the same one beside it.
        both = {name: methods[name] for name in (embedder_compare.STATIC, embedder_compare.TRANSFORMER)}
        compared += embedder_compare.compare(bound, both, folds=1, seed=seed, report=say)
    found = pairs.examples(bound, seed)
    say(f"{len(found.names):,} names, {len(found.queries):,} spellings")
    grams, trained = training.train_static(
        found, recipe, start=start, report=lambda step, loss: say(f"step {step}: loss {loss:.3f}")
    )
    story = embedder_export.Story(
        bound, recipe, trained.steps, trained.seconds, rows, compared, transformer_minutes
    )
    try:
        digest = embedder_export.write(output, grams, trained, story)
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error}") from error
    say(f"{len(grams):,} n-grams, digest {digest[:12]}, written to {output}")
