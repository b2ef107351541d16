"""From facts to a cause, and from a cause to words. Pure: nothing here touches the network, reads a clock or logs."""

import sys
from types import ModuleType
from typing import Never

from wssure.diagnose.cause import Cause, Evidence, Match
from wssure.diagnose.causes import catalogue
from wssure.diagnose.conclude import conclude
from wssure.diagnose.page import Page, page
from wssure.diagnose.render import render

__all__ = [
    "Cause",
    "Evidence",
    "Match",
    "Page",
    "catalogue",
    "conclude",
    "page",
    "render",
]


class _Package(ModuleType):
    """Tells a caller of `wssure.diagnose(error)`, which was a function once, its new name."""

    def __call__(self, *_: object, **__: object) -> Never:
        raise TypeError("wssure.diagnose is a package; the function that experiments is wssure.investigate(error)")


sys.modules[__name__].__class__ = _Package
