"""The options of an open connection: the same on both sides, checked before any I/O, with what to write instead."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import Any

import pytest
from tests.aio.serving import echo

from wssure import HttpLimits, UsageError, connect, serve
from wssure.aio.options import Options, refuse_unknown

SIDES = {"connect": lambda **options: connect("ws://a.example/", **options), "serve": lambda **o: serve(echo, **o)}
SIGNATURES = {"connect": inspect.signature(connect).parameters, "serve": inspect.signature(serve).parameters}
NOT_POSITIVE = [-1, 0, "20", True, float("nan"), -float("inf")]
NOT_COUNTS = [0, -1, 1.5, "16", True]
BAD = {
    "open_timeout": NOT_POSITIVE,
    "compression": ["gzip", "", True, 15],
    "ping_interval": NOT_POSITIVE,
    "ping_timeout": NOT_POSITIVE,
    "close_timeout": NOT_POSITIVE,
    "max_size": NOT_COUNTS,
    "max_queue": NOT_COUNTS,
    "max_fragments": NOT_COUNTS,
    "broadcast_limit": NOT_COUNTS,
    "write_limit": [-1, None, 1.5, "32768", True],
}
# Options that are no single value: tests/aio/test_connect.py has their errors.
COMPOUND = {"timeouts", "logger", "http_limits"}
# The least that each takes, and None if it is no limit.
GOOD = {
    "open_timeout": [1e-3, None],
    "compression": ["deflate", None],
    "ping_interval": [1e-3, 20, None],
    "ping_timeout": [1e-3, None],
    "close_timeout": [1e-3, None],
    "max_size": [1, None],
    "max_queue": [1, None],
    "max_fragments": [1, None],
    "broadcast_limit": [1, None],
    "write_limit": [0],
}
# A keyword of another library, and what the fix says.
ELSEWHERE = [
    ("connect", "host", "write address="),
    ("connect", "server_hostname", "address="),
    ("connect", "ssl", "tls=TLSSettings"),
    ("connect", "ssl_context", "tls=TLSSettings"),
    ("connect", "sslopt", "tls=TLSSettings"),
    ("connect", "port", "write it into the URL"),
    ("connect", "extra_headers", "additional_headers="),
    ("connect", "header", "additional_headers="),
    ("connect", "timeout", "open_timeout="),
    ("connect", "extensions", "compression="),
    ("connect", "read_limit", "max_queue="),
    ("serve", "host", "write address="),
    ("serve", "ssl", "sites="),
    ("serve", "process_response", "process_request="),
    ("serve", "extra_headers", "Response"),
    ("serve", "read_limit", "max_queue="),
]


def cases(table: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(name, value) for name, values in table.items() for value in values]


def test_the_tables_above_name_every_option():
    names = {field.name for field in fields(Options)}
    assert names - COMPOUND <= set(BAD)
    assert set(BAD) == set(GOOD)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("field", fields(Options), ids=lambda field: field.name)
def test_both_sides_take_each_option_with_the_same_default(side: str, field: Any):
    parameter = SIGNATURES[side][field.name]
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
    assert parameter.default == field.default
    assert parameter.annotation == field.type


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("name", "value"), cases(BAD), ids=repr)
def test_a_value_that_cannot_work_is_named_before_any_io(side: str, name: str, value: Any):
    with pytest.raises(UsageError, match=name) as caught:
        SIDES[side](**{name: value})
    assert caught.value.failure is not None
    assert caught.value.failure.cause == f"usage.{name}"
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("name", "value"), cases(GOOD), ids=repr)
def test_the_least_value_and_no_limit_are_taken(side: str, name: str, value: Any):
    SIDES[side](**{name: value})


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("wrong", [8192, HttpLimits(line_bytes=0), HttpLimits(header_count="many")], ids=repr)
def test_limits_of_http_that_are_none_are_refused_before_any_io(side: str, wrong: Any):
    with pytest.raises(UsageError, match="http_limits") as caught:
        SIDES[side](http_limits=wrong)
    assert caught.value.failure is not None
    assert caught.value.failure.cause == "usage.http_limits"


@pytest.mark.parametrize(("side", "name", "fix"), ELSEWHERE)
def test_a_keyword_of_another_library_is_answered_with_ours(side: str, name: str, fix: str):
    assert name not in SIGNATURES[side]
    with pytest.raises(UsageError, match=f"{side} got {name}=") as caught:
        SIDES[side](**{name: 1})
    assert caught.value.failure is not None
    assert fix in caught.value.failure.fix


def test_a_keyword_that_is_no_name_is_shown_escaped():
    with pytest.raises(UsageError) as caught:
        refuse_unknown("connect", {"a\x1b[31m b": 1})
    assert "\x1b" not in str(caught.value)
    assert caught.value.failure is not None
    assert caught.value.failure.cause == "usage.keyword"
