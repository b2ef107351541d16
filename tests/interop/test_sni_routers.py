"""Our echo server behind nginx and haproxy that route by SNI: the right name comes through, a wrong one is explained.

What these routers do to a name they do not know is close, or reset, without a word of TLS. Many faults look so from here: the
explanation must name the name as a suspect, and must not claim to be sure.
"""

from __future__ import annotations

import pathlib

import pytest
from tests.interop import orders
from tests.interop.conftest import Ours, refusal
from tests.interop.sni_routers import ROUTERS

from wssure import Confidence, Stage

NAME = "a.example"


@pytest.fixture(params=list(ROUTERS))
def router(request: pytest.FixtureRequest):
    return ROUTERS[request.param]


async def test_the_right_name_comes_through(router, ours: Ours, tmp_path: pathlib.Path):
    async with ours.serve(orders.Obeying(), strict_sni=True) as server:
        with router(tmp_path, NAME, server.port) as port:
            async with ours.connect(port, name=NAME) as ws:
                for message in orders.MESSAGES.values():
                    await ws.send(message)
                    assert await ws.recv() == message
                assert ws.tls is not None
                assert ws.tls.server_name == NAME


async def test_relaxed_verification_routes_as_well(router, ours: Ours, tmp_path: pathlib.Path):
    # The founding incident: a relaxed check that takes the SNI with it never gets past such a router.
    async with ours.serve(orders.Obeying()) as server:
        with router(tmp_path, NAME, server.port) as port:
            for relaxed in ({"verify": "chain"}, {"allow_expired": True}):
                async with ours.connect(port, name=NAME, **relaxed) as ws:
                    await ws.send("through")
                    assert await ws.recv() == "through"


async def test_a_name_nobody_routes_is_a_suspect_and_no_more(router, ours: Ours, tmp_path: pathlib.Path):
    async with ours.serve(orders.Obeying()) as server:
        with router(tmp_path, NAME, server.port) as port:
            failure = await refusal(ours.connect(port, name="localhost"))
    assert failure.stage is Stage.TLS
    assert failure.cause in ("tls.eof-in-handshake", "tcp.reset-in-handshake")
    assert failure.confidence is Confidence.POSSIBLE
    why = {other.cause: other.why for other in failure.alternatives}
    assert "localhost" in why["tls.sni-unknown"]


async def test_no_name_at_all_is_the_likely_reason(router, ours: Ours, tmp_path: pathlib.Path):
    async with ours.serve(orders.Obeying()) as server:
        with router(tmp_path, NAME, server.port) as port:
            failure = await refusal(ours.connect(port, name="127.0.0.1"))
    assert (failure.stage, failure.cause, failure.confidence) == (Stage.TLS, "tls.sni-missing", Confidence.LIKELY)
