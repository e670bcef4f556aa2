"""Every column of an imported list: its columns once, the cells of each row."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; lists that are there have kept no further columns."""
    op.create_table(
        "run_columns",
        sa.Column("run", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("columns", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("run", name="pk_run_columns"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_run_columns_run", ondelete="CASCADE"),
    )
    op.create_table(
        "row_cells",
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("cells", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("run", "row", name="pk_row_cells"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_row_cells_run", ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Take them away, with what they hold."""
    op.drop_table("row_cells")
    op.drop_table("run_columns")
