"""The frozen values of review: who, which list, which item, what was decided, what was learnt."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from jlac_mapper.types import LocalTest, MappingResult, Reason

INSTALLATION = ""
"""The facility of events that concern the whole installation: users, facilities."""


class Role(StrEnum):
    """What a user may do in a facility; each role may do what the ones before it may."""

    VIEWER = "viewer"
    """Reads queue, items, results, history."""
    REVIEWER = "reviewer"
    """Uploads lists and decides."""
    LEAD = "lead"
    """Settles disputes, reopens final items, assigns, sees figures of agreement."""
    ADMIN = "admin"
    """Users, facilities, editions, the whole audit trail."""

    def includes(self, other: "Role") -> bool:
        """Tell whether this role may do what *other* may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class ItemState(StrEnum):
    """Where an item stands. IN_REVIEW is never stored: it is an open item with a running claim."""

    ACCEPTED = "accepted"
    """The mapper accepted it, or a local alias answered: nobody is asked."""
    PROPOSED = "proposed"
    """Waits for a person."""
    IN_REVIEW = "in_review"
    """Open, and claimed by someone until a moment that has not passed."""
    DECIDED_ONCE = "decided_once"
    """The first reader has decided; waits for the second one."""
    DISPUTED = "disputed"
    """First and second reader differ; waits for a lead."""
    SENT_BACK = "sent_back"
    """Waits for the hospital's answer to a question."""
    FINAL = "final"
    """Decided: a local alias of the facility from now on."""


WAITING = (ItemState.PROPOSED, ItemState.DECIDED_ONCE)
"""What a reviewer is given next."""

OPEN = (*WAITING, ItemState.DISPUTED, ItemState.SENT_BACK)
"""Everything without a final answer."""


class Action(StrEnum):
    """What an event says was done."""

    CONFIRM = "confirm"
    """The proposed code is right."""
    CHOOSE = "choose"
    """Another one of the candidates is right."""
    PICK = "pick"
    """A code found by searching the edition is right."""
    NO_CODE = "no_code"
    """No code exists: 99999999999999999."""
    SEND_BACK = "send_back"
    """The hospital is asked; `text` is the question."""
    COMMENT = "comment"
    SKIP = "skip"
    """Left for later; a claim of the user's own ends."""
    CLAIM = "claim"
    RELEASE = "release"
    ASSIGN = "assign"
    """A lead gives the item to the user named in `text`; empty takes it away."""
    UNDO = "undo"
    """The user takes back the own last decision."""
    SETTLE = "settle"
    """A lead decides a dispute with `code`."""
    REOPEN = "reopen"
    """A final or accepted item waits for a person again; `text` says why."""
    HIDDEN = "hidden"
    """Shown for a decision to a reader who must stay blind to it; never kept."""
    IMPORT = "import"
    """A list was taken in (one event a run)."""
    USER = "user"
    """A user was made or changed."""
    FACILITY = "facility"
    """A facility was made or changed."""
    RULE = "rule"
    """Questions about groups of rows were answered; `text` holds the answers."""
    RULE_END = "rule_end"
    """Such answers were taken back."""


DECISIONS = frozenset({Action.CONFIRM, Action.CHOOSE, Action.PICK, Action.NO_CODE})
"""A reader's answer; SETTLE is a lead's."""


