"""The list of causes. One line registers a cause; the order is the priority: the first whose evidence is there is said.

`room.some-defect` lives in `room_some_defect.py` beside this file. What explains a failure completely stands before what
only describes it: a plain HTTP answer before an end of file, a missing server name before the alert it led to.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wssure.diagnose.cause import Cause

__all__ = ["ORDER", "catalogue", "find", "module_name"]

ORDER: Final = ("tcp.refused",)


def module_name(cause_id: str) -> str:
    """Return the module of a cause, such as `tcp_refused` for `tcp.refused`."""
    return cause_id.replace(".", "_").replace("-", "_")


@cache
def catalogue() -> tuple[Cause, ...]:
    """Return every cause, in order of priority. Loaded at the first failure, not at import."""
    return tuple(importlib.import_module(f"{__name__}.{module_name(cause_id)}").CAUSE for cause_id in ORDER)


@cache
def _by_id() -> dict[str, Cause]:
    return {cause.id: cause for cause in catalogue()}


def find(cause_id: str) -> Cause | None:
    """Return the cause of an id, or None."""
    return _by_id().get(cause_id)
