"""Settings -> App: the one place that picks adapters and puts the stages together."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from pathlib import Path

from jlac_mapper import model_loading
from jlac_mapper.codes.jlac10 import Jlac10Tables
from jlac_mapper.codes.release import Release
from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.concepts.loader import with_analytes
from jlac_mapper.config import Settings, master_data_dir
from jlac_mapper.element_tables import Element
from jlac_mapper.garbage import never_while_building
from jlac_mapper.llm.score_only_choice import ScoreOnlyChoice
from jlac_mapper.mapping.ask import CandidateQuestion, Reranker, element_names
from jlac_mapper.mapping.compare import Comparer
from jlac_mapper.mapping.comparisons.base import Weights
from jlac_mapper.mapping.decide import Thresholds
from jlac_mapper.mapping.dense_names import DenseNames
from jlac_mapper.mapping.jlac10.ask import ConceptQuestion
from jlac_mapper.mapping.jlac10.calibration import Jlac10Calibration
from jlac_mapper.mapping.jlac10.compose import Composer
from jlac_mapper.mapping.jlac10.pipeline import Jlac10Pipeline
from jlac_mapper.mapping.meanings.features import FeatureReader
from jlac_mapper.mapping.meanings.find import MeaningFinder
from jlac_mapper.mapping.meanings.weigh import MeaningWeights
from jlac_mapper.mapping.pipeline import Pipeline
from jlac_mapper.mapping.score import FEATURES, Calibration
from jlac_mapper.mapping.search import Retriever
from jlac_mapper.mapping.systems import Systems
from jlac_mapper.master import starter
from jlac_mapper.master.binding import bind, site_vocabulary
from jlac_mapper.master.service import MasterService
from jlac_mapper.ports import ChoiceModel, Embedder, Mapper, MasterStore
from jlac_mapper.reading.names import NameReader
from jlac_mapper.reading.principles import PrincipleReader
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.review.access import require_admin
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.commands import Reopened
from jlac_mapper.review.memory import FacilityMapper
from jlac_mapper.review.model import User
from jlac_mapper.review.people import PeopleService
from jlac_mapper.review.rule_book import RuleBook
from jlac_mapper.review.service import OpenedReview, ReviewService
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.master import SqlMasterStore
from jlac_mapper.storage.passwords import Argon2Passwords
from jlac_mapper.storage.work import SqlUnitOfWork
from jlac_mapper.types import Answers, Candidate, MapOptions, MappingResult, Provenance, System
from jlac_mapper.version import __version__
from jlac_mapper.vocabulary import Vocabulary

WEIGHTS_FILE, CALIBRATION_FILE = "meanings.json", "calibration_jlac10.json"
"""What `train meanings` writes into a folder."""


@dataclass(frozen=True, slots=True)
class EditionInUse:
    """What the running app answers from."""

    name: str
    digest: str
    codes: int
    completed: int


@dataclass(frozen=True)
class App:
    """The product put together for one edition and one day, as far as it was asked for."""

    settings: Settings
    store: MasterStore
    edition_info: EditionInUse
    vocabulary: Vocabulary
    as_of: date
    bound: BoundRelease
    """The edition, bound on the day."""
    elements: tuple[Element, ...]
    """The lines of all imported element tables."""
    choice_model: ChoiceModel
    """Who may speak on uncertain rows."""

    @cached_property
    def mapper(self) -> Mapper:
        """JLAC11's pipeline over the edition. Raises ConfigurationError; see also `model_loading`."""
        return build_pipeline(
            self.settings,
            bound=self.bound,
            embedder=model_loading.embedder(self.settings),
            choice_model=self.choice_model,
            calibration=Calibration.read(calibration_file(self.settings)),
        )

    @cached_property
    def jlac10_tables(self) -> Jlac10Tables:
        """The imported tables of JLAC10, empty ones without any."""
        return Jlac10Tables.of("jlac10", self.elements)

    @cached_property
    def jlac10_vocabulary(self) -> Vocabulary:
        """The vocabulary with the analytes that only the imported tables name."""
        return with_analytes(self.bound.vocabulary, self.jlac10_tables.analytes)

    @cached_property
    def codes(self) -> CodeSearch:
        """The edition's codes, to search and name."""
        return CodeSearch(self.bound)

    @cached_property
    def _names(self) -> NameReader:
        return NameReader(self.vocabulary)

    def without_notes(self, name: str) -> str:
        """Return a cleaned name without shop notes: see NameReader, which is built when first asked."""
        return self._names.without_notes(name)

    def systems(self, *, copied: bool = False) -> FacilityMapper[Answers]:
        """
        Return the mapper of every code system, which knows what facilities decided.

        Each system is built when it is first asked for, and the database opened when a facility is.

        Args:
            copied: Whether copies of this process will map: then no connection is open between two calls.
        """
        database = Database(self.settings.database_url, pooled=not copied)
        systems = Systems(lambda: self.mapper, lambda: build_jlac10(self))
        return FacilityMapper(systems, SqlUnitOfWork(database), self.codes)


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


