"""Pages for admins of the whole installation: people, editions, and a box to try a row."""
