"""Where an official file has each code and remark; the element tables."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Editions of before say nothing here: importing their files again fills these.
_CODE_TEXTS = ("method_name", "sort_order", "sheet")
_NOTE_TEXTS = ("sheet", "code", "found", "expected", "more_rows")


def upgrade() -> None:
    """Add the columns and the table."""
    for name in _CODE_TEXTS:
        op.add_column("edition_codes", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("edition_codes", sa.Column("row", sa.Integer, nullable=False, server_default="0"))
    for name in _NOTE_TEXTS:
        op.add_column("edition_notes", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_table(
        "elements",
        sa.Column("vocabulary", sa.String(100), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("code", sa.String(8), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("spellings", sa.Text, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("vocabulary", "position", name="pk_elements"),
    )


def downgrade() -> None:
    """Take them away; element tables and the places of codes are lost."""
    op.drop_table("elements")
    for name in _NOTE_TEXTS:
        op.drop_column("edition_notes", name)
    for name in (*_CODE_TEXTS, "row"):
        op.drop_column("edition_codes", name)
