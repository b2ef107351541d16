"""The command line: one file per verb, and the common parts of options and output."""
