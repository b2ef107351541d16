"""Change the code in small ways and see whether a test fails: `make mutants`, which `make full` runs.

    python tools/mutants.py                        a seeded sample of each package
    python tools/mutants.py --package wire --per-package 40 --seed 7

A mutant is one change of one expression or statement: a comparison, `and` and `or`, a number, a returned value, a condition, a dropped
statement. The tests of its package run against a copy of the tree in which it stands. A mutant that no test notices survives. Survivors
that change nothing a user could see stand in tests/mutants.tsv, each with its reason; of the others 90 % must be killed.

The copy is interpreted if the changed file has a compiled form, and otherwise has the compiled parts of this tree.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "wssure"
LIST = ROOT / "tests" / "mutants.tsv"
# Of the mutants that are not in the list, so many percent must be killed.
ENOUGH_PERCENT = 90
# A mutant that loops for ever is killed by time; the tests of one package take less than this many seconds.
LONGEST = 600
TESTS = {
    "wire": ("tests/wire",),
    "protocol": ("tests/protocol",),
    "session": ("tests/session", "tests/aio"),
    "tls": ("tests/tls",),
    "aio": ("tests/aio",),
    "diagnose": ("tests/diagnose", "tests/causes"),
    "tools/lint": ("tests/tools/lint",),
    "tools/explain": ("tests/tools/explain",),
    "tools/stacks": ("tests/tools/stacks", "tests/tools/cli/test_hello.py"),
    "tools/probe": ("tests/tools/probe",),
    "tools/draw": ("tests/tools/draw",),
    "tools/cli": ("tests/tools/cli",),
    "": (
        "tests/test_endpoint.py",
        "tests/test_errors.py",
        "tests/test_facts.py",
        "tests/test_fixes.py",
        "tests/test_proxy.py",
    ),
}
COMPARES = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}


@dataclass(frozen=True)
class Mutant:
    """One change: the file, the place, the text there and the text instead."""

    file: str
    line: int
    start: int
    end: int
    old: str
    new: str

    @property
    def key(self) -> str:
        """The name in the list, independent of line numbers."""
        return f"{self.file}: {' '.join(self.old.split())} -> {self.new}"


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield the possible changes of a file."""
    text = path.read_text()
    data = text.encode()
    begins = [0]
    for line in data.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))

    def span(node: ast.AST) -> tuple[int, int]:
        return begins[node.lineno - 1] + node.col_offset, begins[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def change(node: ast.AST, new: str) -> Mutant:
        start, end = span(node)
        return Mutant(str(path.relative_to(ROOT)), node.lineno, start, end, data[start:end].decode(), new)  # type: ignore[attr-defined]

    for node in _live(ast.parse(text)):
        for new in _changes(node):
            yield change(node, new)


def _live(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of code that runs: no annotations, docstrings, type-checking blocks or module constants of text."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        skipped = {"annotation", "returns", "decorator_list", "type_params"}
        for name, value in ast.iter_fields(node):
            if name not in skipped:
                todo += [
                    child for child in (value if isinstance(value, list) else [value]) if isinstance(child, ast.AST)
                ]


def _changes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
        yield f"({left} {COMPARES[type(node.ops[0])]} {right})"
    elif isinstance(node, ast.BoolOp):
        other = " or " if isinstance(node.op, ast.And) else " and "
        yield "(" + other.join(f"({ast.unparse(value)})" for value in node.values) + ")"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield f"({ast.unparse(node.operand)})"
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield str(node.value + 1)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield str(not node.value)
    elif isinstance(node, ast.Return) and node.value is not None and not _is_plain(node.value):
        yield "return None"
    elif isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await)
    ):
        yield "pass"


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def package_of(path: Path) -> str:
    """Return the package of a file, a key of TESTS; the tools have one for each of their packages."""
    parts = path.relative_to(SOURCE).parts[:-1]
    name = "/".join(parts[:2]) if parts[:1] == ("tools",) else (parts[0] if parts else "")
    return name


