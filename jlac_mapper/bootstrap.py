"""Settings -> App: the one place that picks adapters and puts the stages together."""

from collections.abc import Callable, Sequence
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path

from jlac_mapper import __version__
from jlac_mapper.adapters import faiss_index
from jlac_mapper.adapters.faiss_index import FaissIndex
from jlac_mapper.adapters.numpy_index import NumpyIndex
from jlac_mapper.adapters.score_only_choice import ScoreOnlyChoice
from jlac_mapper.adapters.sql_master import SqlMasterStore
from jlac_mapper.adapters.sql_reviews import SqlReviewStore
from jlac_mapper.adapters.sql_tables import Database
from jlac_mapper.adapters.sql_users import SqlUserStore
from jlac_mapper.adapters.static_embedder import VECTORS_FILE, StaticEmbedder
from jlac_mapper.config import Settings, master_data_dir
from jlac_mapper.errors import ConfigurationError, MissingExtraError
from jlac_mapper.mapping.calibrate import FEATURES, Calibration
from jlac_mapper.mapping.decide import Thresholds
from jlac_mapper.mapping.dense_names import DenseNames
from jlac_mapper.mapping.normalize import Normalizer
from jlac_mapper.mapping.pipeline import Pipeline
from jlac_mapper.mapping.resolve import Resolver
from jlac_mapper.mapping.retrieve import Retriever
from jlac_mapper.master import editions, starter
from jlac_mapper.ports import ChoiceModel, Embedder, Mapper, MasterStore
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.desk import ReviewDesk
from jlac_mapper.review_ports import ReviewStore, UserStore
from jlac_mapper.types import Edition, Provenance, Vocabulary


@dataclass(frozen=True, slots=True)
class EditionInUse:
    """What the running app answers from."""

    name: str
    digest: str
    codes: int
    completed: int


@dataclass(frozen=True, slots=True)
class App:
    """The product put together for one edition and one day."""

    settings: Settings
    store: MasterStore
    mapper: Mapper
    edition_info: EditionInUse
    as_of: date


@dataclass(frozen=True, slots=True)
class OpenDesk:
    """Review put together for an app's edition: the verbs, who may sign in, the codes to search and name."""

    desk: ReviewDesk
    users: UserStore
    codes: CodeSearch
    store: ReviewStore
    """Beneath the desk, without its checks of role: for measuring and mending."""


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


def open_store(settings: Settings) -> MasterStore:
    """Open the database of editions, making or upgrading its schema."""
    return SqlMasterStore(settings.database_url, starter.load_starter)


def build_app(
    settings: Settings,
    *,
    master: str = "",
    as_of: date | None = None,
    llm: str = "off",
) -> App:
    """
    Build the app.

    Args:
        master: Edition name; empty for the setting's, then for the active one.
        as_of: Day on which codes must be valid; today when not given.
        llm: `off`; a later release adds the bundled model, a server's URL and a local model.

    Raises:
        ConfigurationError: A language model was asked for that this release does not have.
        UnknownEditionError: No such edition.
        DatabaseError: The database cannot be used.
    """
    store = open_store(settings)
    day = as_of or datetime.now().astimezone().date()
    edition = store.load(master or settings.master or store.active())
    starter_edition = edition if edition.name == editions.STARTER else starter.load_starter()
    vocabulary = starter.load_vocabulary(extra_background=store.load_background())
    mapper = build_pipeline(
        settings,
        edition=edition,
        starter_edition=starter_edition,
        vocabulary=vocabulary,
        day=day,
        embedder=_embedder(settings),
        choice_model=_choice_model(llm),
        calibration=Calibration.read(_calibration_file(settings)),
    )
    info = EditionInUse(edition.name, edition.digest, len(edition.codes), edition.completed)
    return App(settings, store, mapper, info, day)


def open_desk(settings: Settings, app: App, *, replaced: str = "") -> OpenDesk:
    """
    Open the reviewers' desk over the app's edition and database.

    Args:
        replaced: The edition in use before, when it is being changed: codes that only this one lists count
            as ended, so that their successors are found.

    Raises:
        DatabaseError: The database cannot be used.
        UnknownEditionError: No such *replaced* edition.
    """
    superseded = starter.superseded()
    edition = app.store.load(app.edition_info.name)
    completed = editions.complete_with_starter(edition, starter.load_starter())
    known = completed
    if replaced:
        known = editions.with_ended(completed, app.store.load(replaced).codes, app.as_of)
    known = editions.with_successors(known, app.as_of, superseded)
    codes = CodeSearch(known.codes, editions.proposable_codes(completed, app.as_of, superseded))
    database = Database(settings.database_url)
    users = SqlUserStore(database)
    store = SqlReviewStore(database)
    desk = ReviewDesk(
        store=store, users=users, clock=SystemClock(), mapper=app.mapper, codes=codes,
        edition=f"{edition.name}@{edition.digest[:12]}",
    )  # fmt: skip
    return OpenDesk(desk, users, codes, store)


