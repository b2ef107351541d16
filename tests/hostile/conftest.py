"""Hostile peers meet our servers and clients as `tests/aio` does: no test may leave a task, a socket or a thread behind."""

from __future__ import annotations

from tests.aio.conftest import loopback, open_fds, plain, pytest_pyfunc_call, secure

__all__ = ["open_fds", "loopback", "plain", "pytest_pyfunc_call", "secure"]