def sample(seed: int, per_package: int, only: str | None) -> dict[str, list[Mutant]]:
    """Choose mutants of each package."""
    found: dict[str, list[Mutant]] = defaultdict(list)
    for path in sorted(SOURCE.rglob("*.py")):
        package = package_of(path)
        if package in TESTS and (only is None or package == only):
            found[package] += mutants_of(path)
    chosen = {}
    for package, mutants in found.items():
        # A choice of its own for each package: a change in one leaves the others' samples as they were.
        picked = random.Random(f"{seed} {package}").sample(mutants, min(per_package, len(mutants)))
        chosen[package] = sorted(picked, key=lambda mutant: (mutant.file, mutant.start))
    return chosen


class Copy:
    """A copy of the tree in which one file is changed at a time.

    Args:
        folder: Where it stands.
        pure: Leave the compiled parts out.
    """

    def __init__(self, folder: Path, *, pure: bool) -> None:
        self.folder = folder
        tracked = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split("\n")
        for name in filter(None, tracked):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
        for path in () if pure else (*SOURCE.rglob("*.so"), *ROOT.glob("build/compiled*")):
            (folder / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / path.relative_to(ROOT))
        self.settings = {"PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
        self.settings |= {"WSSURE_TEST_BACKENDS": "stdlib"} if pure else {}

    def notices(self, mutant: Mutant, tests: tuple[str, ...]) -> bool:
        """Return True if a test fails with the mutant in place."""
        path = self.folder / mutant.file
        data = path.read_bytes()
        path.write_bytes(data[: mutant.start] + mutant.new.encode() + data[mutant.end :])
        try:
            return not self.passes(tests)
        finally:
            path.write_bytes(data)

    def passes(self, tests: tuple[str, ...]) -> bool:
        """Return True if the tests pass."""
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-n",
            "2",
            "--tier",
            "quick",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
        ]
        present = [test for test in tests if (self.folder / test).exists()]
        try:
            done = subprocess.run(
                [*command, *present],
                cwd=self.folder,
                env=os.environ | self.settings,
                capture_output=True,
                timeout=LONGEST,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def listed() -> dict[str, str]:
    """Return the known survivors with their reasons."""
    rows = (line.split("\t") for line in LIST.read_text().splitlines() if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows}


def main() -> int:
    """Run the sample; returns 1 if too many mutants of a package survive."""
    parser = argparse.ArgumentParser(prog="mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-package", type=int, default=12)
    parser.add_argument("--package", choices=sorted(TESTS))
    options = parser.parse_args()
    known = listed()
    counts: dict[str, tuple[int, int]] = {}
    survivors: list[Mutant] = []
    with tempfile.TemporaryDirectory() as scratch:
        copies = {pure: Copy(Path(scratch) / str(pure), pure=pure) for pure in (False, True)}
        for package, mutants in sample(options.seed, options.per_package, options.package).items():
            for pure, copy in copies.items():
                if not copy.passes(TESTS[package]):
                    print(
                        f"mutants: the tests of {package or 'the values'} fail without a mutant ({'pure' if pure else 'compiled'})"
                    )
                    return 1
            judged = [mutant for mutant in mutants if mutant.key not in known]
            killed = 0
            for mutant in judged:
                compiled = (ROOT / mutant.file).with_suffix(".pxd").exists()
                if copies[compiled].notices(mutant, TESTS[package]):
                    killed += 1
                else:
                    survivors.append(mutant)
                    print(f"mutants: survived {mutant.key}   (line {mutant.line})", flush=True)
            counts[package] = (killed, len(judged))
            print(f"mutants: {package or 'values':<16} {killed} of {len(judged)} killed", flush=True)
    killed, judged_in_all = (sum(column) for column in zip(*counts.values(), strict=True))
    percent = 100 * killed / judged_in_all if judged_in_all else 100
    print(
        f"mutants: {killed} of {judged_in_all} killed ({percent:.0f} %), {len(known)} listed as equivalent, seed {options.seed}"
    )
    return 0 if percent >= ENOUGH_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
