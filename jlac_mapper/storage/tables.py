"""The database's tables: what the migrations make, and what the rest of the SQL adapters ask."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Integer, MetaData, String, Table, Text

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"}
)

editions = Table(
    "editions",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("imported_at", String(40), nullable=False),  # ISO 8601 in UTC
    Column("source_file", Text, nullable=False),
    Column("codes", Integer, nullable=False),
    Column("completed", Integer, nullable=False),
)

edition_codes = Table(
    "edition_codes",
    metadata,
    Column("edition", ForeignKey("editions.name", ondelete="CASCADE"), primary_key=True),
    Column("code", String(17), primary_key=True),
    Column("name", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("jlac10", Text, nullable=False),  # separated by blanks
    Column("source", String(20), nullable=False),
    Column("successor", String(17), nullable=False),
    Column("abbreviation", Text, nullable=False),
    Column("specimen_name", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("method_name", Text, nullable=False),
    Column("sort_order", Text, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("row", Integer, nullable=False),
)

edition_notes = Table(
    "edition_notes",
    metadata,
    Column("edition", ForeignKey("editions.name", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("row", Integer, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("found", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("more_rows", Text, nullable=False),  # separated by blanks
)

active_edition = Table(
    "active_edition",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1: there is one row or none
    Column("name", String(100), nullable=False),
)

background_names = Table(
    "background_names",
    metadata,
    Column("vocabulary", String(100), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("near", String(5), nullable=False),
)

edition_bindings = Table(
    "edition_bindings",
    metadata,
    Column("edition", String(100), primary_key=True),
    Column("measurand", String(5), primary_key=True),
    Column("identification", String(4), primary_key=True),
    Column("specimen", String(3), primary_key=True),
    Column("unit", String(2), primary_key=True),
    Column("concept", Text, nullable=False),
)

elements = Table(
    "elements",
    metadata,
    Column("vocabulary", String(100), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("code", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("spellings", Text, nullable=False),  # one a line
    Column("withdrawn", Boolean, nullable=False),
)
