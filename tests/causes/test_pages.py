"""The generated documentation of the causes is current, and what stands in it can be read as it is."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cause_pages", ROOT / "tools" / "cause-pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_are_current(generator):
    assert sorted(generator.outdated()) == [], "run python tools/cause-pages.py"


def test_every_link_leads_somewhere(generator):
    for name, text in generator.files().items():
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            assert (generator.FOLDER / target).is_file(), f"{name} links to {target}"


def test_no_text_is_taken_for_markup(generator):
    for name, text in generator.files().items():
        plain = re.sub(r"`[^`]*`", "", text.replace(generator.MARK, ""))
        assert text.count("`") % 2 == 0, f"{name} has an open code span"
        assert not re.search(r"<[a-zA-Z/!]", plain), f"{name} has text that reads as HTML"
        assert not re.search(r"(?<=\S)\*(?=\S)", plain), f"{name} has a star that reads as emphasis"


def test_a_changed_or_strange_file_is_noticed(generator, tmp_path, monkeypatch):
    monkeypatch.setattr(generator, "FOLDER", tmp_path)
    assert generator.main([]) == 0
    assert generator.outdated() == {}
    (tmp_path / "tls.version.md").write_text("something else")
    (tmp_path / "old.md").write_text("gone")
    assert set(generator.outdated()) == {"tls.version.md", "old.md"}
    assert generator.main(["--check"]) == 1
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0
