"""What holds for every run of pytest here; see tests/runs.py."""

import runpy
from pathlib import Path

pytest_plugins = ["tests.runs"]

_ROOT = Path(__file__).parent
_CHECKOUT = _ROOT / "src" / "wssure" / "checkout.py"
# Before anything of the package is imported: a compiled module that is out of date may fail to import. Some runs test an
# installed package and have no sources.
if _CHECKOUT.exists() and (_problem := runpy.run_path(str(_CHECKOUT))["problem"](_ROOT)):
    raise SystemExit(f"error: {_problem}")
