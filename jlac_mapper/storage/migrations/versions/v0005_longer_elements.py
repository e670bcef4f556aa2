"""Room for the members of JLAC10 sets among the elements: eleven characters."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the column."""
    with op.batch_alter_table("elements") as table:
        table.alter_column("code", existing_type=sa.String(8), type_=sa.String(16), existing_nullable=False)


def downgrade() -> None:
    """Narrow it; the JLAC10 tables are lost, which the version before does not know."""
    op.execute(sa.text("DELETE FROM elements WHERE kind LIKE 'jlac10%'"))
    with op.batch_alter_table("elements") as table:
        table.alter_column("code", existing_type=sa.String(16), type_=sa.String(8), existing_nullable=False)
