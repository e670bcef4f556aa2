"""Code systems: what a code is, what a release lists on a day, and what replaces what ended."""
