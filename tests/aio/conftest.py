"""Runs coroutine tests, each on a loop of its own, and refuses one that leaves a task, a socket or a thread behind.

WSSURE_LOOP=uvloop runs them on uvloop.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
from collections.abc import Callable

import pytest
from tests.aio.serving import NAME, Loopback
from tests.backends import EXPECTED


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if os.environ.get("WSSURE_LOOP") != "uvloop":
        return None
    import uvloop

    return uvloop.new_event_loop


def _open_fds() -> int:
    """Count this process's sockets (an event loop may open other descriptors when it likes)."""
    count = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
        except FileNotFoundError:
            pass  # the directory's own descriptor
    return count


@pytest.fixture
def open_fds() -> Callable[[], int]:
    """Return a function that counts this process's open sockets."""
    return _open_fds


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    troubles: list[dict[str, object]] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: troubles.append(context))
        before = _open_fds()
        await pyfuncitem.obj(**arguments)
        await _settle(before)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks left behind: {left}"
        assert _open_fds() <= before, "sockets left behind"

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(run())
    gc.collect()  # what was never awaited or closed warns now, inside this test
    assert not troubles, f"the event loop was told: {troubles}"
    return True


async def _settle(fds: int) -> None:
    """Let the loop turn until nothing but this task is left, a bounded number of times."""
    for _ in range(200):
        await asyncio.sleep(0)
        if len(asyncio.all_tasks()) == 1 and _open_fds() <= fds:
            return
        await asyncio.sleep(0.001)


@pytest.fixture(params=["ws", *(f"wss-{name}" for name in EXPECTED)])
def loopback(request: pytest.FixtureRequest, site_pem: Callable[..., bytes], ca_pem: bytes) -> Loopback:
    """Plain ws, and wss on each backend."""
    _, _, backend = request.param.partition("-")
    return Loopback(backend or None, site_pem(NAME), ca_pem)


@pytest.fixture(params=EXPECTED)
def secure(request: pytest.FixtureRequest, site_pem: Callable[..., bytes], ca_pem: bytes) -> Loopback:
    """Wss on each backend."""
    return Loopback(request.param, site_pem(NAME), ca_pem)


@pytest.fixture
def plain(site_pem: Callable[..., bytes], ca_pem: bytes) -> Loopback:
    """Plain ws."""
    return Loopback(None, site_pem(NAME), ca_pem)
