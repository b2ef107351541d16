"""Change the code in small ways and see whether a test fails: `make mutants`, which `make full` runs.

    python tools/mutants.py                        a seeded sample of each package
    python tools/mutants.py --package wire --per-package 40 --seed 7

A mutant is one change of one expression or statement: a comparison, `and` and `or`, a number, a returned value, a condition, a dropped
statement. It stands in an interpreted copy of the tree. The tests of its package run there once without a mutant, and coverage.py notes
the tests that execute each line. With a mutant, the tests of its lines run, the most specific first, until one fails. If no test executes
its lines in this process, all tests of the package run, with the compiled parts if the file needs them.

A mutant that no test notices survives. Survivors that change nothing a user or peer could see stand in tests/mutants.tsv, each with its
reason; of the others 90 % of each package must be killed. A table of more than 30 entries is data and has no mutants.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

# tools/coverage.py; no program of this folder can import the library of that name.
from coverage import interpreted

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "wssure"
LIST = ROOT / "tests" / "mutants.tsv"
# Of each package's mutants that are not in the list, so many percent must be killed.
ENOUGH_PERCENT = 90
# A mutant that loops for ever is ended by time (in seconds, of one test and of all) or by the memory that it takes (in bytes).
LONGEST_TEST, LONGEST, MOST_MEMORY = 120, 1200, 4 << 30
# A literal with more elements is a table of data.
TABLE = 30
TESTS = {
    "wire": ("tests/wire",),
    "protocol": ("tests/protocol",),
    "session": ("tests/session", "tests/aio"),
    "tls": ("tests/tls",),
    "aio": ("tests/session", "tests/aio"),
    "diagnose": (
        "tests/diagnose",
        "tests/causes/test_evidence.py",
        "tests/causes/test_pages.py",
        "tests/causes/test_commands.py",
    ),
    "tools/lint": ("tests/tools/lint",),
    "tools/explain": ("tests/tools/explain",),
    "tools/stacks": ("tests/tools/stacks", "tests/tools/cli/test_hello.py"),
    "tools/probe": ("tests/tools/probe",),
    "tools/draw": ("tests/tools/draw",),
    "tools/cli": ("tests/tools/cli",),
    "": (
        "tests/test_endpoint.py",
        "tests/test_errors.py",
        "tests/test_extras.py",
        "tests/test_facts.py",
        "tests/test_fixes.py",
        "tests/test_frozen.py",
        "tests/test_proxy.py",
        "tests/test_secrets.py",
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
    """One change: the file, the lines, the bytes, the text there, the text instead, and the line that it begins in.

    `imported`: It is in no function, so that an import executes it.
    """

    file: str
    lines: range
    start: int
    end: int
    old: str
    new: str
    context: str
    imported: bool

    @property
    def key(self) -> str:
        """The name in the list, independent of line numbers."""
        return f"{self.file}: {' '.join(self.old.split())} -> {self.new} in: {self.context}"


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield the possible changes of a file."""
    text = path.read_text()
    data = text.encode()
    begins = [0]
    for line in data.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))

    def span(node: ast.AST) -> tuple[int, int]:
        return begins[node.lineno - 1] + node.col_offset, begins[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    tree = ast.parse(text)
    called = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for line in range(node.body[0].lineno, node.end_lineno + 1)  # type: ignore[operator]
    }

    def change(node: ast.AST, new: str) -> Mutant:
        start, end = span(node)
        lines = range(node.lineno, node.end_lineno + 1)  # type: ignore[attr-defined]
        context = data.splitlines()[lines.start - 1].decode().strip()
        imported = lines.start not in called
        return Mutant(str(path.relative_to(ROOT)), lines, start, end, data[start:end].decode(), new, context, imported)

    for node in _live(tree):
        for new in _changes(node):
            yield change(node, new)


