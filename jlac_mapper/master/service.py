"""The service of editions: every verb on official masters, the same for whoever asks."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar

from jlac_mapper.codes.editions import STARTER, make_edition
from jlac_mapper.codes.listed import Edition
from jlac_mapper.concepts.binding import Binder, Result, fits, result_of
from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.errors import InputError
from jlac_mapper.master.binding import bind, require_bound, require_listed, require_result_of, site_vocabulary
from jlac_mapper.master.checks import Finding, Known, check_edition
from jlac_mapper.master.diff import CodeDifference, OldNew, compare
from jlac_mapper.master.import_rows import ImportedMaster
from jlac_mapper.master.importers import read_master, unknown_names
from jlac_mapper.master.starter import Starter
from jlac_mapper.ports import Clock, EditionInfo, MasterStore
from jlac_mapper.text import clean

JLAC10_TABLES = "jlac10"
"""What the JLAC10 tables are kept under, whatever their file is called."""

_Reopened = TypeVar("_Reopened")


class NoEditionError(InputError):
    """A file of names or elements was to become the edition in use; nothing is kept."""


class Kept(StrEnum):
    """What a file was kept as."""

    EDITION = "edition"
    JLAC10_TABLES = "JLAC10 analyte table"
    """The tables that JLAC10 codes are composed in, and names of the site."""
    ELEMENTS = "element workbook"
    """Spellings of units, and what editions are checked against."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A file that was taken in, and what came of it."""

    name: str
    kept: Kept
    read: ImportedMaster
    bound: BoundRelease | None = None
    """The edition, bound today; None for the other kinds."""
    replaces: bool = False
    """Whether an edition of that name was there before."""
    in_use: bool = False
    new_names: int = 0
    """Names of JLAC10 analytes that no concept has."""


@dataclass(frozen=True, slots=True)
class BoundByPerson:
    """What became of a result's codes when a person bound it, or took that back."""

    codes: int
    """Codes of the edition that the result fits."""
    with_concept: int
    """Those that are of the concept alone; of any concept, where the binding was taken back."""
    unbound: int
    """Codes of the edition that have no concept now."""
    concept_name: str


class Decisions(Protocol[_Reopened]):
    """What a change of the edition in use asks of review, on behalf of the person who changes it."""

    def require_admin(self) -> None:
        """Raise NotAllowedError unless that person may change what the whole installation uses."""
        ...

    def foresee(self, edition: str, replaced: str) -> list[_Reopened] | None:
        """Return what `reopen` would reopen; nothing is changed."""
        ...

    def reopen(self, edition: str, replaced: str) -> list[_Reopened] | None:
        """
        Reopen every final decision whose code *edition* ended or moved, and return them.

        None where nobody reviews. *replaced* is the edition in use before, empty where it is the same.
        """
        ...


