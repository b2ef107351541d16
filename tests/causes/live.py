"""One connection attempt against a scripted peer, and the explanation it ends with."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from wssure import WssError, connect
from wssure.evidence import Failure

LIMITS = {"dial": 0.3, "tls": 0.3, "upgrade": 0.3}


async def _attempt(url: str, receive: bool, arguments: dict[str, Any]) -> None:
    async with connect(url, **arguments) as ws:
        if receive:
            while True:
                await ws.recv()


def explained(url: str, *, receive: bool = False, **arguments: Any) -> Failure:
    """Connect (and, where asked, receive until the end) and return the failure that ends it."""
    arguments.setdefault("open_timeout", 10)
    with pytest.raises(WssError) as caught:
        asyncio.run(_attempt(url, receive, arguments))
    failure = caught.value.failure
    assert failure is not None
    assert str(caught.value) == f"{failure.cause}: {failure.summary}"
    assert "\n" not in str(caught.value)
    return failure


def works(url: str, **arguments: Any) -> bool:
    """Connect and close again."""
    asyncio.run(_attempt(url, False, arguments))
    return True