def open_users(settings: Settings) -> UserStore:
    """Open who may sign in, without building the app: for the first admin and for passwords."""
    return SqlUserStore(Database(settings.database_url))


def build_pipeline(
    settings: Settings,
    *,
    edition: Edition,
    starter_edition: Edition,
    vocabulary: Vocabulary,
    day: date,
    embedder: Embedder | None,
    choice_model: ChoiceModel,
    calibration: Calibration,
) -> Pipeline:
    """Put the stages together over an edition, completed and cut to what may be proposed on *day*."""
    completed = editions.complete_with_starter(edition, starter_edition)
    own_names = editions.result_names(edition, vocabulary.names)
    vocabulary = replace(vocabulary, names=(*vocabulary.names, *own_names))
    superseded = starter.superseded()
    completed = editions.with_successors(completed, day, superseded)
    proposable = editions.proposable_codes(completed, day, superseded)
    may_be_proposed = {c.code for c in proposable}
    resolver = Resolver(
        proposable,
        [c for c in completed.codes if c.code not in may_be_proposed],
        vocabulary,
        completed=edition.name != editions.STARTER,
        site_defaults=settings.site_defaults,
    )
    return Pipeline(
        normalizer=Normalizer(vocabulary),
        retriever=Retriever(vocabulary, _make_dense(embedder) if embedder else None),
        resolver=resolver,
        choice_model=choice_model,
        calibration=calibration,
        thresholds=Thresholds(
            accept=calibration.threshold(settings.target_precision), no_code=calibration.no_code_below
        ),
        provenance=_provenance(settings, completed, day, embedder, choice_model, calibration),
        codes={str(c.code): c for c in completed.codes},
    )


def calibration_pipeline(
    settings: Settings, vocabulary: Vocabulary, day: date, embedder: Embedder | None
) -> Pipeline:
    """Put the stages together over the starter with a neutral calibration, to train one."""
    neutral = Calibration("untrained", True, (0.0,) * len(FEATURES), {1.0: 1.0}, 0.0)
    edition = starter.load_starter()
    return build_pipeline(
        settings,
        edition=edition,
        starter_edition=edition,
        vocabulary=vocabulary,
        day=day,
        embedder=embedder,
        choice_model=ScoreOnlyChoice(),
        calibration=neutral,
    )


def require(module: str, *, extra: str) -> None:
    """
    Make sure that an optional package is installed.

    Raises:
        MissingExtraError: It is not; the message names the extra.
    """
    if find_spec(module) is None:
        raise MissingExtraError(
            f"{module} is not installed; install it with: pip install 'jlac-mapper[{extra}]'"
        )


def _provenance(
    settings: Settings,
    edition: Edition,
    day: date,
    embedder: Embedder | None,
    choice_model: ChoiceModel,
    calibration: Calibration,
) -> Provenance:
    models: ReadOnlyMapping[str, str] = {
        "retrieval": f"lexical+{embedder.identity}+{_index_name()}" if embedder else "lexical",
        "language_model": choice_model.identity,
    }
    note = calibration.identity + (" (provisional)" if calibration.provisional else "")
    return Provenance(
        edition=edition.name,
        edition_digest=edition.digest,
        models=models,
        calibration=note,
        threshold=calibration.threshold(settings.target_precision),
        as_of=day.isoformat(),
        software=__version__,
    )


def _embedder(settings: Settings) -> Embedder | None:
    """Return the shipped embedding, one of the site's own, or None for `off`."""
    if settings.embedder == "off":
        return None
    if not settings.embedder:
        return StaticEmbedder.load()
    if (Path(settings.embedder) / VECTORS_FILE).is_file():  # what `train embedder` writes
        return StaticEmbedder.load(Path(settings.embedder))
    require("sentence_transformers", extra="embed")
    from jlac_mapper.adapters.sbert_embedder import SbertEmbedder

    return SbertEmbedder(Path(settings.embedder))


def _index_name() -> str:
    return "faiss" if faiss_index.available() else "numpy"


def _make_dense(embedder: Embedder) -> Callable[[Sequence[str]], DenseNames]:
    """Put FAISS behind the embedding where it is installed, the exact numpy index elsewhere."""
    make_index = FaissIndex if faiss_index.available() else NumpyIndex

    def make(keys: Sequence[str]) -> DenseNames:
        return DenseNames(embedder, make_index, keys)

    return make


def _calibration_file(settings: Settings) -> Path:
    if settings.calibration_file:
        return Path(settings.calibration_file)
    return master_data_dir() / "calibration.json"


def _choice_model(llm: str) -> ChoiceModel:
    if llm in ("", "off"):
        return ScoreOnlyChoice()
    raise ConfigurationError(f"--llm {llm} is not in this release; use --llm off (decisions rest on scores)")
