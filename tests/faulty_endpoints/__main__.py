"""`python -m tests.faulty_endpoints` starts every endpoint and prints its true cause and how to look at it; `--check` looks at them all.

The endpoints of the name service need port 53 and a resolv.conf of their own: they are looked at inside a user, network and
mount namespace, and are left out, with a word about it, where none can be had.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shlex
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

from tests.faulty_endpoints.endpoint import Endpoint, Material
from tests.faulty_endpoints.look import ENDPOINTS, NAMED, SOFTWARE, Row, look, resolving, table
from tests.faulty_endpoints.software import program
from tests.peers.namespace import denied, furnish, run_inside


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.faulty_endpoints", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="look at every endpoint with wssure check and print a table"
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("words", nargs="*", help="with --check: more flags for wssure check, after --")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        material = Material(Path(folder))
        if args.inside:
            return _inside(material, args.words)
        return _check(material, args.words) if args.check else _open(material)


def _inside(material: Material, flags: Iterable[str]) -> int:
    """Look at the endpoints of the name service, in a namespace, and print the rows as JSON."""
    furnish()
    with resolving(NAMED):
        print(json.dumps([look(endpoint, material, flags).to_json() for endpoint in NAMED]))
    return 0


def _check(material: Material, flags: list[str]) -> int:
    rows = [look(endpoint, material, flags) for endpoint in _present()]
    reason = denied()
    if reason is None:
        rows += map(Row.of_json, json.loads(run_inside("tests.faulty_endpoints", "--inside", "--", *flags)))
    else:
        print(f"left out: {len(NAMED)} endpoints of the name service, because {reason}", file=sys.stderr)
    print(table(rows))
    right = sum(row.right for row in rows)
    slow = sum(row.ms > 3000 for row in rows)
    print(f"\n{right} of {len(rows)} said rightly ({right / len(rows):.0%}); {slow} took more than 3 s")
    return 0 if all(row.right or row.cause in row.others for row in rows) else 1


def _present() -> list[Endpoint]:
    """Return the endpoints that can be started here, and say what is missing for the others."""
    absent = {endpoint.program for endpoint in SOFTWARE if program(endpoint.program) is None}
    for name in sorted(absent):
        print(f"left out: the endpoints of {name}, which is not installed", file=sys.stderr)
    return [*ENDPOINTS, *(endpoint for endpoint in SOFTWARE if endpoint.program not in absent)]


def _open(material: Material) -> int:
    with contextlib.ExitStack() as stack:
        present = _present()
        for endpoint in present:
            port = stack.enter_context(endpoint.start(material))
            print(f"# {endpoint.id}: {endpoint.cause or 'works'}")
            print(f"wssure check {shlex.join(endpoint.arguments(port, material))}")
        print(f"\n{len(present)} endpoints are open; Ctrl-C closes them", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
