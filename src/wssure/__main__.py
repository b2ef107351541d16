"""`python -m wssure` is the command line."""

from wssure.cli.main import entry

entry()
