"""Embeddings of names, and the indexes that search them."""