def _live(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of code that runs: no annotations, docstrings, type-checking blocks or tables of data."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if len(getattr(node, "values" if isinstance(node, ast.Dict) else "elts", ())) > TABLE:
            continue
        yield node
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
        self.folder = interpreted(folder)
        for path in () if pure else (*SOURCE.rglob("*.so"), *ROOT.glob("build/compiled*")):
            (folder / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / path.relative_to(ROOT))
        self.settings = {"PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
        self.settings |= {"WSSURE_TEST_BACKENDS": "stdlib"} if pure else {}

    def notices(self, mutant: Mutant, tests: list[str]) -> bool:
        """Return True if a test fails with the mutant in place."""
        path = self.folder / mutant.file
        data = path.read_bytes()
        path.write_bytes(data[: mutant.start] + mutant.new.encode() + data[mutant.end :])
        try:
            return bool(self.run(tests, "-x", "-p", "no:cov"))
        finally:
            path.write_bytes(data)

    def run(self, tests: list[str], *options: str) -> str:
        """Run tests in this order, and return the words of the failure, or an empty text."""
        # More tests than a command line holds.
        chosen = self.folder / "chosen-tests"
        chosen.write_text("\n".join(tests))
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--tier",
            "quick",
            f"--timeout={LONGEST_TEST}",
            "--hypothesis-seed=0",
        ]
        command += ["-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", *options, f"@{chosen}"]
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=os.environ | self.settings,
                capture_output=True,
                text=True,
                timeout=LONGEST,
                check=False,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY)),
            )
        except subprocess.TimeoutExpired:
            return f"not done after {LONGEST} s"
        return done.stdout[-3000:] + done.stderr[-2000:] if done.returncode else ""


class Reach:
    """The tests of a package that execute each line.

    Args:
        file: What coverage.py wrote: a table of the jumps from line to line, by file and test.
    """

    def __init__(self, file: Path) -> None:
        self._tests: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        jumps = (
            "SELECT path, context, tono FROM arc JOIN file ON file.id = file_id JOIN context ON context.id = context_id"
        )
        with closing(sqlite3.connect(file)) as data:
            for path, context, line in data.execute(jumps):
                self._tests[path.partition("/src/")[2]][context.rpartition("|")[0]].add(line)

    def of(self, mutant: Mutant) -> list[str]:
        """Return the tests of a mutant, those that execute the least of its file first."""
        found = dict(self._tests[mutant.file.removeprefix("src/")])
        found.pop("", None)  # no test: an import during collection
        lines = set(mutant.lines)
        # What an import executes may matter to every test of the file.
        near = (test for test in found if mutant.imported or found[test] & lines)
        return sorted(near, key=lambda test: len(found[test]))


def listed() -> dict[str, str]:
    """Return the known survivors with their reasons."""
    rows = (line.split("\t") for line in LIST.read_text().splitlines() if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows}


def judge(package: str, mutants: list[Mutant], copies: dict[bool, Copy]) -> Counter[bool]:
    """Return how many mutants of a package were killed and not; print those that were not."""
    tests = [test for test in TESTS[package] if (ROOT / test).exists()]
    pure = copies[True]
    trouble = pure.run(tests, "--cov=wssure", "--cov-context=test", "--cov-report=")
    if trouble:
        raise SystemExit(f"mutants: the tests of {package or 'the values'} fail without a mutant\n{trouble}")
    reach = Reach(pure.folder / ".coverage")
    counts: Counter[bool] = Counter()
    for mutant in mutants:
        near = reach.of(mutant)
        compiled = not near and not (ROOT / mutant.file).with_suffix(".pxd").exists()
        killed = copies[not compiled].notices(mutant, near or tests)
        counts[killed] += 1
        if not killed:
            print(
                f"mutants: survived {mutant.key}   (line {mutant.lines.start}, {len(near) or 'all'} tests)", flush=True
            )
    print(f"mutants: {package or 'values':<16} {counts[True]} of {counts.total()} killed", flush=True)
    return counts


def main() -> int:
    """Run the sample; returns 1 if too many mutants of a package survive."""
    parser = argparse.ArgumentParser(prog="mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-package", type=int, default=20)
    parser.add_argument("--package", choices=sorted(TESTS))
    options = parser.parse_args()
    known = listed()
    few = []
    in_all: Counter[bool] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        copies = {pure: Copy(Path(scratch) / str(pure), pure=pure) for pure in (False, True)}
        for package, mutants in sample(options.seed, options.per_package, options.package).items():
            counts = judge(package, [mutant for mutant in mutants if mutant.key not in known], copies)
            in_all += counts
            if 100 * counts[True] < ENOUGH_PERCENT * counts.total():
                few.append(package or "values")
    print(
        f"mutants: {in_all[True]} of {in_all.total()} killed, seed {options.seed}; under {ENOUGH_PERCENT} %: {', '.join(few) or 'no package'}"
    )
    return 1 if few else 0


if __name__ == "__main__":
    sys.exit(main())
