"""Comparisons: one element of a row against one of a candidate, as one named level each."""
