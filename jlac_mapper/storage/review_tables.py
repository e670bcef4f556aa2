"""The tables of review; moments are ISO 8601 texts in UTC with microseconds, so that they order as text."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from jlac_mapper.storage.tables import metadata

_KEY, _LOGIN, _MOMENT, _CODE, _REQUEST = String(40), String(100), String(40), String(17), String(100)

facilities = Table(
    "facilities",
    metadata,
    Column("key", _KEY, primary_key=True),
    Column("name", Text, nullable=False),
    Column("second_reader", Boolean, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("login", _LOGIN, primary_key=True),
    Column("name", Text, nullable=False),
    Column("subject", Text),  # NULL without one, so that it can be unique
    Column("active", Boolean, nullable=False),
    Column("password_hash", Text, nullable=False),
    UniqueConstraint("subject", name="uq_users_subject"),
)

user_roles = Table(
    "user_roles",
    metadata,
    Column("login", ForeignKey("users.login", ondelete="CASCADE"), primary_key=True),
    Column("facility", _KEY, primary_key=True),  # "" stands for every facility
    Column("role", String(20), nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_digest", String(64), primary_key=True),
    Column("login", ForeignKey("users.login", ondelete="CASCADE"), nullable=False),
    Column("csrf", String(100), nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("expires_at", _MOMENT, nullable=False),
)

failed_sign_ins = Table(
    "failed_sign_ins",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("at", _MOMENT, nullable=False),
    Index("ix_failed_sign_ins_key", "key", "at"),
)

facility_rules = Table(
    "facility_rules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("facility", ForeignKey("facilities.key"), nullable=False),
    Column("answer", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("section", Text, nullable=False),
    Column("written", Text, nullable=False),
    Column("usual", Text, nullable=False),
    Column("concept", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("answered_by", _LOGIN, nullable=False),
    Column("answered_at", _MOMENT, nullable=False),
    Column("request_id", _REQUEST, nullable=False),
    Column("ended_by", _LOGIN, nullable=False),
    Column("ended_at", _MOMENT, nullable=False),  # "" while it holds
    Index("ix_facility_rules_facility", "facility", "ended_at", "id"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("facility", ForeignKey("facilities.key"), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("edition", String(100), nullable=False),
    Column("provenance", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("imported_by", _LOGIN, nullable=False),
    Column("started_at", _MOMENT, nullable=False),
    Column("imported_at", _MOMENT, nullable=False),
    Index("ix_runs_facility", "facility", "id"),
)

items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("facility", ForeignKey("facilities.key"), nullable=False),
    Column("run", ForeignKey("runs.id"), nullable=False),
    Column("row", Integer, nullable=False),
    Column("key", String(64), nullable=False),
    # What the queue shows.
    Column("local_code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("specimen", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("section", String(1), nullable=False),
    Column("probability", Float, nullable=False),
    Column("reasons", Text, nullable=False),  # separated by blanks; item_reasons is for the filter
    # The standing.
    Column("state", String(20), nullable=False),
    Column("code", _CODE, nullable=False),
    Column("first_by", _LOGIN),
    Column("first_code", _CODE),
    Column("second_by", _LOGIN),
    Column("second_code", _CODE),
    Column("claimed_by", _LOGIN, nullable=False),
    Column("claimed_until", _MOMENT),
    Column("assigned_to", _LOGIN, nullable=False),
    Column("proposal", _CODE, nullable=False),
    Column("question", Text, nullable=False),
    Column("decided_by", _LOGIN, nullable=False),  # of the decision that made it final
    Column("decided_at", _MOMENT, nullable=False),
    Column("etag", Integer, nullable=False),
    # What rows have in common that are not identical.
    Column("twin_key", String(64), nullable=False),
    Column("concept", Text, nullable=False),  # that the row was read as, empty for none
    # What a table of items searches and counts by (see review.table_fields).
    Column("search", Text, nullable=False),
    Column("department", Text, nullable=False),  # the row's own section
    Column("main_reason", String(40), nullable=False),
    Column("band", Integer, nullable=False),
    UniqueConstraint("run", "row", name="uq_items_run_row"),
    # What else a filter asks stands in the index too, so that rows are only fetched where they fit.
    Index("ix_items_state", "facility", "state", "id", "probability", "section", "assigned_to", "first_by"),
    Index("ix_items_probability", "facility", "state", "probability", "id"),
    Index("ix_items_run", "facility", "run", "state", "id"),
    Index("ix_items_section", "facility", "section", "state", "id"),
    Index("ix_items_assigned", "facility", "assigned_to", "state", "id"),
    Index("ix_items_claimed", "facility", "claimed_until"),
    Index("ix_items_code", "facility", "state", "code"),
    Index("ix_items_key", "key", "state", "facility", "code"),
    Index("ix_items_twin_key", "facility", "twin_key", "state"),
    Index("ix_items_concept", "facility", "concept", "state", "decided_at"),
    # In the order in which facets are counted: one walk along it counts them all.
    Index(
        "ix_items_facets",
        "facility",
        "state",
        "run",
        "department",
        "section",
        "main_reason",
        "band",
        "assigned_to",
    ),
)

# Rows of a list whose identical row waited already: an item of an earlier list answers them.
run_rows = Table(
    "run_rows",
    metadata,
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("item", ForeignKey("items.id"), nullable=False),
    Column("test", Text, nullable=False),  # as this list has it
)

item_answers = Table(
    "item_answers",
    metadata,
    Column("item", ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("test", Text, nullable=False),
    Column("mapping", LargeBinary, nullable=False),  # JSON, deflated: several kilobytes otherwise
)

# What a list's file holds, whatever its columns are called; rows by their place in the list.
run_columns = Table(
    "run_columns",
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("columns", LargeBinary, nullable=False),  # JSON, deflated: heading and field of each
)

row_cells = Table(
    "row_cells",
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("cells", LargeBinary, nullable=False),  # JSON, deflated
)

item_reasons = Table(
    "item_reasons",
    metadata,
    Column("item", ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("reason", String(40), primary_key=True),
    Column("facility", _KEY, nullable=False),
    # The item's, so that one index answers a filter.
    Column("state", String(20), nullable=False),
    Column("section", String(1), nullable=False),
    Column("probability", Float, nullable=False),
    Index("ix_item_reasons_reason", "facility", "reason", "state", "item", "probability", "section"),
)

events = Table(
    "events",
    metadata,
    Column("facility", _KEY, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("action", String(20), nullable=False),
    Column("login", _LOGIN, nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("request_id", _REQUEST, nullable=False),
    Column("item", Integer),
    Column("run", Integer),
    Column("code", _CODE, nullable=False),
    Column("text", Text, nullable=False),
    Column("before", Text, nullable=False),  # JSON, empty for none
    Column("after", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_events_item", "facility", "item", "sequence"),
    Index("ix_events_request", "facility", "request_id"),
    Index("ix_events_login", "facility", "login", "at"),
)

chain_heads = Table(
    "chain_heads",
    metadata,
    Column("facility", _KEY, primary_key=True),
    Column("length", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)
