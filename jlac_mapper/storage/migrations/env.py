"""Alembic's entry point: runs the migrations on the connection that `storage.database` gives."""

from alembic import context

from jlac_mapper.storage import review_tables  # noqa: F401  # adds its tables to the metadata
from jlac_mapper.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # on SQLite as well: the connection begins its transactions itself
)
with context.begin_transaction():
    context.run_migrations()
