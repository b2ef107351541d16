"""The TLS backends this run must have. They are stated and not detected: one that does not load fails its tests.

WSSURE_TEST_BACKENDS names them, separated by commas. Without it they are the project's own two and each further one that is
installed, whether it loads or not.
"""

from __future__ import annotations

import os
from importlib.metadata import entry_points

_STATED = os.environ.get("WSSURE_TEST_BACKENDS")
EXPECTED: tuple[str, ...] = (
    tuple(_STATED.split(","))
    if _STATED
    else ("openssl", "stdlib", *sorted({entry.name for entry in entry_points(group="wssure.backends")}))
)
