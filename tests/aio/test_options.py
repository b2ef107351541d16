"""The keywords that `connect` and `serve` share are written once, and both show and take all of them."""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest

from wssure import UsageError, connect, serve
from wssure.aio.options import Keywords, Options


async def handler(ws) -> None:
    await ws.wait_closed()


CALLS = {
    connect: lambda **options: connect("ws://a.example/", **options),
    serve: lambda **options: serve(handler, "127.0.0.1", **options),
}
each_call = pytest.mark.parametrize("function", CALLS, ids=lambda function: function.__name__)


def test_each_option_has_one_type():
    assert {field.name: field.type for field in fields(Options)} == {
        name: hint.__forward_arg__ for name, hint in Keywords.__annotations__.items()
    }


@each_call
def test_signature_and_docstring_show_every_option(function):
    parameters = inspect.signature(function).parameters
    for field in fields(Options):
        assert parameters[field.name].default == field.default
        assert f"\n    {field.name}: " in inspect.cleandoc(function.__doc__)
    assert "options" not in parameters


@each_call
@pytest.mark.parametrize("name", [field.name for field in fields(Options)])
def test_each_option_is_taken(function, name):
    CALLS[function](**{name: getattr(Options(), name)})


@each_call
@pytest.mark.parametrize(
    "name", ["compression", "open_timeout", "ping_interval", "ping_timeout", "close_timeout", "max_size", "write_limit"]
)
def test_a_wrong_value_is_refused_by_both(function, name):
    with pytest.raises(UsageError, match=name):
        CALLS[function](**{name: -1})
