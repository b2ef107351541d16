"""No regular expression of the package can be made to take more than linear time by what it is shown.

Every pattern is found in the sources, by itself or in the values of its module, and judged by its parse tree: time says little
on a busy machine, and line counts end where `re` begins. What `lint` reads is its caller's own source code, and not looked at.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.project.regexes import superlinear

import wssure

ROOT = Path(wssure.__file__).parent
# Patterns that no peer reaches: where they are, and what they read.
EXCEPT = {"tls/trust.py _BLOCK": "PEM files of the user's own, at most a bounded number of bytes"}
FUNCTIONS = {
    "match": False,
    "fullmatch": False,
    "search": True,
    "sub": True,
    "split": True,
    "findall": True,
    "finditer": True,
}
MODULES = sorted(
    path
    for path in ROOT.rglob("*.py")
    if path.relative_to(ROOT).parts[:2] != ("tools", "lint")
    and re.search(r"^\s*import re$|\brule\(", path.read_text(), re.MULTILINE)
)


def patterns(path: Path) -> Iterator[tuple[str, str | bytes, int, bool, bool]]:
    """Yield (where, source, flags, searched for, whole) of every pattern of a module."""
    tree = ast.parse(path.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    used: dict[str, set[str]] = {}
    for call in calls:
        assert isinstance(call.func, ast.Attribute)
        if isinstance(call.func.value, ast.Name) and call.func.attr in FUNCTIONS:
            if call.func.value.id == "re":
                source = ast.literal_eval(call.args[0])
                flags = re.DOTALL if "DOTALL" in ast.unparse(call) else 0
                yield f"line {call.lineno}", source, flags, FUNCTIONS[call.func.attr], call.func.attr == "fullmatch"
            used.setdefault(call.func.value.id, set()).add(call.func.attr)
    module = importlib.import_module(
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
    )
    for name, value in vars(module).items():
        for pattern in _compiled(value):
            methods = used.get(name) or {"search"}
            searched = any(FUNCTIONS[method] for method in methods)
            yield name, pattern.pattern, pattern.flags & ~re.UNICODE, searched, "fullmatch" in methods


def _compiled(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _compiled(item)
    elif isinstance(value, dict):
        yield from _compiled(tuple(value.values()))
    elif type(value).__module__.partition(".")[0] == "wssure":
        for name in getattr(value, "__match_args__", ()):
            yield from _compiled(getattr(value, name))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_pattern_is_linear(path):
    found = {
        f"{path.relative_to(ROOT).as_posix()} {where}": (source, why)
        for where, source, flags, searched, whole in patterns(path)
        if (why := superlinear(source, flags, search=searched, whole=whole)) is not None
    }
    assert {where: why for where, why in found.items() if where not in EXCEPT} == {}


KNOWN = {
    "nested": (r"(a+)+b", False, False, True),
    "nested, one way only": (r"(?:a+,)+b", False, False, False),
    "two ways through a repetition": (r"(?:ab|[ac]b)*d", False, False, True),
    "neighbours that overlap": (r"[ \t]*(.*?)[ \t]*", False, True, True),
    "neighbours that do not": (r"[a-z]*[0-9]*x", False, False, False),
    "neighbours, and nothing can fail behind": (r"a*b*", False, False, False),
    "the same, matched as a whole": (r"a*[ab]*", False, True, True),
    "a mark that stands in its own rest": (r"lookup .*: no", True, False, True),
    "a mark that cannot": (r"lookup \w*: no", True, False, False),
    "searched for, with nothing in front": (r"[a-z]+://", True, False, True),
    "the same at one place": (r"[a-z]+://", False, False, False),
    "the same at the beginning": (r"^[a-z]+://", True, False, False),
    "bounded": (r"lookup .{0,300}: no", True, False, False),
    "possessive": (r"a*+[ab]*c", False, False, False),
    "atomic": (r"(?>.*?a).*b", False, False, False),
    "behind an anchor": (r"x.*\Z", True, False, True),
}


@pytest.mark.parametrize(("source", "searched", "whole", "slow"), KNOWN.values(), ids=KNOWN)
def test_the_judgement_of_known_patterns(source, searched, whole, slow):
    assert (superlinear(source, re.DOTALL, search=searched, whole=whole) is not None) is slow
