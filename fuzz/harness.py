"""Run a fuzz target: with atheris if it is installed and no files are given, else once on each file.

python fuzz/fuzz_hello.py FILE...        read each file (`.hex` files as hex text), report the one that failed
python fuzz/fuzz_hello.py [-runs=N ...]  fuzz with atheris, whose options and corpus folders follow
python -m fuzz                           fuzz every target for a time limit, see `__main__`

Inputs are also repeated: a target fails if its time per byte grows with the length.
"""

from __future__ import annotations

import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType

# Bytes of the shorter input, and the factor of the longer one: its lines are within the limits of HTTP.
SMALL = 900
TIMES = 8
LEAST_S = 0.02
MOST = 3 * TIMES


def main(target: Callable[[bytes], None]) -> None:
    """Run a target with the arguments of the command line."""
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
    # Our own code only: instrumenting the whole standard library takes minutes.
    for module in [module for name, module in sys.modules.items() if name.partition(".")[0] == "wssure"]:
        for function in _functions(module):
            atheris.instrument_func(function)
    atheris.Setup(sys.argv, lambda data: _watched(target, data))
    atheris.Fuzz()


def _watched(target: Callable[[bytes], None], data: bytes) -> None:
    """Run the target; for one input in sixteen, measure the cost of longer ones."""
    target(data)
    if zlib.crc32(data) % 16 == 0:
        check_linear(target, data)


def cpu_s(target: Callable[[bytes], None], data: bytes) -> float:
    """Return the CPU seconds of the target: the minimum of three runs."""
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
    """Repeat a few bytes of an input, then eight times as often; raise AssertionError if the cost is far above eightfold.

    Args:
        target: The fuzz target.
        data: An input; its checksum selects the bytes to repeat.
        cost: Measures one run, in seconds of CPU.
    """
    if not data:
        return
    mark = zlib.crc32(data) >> 4
    start = mark % len(data)
    stop = start + 1 + (mark >> 16) % 8
    unit = data[start:stop]

    def repeated(size: int) -> bytes:
        return data[:start] + unit * (size // len(unit)) + data[stop:]

    large = repeated(TIMES * SMALL)
    spent = cost(target, large)
    # Quadratic time is 64 times as much; times below 20 ms are not significant.
    if spent < LEAST_S or spent <= MOST * cost(target, repeated(SMALL)):
        return
    # A length in the input may make the shorter one a single unfinished message and the longer one many whole messages. After
    # such a step the cost grows evenly. Quadratic cost grows on, or ends where a limit ends the reading.
    growth = cost(target, repeated(TIMES**2 * SMALL)) / spent
    if not TIMES / 2 <= growth <= MOST:
        raise AssertionError(
            f"{len(large)} bytes took {spent:.3f} s, far more than {TIMES} times a {TIMES}th of them; {TIMES} times as many "
            f"took {growth:.1f} times as long"
        )


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """Yield the functions and methods that a module defines, without compiled ones."""
    for item in vars(module).values():
        members = vars(item).values() if isinstance(item, type) else (item,)
        for member in members:
            function = getattr(member, "fget", None) or getattr(member, "__func__", None) or member
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                yield function
