"""Reading: what the texts of a row say, before anything is compared."""
