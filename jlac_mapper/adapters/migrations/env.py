"""Alembic's entry point: runs the migrations on the connection that `sql_database` gives."""

from alembic import context

from jlac_mapper.adapters import sql_review_tables  # noqa: F401  # adds its tables to the metadata
from jlac_mapper.adapters.sql_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # on SQLite as well: the connection begins its transactions itself
)
with context.begin_transaction():
    context.run_migrations()
