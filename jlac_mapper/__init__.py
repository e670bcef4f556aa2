"""Gives a Japanese hospital's own laboratory test names their JLAC11 codes."""

__version__ = "0.1.0"
