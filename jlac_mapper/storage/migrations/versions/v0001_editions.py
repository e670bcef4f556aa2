"""Editions, their codes and notes, the active edition, additional background vocabulary."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "editions",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("imported_at", sa.String(40), nullable=False),
        sa.Column("source_file", sa.Text, nullable=False),
        sa.Column("codes", sa.Integer, nullable=False),
        sa.Column("completed", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_editions"),
    )
    op.create_table(
        "edition_codes",
        sa.Column("edition", sa.String(100), nullable=False),
        sa.Column("code", sa.String(17), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("product", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_to", sa.Date),
        sa.Column("jlac10", sa.Text, nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("successor", sa.String(17), nullable=False),
        sa.Column("abbreviation", sa.Text, nullable=False),
        sa.Column("specimen_name", sa.Text, nullable=False),
        sa.Column("unit_name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("edition", "code", name="pk_edition_codes"),
        sa.ForeignKeyConstraint(
            ["edition"], ["editions.name"], name="fk_edition_codes_edition", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "edition_notes",
        sa.Column("edition", sa.String(100), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("edition", "position", name="pk_edition_notes"),
        sa.ForeignKeyConstraint(
            ["edition"], ["editions.name"], name="fk_edition_notes_edition", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "active_edition",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_active_edition"),
    )
    op.create_table(
        "background_names",
        sa.Column("vocabulary", sa.String(100), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("near", sa.String(5), nullable=False),
        sa.PrimaryKeyConstraint("vocabulary", "position", name="pk_background_names"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("background_names", "active_edition", "edition_notes", "edition_codes", "editions"):
        op.drop_table(table)
