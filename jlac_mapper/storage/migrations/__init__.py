"""Schema migrations of the database (alembic); run when a database is opened."""
