"""The command line: one file a verb, the table files beside them."""
