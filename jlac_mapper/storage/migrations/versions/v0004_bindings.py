"""Results of an edition that a person bound to a concept."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "edition_bindings",
        sa.Column("edition", sa.String(100), nullable=False),
        sa.Column("measurand", sa.String(5), nullable=False),
        sa.Column("identification", sa.String(4), nullable=False),
        sa.Column("specimen", sa.String(3), nullable=False),
        sa.Column("unit", sa.String(2), nullable=False),
        sa.Column("concept", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(
            "edition", "measurand", "identification", "specimen", "unit", name="pk_edition_bindings"
        ),
    )


def downgrade() -> None:
    """Take it away; what people bound is lost."""
    op.drop_table("edition_bindings")
