"""`jlac-mapper train`: makes what the product ships, again, or from a hospital's own vocabulary."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jlac_mapper.cli.train_choice_lora import choice_lora
from jlac_mapper.cli.train_choice_rows import choice_rows
from jlac_mapper.cli.train_embedder import embedder
from jlac_mapper.cli.train_meanings import meanings
from jlac_mapper.cli.train_release import AsOf, shipped_release
from jlac_mapper.cli.train_reranker import reranker
from jlac_mapper.cli.verbs import Verbs
from jlac_mapper.config import SettingWord

if TYPE_CHECKING:
    from jlac_mapper.concepts.bound_release import BoundRelease
    from jlac_mapper.mapping.pipeline import Pipeline
    from jlac_mapper.training.calibration import ConfirmedRow
    from jlac_mapper.vocabulary import Vocabulary

train_app = Verbs(help="Train what the product ships.")


@train_app.callback()
def _group() -> None:
    """Train what the product ships."""


@train_app.command("calibration")
def calibration(
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="File to write; JLAC_MAPPER_CALIBRATION_FILE makes a site use it."
        ),
    ],
    seed: Annotated[int, typer.Option(help="Seed of the generated rows.")] = 11,
    llm: Annotated[
        str,
        typer.Option(
            metavar="MODEL", help="Language model whose word is weighed: off, bundled, a URL or a folder."
        ),
    ] = SettingWord.BUNDLED,
    confirmed: Annotated[
        Path | None,
        typer.Option(help="Labelled table as for `eval`: the hospital's own rows, fitted beside them."),
    ] = None,
    as_of: AsOf = "",
) -> None:
    """
    Fit the probabilities on rows generated from the vocabulary (needs the `train` extra).

    A card (.md) with a reliability plot (.svg) is written beside the file.
    """
    import numpy as np
    from rich.console import Console

    from jlac_mapper.bootstrap import calibration_pipeline
    from jlac_mapper.config import Settings
    from jlac_mapper.errors import OutputError
    from jlac_mapper.model_loading import language_model, require
    from jlac_mapper.training import calibration as training
    from jlac_mapper.training import calibration_card, choice_calibration, pairs
    from jlac_mapper.training import embedder as embedder_training
    from jlac_mapper.training.embedder_static import quantised, table_of
    from jlac_mapper.vectors.static_embedder import StaticEmbedder

    require("sklearn", "torch", "sentence_transformers", "matplotlib", "jinja2", extra="train")
    if not output.absolute().parent.is_dir():
        raise OutputError(f"{output}: its folder does not exist; make it first")
    if output.suffix in (calibration_card.CARD_SUFFIX, calibration_card.PLOT_SUFFIX):
        raise OutputError(f"{output}: the card and its plot take such a name; end it in .json")
    console = Console(stderr=True)
    settings = Settings.from_env(os.environ)
    bound = shipped_release(as_of)
    vocabulary, day = bound.vocabulary, bound.release.day

    embedders: list[StaticEmbedder] = []

    def build(reduced: "Vocabulary") -> "Pipeline":
        found = pairs.examples(replace(bound, vocabulary=reduced), seed)
        console.print(f"embedding without a fifth of the names: {len(found.names):,} names")
        grams, trained = embedder_training.train_static(found, replace(embedder_training.STATIC, seed=seed))
        vectors, scales = quantised(table_of(trained.model))
        embedder = StaticEmbedder(grams, vectors, scales, "static-ngrams without a fifth")
        embedders.append(embedder)
        return calibration_pipeline(settings, reduced, day, embedder)

    own = _confirmed_rows(confirmed, bound) if confirmed else []
    examples = training.collect(bound, build, seed)
    if own:
        shipped = calibration_pipeline(settings, vocabulary, day, StaticEmbedder.load())
        examples += training.confirmed(own, shipped, seed)
        console.print(f"{len(own):,} confirmed rows")
    console.print(f"{len(examples):,} hypotheses of generated rows")
    fitted = training.fit(examples, seed, confirmed_rows=len(own))
    model = language_model(replace(settings, llm=llm))
    if model.template:
        # The shipped model has learned none of the names of this fold.
        kept, unseen = pairs.hold_out(vocabulary, training.MEASURING, seed)
        pipeline = calibration_pipeline(
            settings, kept, day, embedders[training.MEASURING], training.as_calibration(fitted), model
        )
        weight, figures = choice_calibration.learn(
            pipeline,
            bound,
            unseen,
            np.array(list(fitted["coefficients"].values())),
            weight=training.BACKGROUND_WEIGHT,
            seed=seed,
        )
        fitted = training.with_choice(fitted, weight, model.identity, figures)
        console.print(f"{model.identity}: weight {weight:.3f}, {figures}", soft_wrap=True)
    training.write(fitted, output)
    card_file, _ = calibration_card.write(fitted, output)
    console.print(f"{fitted['identity']} written to {output}, its card to {card_file}", soft_wrap=True)
    for name, value in fitted[calibration_card.MEASURED].items():
        if isinstance(value, int | float):
            console.print(f"  {name}: {value}")


def _confirmed_rows(file: Path, bound: "BoundRelease") -> "list[ConfirmedRow]":
    """Return labelled rows as the training takes them, without those that have no label or several."""
    from jlac_mapper.cli.eval_command import read_records
    from jlac_mapper.evaluation.labels import Status, read_labelled
    from jlac_mapper.evaluation.moved import MovedLabels
    from jlac_mapper.training.calibration import ConfirmedRow
    from jlac_mapper.training.confirmed_names import concepts_of

    labels = MovedLabels(bound.release, bound.release.successions)
    concepts = concepts_of(bound)
    rows = []
    for row in read_labelled(read_records(file)):
        codable = row.truth.status is Status.CODABLE
        if row.truth.status is Status.UNSCORED or (codable and len(row.truth.measurands) > 1):
            continue
        meant = labels.measurands(row.truth.measurands) if codable else frozenset[str]()
        found = frozenset().union(*(concepts.get(measurand, frozenset()) for measurand in meant))
        rows.append(ConfirmedRow(row.test, found))
    return rows


train_app.command("embedder")(embedder)
train_app.command("meanings")(meanings)
train_app.command("reranker")(reranker)
train_app.command("choice-lora")(choice_lora)
train_app.command("choice-rows")(choice_rows)
