"""Review: facilities, users, lists, items, the audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_APPEND_ONLY = "events are append-only"

_POSTGRES_UP = (
    f"""
    CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{_APPEND_ONLY}'; END $$
    """,
    """
    CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_event_change()
    """,
    """
    CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()
    """,
)
_SQLITE_UP = tuple(
    f"CREATE TRIGGER events_no_{what.lower()} BEFORE {what} ON events "
    f"BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END"
    for what in ("UPDATE", "DELETE")
)


def upgrade() -> None:
    """Create the tables, and the triggers that keep events as they are."""
    _people()
    _lists()
    _trail()
    postgres = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRES_UP if postgres else _SQLITE_UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables; decisions and their trail are lost."""
    tables = (
        "chain_heads",
        "events",
        "item_reasons",
        "item_answers",
        "run_rows",
        "items",
        "runs",
        "failed_sign_ins",
        "sessions",
        "user_roles",
        "users",
        "facilities",
    )
    for table in tables:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_event_change()")


def _people() -> None:
    op.create_table(
        "facilities",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("second_reader", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_facilities"),
    )
    op.create_table(
        "users",
        sa.Column("login", sa.String(100), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("login", name="pk_users"),
        sa.UniqueConstraint("subject", name="uq_users_subject"),
    )
    op.create_table(
        "user_roles",
        sa.Column("login", sa.String(100), nullable=False),
        sa.Column("facility", sa.String(40), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("login", "facility", name="pk_user_roles"),
        sa.ForeignKeyConstraint(["login"], ["users.login"], name="fk_user_roles_login", ondelete="CASCADE"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("login", sa.String(100), nullable=False),
        sa.Column("csrf", sa.String(100), nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("expires_at", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("token_digest", name="pk_sessions"),
        sa.ForeignKeyConstraint(["login"], ["users.login"], name="fk_sessions_login", ondelete="CASCADE"),
    )
    op.create_table(
        "failed_sign_ins",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_failed_sign_ins"),
    )
    op.create_index("ix_failed_sign_ins_key", "failed_sign_ins", ["key", "at"])


def _lists() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("facility", sa.String(40), nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("edition", sa.String(100), nullable=False),
        sa.Column("provenance", sa.Text, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("imported_by", sa.String(100), nullable=False),
        sa.Column("started_at", sa.String(40), nullable=False),
        sa.Column("imported_at", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.ForeignKeyConstraint(["facility"], ["facilities.key"], name="fk_runs_facility"),
    )
    op.create_index("ix_runs_facility", "runs", ["facility", "id"])
    texts = ("local_code", "name", "specimen", "unit")
    op.create_table(
        "items",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("facility", sa.String(40), nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("section", sa.String(1), nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("code", sa.String(17), nullable=False),
        sa.Column("first_by", sa.String(100)),
        sa.Column("first_code", sa.String(17)),
        sa.Column("second_by", sa.String(100)),
        sa.Column("second_code", sa.String(17)),
        sa.Column("claimed_by", sa.String(100), nullable=False),
        sa.Column("claimed_until", sa.String(40)),
        sa.Column("assigned_to", sa.String(100), nullable=False),
        sa.Column("proposal", sa.String(17), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("decided_by", sa.String(100), nullable=False),
        sa.Column("decided_at", sa.String(40), nullable=False),
        sa.Column("etag", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_items"),
        sa.ForeignKeyConstraint(["facility"], ["facilities.key"], name="fk_items_facility"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_items_run"),
        sa.UniqueConstraint("run", "row", name="uq_items_run_row"),
    )
    for name, *columns in (
        ("state", "facility", "state", "id", "probability", "section", "assigned_to", "first_by"),
        ("probability", "facility", "state", "probability", "id"),
        ("run", "facility", "run", "state", "id"),
        ("section", "facility", "section", "state", "id"),
        ("assigned", "facility", "assigned_to", "state", "id"),
        ("claimed", "facility", "claimed_until"),
        ("code", "facility", "state", "code"),
        ("key", "key", "state", "facility", "code"),
    ):
        op.create_index(f"ix_items_{name}", "items", columns)
    op.create_table(
        "run_rows",
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("test", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run", "row", name="pk_run_rows"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_run_rows_run"),
        sa.ForeignKeyConstraint(["item"], ["items.id"], name="fk_run_rows_item"),
    )
    op.create_table(
        "item_answers",
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("test", sa.Text, nullable=False),
        sa.Column("mapping", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("item", name="pk_item_answers"),
        sa.ForeignKeyConstraint(["item"], ["items.id"], name="fk_item_answers_item", ondelete="CASCADE"),
    )
    op.create_table(
        "item_reasons",
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("facility", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("section", sa.String(1), nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("item", "reason", name="pk_item_reasons"),
        sa.ForeignKeyConstraint(["item"], ["items.id"], name="fk_item_reasons_item", ondelete="CASCADE"),
    )
    columns = ["facility", "reason", "state", "item", "probability", "section"]
    op.create_index("ix_item_reasons_reason", "item_reasons", columns)


def _trail() -> None:
    op.create_table(
        "events",
        sa.Column("facility", sa.String(40), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("login", sa.String(100), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("request_id", sa.String(100), nullable=False),
        sa.Column("item", sa.Integer),
        sa.Column("run", sa.Integer),
        sa.Column("code", sa.String(17), nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("text", "before", "after", "edition", "model")
        ),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("facility", "sequence", name="pk_events"),
    )
    op.create_index("ix_events_item", "events", ["facility", "item", "sequence"])
    op.create_index("ix_events_request", "events", ["facility", "request_id"])
    op.create_index("ix_events_login", "events", ["facility", "login", "at"])
    op.create_table(
        "chain_heads",
        sa.Column("facility", sa.String(40), nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("facility", name="pk_chain_heads"),
    )
