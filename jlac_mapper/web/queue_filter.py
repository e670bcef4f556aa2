"""The queue's filter between address, form and query: what the user chose, as text."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import parse_qsl, urlencode

from jlac_mapper.review.commands import Cursor, ItemOrder, ItemQuery, TableOrder
from jlac_mapper.review.model import OPEN, WAITING, ItemState
from jlac_mapper.review.table_fields import BANDS
from jlac_mapper.types import Reason

SECTIONS = "ABCDEFGHKLMPV"
"""The letters that codes begin with."""

STATES: Mapping[str, tuple[ItemState, ...]] = {
    "open": OPEN,
    "waiting": WAITING,
    **{state.value: (state,) for state in ItemState},
    "all": tuple(state for state in ItemState if state is not ItemState.IN_REVIEW),
}

NOBODY = "-"
"""What an address says for items that are nobody's, or have no section of their own."""

_LONGEST = 200
_STORED = {state.value for state in ItemState if state is not ItemState.IN_REVIEW}
_ORDERS = {order.value: order for order in (*ItemOrder, *TableOrder)}


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """The filter's fields as written in an address; empty ones take everything."""

    state: str = ""
    run: str = ""
    reason: str = ""
    section: str = ""
    min: str = ""
    """Percent."""
    max: str = ""
    """Percent."""
    assigned: str = ""
    """A login, or - for nobody's."""
    order: str = ""
    find: str = ""
    """Words to search for."""
    department: str = ""
    """The row's own section, or - for none."""
    main: str = ""
    """The main reason."""
    band: str = ""
    """The band of probability."""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "QueueFilter":
        """Take the known fields; a value that means nothing is left out."""
        known = {field.name: given.get(field.name, "").strip()[:_LONGEST] for field in fields(cls)}
        found = cls(**known)
        return replace(
            found,
            state=found.state if found.state in STATES else "",
            run=found.run if as_number(found.run) is not None else "",
            reason=found.reason if found.reason in set(Reason) else "",
            section=found.section if len(found.section) == 1 and found.section in SECTIONS else "",
            min=found.min if _share(found.min) is not None else "",
            max=found.max if _share(found.max) is not None else "",
            order=found.order if found.order in _ORDERS else "",
            main=found.main if found.main in set(Reason) else "",
            band=found.band if found.band in map(str, range(len(BANDS) + 1)) else "",
        )

    @classmethod
    def from_text(cls, text: str) -> "QueueFilter":
        """Take an address's query."""
        return cls.of(dict(parse_qsl(text[:2000])))

    def fields(self) -> dict[str, str]:
        """Return the fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def to_text(self, **more: object) -> str:
        """Return an address's query that holds the filter, and *more* fields."""
        return urlencode(
            {key: value for key, value in {**self.fields(), **more}.items() if value not in ("", None)}
        )

    def query(self, facility: str, *, default: str = "open") -> ItemQuery:
        """Return what review is asked; *default* is the state where none was chosen."""
        return ItemQuery(
            facility,
            states=STATES[self.state or default],
            run=as_number(self.run),
            reason=Reason(self.reason) if self.reason else None,
            section=self.section or None,
            min_probability=_share(self.min),
            max_probability=_share(self.max),
            assigned_to=_named(self.assigned),
            order=_ORDERS[self.order] if self.order else ItemOrder.IMPORTED,
            text=self.find,
            department=_named(self.department),
            main_reason=Reason(self.main) if self.main else None,
            band=as_number(self.band),
        )

    def work_query(self, facility: str) -> ItemQuery:
        """Return what the next item to read is asked with: only states that a reader is given."""
        query = self.query(facility, default="waiting")
        given = tuple(state for state in query.states if state in (*WAITING, ItemState.DISPUTED))
        return replace(query, states=given or WAITING)


def cursor_text(cursor: Cursor) -> str:
    """Return a cursor for an address."""
    return f"{cursor.id}_{cursor.probability!r}_{cursor.state.value}"


def read_cursor(text: str) -> Cursor | None:
    """Return the cursor of an address, None where there is none that makes sense."""
    number, _, rest = text.partition("_")
    probability, _, state = rest.partition("_")
    found = as_number(number)
    try:
        share = float(probability or 0)
    except ValueError:
        return None
    if found is None or not 0 <= share <= 1:
        return None
    return Cursor(found, share, ItemState(state) if state in _STORED else ItemState.PROPOSED)


def _named(text: str) -> str | None:
    return None if not text else "" if text == NOBODY else text


def as_number(text: str) -> int | None:
    """Return a number of an address, None where it is none or too large for a database."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _share(percent: str) -> float | None:
    try:
        value = float(percent) / 100 if percent else None
    except ValueError:
        return None
    return value if value is not None and 0 <= value <= 1 else None
