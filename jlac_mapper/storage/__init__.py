"""What is kept: editions, reviews and people in SQLite or PostgreSQL."""
