"""Measure nanoseconds per message in the codecs alone: no socket, no TLS, no loop.

python benchmarks/codec.py [--interpreted] [--rounds N]

Prints one row per workload, the best of the rounds. `--interpreted` measures the .py sources of compiled modules.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

BATCH_BYTES = 64 * 1024
Result = tuple[str, float]


def measured(work: Callable[[], object], count: int, rounds: int) -> float:
    """Return the nanoseconds per operation in the best of the rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter_ns()
        work()
        best = min(best, time.perf_counter_ns() - start)
    return best / count


def streams(form: ModuleType, rounds: int) -> list[Result]:
    """Measure batches of equal messages, parsed and written, in both roles."""
    from wssure.protocol.state import Role

    results = []
    keys = partial(os.urandom, 512)
    for name, message in (
        ("32 B text", "x" * 32),
        ("32 B binary", b"x" * 32),
        ("256 B binary", b"x" * 256),
        ("8 KiB binary", b"x" * 8192),
        ("8 KiB text", "x" * 8192),
    ):
        count = max(1, BATCH_BYTES // len(message))
        for role, peer in ((Role.CLIENT, Role.SERVER), (Role.SERVER, Role.CLIENT)):
            ours = form.Connection(role, mask_key=keys if role is Role.CLIENT else None)
            theirs = form.Connection(peer, mask_key=keys if peer is Role.CLIENT else None)

            def write(theirs=theirs, message=message, count=count) -> bytes:
                for _ in range(count):
                    theirs.send_message(message)
                return theirs.data_to_send()

            data = memoryview(write())

            def parse(ours=ours, data=data) -> list[object]:
                ours.receive(data)
                return ours.events()

            assert len(parse()) == count
            results.append((f"{role.value} receives {name}", measured(parse, count, rounds)))
            results.append((f"{peer.value} sends {name}", measured(write, count, rounds)))
    return results


def large(form: ModuleType, rounds: int) -> list[Result]:
    """Measure one MiB in reads of 64 KiB, byte by byte, and in fragments of 64 bytes."""
    from wssure.protocol.state import Role

    keys = partial(os.urandom, 512)
    results = []
    for name, message in (("binary", bytes(1 << 20)), ("text", "x" * (1 << 20))):
        client, server = form.Connection(Role.CLIENT, mask_key=keys), form.Connection(Role.SERVER, max_fragments=None)
        client.send_message(message)
        whole = client.data_to_send()
        for at in range(0, 1 << 20, 64):
            client.send_fragment(message[at : at + 64], fin=at + 64 == 1 << 20)
        pieces = client.data_to_send()

        def cut(data: bytes, step: int, server=server) -> None:
            for at in range(0, len(data), step):
                server.receive(memoryview(data)[at : at + step])
            assert len(server.events()) == 1

        few = max(3, rounds // 10)
        results.append(
            (f"server receives 1 MiB {name} in 64 KiB reads", measured(partial(cut, whole, 1 << 16), 1, few))
        )
        results.append(
            (f"server receives 1 MiB {name} in 64 B fragments", measured(partial(cut, pieces, 1 << 16), 1, few))
        )
    return results


def masks(form: ModuleType, rounds: int) -> list[Result]:
    """Measure masking alone, including the new bytes object."""
    key = b"\x12\x34\x56\x78"
    results = []
    for size in (32, 256, 8192, 1 << 20):
        data = bytes(size)
        count = max(1, (1 << 20) // size // 16)

        def mask(data=data, count=count) -> None:
            for _ in range(count):
                form.apply_mask(data, key)

        results.append((f"mask {size} B", measured(mask, count, rounds)))
    return results


def compression(rounds: int) -> list[Result]:
    """Measure compression of 8 KiB of JSON-like text, with and without context takeover."""
    from wssure.wire.deflate import Deflater, Inflater

    message = b"".join(b'{"id": %d, "name": "item %d", "price": %d}, ' % (i, i * 7, i * i) for i in range(160))[:8192]
    results = []
    for fresh in (False, True):
        deflater, inflater = Deflater(12, fresh), Inflater(12, fresh)
        first = deflater.compress(message)
        inflater.inflate(first, True, None)
        second = deflater.compress(message)
        name = "fresh" if fresh else "takeover"
        results.append((f"deflate 8 KiB, {name}", measured(partial(deflater.compress, message), 1, rounds)))
        if fresh:
            results.append(
                (f"inflate 8 KiB, {name}", measured(partial(inflater.inflate, second, True, 8192), 1, rounds))
            )
    return results


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interpreted", action="store_true", help="measure the .py sources")
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from tests.interpreted import INSTALLED, INTERPRETED

    form = INTERPRETED if options.interpreted else INSTALLED
    source = Path(form.connection.__spec__.origin or "").suffix
    print(f"{'interpreted' if source == '.py' else 'compiled'}, Python {sys.version.split()[0]}")
    results = streams(form.connection, options.rounds) + large(form.connection, options.rounds)
    for name, ns in results + masks(form.mask, options.rounds) + compression(options.rounds):
        print(f"{ns:12.1f} ns  {name}")


if __name__ == "__main__":
    main()