@dataclass(frozen=True, slots=True)
class Facility:
    """A hospital: a short key, its name, and whether two people read every item, blind to each other."""

    key: str
    name: str
    second_reader: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """A person: the sign-in name, the name shown, and one role a facility (by the facility's key)."""

    login: str
    name: str
    roles: Mapping[str, Role] = field(default_factory=dict)
    """Key INSTALLATION stands for every facility."""
    subject: str = ""
    """`issuer|sub` at the hospital's OIDC provider; empty for a password user."""
    active: bool = True

    def role_in(self, facility: str) -> Role | None:
        """Return the role in *facility*, None for an outsider and for an inactive user."""
        if not self.active:
            return None
        found = [self.roles[key] for key in {facility, INSTALLATION} if key in self.roles]
        return max(found, key=list(Role).index, default=None)


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in. Only the SHA-256 of the cookie's token is kept."""

    token_digest: str
    login: str
    csrf: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One imported list. Times are in UTC; `digest` is the SHA-256 of the file."""

    id: int
    facility: str
    file_name: str
    digest: str
    edition: str
    provenance: str
    rows: int
    imported_by: str
    started_at: datetime
    """When mapping began."""
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """One reader's answer: a 17-character code, or UNCODABLE."""

    by: str
    code: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What people have made of an item so far; the part of it that events change."""

    state: ItemState
    code: str = ""
    """The final code, UNCODABLE where a person found none, an ACCEPTED item's own; empty while open."""
    first: Reading | None = None
    second: Reading | None = None
    claimed_by: str = ""
    claimed_until: datetime | None = None
    assigned_to: str = ""
    proposal: str = ""
    """The code proposed now: the mapper's, or an ended code's successor. Empty where nothing is proposed."""
    question: str = ""
    """What the hospital is asked while SENT_BACK."""

    def is_claimed(self, now: datetime) -> bool:
        """Tell whether someone's claim is running."""
        return self.claimed_until is not None and now < self.claimed_until

    def state_at(self, now: datetime) -> ItemState:
        """Return the state as people see it: IN_REVIEW for an open item with a running claim."""
        return ItemState.IN_REVIEW if self.state in OPEN and self.is_claimed(now) else self.state

    def unclaimed(self) -> "Standing":
        """Return the standing without a claim."""
        return replace(self, claimed_by="", claimed_until=None)


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a list with the mapper's answer and where it stands."""

    id: int
    facility: str
    run: int
    row: int
    """Counted from 1 in the list, without its header."""
    test: LocalTest
    mapping: MappingResult
    """The mapper's answer as given at import; never changes."""
    reasons: tuple[Reason, ...]
    """The mapping's, and those added since (CODE_ENDED when an edition ended the decided code)."""
    key: str
    """The alias key: rows with equal keys are identical for this purpose (see review.local_aliases)."""
    standing: Standing
    etag: int
    """Rises with every change; a decision names the one it was made on."""
    twin_key: str = ""
    """Rows with equal twin keys differ by wing, hour, shop notes or a count at most."""
    cells: tuple[str, ...] = ()
    """Every cell of the row, in the order of its list's columns; empty where none were kept."""

    @property
    def section(self) -> str:
        """See `section_of`."""
        return section_of(self.standing, self.mapping)


def section_of(standing: Standing, mapping: MappingResult) -> str:
    """Return the first letter of what is proposed (C biochemistry ...), empty where nothing is."""
    best = mapping.candidates[0].code.measurand if mapping.candidates else ""
    return (standing.proposal or mapping.jlac11 or best)[:1]


@dataclass(frozen=True, slots=True)
class NewItem:
    """One row of a list about to be taken in."""

    test: LocalTest
    mapping: MappingResult
    key: str
    standing: Standing
    twin_key: str = ""
    """Empty: the alias key."""
    cells: tuple[str, ...] = ()
    """Those of Item."""


@dataclass(frozen=True, slots=True)
class NewRun:
    """A list about to be taken in; the fields are those of Run."""

    facility: str
    file_name: str
    digest: str
    edition: str
    provenance: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event before it has its place in the chain."""

    action: Action
    by: str
    at: datetime
    request_id: str
    item: int | None = None
    run: int | None = None
    code: str = ""
    text: str = ""
    before: Standing | None = None
    after: Standing | None = None
    edition: str = ""
    model: str = ""
    """Provenance of the answer that was on the screen."""


@dataclass(frozen=True, slots=True)
class Event:
    """One link of a facility's audit chain; `sequence` counts from 1 in the facility."""

    facility: str
    sequence: int
    draft: EventDraft
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How long a facility's chain is and the hash of its last event; note it down elsewhere to be sure."""

    facility: str
    count: int
    hash: str


@dataclass(frozen=True, slots=True)
class Change:
    """An event and what it makes of its item; `standing` None leaves the item as it is (COMMENT)."""

    item: int
    etag: int
    standing: Standing | None
    event: EventDraft
    added_reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalAlias:
    """A final decision as a name of the facility's own."""

    facility: str
    key: str
    code: str
    item: int
    by: str
    at: datetime
    name: str
    """The row's name as written."""
