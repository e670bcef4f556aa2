"""Settings -> App: the one place that picks adapters and puts the stages together."""

from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from jlac_mapper import __version__, model_loading
from jlac_mapper.adapters.score_only_choice import ScoreOnlyChoice
from jlac_mapper.adapters.sql_database import Database
from jlac_mapper.adapters.sql_master import SqlMasterStore
from jlac_mapper.adapters.sql_reviews import SqlReviewStore
from jlac_mapper.adapters.sql_users import SqlUserStore
from jlac_mapper.config import Settings, master_data_dir
from jlac_mapper.mapping.calibrate import FEATURES, Calibration
from jlac_mapper.mapping.decide import Thresholds
from jlac_mapper.mapping.normalize import Normalizer
from jlac_mapper.mapping.pipeline import Pipeline
from jlac_mapper.mapping.rerank import Reranker, element_names
from jlac_mapper.mapping.resolve import Resolver
from jlac_mapper.mapping.retrieve import Retriever
from jlac_mapper.master import editions, starter
from jlac_mapper.master.elements import with_units
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
    vocabulary: Vocabulary
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
) -> App:
    """
    Build the app.

    Args:
        master: Edition name; empty for the setting's, then for the active one.
        as_of: Day on which codes must be valid; today when not given.

    Raises:
        ConfigurationError: A setting cannot be used; see also `model_loading`.
        UnknownEditionError: No such edition.
        DatabaseError: The database cannot be used.
    """
    store = open_store(settings)
    day = as_of or datetime.now().astimezone().date()
    edition = store.load(master or settings.master or store.active())
    starter_edition = edition if edition.name == editions.STARTER else starter.load_starter()
    vocabulary = starter.load_vocabulary(extra_background=store.load_background())
    vocabulary = with_units(vocabulary, store.load_elements())
    mapper = build_pipeline(
        settings,
        edition=edition,
        starter_edition=starter_edition,
        vocabulary=vocabulary,
        day=day,
        embedder=model_loading.embedder(settings),
        choice_model=model_loading.language_model(settings),
        calibration=Calibration.read(_calibration_file(settings)),
    )
    info = EditionInUse(edition.name, edition.digest, len(edition.codes), edition.completed)
    return App(settings, store, mapper, info, vocabulary, day)


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
    current = editions.proposable_codes(completed, app.as_of, superseded)
    codes = CodeSearch(known.codes, current, app.vocabulary.names)
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
    reranker = Reranker(choice_model, element_names(vocabulary))
    return Pipeline(
        normalizer=Normalizer(vocabulary),
        retriever=Retriever(vocabulary, model_loading.dense_names(embedder) if embedder else None),
        resolver=resolver,
        reranker=reranker,
        calibration=calibration,
        thresholds=Thresholds(
            accept=calibration.threshold(settings.target_precision), no_code=calibration.no_code_below
        ),
        provenance=_provenance(settings, completed, day, embedder, reranker, calibration),
        codes={str(c.code): c for c in completed.codes},
    )


def calibration_pipeline(
    settings: Settings,
    vocabulary: Vocabulary,
    day: date,
    embedder: Embedder | None,
    calibration: Calibration | None = None,
    choice_model: ChoiceModel | None = None,
) -> Pipeline:
    """Put the stages together over the starter, to train a calibration: by default without one."""
    neutral = Calibration("untrained", True, (0.0,) * len(FEATURES), {1.0: 1.0}, 0.0)
    edition = starter.load_starter()
    return build_pipeline(
        settings,
        edition=edition,
        starter_edition=edition,
        vocabulary=vocabulary,
        day=day,
        embedder=embedder,
        choice_model=choice_model or ScoreOnlyChoice(),
        calibration=calibration or neutral,
    )


def _provenance(
    settings: Settings,
    edition: Edition,
    day: date,
    embedder: Embedder | None,
    reranker: Reranker,
    calibration: Calibration,
) -> Provenance:
    models: ReadOnlyMapping[str, str] = {
        "retrieval": f"lexical+{embedder.identity}+{model_loading.index_name()}" if embedder else "lexical",
        "language_model": reranker.identity,
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


def _calibration_file(settings: Settings) -> Path:
    if settings.calibration_file:
        return Path(settings.calibration_file)
    return master_data_dir() / "calibration.json"
