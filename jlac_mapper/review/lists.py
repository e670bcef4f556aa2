"""Taking a list in: map its rows, local aliases first, and put them into the queue."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from threading import Lock

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.errors import InputError
from jlac_mapper.ports import Clock, Mapper
from jlac_mapper.review.access import request_reused
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.local_aliases import alias_key, twin_key
from jlac_mapper.review.memory import FacilityMapper
from jlac_mapper.review.model import Action, EventDraft, Item, ItemState, NewItem, NewRun, Run, Standing, User
from jlac_mapper.review.ports import UnitOfWork
from jlac_mapper.tables.whole import ListColumn, kept_cells, storable
from jlac_mapper.types import Disposition, LocalTest, MapOptions, MappingResult, Reason

_CHUNK = 256


_SIGNED_OFF = frozenset({Reason.HOUSE_NAME, Reason.SITE_RULE})
"""With one of these people of the facility have said that there is no code."""


class ListImporter:
    """Maps lists one chunk at a time; several imports may run at once and take turns at the mapper."""

    def __init__(
        self,
        clock: Clock,
        mapper: Mapper,
        codes: CodeSearch,
        without_notes: Callable[[str], str],
        edition: str,
    ) -> None:
        self._clock = clock
        self._mapper = mapper
        self._codes = codes
        self._without_notes = without_notes
        self._edition = edition
        self._mapping = Lock()

    def take_in(
        self,
        units: UnitOfWork,
        user: User,
        facility: str,
        *,
        file_name: str,
        digest: str,
        tests: Sequence[LocalTest],
        request_id: str,
        progress: Callable[[int], None],
        columns: Sequence[ListColumn] = (),
        cells: Sequence[Sequence[str]] = (),
    ) -> Run:
        """Map and keep a list; see ReviewService.import_list."""
        if not tests:
            raise InputError(f"{file_name}: has no rows; nothing was taken in")
        with units.reading() as work:
            if done := work.reviews.done(facility, request_id):
                first = done[0].draft
                if first.action is not Action.IMPORT or first.run is None or first.by != user.login:
                    raise request_reused(request_id)
                return work.reviews.run(facility, first.run)
        started = self._clock.now()
        mapper = FacilityMapper(self._mapper, units, self._codes)
        items: list[NewItem] = []
        options = MapOptions(facility=facility)
        for start in range(0, len(tests), _CHUNK):
            chunk = [_storable(test) for test in tests[start : start + _CHUNK]]
            with self._mapping:
                answers = mapper.map_batch(chunk, options)
            whole = [kept_cells(row) for row in cells[start : start + _CHUNK]] or [()] * len(chunk)
            items += [self._new_item(*each) for each in zip(chunk, answers, whole, strict=True)]
            progress(len(items))
        run = NewRun(facility, storable(file_name), digest, self._edition, _provenance(items), started)
        event = EventDraft(
            Action.IMPORT,
            by=user.login,
            at=self._clock.now(),
            request_id=request_id,
            edition=self._edition,
            text=f"{run.file_name}: {len(items)} rows, SHA-256 {digest}",
            model=run.provenance,
        )
        with units.writing() as work:
            kept = work.reviews.import_run(run, items, event, columns)
            work.commit()
        return kept

    def try_row(self, test: LocalTest) -> Item:
        """Return what would become of a row, as an item without a list; see ReviewService.try_row."""
        test = _storable(test)
        with self._mapping:
            [mapping] = self._mapper.map_batch([test], MapOptions())
        standing = first_standing(mapping)
        return Item(0, "", 0, 0, test, mapping, mapping.reasons, alias_key(test), standing, etag=0)

    def _new_item(self, test: LocalTest, mapping: MappingResult, cells: tuple[str, ...]) -> NewItem:
        key, near = alias_key(test), twin_key(test, self._without_notes)
        return NewItem(test, mapping, key, first_standing(mapping), near, cells)


def first_standing(mapping: MappingResult) -> Standing:
    """Return where an item stands when it is taken in: nobody is asked what is accepted or known."""
    if mapping.disposition is Disposition.ACCEPTED:
        return Standing(ItemState.ACCEPTED, code=mapping.jlac11, proposal=mapping.jlac11)
    if mapping.disposition is Disposition.NO_CODE and not _SIGNED_OFF.isdisjoint(mapping.reasons):
        return Standing(ItemState.ACCEPTED, code=UNCODABLE)
    return Standing(ItemState.PROPOSED, proposal=mapping.jlac11)


def _provenance(items: Sequence[NewItem]) -> str:
    """Return the mapper's provenance, of a row that no local alias answered where there is one."""
    found = [item.mapping.provenance for item in items]
    return str(next((p for p in found if "decision" not in p.models), found[0]))


def _storable(test: LocalTest) -> LocalTest:
    """Return the row without what a database's text cannot hold."""
    return replace(test, **{f.name: storable(getattr(test, f.name)) for f in fields(test)})
