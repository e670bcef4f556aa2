"""The product put together from changed parts: what ablations and injected faults need."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from importlib.util import find_spec
from typing import Any

from jlac_mapper import bootstrap, model_loading
from jlac_mapper.adapters.score_only_choice import ScoreOnlyChoice
from jlac_mapper.adapters.static_embedder import StaticEmbedder
from jlac_mapper.bootstrap import build_pipeline, open_store
from jlac_mapper.config import Settings
from jlac_mapper.evaluation.metrics import rate
from jlac_mapper.mapping import retrieve
from jlac_mapper.mapping.calibrate import Calibration
from jlac_mapper.mapping.pipeline import Pipeline
from jlac_mapper.master import starter
from jlac_mapper.ports import ChoiceModel, Embedder, Mapper
from jlac_mapper.types import Edition, LocalTest, MapOptions, Mapping, Vocabulary


@dataclass(frozen=True, slots=True)
class Parts:
    """What `build_app` would put together, open to changes with `dataclasses.replace`."""

    settings: Settings
    edition: Edition
    starter_edition: Edition
    vocabulary: Vocabulary
    day: date
    calibration: Calibration
    embedder: Embedder | None
    choice_model: ChoiceModel = field(default_factory=ScoreOnlyChoice)

    def pipeline(self) -> Pipeline:
        """Put the stages together."""
        return build_pipeline(
            self.settings,
            edition=self.edition,
            starter_edition=self.starter_edition,
            vocabulary=self.vocabulary,
            day=self.day,
            embedder=self.embedder,
            choice_model=self.choice_model,
            calibration=self.calibration,
        )


def load_parts(settings: Settings | None = None, master: str = "starter") -> Parts:
    """Load an edition with the shipped vocabulary, and the settings' embedding and calibration, for today."""
    settings = settings or Settings.from_env(os.environ)
    store = open_store(settings)
    return Parts(
        settings,
        store.load(master),
        starter.load_starter(),
        starter.load_vocabulary(extra_background=store.load_background()),
        datetime.now().astimezone().date(),
        Calibration.read(bootstrap._calibration_file(settings)),
        model_loading.embedder(settings),
    )


def can_train() -> bool:
    """Tell whether what trains an embedding is installed (the `train` extra)."""
    return all(find_spec(module) for module in ("torch", "sentence_transformers"))


def train_embedder(vocabulary: Vocabulary, edition: Edition, seed: int) -> StaticEmbedder:
    """Train an embedding as the shipped one was, on the names of *vocabulary* alone (a minute or two)."""
    from jlac_mapper.training import embedder, pairs
    from jlac_mapper.training.embedder_static import quantised, table_of

    found = pairs.examples(vocabulary, edition, seed)
    grams, trained = embedder.train_static(found, replace(embedder.STATIC, seed=seed))
    vectors, scales = quantised(table_of(trained.model))
    return StaticEmbedder(grams, vectors, scales, "static-ngrams of a part of the names")


def map_all(mapper: Mapper, tests: Sequence[LocalTest], chunk: int = 512) -> list[Mapping]:
    """Map any number of rows in chunks, one answer a row, in order."""
    parts = (tests[start : start + chunk] for start in range(0, len(tests), chunk))
    return [one for part in parts for one in mapper.map_batch(part, MapOptions(top_k=5))]


def with_retriever(pipeline: Pipeline, wrap: Callable[[Any], Any]) -> Pipeline:
    """Put *wrap* around a pipeline's retriever; the product itself has no reason to offer this."""
    pipeline._retriever = wrap(pipeline._retriever)
    return pipeline


@contextmanager
def everything_found() -> Iterator[None]:
    """Let the retriever keep all listed measurands that any method found, however weak."""
    usual = retrieve.LISTED_LIMIT, retrieve._LEAST_SCORE
    retrieve.LISTED_LIMIT, retrieve._LEAST_SCORE = 10_000, 0.0
    try:
        yield
    finally:
        retrieve.LISTED_LIMIT, retrieve._LEAST_SCORE = usual


def share(count: int, total: int) -> dict[str, float | int | None]:
    """Return a rate with its 95 % interval as JSON values."""
    found = rate(count, total)
    return {"count": count, "total": total, "value": found.value, "low": found.low, "high": found.high}
