"""Runs a fuzz target: under atheris where it is installed and no files are given, else once over each file.

python fuzz/fuzz_hello.py FILE...        read each file (`.hex` files as hex text), say which one failed
python fuzz/fuzz_hello.py [-runs=N ...]  fuzz with atheris, whose options and corpus folders follow
python -m fuzz                           fuzz every target for a while, see `__main__`

An input is also stretched: a target whose time per byte grows with the length fails.
"""

from __future__ import annotations

import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType

# Bytes of the shorter input, and how much longer the other is: its lines stay within the limits of HTTP.
SMALL = 900
TIMES = 8
LEAST_S = 0.02
MOST = 3 * TIMES


def main(target: Callable[[bytes], None]) -> None:
    """Run a target as the command line asks for."""
    names = [name for name in sys.argv[1:] if Path(name).is_file()]
    if names:
        for name in names:
            data = Path(name).read_bytes()
            data = bytes.fromhex(data.decode()) if name.endswith(".hex") else data
            _watched(target, data)
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
    atheris.Setup(sys.argv, lambda data: _watched(target, data))
    atheris.Fuzz()


def _watched(target: Callable[[bytes], None], data: bytes) -> None:
    """Run the target; of one input in sixteen see what longer ones cost."""
    target(data)
    if zlib.crc32(data) % 16 == 0:
        check_linear(target, data)


def cpu_s(target: Callable[[bytes], None], data: bytes) -> float:
    """Return the seconds of CPU that the target takes: the least of three runs."""
    costs = []
    for _ in range(3):
        began = time.thread_time()
        target(data)
        costs.append(time.thread_time() - began)
    return min(costs)


def check_linear(
    target: Callable[[bytes], None],
    data: bytes,
    cost: Callable[[Callable[[bytes], None], bytes], float] = cpu_s,
) -> None:
    """Repeat a few bytes of an input, and eight times as often; raise AssertionError if that costs far more than eightfold.

    Args:
        target: What to run.
        data: An input; its checksum says which of its bytes are repeated.
        cost: Measures one run, in seconds of CPU.
    """
    if not data:
        return
    mark = zlib.crc32(data) >> 4
    start = mark % len(data)
    stop = start + 1 + (mark >> 16) % 8
    unit = data[start:stop]
    small, large = (data[:start] + unit * (size // len(unit)) + data[stop:] for size in (SMALL, TIMES * SMALL))
    spent = cost(target, large)
    # Quadratic is 64 times; less than 20 ms says nothing.
    if spent >= LEAST_S and spent > MOST * cost(target, small):
        raise AssertionError(f"{len(large)} bytes took {spent:.3f} s, far more than {TIMES} times {len(small)} bytes")


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """Yield the functions and methods a module defines; compiled ones are none."""
    for item in vars(module).values():
        members = vars(item).values() if isinstance(item, type) else (item,)
        for member in members:
            function = getattr(member, "fget", None) or getattr(member, "__func__", None) or member
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                yield function
