"""What rows of one facility have in common beside their alias key: twin key and concept."""

import json
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AT_ONCE = 500
_ITEMS = sa.table("items", *(sa.column(name) for name in ("id", "twin_key", "concept")))
_ANSWERS = sa.table("item_answers", *(sa.column(name) for name in ("item", "test", "mapping")))


def upgrade() -> None:
    """Add the columns, fill them for the rows that are there, and their indexes."""
    op.add_column("items", sa.Column("twin_key", sa.String(64), nullable=False, server_default=""))
    op.add_column("items", sa.Column("concept", sa.Text, nullable=False, server_default=""))
    _fill(op.get_bind())
    op.create_index("ix_items_twin_key", "items", ["facility", "twin_key", "state"])
    op.create_index("ix_items_concept", "items", ["facility", "concept", "state", "decided_at"])


def downgrade() -> None:
    """Take them away; the next upgrade fills them again."""
    op.drop_index("ix_items_concept", "items")
    op.drop_index("ix_items_twin_key", "items")
    op.drop_column("items", "concept")
    op.drop_column("items", "twin_key")


def _fill(connection: sa.Connection) -> None:
    wanted = sa.select(_ANSWERS.c.item, _ANSWERS.c.test, _ANSWERS.c.mapping).order_by(_ANSWERS.c.item)
    rows = connection.execute(wanted.limit(_AT_ONCE)).all()
    if not rows:
        return
    # Only where there are rows to read: the vocabulary takes about a second.
    from jlac_mapper.concepts.loader import load_vocabulary
    from jlac_mapper.reading.names import NameReader
    from jlac_mapper.review.local_aliases import twin_key
    from jlac_mapper.review.mapping_json import row_from_json

    without_notes = NameReader(load_vocabulary()).without_notes
    written = (
        sa.update(_ITEMS)
        .where(_ITEMS.c.id == sa.bindparam("of"))
        .values(twin_key=sa.bindparam("near"), concept=sa.bindparam("read"))
    )
    while rows:
        values = [
            {
                "of": row.item,
                "near": twin_key(row_from_json(row.test), without_notes),
                "read": _concept(row.mapping),
            }
            for row in rows
        ]
        connection.execute(written, values)
        rows = connection.execute(wanted.where(_ANSWERS.c.item > rows[-1].item).limit(_AT_ONCE)).all()


def _concept(mapping: bytes) -> str:
    """Return the key of what an answer says the row was read as; older answers do not say it."""
    answer = json.loads(zlib.decompress(mapping).decode("utf-8", "surrogatepass"))
    return str((answer.get("read_as") or [""])[0])
