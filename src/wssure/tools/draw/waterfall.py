"""The timings of a connection drawn as text: one bar per phase, one group per address."""

from collections.abc import Sequence
from typing import Final

from wssure.evidence import Phase
from wssure.text import printable

_BAR: Final = "━"
_LABELS: Final = {"resolve": "resolve", "dial": "dial", "proxy": "proxy", "tls": "tls", "upgrade": "upgrade"}


def waterfall(phases: Sequence[Phase], *, width: int = 100) -> str:
    """Draw phases against one common time axis.

    Args:
        phases: The timed steps, in any order.
        width: Columns to use.

    Returns:
        Lines without a final newline; an empty text for no phases. A failed phase ends in a cross.
    """
    if not phases:
        return ""
    ordered = sorted(
        phases, key=lambda phase: (phase.start_ms, list(_LABELS).index(phase.name) if phase.name in _LABELS else 9)
    )
    total = max(*(phase.start_ms + phase.ms for phase in ordered), 0.001)
    name_width = max(len(printable(phase.name, 12)) for phase in ordered)
    address_width = max(len(printable(phase.address or "", 48)) for phase in ordered)
    columns = max(width - name_width - address_width - 17, 10)
    return "\n".join(_line(phase, total, columns, name_width, address_width) for phase in ordered)


def _line(phase: Phase, total: float, columns: int, name_width: int, address_width: int) -> str:
    start = min(int(phase.start_ms / total * columns), columns - 1)
    length = max(min(round((phase.start_ms + phase.ms) / total * columns), columns) - start, 1)
    bar = _BAR * length if phase.ok else _BAR * (length - 1) + "✗"
    name, address = printable(phase.name, 12), printable(phase.address or "", 48)
    return f"{name:<{name_width}}  {address:<{address_width}}  {' ' * start}{bar:<{columns - start}}  {phase.ms:8.1f} ms".rstrip()
