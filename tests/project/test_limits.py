"""The limits in docs/security.md are the limits of the code: each named setting exists and has the default shown."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wssure import HttpLimits, connect, serve
from wssure.aio.options import SERVER_LIMITS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
LIMITS = PAGE.partition("\n## Limits\n")[2].partition("\n## ")[0]
ROWS = [row.strip("| ").rpartition(" | ") for row in LIMITS.splitlines() if row.startswith("| ")]
CALLS: dict[str, Callable[..., Any]] = {"serve": serve, "connect": connect, "HttpLimits": HttpLimits}
# Limits without a number of ours: the libraries', the parser's, and none at all.
ELSEWHERE = {"each backend", "the parser", "fixed", "OpenSSL", "setting"}
SETTINGS = [span for _, _, cell in ROWS for span in re.findall(r"`([^`]+)`", cell)]


def test_each_limit_says_where_it_is_set():
    assert len(ROWS) > 20
    assert [cell for _, _, cell in ROWS if "`" not in cell and cell not in ELSEWHERE] == []


@pytest.mark.parametrize("setting", dict.fromkeys(SETTINGS))
def test_a_limit_exists_and_has_the_value_shown(setting: str):
    statement = ast.parse(setting).body[0]
    if isinstance(statement, ast.Assign):
        module, _, name = ast.unparse(statement.targets[0]).rpartition(".")
        assert getattr(importlib.import_module(module), name) == ast.literal_eval(statement.value)
        return
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    function = ast.unparse(statement.value.func)
    parameters = inspect.signature(CALLS[function]).parameters
    for keyword in statement.value.keywords:
        shown = ast.literal_eval(keyword.value)
        if (function, keyword.arg) == ("serve", "timeouts"):
            assert shown == {name: SERVER_LIMITS[name] for name in shown}
        else:
            assert parameters[str(keyword.arg)].default == shown
