"""The modules that compile, loaded a second time from their .py sources, so that one test holds for both forms.

Where nothing is compiled, both forms are the interpreted one.
"""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import wssure
import wssure.protocol.connection
import wssure.wire.mask
import wssure.wire.octets

# Each may import those before it.
NAMES = [
    "wssure.wire.octets",
    "wssure.wire.mask",
    "wssure.wire.builder",
    "wssure.wire.frame",
    "wssure.protocol.utf8",
    "wssure.protocol.connection",
]


def _interpreted() -> dict[str, ModuleType]:
    root = Path(wssure.__file__).parent.parent
    installed = {name: sys.modules.pop(name) for name in NAMES}
    try:
        for name in NAMES:
            path = str(root.joinpath(*name.split(".")).with_suffix(".py"))
            spec = spec_from_file_location(name, path, loader=SourceFileLoader(name, path))
            assert spec is not None
            assert spec.loader is not None
            sys.modules[name] = module_from_spec(spec)
            spec.loader.exec_module(sys.modules[name])
        return {name: sys.modules[name] for name in NAMES}
    finally:
        sys.modules.update(installed)


def _last(names: dict[str, ModuleType]) -> SimpleNamespace:
    return SimpleNamespace(**{name.rpartition(".")[2]: module for name, module in names.items()})


INSTALLED = _last({name: sys.modules[name] for name in NAMES})
INTERPRETED = _last(_interpreted())
BOTH = pytest.mark.parametrize("form", [INSTALLED, INTERPRETED], ids=["installed", "interpreted"])
