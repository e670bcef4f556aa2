"""The product put together from changed parts: what ablations and injected faults need."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from jlac_mapper import bootstrap, model_loading
from jlac_mapper.bootstrap import build_pipeline, open_store
from jlac_mapper.codes.listed import Edition
from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.config import Settings
from jlac_mapper.evaluation.metrics import rate
from jlac_mapper.evaluation.moved import MovedLabels
from jlac_mapper.llm.score_only_choice import ScoreOnlyChoice
from jlac_mapper.mapping import search
from jlac_mapper.mapping.pipeline import Pipeline
from jlac_mapper.mapping.score import Calibration
from jlac_mapper.master import starter
from jlac_mapper.master.binding import bind, site_vocabulary
from jlac_mapper.ports import ChoiceModel, Embedder, Mapper
from jlac_mapper.types import LocalTest, MapOptions, MappingResult
from jlac_mapper.vectors.static_embedder import StaticEmbedder
from jlac_mapper.vocabulary import Vocabulary

LABELS_DAY = date(2025, 12, 1)
"""The day whose digits the labels of the lists follow, and on which the history of results rests."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What `build_app` would put together, open to changes with `dataclasses.replace`."""

    settings: Settings
    edition: Edition
    starter: starter.Starter
    bound: BoundRelease
    calibration: Calibration
    embedder: Embedder | None
    choice_model: ChoiceModel = field(default_factory=ScoreOnlyChoice)

    @property
    def vocabulary(self) -> Vocabulary:
        """The names that are searched."""
        return self.bound.vocabulary

    @property
    def labels(self) -> MovedLabels:
        """Reads labels in the numbers of the release."""
        return MovedLabels(self.bound.release, self.starter.successions)

    def with_vocabulary(self, vocabulary: Vocabulary) -> "Parts":
        """Return the parts with other names over the same release."""
        return replace(self, bound=replace(self.bound, vocabulary=vocabulary))

    def with_editions(self, cut: Callable[[Edition], Edition]) -> "Parts":
        """Return the parts with the edition and the starter changed by *cut*, bound anew."""
        edition, shipped = cut(self.edition), replace(self.starter, edition=cut(self.starter.edition))
        bound = bind(edition, shipped, self.vocabulary, self.bound.release.day)
        return replace(self, edition=edition, starter=shipped, bound=bound)

    def pipeline(self) -> Pipeline:
        """Put the stages together."""
        return build_pipeline(
            self.settings,
            bound=self.bound,
            embedder=self.embedder,
            choice_model=self.choice_model,
            calibration=self.calibration,
        )


def load_parts(settings: Settings | None = None, master: str = "starter", day: date = LABELS_DAY) -> Parts:
    """Load an edition with the site's vocabulary, and the settings' embedding and calibration, for a day."""
    settings = settings or Settings.from_env(os.environ)
    store = open_store(settings)
    edition, shipped = store.load(master), starter.load_starter()
    return Parts(
        settings,
        edition,
        shipped,
        bind(edition, shipped, site_vocabulary(store), day, added=store.load_bindings(master)),
        Calibration.read(bootstrap.calibration_file(settings)),
        model_loading.embedder(settings),
    )


def can_train() -> bool:
    """Tell whether what trains an embedding is installed (the `train` extra)."""
    return all(find_spec(module) for module in ("torch", "sentence_transformers"))


def train_embedder(bound: BoundRelease, seed: int) -> StaticEmbedder:
    """Train an embedding as the shipped one was, on the names of *bound* alone (a minute or two)."""
    from jlac_mapper.training import embedder, pairs
    from jlac_mapper.training.embedder_static import quantised, table_of

    found = pairs.examples(bound, seed)
    grams, trained = embedder.train_static(found, replace(embedder.STATIC, seed=seed))
    vectors, scales = quantised(table_of(trained.model))
    # Vectors are kept between runs under the embedding's name: two trainings must not share one.
    digest = hashlib.sha256(vectors.tobytes()).hexdigest()[:12]
    return StaticEmbedder(grams, vectors, scales, f"static-ngrams of a part of the names@{digest}")


def map_all(mapper: Mapper, tests: Sequence[LocalTest], chunk: int = 512) -> list[MappingResult]:
    """Map any number of rows in chunks, one answer a row, in order."""
    parts = (tests[start : start + chunk] for start in range(0, len(tests), chunk))
    return [one for part in parts for one in mapper.map_batch(part, MapOptions(top_k=5))]


@contextmanager
def everything_found() -> Iterator[None]:
    """Let the retriever keep all listed concepts that any method found, however weak."""
    usual = search.LISTED_LIMIT, search.LEAST_SCORE
    search.LISTED_LIMIT, search.LEAST_SCORE = 10_000, 0.0
    try:
        yield
    finally:
        search.LISTED_LIMIT, search.LEAST_SCORE = usual


def import_master(file: Path, name: str, database_url: str) -> None:
    """Import an official file with the real command, into a database of the run's own."""
    program = Path(sys.executable).with_name("jlac-mapper")
    subprocess.run(
        [str(program), "master", "import", str(file), "--name", name],
        check=True,
        stdout=sys.stderr,  # standard output is for results
        env={**os.environ, "JLAC_MAPPER_DATABASE_URL": database_url},
    )


def paired(gained: int, lost: int, total: int) -> dict[str, float | int]:
    """Return what a change gains over *total* rows, a mean of differences -1, 0, 1 with its 95 % interval."""
    mean = (gained - lost) / total if total else 0.0
    error = ((gained + lost) / total - mean**2) ** 0.5 / total**0.5 if total else 0.0
    return {
        "gained": gained,
        "lost": lost,
        "value": round(mean, 4),
        "low": round(mean - 1.96 * error, 4),
        "high": round(mean + 1.96 * error, 4),
    }


def share(count: int, total: int) -> dict[str, float | int | None]:
    """Return a rate with its 95 % interval as JSON values."""
    found = rate(count, total)
    return {"count": count, "total": total, "value": found.value, "low": found.low, "high": found.high}
