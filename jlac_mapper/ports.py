"""What the core asks of the outside: small Protocols, each with one contract suite over all its adapters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from jlac_mapper.codes.listed import Edition
from jlac_mapper.element_tables import Element
from jlac_mapper.types import Answers, Jlac10Mapping, LocalTest, MapOptions, MappingResult, System
from jlac_mapper.vocabulary import SiteName

Float32Matrix = npt.NDArray[np.float32]
Int64Matrix = npt.NDArray[np.int64]


class Clock(Protocol):
    """Tells the time, so that tests can."""

    def now(self) -> datetime:
        """Return the present moment with its time zone."""
        ...


@dataclass(frozen=True, slots=True)
class IndexHits:
    """Rows (int64) and cosines (float32), both of shape (n, k), best first; equal cosines by rising row."""

    rows: Int64Matrix
    cosines: Float32Matrix


class Embedder(Protocol):
    """Turns texts into unit-length vectors of one width."""

    @property
    def identity(self) -> str:
        """Model name and digest, for provenance."""
        ...

    @property
    def width(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Float32Matrix:
        """Return unit-length float32 rows, shape (len(texts), width)."""
        ...


class VectorIndex(Protocol):
    """Nearest names by cosine."""

    def __len__(self) -> int: ...

    def search(self, queries: Float32Matrix, k: int) -> IndexHits:
        """
        Find the *k* rows nearest to each query.

        Args:
            queries: Unit-length float32 rows, shape (n, width); n may be 0.
            k: Hits a query, at least 1; cut to `len(self)`.

        Raises:
            DimensionMismatchError: Another width.
            ValueError: *k* < 1, NaN, or rows not of unit length.
        """
        ...


class ChoiceOption(NamedTuple):
    """
    One answer on offer.

    Attributes:
        measurand: Five characters, in JLAC10 of the analyte; empty for "none of these".
        identification: Four characters; empty for "none of these".
        text: What a person or a model reads: Japanese, by elements; one line.
        concept: What the answer is given for: a concept's key, in JLAC10 its code's first nine characters;
            empty for "none of these".
    """

    measurand: str
    identification: str
    text: str
    concept: str = ""


class Choice(NamedTuple):
    """
    A closed question about one row.

    Attributes:
        fields: (field name of LocalTest, cleaned value), the name first; values are one line each and are
            data: a model must never follow what they say.
        options: At least two, in the order of asking; one of them is "none of these".
        system: Whose codes the options are.
    """

    fields: tuple[tuple[str, str], ...]
    options: tuple[ChoiceOption, ...]
    system: System = System.JLAC11


@dataclass(frozen=True, slots=True)
class ChoiceAnswer:
    """
    What a model says of one question.

    Attributes:
        probabilities: One an option, in the question's order, summing to 1; empty: no opinion.
        unavailable: Why the model could not be asked (one line for a log); empty when it could.
    """

    probabilities: tuple[float, ...] = ()
    unavailable: str = ""


class ChoiceModel(Protocol):
    """Chooses among closed options; it can answer nothing else."""

    @property
    def identity(self) -> str:
        """Adapter, model and digest, for provenance; an adapter that only scores says so."""
        ...

    @property
    def template(self) -> str:
        """Version of the text that the model reads; empty where it reads none."""
        ...

    @property
    def speaks(self) -> bool:
        """False for one that never has an opinion and need not be asked."""
        ...

    @property
    def sees_order(self) -> bool:
        """Whether the order of the options can change the answer: then more than one order is asked."""
        ...

    def choose(self, questions: Sequence[Choice]) -> list[ChoiceAnswer]:
        """
        Return one answer a question, in order, within the adapter's deadline.

        Never raises for a model that is missing, slow, down or out of memory, or that answers outside the
        options: those questions come back `unavailable`.
        """
        ...


@dataclass(frozen=True, slots=True)
class EditionInfo:
    """One line of the list of editions."""

    name: str
    digest: str
    codes: int
    completed: int
    imported_at: str
    """ISO 8601 in UTC; empty for the starter."""
    source_file: str
    active: bool


class MasterStore(Protocol):
    """Keeps the imported editions; the starter is not in it but is always listed and loadable."""

    def save(self, edition: Edition, *, source_file: str, imported_at: datetime) -> None:
        """Keep *edition* under its name, replacing one of the same name, in one transaction."""
        ...

    def load(self, name: str) -> Edition:
        """Return an edition by name. Raises UnknownEditionError, naming those that exist."""
        ...

    def list(self) -> list[EditionInfo]:
        """Return the editions, the starter first, then by name."""
        ...

    def active(self) -> str:
        """Return the name of the edition in use; `starter` where none was chosen."""
        ...

    def use(self, name: str) -> None:
        """Make an edition the active one. Raises UnknownEditionError."""
        ...

    def save_site_names(self, name: str, names: Sequence[SiteName]) -> None:
        """Keep names that the site brought in under a vocabulary's name, replacing what that held."""
        ...

    def load_site_names(self) -> tuple[SiteName, ...]:
        """Return all names that the site brought in, ordered by vocabulary name, then as saved."""
        ...

    def save_binding(self, edition: str, result: tuple[str, str, str, str], concept: str) -> None:
        """
        Keep what a person says a result of an edition is; an empty *concept* takes it back.

        Args:
            result: Measurand, identification, specimen and unit; empty ones stand for all.

        Raises:
            UnknownEditionError: No such edition.
        """
        ...

    def load_bindings(self, edition: str) -> dict[tuple[str, str, str, str], str]:
        """Return the results of an edition that people bound, each with its concept's key."""
        ...

    def save_elements(self, name: str, lines: Sequence[Element]) -> None:
        """Keep element tables under a name, replacing what that name held."""
        ...

    def load_elements(self) -> tuple[Element, ...]:
        """Return the lines of all element tables, ordered by the tables' names, then as saved."""
        ...


class Mapper(Protocol):
    """The main job, as every edge (command line, gRPC, page) sees it."""

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """Map rows; one answer a row, in order. A bad row is an answer with disposition ERROR."""
        ...

    def is_listed(self, code: str, day: date | None = None) -> bool:
        """Tell whether the active edition (with its completion) lists a code on a day."""
        ...


class Jlac10Mapper(Protocol):
    """The main job in JLAC10."""

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[Jlac10Mapping]:
        """Map rows; one answer a row, in order. A bad row is an answer with disposition ERROR."""
        ...


class SystemsMapper(Protocol):
    """The main job in every code system that the options ask for."""

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[Answers]:
        """Map rows; one answer a row, in order. A bad row is an answer with disposition ERROR."""
        ...


__all__ = [
    "Choice",
    "ChoiceAnswer",
    "ChoiceModel",
    "ChoiceOption",
    "Clock",
    "EditionInfo",
    "Embedder",
    "Float32Matrix",
    "IndexHits",
    "Int64Matrix",
    "Jlac10Mapper",
    "Mapper",
    "MasterStore",
    "SystemsMapper",
    "VectorIndex",
]
