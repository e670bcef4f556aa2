"""The product put together from changed parts: what ablations and injected faults need."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jlac_mapper.adapters.score_only_choice import ScoreOnlyChoice
from jlac_mapper.bootstrap import build_pipeline, open_store
from jlac_mapper.config import Settings, master_data_dir
from jlac_mapper.evaluation.metrics import rate
from jlac_mapper.mapping import retrieve
from jlac_mapper.mapping.calibrate import Calibration
from jlac_mapper.mapping.pipeline import Pipeline
from jlac_mapper.master import starter
from jlac_mapper.ports import Mapper
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

    def pipeline(self) -> Pipeline:
        """Put the stages together."""
        return build_pipeline(
            self.settings,
            edition=self.edition,
            starter_edition=self.starter_edition,
            vocabulary=self.vocabulary,
            day=self.day,
            choice_model=ScoreOnlyChoice(),
            calibration=self.calibration,
        )


def load_parts(settings: Settings | None = None, master: str = "starter") -> Parts:
    """Load an edition with the shipped vocabulary and calibration, for today."""
    settings = settings or Settings.from_env(os.environ)
    store = open_store(settings)
    return Parts(
        settings,
        store.load(master),
        starter.load_starter(),
        starter.load_vocabulary(extra_background=store.load_background()),
        datetime.now().astimezone().date(),
        Calibration.read(master_data_dir() / "calibration.json"),
    )


def map_all(mapper: Mapper, tests: Sequence[LocalTest], chunk: int = 512) -> list[Mapping]:
    """Map any number of rows in chunks, one answer a row, in order."""
    parts = (tests[start : start + chunk] for start in range(0, len(tests), chunk))
    return [one for part in parts for one in mapper.map_batch(part, MapOptions(top_k=5))]


def with_retriever(pipeline: Pipeline, wrap: Callable[[Any], Any]) -> Pipeline:
    """Put *wrap* around a pipeline's retriever; the product itself has no reason to offer this."""
    pipeline._retriever = wrap(pipeline._retriever)
    return pipeline


@contextmanager
def listed_limit(limit: int) -> Iterator[None]:
    """Let the retriever keep *limit* listed measurands a row instead of its own few."""
    usual = retrieve.LISTED_LIMIT
    retrieve.LISTED_LIMIT = limit
    try:
        yield
    finally:
        retrieve.LISTED_LIMIT = usual


def share(count: int, total: int) -> dict[str, float | int | None]:
    """Return a rate with its 95 % interval as JSON values."""
    found = rate(count, total)
    return {"count": count, "total": total, "value": found.value, "low": found.low, "high": found.high}
