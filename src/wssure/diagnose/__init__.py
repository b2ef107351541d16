"""From facts to a cause, and from a cause to words. Pure: nothing here touches the network, reads a clock or logs."""

from __future__ import annotations

from wssure.diagnose.cause import Cause, Evidence, Match
from wssure.diagnose.causes import catalogue
from wssure.diagnose.judge import judge
from wssure.diagnose.page import Page, page
from wssure.diagnose.render import render

__all__ = [
    "Cause",
    "Evidence",
    "Match",
    "Page",
    "catalogue",
    "judge",
    "page",
    "render",
]
