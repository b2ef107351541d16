"""A substitute for the `cython` module if Cython is not installed: its `compiled` is False."""

from typing import Final

compiled: Final = False
