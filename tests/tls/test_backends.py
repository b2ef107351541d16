"""Backends are found by name; one that does not work is told with its reason."""

from __future__ import annotations

import re

import pytest
from tests.backends import EXPECTED

from wssure.errors import UsageError
from wssure.tls import backends

pytestmark = pytest.mark.every_backend


def test_stdlib_always_works_and_the_default_is_the_best() -> None:
    assert "stdlib" in backends.available()
    assert backends.backend() is backends.backend(backends.available()[0])
    assert backends.backend("stdlib") is backends.backend("stdlib")
    assert backends.problem("stdlib") is None
    assert backends.problem("nothing") is None


def test_an_unknown_backend_is_a_usage_error_with_the_choice() -> None:
    with pytest.raises(UsageError, match="not installed") as caught:
        backends.backend("nothing")
    assert "stdlib" in caught.value.failure.fix
    with pytest.raises(UsageError):
        backends.backend(7)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(backends._OWN, "broken", ("wssure.tls.does_not_exist", "Nothing"))
    yield "broken"
    backends._loaded.clear()


def test_a_backend_that_cannot_be_loaded_says_why(broken: str) -> None:
    assert broken not in backends.available()
    assert "does_not_exist" in backends.problem(broken)
    with pytest.raises(UsageError, match="does not work here"):
        backends.backend(broken)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_backend_says_its_name_and_version(name: str) -> None:
    found = backends.backend(name)
    assert found.name == name
    assert re.search(r"\d\.\d", found.version)
