"""The vocabulary of facts is used as it is declared: typed, made and read by something, and documented."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from wssure.diagnose import catalogue
from wssure.facts import KINDS, Fact

ROOT = Path(__file__).parents[2]
SOURCES = {
    path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.p[yx]*")) if path.suffix != ".pyc"
}
SOURCES |= {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "mbedtls" / "src").rglob("*.p[yx]*"))}
OTHERS = {path: text for path, text in SOURCES.items() if path.name != "facts.py" or path.parent.name != "wssure"}
TEXT = "\n".join(OTHERS.values())
ANNOTATION = re.compile(
    r"(?:PeerText|PeerTexts|PeerHeaders|Direction|Level|str|int|float|bool|None|tuple\[str, \.\.\.\]| \| )+\Z"
)


def test_the_page_is_current():
    spec = importlib.util.spec_from_file_location("fact_page", ROOT / "tools" / "fact-page.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert generator.page() == (ROOT / "docs" / "facts.md").read_text(encoding="utf-8"), "run python tools/fact-page.py"


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_kind_has_typed_fields_a_maker_and_a_reader(kind: type[Fact]):
    name = kind.__name__
    for annotation in kind._annotations.values():
        assert ANNOTATION.match(annotation), annotation
    made = rf"(?<!class )\b{name}(?:\.of\b|\()|note\(\s*(?:[\w.]+, )?{name}\b|_fact(?:: [^=\n]+)? = {name}\b"
    assert re.search(made, TEXT), "nothing makes it"
    readers = rf"(?:\b(?:last|all|fact|saw|isinstance)\([^()]*\b{name}\b|\b{name} (?:not )?in \w|\b{name}: |\bfirst_bytes\({name}\b)"
    assert re.search(readers, TEXT), "nothing reads it"


def test_a_fact_has_no_keys():
    assert not {"get", "items", "keys", "__getitem__", "value"} & set(dir(Fact))


def test_no_kind_is_written_as_text_where_its_class_can_stand():
    """The ids of causes look alike; a kind is a text in `shows` and in the order of a block only."""
    for path, text in OTHERS.items():
        if path.suffix != ".py":
            continue
        for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Attribute) and call.func.attr in (
                "note",
                "fact",
                "last",
                "all",
                "saw",
                "_note",
            ):
                named = [one.value for one in call.args if isinstance(one, ast.Constant) and one.value in KINDS]
                assert not named, f"{path}:{call.lineno}"


def test_a_cause_shows_kinds_that_exist():
    for cause in catalogue():
        assert set(cause.shows) <= set(KINDS), cause.id
