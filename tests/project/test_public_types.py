"""Types that a checker can use: every public attribute of the public classes has one, and `Any` becomes rarer."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest
from tests.project.test_hygiene import ROOT
from tests.project.test_size import fields_of

import wssure

SOURCES = ROOT / "src" / "wssure"
# How often a package says `Any`; modules directly below `wssure` are "". It only falls, and a package without a line has none.
# The number and not the frequency, which rises when code is removed.
MOST_ANY = {
    "": 38,
    "aio": 31,
    "demo": 1,
    "diagnose": 2,
    "draw": 1,
    "explain": 1,
    "lint": 9,
    "probe": 4,
    "protocol": 2,
    "stacks": 1,
    "tls": 8,
    "wire": 6,
}
# Public attributes with `Any` in their type, and the reason.
UNTYPED = {
    "Fact.replace": "the fields of each kind of fact have their own types",
}
# A JSON object: its values have no type of their own. Adapters of loggers are generic.
NO_BETTER_TYPE = re.compile(
    r"(?:dict|Mapping)\[(?:builtins\.)?str, Any\]|LoggerAdapter\[Any\]|Coroutine\[Any, Any, |Generator\[Any, Any, "
)


def package_of(path: Path) -> str:
    """Return the package of a source file; `wssure.tools` is a level, not a package."""
    parts = [part for part in path.relative_to(SOURCES).parts if part != "tools"]
    return parts[0] if len(parts) > 1 else ""


def test_any_becomes_rarer():
    now: Counter[str] = Counter()
    for path in SOURCES.rglob("*.py"):
        now[package_of(path)] += sum(map(is_any, ast.walk(ast.parse(path.read_text(encoding="utf-8")))))
    assert {package: count for package, count in now.items() if count > MOST_ANY.get(package, 0)} == {}


def is_any(node: ast.AST) -> bool:
    return (isinstance(node, ast.Name) and node.id == "Any") or (isinstance(node, ast.Attribute) and node.attr == "Any")


def attributes(cls: type) -> set[str]:
    """Return the public attributes that classes of this package give to a class."""
    names = set()
    for base in cls.__mro__:
        if base.__module__.partition(".")[0] != "wssure":
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
        (definition,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
        names |= set(vars(base)) | fields_of(definition)
    return {name for name in names if not name.startswith("_")}


def public_classes() -> dict[str, type]:
    """Return the classes that `wssure` exports, each under its first name."""
    classes: dict[type, str] = {}
    for name in wssure.__all__:
        value = getattr(wssure, name)
        if inspect.isclass(value):
            classes.setdefault(value, name)
    return {name: cls for cls, name in classes.items()}


@pytest.fixture(scope="module")
def revealed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The type of each public attribute, as mypy tells a user."""
    names, program = [], ["import wssure"]
    for name, cls in public_classes().items():
        program.append(f"def of_{name}(it: wssure.{name}) -> None:")
        for attribute in sorted(attributes(cls)):
            names.append(f"{name}.{attribute}")
            program.append(f"    reveal_type(it.{attribute})  # {len(names) - 1}")
        program.append("    pass")
    folder = tmp_path_factory.mktemp("public")
    (folder / "program.py").write_text("\n".join(program))
    cache = ROOT / ".mypy_cache" / "public"
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(cache), "program.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {}
    for line, text in re.findall(r'^program\.py:(\d+): note: Revealed type is "(.*)"$', done.stdout, re.MULTILINE):
        found[names[int(program[int(line) - 1].rpartition("# ")[2])]] = text
    assert sorted(found) == sorted(names)
    return found


def test_every_public_attribute_has_a_type(revealed: dict[str, str]):
    assert len(revealed) > 100
    untyped = {name: text for name, text in revealed.items() if re.search(r"\bAny\b", NO_BETTER_TYPE.sub("", text))}
    assert untyped.keys() == UNTYPED.keys(), untyped
