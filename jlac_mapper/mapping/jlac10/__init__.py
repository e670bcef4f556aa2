"""JLAC10: codes composed from their elements for what a row was read as."""
