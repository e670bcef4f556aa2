"""What the master files hold: the starter, official editions, their checks."""
