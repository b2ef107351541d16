"""CONTRIBUTING names files and names that exist, and commands that the Makefile has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from tests.project.test_hygiene import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TOPS = (ROOT, ROOT / "src" / "wssure")
# A path has a slash or a suffix; a name in capitals stands for any.
PATH = re.compile(r"(?P<path>\.?[a-z_][\w*.-]*(?:/[\w*.-]+)*/?)(?:::(?P<name>[\w.]+))?(?: .*)?")
SUFFIXES = (".py", ".pxd", ".pyx", ".md", ".toml", ".tsv", ".sh")
PLACEHOLDER = re.compile(r"\b[A-Z]{4,}")


def references(page: str) -> Iterator[tuple[str, str]]:
    """Return each path in backticks, and the name behind it or an empty text."""
    for span in re.findall(r"`([^`\n]+)`", page):
        found = PATH.fullmatch(span)
        if found is None or span in SUFFIXES or PLACEHOLDER.search(found["path"]):
            continue
        if found["path"].endswith((*SUFFIXES, "/")) or found["name"]:
            yield found["path"], found["name"] or ""


REFERENCES = sorted(set(references(PAGE)))


def defined(source: str) -> set[str]:
    """Return the names a Python file defines at its top and in its classes, those as `Class.name`."""
    names = set()

    def walk(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(prefix + node.name)
            if isinstance(node, ast.ClassDef):
                walk(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.If):
                walk(node.body + node.orelse, prefix)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names.update(prefix + target.id for target in targets if isinstance(target, ast.Name))

    walk(ast.parse(source).body, "")
    return names


def test_the_page_answers_with_files():
    assert len(REFERENCES) > 40
    assert len([name for _, name in REFERENCES if name]) > 20


@pytest.mark.parametrize(("path", "name"), REFERENCES, ids=lambda text: text or "-")
def test_a_file_and_a_name_in_it_exist(path: str, name: str):
    files = [file for top in TOPS for file in top.glob(path.rstrip("/"))]
    assert files, f"{path}: no such file below the project or src/wssure"
    if not name:
        return
    (file,) = files
    source = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        assert name in defined(source), f"{path} defines no {name}"
    else:
        assert re.search(rf"^\s*(?:cdef|cpdef|def|class)\b.*\b{name}\b", source, re.MULTILINE), f"{path} has no {name}"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|^ {4})make ([a-z][\w -]*)", PAGE, re.MULTILINE))))
def test_a_command_of_make_exists(target: str):
    known = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert known is not None
    assert {word for word in target.split() if word.islower()} <= set(known[1].split())


def test_all_stands_only_where_names_of_others_are_handed_on():
    for path in (ROOT / "src").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        stated = re.search(r"^__all__ = (\[.*?\])", source, re.MULTILINE | re.DOTALL)
        if stated and path.name != "__init__.py":
            assert set(ast.literal_eval(stated[1])) - defined(source), path
