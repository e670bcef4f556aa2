"""Concepts: what a laboratory reports, the names it goes by, and how a release's codes are bound to them."""
