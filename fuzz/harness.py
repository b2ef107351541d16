"""Runs a fuzz target: under atheris where it is installed and no files are given, else once over each file.

python fuzz/fuzz_hello.py FILE...        read each file (`.hex` files as hex text), say which one failed
python fuzz/fuzz_hello.py [-runs=N ...]  fuzz with atheris, whose options and corpus folders follow
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path


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
    atheris.instrument_all()
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
