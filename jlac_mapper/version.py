"""The product's version: what provenance, exports and `--version` tell."""

__version__ = "0.1.0"
