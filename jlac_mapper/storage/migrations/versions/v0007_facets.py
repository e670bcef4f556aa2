"""What a table of items searches and counts by: folded texts, the row's section, main reason, band."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AT_ONCE = 500
_TEXTS = ("search", "department")
_NEW = (*_TEXTS, "main_reason", "band")
_ITEMS = sa.table("items", *(sa.column(name) for name in ("id", "reasons", "probability", *_NEW)))
_ANSWERS = sa.table("item_answers", *(sa.column(name) for name in ("item", "test")))
_INDEX = ("facility", "state", "run", "department", "section", "main_reason", "band", "assigned_to")


def upgrade() -> None:
    """Add the columns, fill them for the rows that are there, and their index."""
    for name in _TEXTS:
        op.add_column("items", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("items", sa.Column("main_reason", sa.String(40), nullable=False, server_default=""))
    op.add_column("items", sa.Column("band", sa.Integer, nullable=False, server_default="0"))
    _fill(op.get_bind())
    op.create_index("ix_items_facets", "items", list(_INDEX))


def downgrade() -> None:
    """Take them away; the next upgrade fills them again."""
    op.drop_index("ix_items_facets", "items")
    for name in reversed(_NEW):
        op.drop_column("items", name)


def _fill(connection: sa.Connection) -> None:
    from jlac_mapper.review.mapping_json import row_from_json
    from jlac_mapper.review.table_fields import band_of, department_of, main_reason, search_text
    from jlac_mapper.types import Reason

    wanted = (
        sa.select(_ITEMS.c.id, _ITEMS.c.reasons, _ITEMS.c.probability, _ANSWERS.c.test)
        .join(_ANSWERS, _ANSWERS.c.item == _ITEMS.c.id)
        .order_by(_ITEMS.c.id)
    )
    written = (
        sa.update(_ITEMS)
        .where(_ITEMS.c.id == sa.bindparam("of"))
        .values({name: sa.bindparam(f"new_{name}") for name in _NEW})
    )
    rows = connection.execute(wanted.limit(_AT_ONCE)).all()
    while rows:
        values = []
        for row in rows:
            test = row_from_json(row.test)
            values.append(
                {
                    "of": row.id,
                    "new_search": search_text(test),
                    "new_department": department_of(test),
                    "new_main_reason": main_reason([Reason(word) for word in row.reasons.split()]),
                    "new_band": band_of(row.probability),
                }
            )
        connection.execute(written, values)
        rows = connection.execute(wanted.where(_ITEMS.c.id > rows[-1].id).limit(_AT_ONCE)).all()
