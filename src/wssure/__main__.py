"""`python -m wssure` is the command line."""

from wssure.tools.cli.main import entry

entry()