class MasterService:
    """
    Imports, lists, checks and compares editions, and makes one the edition in use.

    Methods that take a day tell validity by it. UnknownEditionError: no such edition; DatabaseError: the
    database cannot be used; both come from any method.
    """

    def __init__(self, store: MasterStore, load_starter: Callable[[], Starter], clock: Clock) -> None:
        self._store = store
        self._load_starter = load_starter
        self._clock = clock

    def import_file(self, file: Path, name: str = "", *, to_use: bool = False) -> Imported:
        """
        Read an official master file and keep it: under *name*, or one made from the file's.

        The edition in use stays as it is. *to_use* says that this one is to be used afterwards.

        Raises:
            MasterFileError: Unreadable, or of no known layout.
            NoEditionError: *to_use*, and the file is no edition.
            InputError: The name cannot be used.
        """
        read = read_master(file)
        name = name or default_name(file)
        kept = Kept.JLAC10_TABLES if read.analytes else Kept.EDITION if read.rows else Kept.ELEMENTS
        if to_use and kept is not Kept.EDITION:
            article = "a" if kept is Kept.JLAC10_TABLES else "an"
            raise NoEditionError(f"{file}: is {article} {kept.value}, no edition")
        if kept is Kept.JLAC10_TABLES:
            names = unknown_names(read.analytes, load_vocabulary())
            self._store.save_site_names(name, names)
            # One workbook is in force, the one imported last: what it no longer holds is no longer listed.
            self._store.save_elements(JLAC10_TABLES, read.elements)
            return Imported(name, kept, read, new_names=len(names))
        if kept is Kept.ELEMENTS:
            self._store.save_elements(name, read.elements)
            return Imported(name, kept, read)
        return self._keep_edition(name, read, file.name)

    def editions(self) -> list[EditionInfo]:
        """Return the editions, the starter first, then by name."""
        return self._store.list()

    def use(self, name: str, decisions: Decisions[_Reopened]) -> list[_Reopened] | None:
        """
        Make an edition the one in use; reopen every final decision whose code it ended or moved.

        Once more for the edition that is in use already finds what ended since by its dates.

        Returns:
            What was reopened; None where nobody reviews.

        Raises:
            NotAllowedError: The person is no admin of the whole installation; nothing is changed.
        """
        decisions.require_admin()
        before = self._store.active()
        self._store.use(name)
        return decisions.reopen(name, before if before != name else "")

    def foresee_use(self, name: str, decisions: Decisions[_Reopened]) -> list[_Reopened] | None:
        """
        Return what `use` would reopen; nothing is changed.

        Raises:
            NotAllowedError: The person is no admin of the whole installation.
        """
        decisions.require_admin()
        before = self._store.active()
        return decisions.foresee(name, before if before != name else "")

    def check(
        self, name: str, day: date, *, before: str = "", old_new: Mapping[str, OldNew] | None = None
    ) -> tuple[Edition, list[Finding]]:
        """
        Return an edition with what it says against itself and the release before.

        Args:
            name: An edition, the path of a master file that is not imported, or empty for the one in use.
            before: The release before, likewise; empty for none.
            old_new: The official table of old and new codes.

        Raises:
            InputError: The file of that path is no master that lists JLAC11 codes.
        """
        edition = self._edition(name or self._store.active())
        vocabulary = site_vocabulary(self._store)
        official = [listed for listed in edition.codes if listed.source != STARTER]
        added = self._store.load_bindings(edition.name)
        known = Known(
            elements=self._store.load_elements(),
            successions=self._starter.successions,
            binding=Binder(vocabulary, self._starter.known).bind(official, added),
            before=self._edition(before) if before else None,
            old_new=old_new or {},
        )
        return edition, check_edition(edition, vocabulary, day, known)

    def diff(
        self, old: str, new: str, day: date, old_new: Mapping[str, OldNew] | None = None
    ) -> list[CodeDifference]:
        """Compare what two editions list for results on a day."""
        before, after = self._store.load(old), self._store.load(new)
        successions = self._starter.successions
        return compare(before, after, day=day, successions=successions, table=old_new)

    def bind(self, name: str, result: Result, concept: str) -> BoundByPerson:
        """
        Keep that a result of an edition is a concept, also when it is imported again; "" takes it back.

        Raises:
            InputError: The edition lists no such result, the concept is not there or has no result of its
                own; or nothing is bound that could be taken back.
        """
        edition = self._store.load(name)
        vocabulary = site_vocabulary(self._store)
        if concept:
            require_result_of(vocabulary, concept)
            require_listed(edition, result)
        else:
            require_bound(result, self._store.load_bindings(name), name)
        self._store.save_binding(name, result, concept)
        added = self._store.load_bindings(name)
        bound = bind(edition, self._starter, vocabulary, self._today(), added=added)
        found = [
            bound.binding.of(listed.code)
            for listed in bound.release.edition.codes
            if not listed.code.is_request and fits(result, result_of(listed.code))
        ]
        return BoundByPerson(
            codes=len(found),
            with_concept=sum(each == (concept,) if concept else bool(each) for each in found),
            unbound=len(bound.binding.unbound),
            concept_name=vocabulary.by_key()[concept].name if concept else "",
        )

    def _keep_edition(self, name: str, read: ImportedMaster, source_file: str) -> Imported:
        replaces = any(info.name == name for info in self._store.list())
        official = make_edition(name, read.rows, (*read.notes, *read.remarks))
        bound = bind(official, self._starter, site_vocabulary(self._store), self._today())
        self._store.save(bound.release.completed, source_file=source_file, imported_at=self._clock.now())
        if read.elements:
            self._store.save_elements(name, read.elements)
        in_use = self._store.active() == name
        return Imported(name, Kept.EDITION, read, bound, replaces=replaces, in_use=in_use)

    def _edition(self, name: str) -> Edition:
        """Return an edition of the database, else what the file of that path holds."""
        stored = {info.name for info in self._store.list()}
        if name in stored or not Path(name).is_file():
            return self._store.load(name)
        read = read_master(Path(name))
        if not read.rows:
            raise InputError(f"{name}: is {read.layout}, no master that lists JLAC11 codes; give the master")
        return make_edition(name, read.rows, (*read.notes, *read.remarks))

    def _today(self) -> date:
        return self._clock.now().astimezone().date()

    @cached_property
    def _starter(self) -> Starter:
        return self._load_starter()


def default_name(file: Path) -> str:
    """Return an edition name from a file name: its stem, blanks and punctuation as hyphens."""
    stem = re.sub(r"[^\w.]+", "-", clean(file.stem)).strip("-.")[:100]
    return stem or "edition"
