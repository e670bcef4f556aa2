"""What is asked at review, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jlac_mapper.review.model import OPEN, Action, Event, Item, ItemState, LocalAlias, Standing
from jlac_mapper.tables.whole import ListColumn
from jlac_mapper.types import Reason


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of the queue: what a list shows, quick to read in hundreds."""

    id: int
    run: int
    row: int
    local_code: str
    name: str
    specimen: str
    unit: str
    standing: Standing
    probability: float
    section: str
    reasons: tuple[Reason, ...]
    etag: int
    department: str = ""
    """The row's own section, as the hospital writes it."""


class ItemOrder(StrEnum):
    """How the queue is ordered."""

    IMPORTED = "imported"
    """By item id: as imported."""
    PROBABILITY = "probability"
    """The most probable proposals first, of equal ones the newest."""


class TableOrder(StrEnum):
    """How a table of items is ordered beside the orders of the queue."""

    UNCERTAIN = "uncertain"
    """The least probable proposals first, of equal ones the oldest."""
    NAME = "name"
    """By the folded name."""
    STATE = "state"
    """By what is to be done: what waits, what is disputed, what the hospital is asked, what is settled."""


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """A filter of the queue; None takes everything. All conditions hold together."""

    facility: str
    states: tuple[ItemState, ...] = OPEN
    """IN_REVIEW here means: open and claimed."""
    run: int | None = None
    reason: Reason | None = None
    section: str | None = None
    min_probability: float | None = None
    """Included."""
    max_probability: float | None = None
    """Included."""
    assigned_to: str | None = None
    """"" for items that are nobody's."""
    order: ItemOrder | TableOrder = ItemOrder.IMPORTED
    text: str = ""
    """Words, each of which is in name, local code, abbreviation or specimen, in any spelling."""
    department: str | None = None
    """The row's own section, as the hospital writes it; "" for rows without."""
    main_reason: Reason | None = None
    """The reason that matters most (see table_fields.by_weight)."""
    band: int | None = None
    """The band of probability (see table_fields.BANDS)."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of the queue ended: the last row's id, probability and state."""

    id: int
    probability: float = 0.0
    state: ItemState = ItemState.PROPOSED


class Facet(StrEnum):
    """A property by which a table of items is narrowed, with a count a value."""

    STATE = "state"
    MAIN_REASON = "main_reason"
    DEPARTMENT = "department"
    """The row's own section, as the hospital writes it."""
    SECTION = "section"
    """The first letter of what is proposed."""
    BAND = "band"
    RUN = "run"
    ASSIGNED_TO = "assigned_to"


@dataclass(frozen=True, slots=True)
class Facets:
    """How many items a filter finds, and how many it would find for each value of a facet."""

    total: int
    counts: Mapping[Facet, Mapping[str, int]]
    """Facet -> value -> items; the facet's own condition is left out, all others hold."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """
    What a user asks to be done with items ticked in a table; each gets an event of its own.

    The request id is the group's: `ReviewService.undo_group` takes it.
    """

    facility: str
    items: tuple[int, ...]
    action: Action
    """CONFIRM, CHOOSE, NO_CODE, SEND_BACK or ASSIGN."""
    request_id: str
    code: str = ""
    """For CHOOSE."""
    text: str = ""
    """The question, or for ASSIGN the login, empty for nobody."""


class Refusal(StrEnum):
    """Why something cannot be done with one of several items."""

    ROLE = "role"
    STATE = "state"
    """It is not possible in the item's state."""
    CLAIMED = "claimed"
    """Someone else is reading the item."""
    READ_BEFORE = "read_before"
    """The user was its first reader."""
    NOTHING_PROPOSED = "nothing_proposed"
    NO_CANDIDATE = "no_candidate"
    """The code is none of the item's candidates."""
    NOT_LISTED = "not_listed"
    """The edition in use does not list the code today."""
    CHANGED = "changed"
    """Something else was done with the item since."""
    NO_REVIEWER = "no_reviewer"
    """The person named is no reviewer of the facility."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An item with which something cannot be done, and why."""

    item: Item
    why: Refusal


@dataclass(frozen=True, slots=True)
class TickedPreview:
    """What would become of ticked items; for CHOOSE without a code only what there is to choose."""

    changes: tuple[tuple[Item, Standing], ...]
    refused: tuple[Refused, ...]
    choices: tuple[tuple[str, int], ...] = ()
    """Code -> how many of the items have it as a candidate, the most first."""


@dataclass(frozen=True, slots=True)
class GroupUndo:
    """What was taken back of a group, and what stays because it changed since."""

    outcomes: tuple["Outcome", ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Rows in order, and where the next page begins; None at the end."""

    rows: tuple[QueueRow, ...]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Command:
    """
    What a user asks to be done with one item.

    `etag` is the one on the screen (ignored for COMMENT). `request_id` is made anew by the edge for each
    form or call (a UUID): the same one again does nothing and returns the first result.
    """

    facility: str
    item: int
    etag: int
    action: Action
    request_id: str
    code: str = ""
    """For CHOOSE, PICK and SETTLE, with or without hyphens."""
    text: str = ""
    """Comment, question, reason, or for ASSIGN the login."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a command: its event, the item as it is now; `repeated`: the request was done before."""

    event: Event
    item: Item
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What a command would do to an item and rows like it: each with the standing to come, or why not."""

    changes: tuple[tuple[Item, Standing], ...]
    """The item and the identical rows."""
    twins: tuple[tuple[Item, Standing], ...]
    """Rows that differ from it by wing, hour, shop notes or a count: for a person to choose."""
    refused: tuple[tuple[Item, str], ...]


@dataclass(frozen=True, slots=True)
class ItemView:
    """All that one item's page shows, already cut to what the user may see."""

    item: Item
    history: tuple[Event, ...]
    identical: int
    """How many other open rows have the same key."""
    twins: int
    """How many open rows have another key and the same twin key."""
    local_aliases: tuple[LocalAlias, ...]
    """Final decisions of the same key in the facility; more than one code is a contradiction."""
    similar: tuple[LocalAlias, ...]
    """A few final decisions of names like this one in the facility, the newest first."""
    allowed: frozenset[Action]
    """What the user may do with it now."""
    columns: tuple[ListColumn, ...] = ()
    """The columns of its list, for its cells."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items stand where, and decisions of a day and of the last hour (by the asking user)."""

    states: Mapping[ItemState, int]
    by_user_today: int
    by_user_last_hour: int

    @property
    def open(self) -> int:
        """Items without a final answer."""
        return sum(self.states.get(state, 0) for state in OPEN)


@dataclass(frozen=True, slots=True)
class Agreement:
    """First against second readers: pairs, observed agreement, Cohen's kappa (nan where undefined)."""

    pairs: int
    observed: float
    kappa: float


@dataclass(frozen=True, slots=True)
class Reopened:
    """A final decision whose code the new edition ended or moved; `successor` may be empty."""

    item: int
    facility: str
    name: str
    code: str
    successor: str