@lru_cache(maxsize=1)
def _shipped() -> starter.Starter:
    """Return the shipped release; its tables do not change while the program runs."""
    return starter.load_starter()


def open_store(settings: Settings) -> MasterStore:
    """Open the database of editions, making or upgrading its schema."""
    return SqlMasterStore(Database(settings.database_url), lambda: _shipped().edition)


def open_master(settings: Settings) -> MasterService:
    """Open the service of editions, without building the app."""
    return MasterService(open_store(settings), _shipped, SystemClock())


@never_while_building()
def build_app(
    settings: Settings,
    *,
    master: str = "",
    as_of: date | None = None,
    systems: Collection[System] = (System.JLAC11,),
) -> App:
    """
    Build the app.

    Args:
        master: Edition name; empty for the setting's, then for the active one.
        as_of: Day on which codes must be valid; today when not given.
        systems: What it will answer in: without JLAC11, its pipeline is left until it is asked for.

    Raises:
        ConfigurationError: A setting cannot be used; see also `model_loading`.
        UnknownEditionError: No such edition.
        DatabaseError: The database cannot be used.
    """
    store = open_store(settings)
    day = as_of or datetime.now().astimezone().date()
    edition = store.load(master or settings.master or store.active())
    elements = store.load_elements()
    vocabulary = site_vocabulary(store, elements)
    bound = bind(edition, _shipped(), vocabulary, day, added=store.load_bindings(edition.name))
    choice_model = model_loading.language_model(settings)
    completed = bound.release.completed
    info = EditionInUse(edition.name, completed.digest, len(completed.codes), completed.completed)
    app = App(settings, store, info, vocabulary, day, bound, elements, choice_model)
    if System.JLAC11 in systems:
        app.mapper.map_batch([], MapOptions())
    return app


@never_while_building()
def build_jlac10(
    app: App,
    weights: MeaningWeights | None = None,
    calibration: Jlac10Calibration | None = None,
    make_dense: Callable[[Sequence[str]], DenseNames] | None = None,
) -> Jlac10Pipeline:
    """
    Put the stages of JLAC10 together over the app's vocabulary and the tables that were imported.

    Args:
        weights: Those of the setting, or those that ship, when not given; *calibration* likewise.
        make_dense: Builds embeddings over the names; without it, as the product is, none take part (why:
            docs/decisions/0003).

    Raises:
        ConfigurationError: A file of weights or a setting cannot be used.
        DatabaseError: The database cannot be used.
    """
    settings = app.settings
    tables, vocabulary = app.jlac10_tables, app.jlac10_vocabulary
    folder = Path(settings.jlac10_calibration) if settings.jlac10_calibration else master_data_dir()
    weights = weights or MeaningWeights.read(folder / WEIGHTS_FILE)
    calibration = calibration or Jlac10Calibration.read(folder / CALIBRATION_FILE)
    accept = calibration.threshold(settings.target_precision)
    choice_model = model_loading.jlac10_language_model(settings, app.choice_model)
    reranker = Reranker(choice_model, ConceptQuestion(vocabulary))
    principles = PrincipleReader(vocabulary.principles)
    return Jlac10Pipeline(
        normalizer=Normalizer(vocabulary),
        finder=MeaningFinder(vocabulary, make_dense),
        reader=FeatureReader(vocabulary, principles),
        weights=weights,
        calibration=calibration,
        composer=Composer(vocabulary, tables, principles),
        reranker=reranker,
        vocabulary=vocabulary,
        thresholds=Thresholds(accept=accept, no_code=calibration.known),
        provenance=Provenance(
            edition=tables.name or "concepts",
            edition_digest=tables.digest,
            models={"retrieval": "lexical", "language_model": reranker.identity},
            calibration=f"{weights.identity}+{calibration.identity}",
            threshold=accept,
            as_of=app.as_of.isoformat(),
            software=__version__,
        ),
        lifts=calibration.choice.may_lift(reranker.identity, settings.target_precision),
    )


def open_review(settings: Settings, app: App, *, replaced: str = "") -> OpenedReview:
    """
    Open review over the app's edition and database.

    Args:
        replaced: The edition in use before, when it is being changed: codes that only this one lists count
            as ended, so that their successors are found.

    Raises:
        DatabaseError: The database cannot be used.
        UnknownEditionError: No such *replaced* edition.
    """
    bound, codes = app.bound, app.codes
    if replaced:
        edition, earlier = app.store.load(app.edition_info.name), app.store.load(replaced).codes
        added = app.store.load_bindings(edition.name)
        bound = bind(edition, _shipped(), app.vocabulary, app.as_of, earlier, added)
        codes = CodeSearch(bound)
    units = SqlUnitOfWork(Database(settings.database_url))
    review = ReviewService(
        units=units,
        clock=SystemClock(),
        mapper=app.mapper,
        codes=codes,
        without_notes=app.without_notes,
        edition=f"{bound.release.name}@{bound.release.digest[:12]}",
    )
    return OpenedReview(review, units, codes)


