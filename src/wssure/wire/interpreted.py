"""Stands in for the `cython` module where Cython is not installed: there, nothing is compiled."""

from __future__ import annotations

from typing import Final

__all__ = ["compiled"]

compiled: Final = False
