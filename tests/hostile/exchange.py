"""One whole exchange through a damaged path (open, echo, close), and what each side says of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final

from tests.aio.serving import Loopback
from tests.hostile.faultproxy import CLEAN, Damage, FaultProxy

from wssure import ConnectFailed, ConnectionClosed, Failure, TLSSettings
from wssure.aio.client_tls import SESSIONS

__all__ = ["ECHOED", "Outcome", "Way", "exchange"]

ECHOED: Final = "x" * 50
# How far an exchange came, in order.
REACHED: Final = ("tls", "upgrade", "open", "done")


@dataclass(frozen=True)
class Way:
    """Scheme, backend and TLS version of an exchange.

    Args:
        loopback: Scheme and backend.
        version: The only TLS version; None for plain ws.
    """

    loopback: Loopback
    version: str | None

    def client(self) -> dict[str, Any]:
        """Return the client's TLS settings."""
        if self.version is None:
            return {}
        return {"tls": TLSSettings(ca=self.loopback.ca_pem, min_version=self.version, max_version=self.version)}


@dataclass(frozen=True)
class Outcome:
    """How an exchange ended.

    Args:
        reached: The step the client was in at the end; `done` where it has its echo and has closed.
        error: What the client caught; None where it is done.
        passed: Bytes up and down when the connection was open, and at the end.
        said: The failures in the server's log.
    """

    reached: str
    error: ConnectFailed | ConnectionClosed | None
    passed: tuple[tuple[int, int], tuple[int, int]]
    said: tuple[Failure, ...]

    @property
    def rank(self) -> int:
        """How far it came, as a number."""
        return REACHED.index(self.reached)


class _Log(logging.Handler):
    """Keeps the failures a server logs."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Failure] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            raise AssertionError(record.getMessage()) from record.exc_info[1]
        failure = getattr(record, "failure", None)
        if failure is not None:
            self.said.append(failure)


def _limits(seconds: float) -> dict[str, Any]:
    """Return limits for every step: nothing may wait for ever."""
    return {
        "timeouts": {"tls": seconds, "upgrade": seconds},
        "close_timeout": seconds / 2,
        "ping_interval": seconds / 3,
        "ping_timeout": seconds / 3,
    }


async def exchange(way: Way, *, up: Damage = CLEAN, down: Damage = CLEAN, limit_s: float = 10) -> Outcome:
    """Open a connection through a proxy, echo a message, close it.

    Args:
        way: What it runs over.
        up: What the bytes to the server suffer.
        down: What the bytes to the client suffer.
        limit_s: Seconds the client gives each step; the server gives twice as much, so that it is the client who gives up.
    """
    log = _Log()
    logger = logging.Logger("hostile")
    logger.addHandler(log)
    # Another exchange may have used this port number before, and a resumed handshake has other bytes.
    SESSIONS.clear()
    async with (
        way.loopback.server(logger=logger, **_limits(2 * limit_s)) as server,
        FaultProxy(server.port, up=up, down=down) as proxy,
    ):
        opened = (0, 0)
        reached = "done"
        error: ConnectFailed | ConnectionClosed | None = None
        try:
            ws = await way.loopback.connect(proxy.port, logger=logger, **way.client(), **_limits(limit_s))
            opened = proxy.passed
            reached = "open"
            try:
                await ws.send(ECHOED)
                assert await ws.recv() == ECHOED
            finally:
                await ws.close()
            reached = "done"
        except ConnectFailed as caught:
            reached = "" if caught.failure is None else caught.failure.stage.value
            error = caught
        except ConnectionClosed as caught:
            error = caught
        return Outcome(reached, error, (opened, proxy.passed), tuple(log.said))
