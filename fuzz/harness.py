"""Runs a fuzz target: under atheris where it is installed and no files are given, else once over each file.

python fuzz/fuzz_hello.py FILE...        read each file (`.hex` files as hex text), say which one failed
python fuzz/fuzz_hello.py [-runs=N ...]  fuzz with atheris, whose options and corpus folders follow
python -m fuzz                           fuzz every target for a while, see `__main__`
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType


def main(target: Callable[[bytes], None]) -> None:
    """Run a target as the command line asks for."""
    names = [name for name in sys.argv[1:] if Path(name).is_file()]
    if names:
        for name in names:
            data = Path(name).read_bytes()
            target(bytes.fromhex(data.decode()) if name.endswith(".hex") else data)
            print(f"ok {name}")
        return
    try:
        import atheris
    except ImportError:
        sys.exit("give files to run over, or install atheris (pip install atheris) to fuzz")
    # Our own code only: to watch the whole standard library takes minutes before the first try.
    for module in [module for name, module in sys.modules.items() if name.partition(".")[0] == "wssure"]:
        for function in _functions(module):
            atheris.instrument_func(function)
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """Yield the functions and methods a module defines; compiled ones are none."""
    for item in vars(module).values():
        members = vars(item).values() if isinstance(item, type) else (item,)
        for member in members:
            function = getattr(member, "fget", None) or getattr(member, "__func__", None) or member
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                yield function
