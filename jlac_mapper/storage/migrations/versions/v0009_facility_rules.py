"""What facilities answered about groups of rows."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "facility_rules",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("facility", sa.String(40), sa.ForeignKey("facilities.key"), nullable=False),
        sa.Column("answer", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("written", sa.Text, nullable=False),
        sa.Column("usual", sa.Text, nullable=False),
        sa.Column("concept", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("answered_by", sa.String(100), nullable=False),
        sa.Column("answered_at", sa.String(40), nullable=False),
        sa.Column("request_id", sa.String(100), nullable=False),
        sa.Column("ended_by", sa.String(100), nullable=False),
        sa.Column("ended_at", sa.String(40), nullable=False),
    )
    op.create_index("ix_facility_rules_facility", "facility_rules", ["facility", "ended_at", "id"])


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_facility_rules_facility", "facility_rules")
    op.drop_table("facility_rules")