class DecisionsOnUse:
    """What becomes of decisions when *who* changes the edition in use: see `master.service.Decisions`."""

    def __init__(self, settings: Settings, who: User, request_id: str) -> None:
        self._settings = settings
        self._who = who
        self._request_id = request_id

    def require_admin(self) -> None:
        """Raise NotAllowedError unless the person is admin of the whole installation."""
        require_admin(self._who)

    def foresee(self, edition: str, replaced: str) -> list[Reopened] | None:
        """Return what the edition would reopen; None where there is no facility."""
        review = self._review(edition, replaced)
        return review.foresee_edition(self._who) if review else None

    def reopen(self, edition: str, replaced: str) -> list[Reopened] | None:
        """Reopen what the edition ended or moved; None where there is no facility."""
        review = self._review(edition, replaced)
        return review.edition_changed(self._who, request_id=self._request_id) if review else None

    def _review(self, edition: str, replaced: str) -> ReviewService | None:
        if not open_people(self._settings).facilities(self._who):
            return None
        app = build_app(self._settings, master=edition)
        return open_review(self._settings, app, replaced=replaced).review


def open_rules(app: App) -> RuleBook:
    """Open the rule books of facilities over the app's edition and database."""
    units = SqlUnitOfWork(Database(app.settings.database_url))
    return RuleBook(units, SystemClock(), FacilityMapper[MappingResult](app.mapper, units, app.codes))


def open_people(settings: Settings) -> PeopleService:
    """Open the service of people, without building the app: for the first admin and for passwords."""
    units = SqlUnitOfWork(Database(settings.database_url))
    return PeopleService(units=units, clock=SystemClock(), passwords=Argon2Passwords())


def build_pipeline(
    settings: Settings,
    *,
    bound: BoundRelease,
    embedder: Embedder | None,
    choice_model: ChoiceModel,
    calibration: Calibration,
) -> Pipeline:
    """Put the stages together over a bound release."""
    release, vocabulary = bound.release, bound.vocabulary
    weights = Weights.read(master_data_dir() / "weights.json")
    comparer = Comparer(
        bound.by_concept(release.proposable),
        bound.by_concept(release.others),
        vocabulary,
        weights,
        completed=not release.is_starter,
        unknown_units=bound.unknown_units,
        site_defaults=settings.site_defaults,
    )
    reranker = Reranker(choice_model, CandidateQuestion(element_names(vocabulary)))
    dense = model_loading.dense_names(embedder) if embedder else None
    return Pipeline(
        normalizer=Normalizer(vocabulary),
        retriever=Retriever(vocabulary, bound.listed, dense),
        comparer=comparer,
        reranker=reranker,
        calibration=calibration,
        thresholds=Thresholds(
            accept=calibration.threshold(settings.target_precision), no_code=calibration.no_code_below
        ),
        provenance=_provenance(settings, release, embedder, reranker, calibration),
        codes=release.by_code,
        ended=bound.ended,
        sharing=bound.sharing(),
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
    neutral = Calibration("untrained", True, dict.fromkeys(FEATURES, 0.0), {1.0: 1.0}, 0.0)
    shipped = _shipped()
    return build_pipeline(
        settings,
        bound=bind(shipped.edition, shipped, vocabulary, day),
        embedder=embedder,
        choice_model=choice_model or ScoreOnlyChoice(),
        calibration=calibration or neutral,
    )


def _provenance(
    settings: Settings,
    release: Release,
    embedder: Embedder | None,
    reranker: Reranker[Candidate],
    calibration: Calibration,
) -> Provenance:
    models: Mapping[str, str] = {
        "retrieval": f"lexical+{embedder.identity}+{model_loading.index_name()}" if embedder else "lexical",
        "language_model": reranker.identity,
    }
    note = calibration.identity + (" (provisional)" if calibration.provisional else "")
    return Provenance(
        edition=release.name,
        edition_digest=release.digest,
        models=models,
        calibration=note,
        threshold=calibration.threshold(settings.target_precision),
        as_of=release.day.isoformat(),
        software=__version__,
    )


def calibration_file(settings: Settings) -> Path:
    """Return the file of the calibration for JLAC11: the site's own, or the shipped one."""
    if settings.calibration_file:
        return Path(settings.calibration_file)
    return master_data_dir() / "calibration.json"
