"""JLAC10 measured on labelled rows: figures by element, baselines over the same names, kinds of errors."""
