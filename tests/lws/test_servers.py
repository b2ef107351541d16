"""The real libwebsockets client against our server with two sites: what the wire shows is what a server acts on.

With WSSURE_LWS_PREFIX naming a build on Mbed TLS, the case with the flag is the founding incident itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.lws.conftest import source_of

from wssure import Site, serve

Build = Callable[[str], Path]
ON_OPENSSL = "openssl"
CASES = [
    ("right name", {}, True),
    ("right name with port", {"HOST": 'i.host = "a.test:8443";'}, True),
    ("name check off", {"FLAGS": "LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK"}, ON_OPENSSL),
    ("another site's name", {"HOST": 'i.host = "c.test";'}, False),
    ("a scheme", {"HOST": 'i.host = "wss://a.test";'}, False),
    ("a trailing space", {"HOST": 'i.host = "a.test ";'}, False),
    ("empty", {"HOST": 'i.host = "";'}, False),
    ("everything relaxed and the wrong name", {"HOST": 'i.host = "c.test";', "FLAGS": "31"}, False),
]


async def _echo(ws) -> None:
    async for message in ws:
        await ws.send(message)


@pytest.mark.parametrize("strict", [True, "close"], ids=["alert", "close"])
@pytest.mark.parametrize(("changes", "connects"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_server_that_goes_by_the_name(
    changes, connects: bool | str, strict, build: Build, tmp_path: Path, ca_pem, site_pem, lws_tls: str
) -> None:
    program = build(source_of(**{"HOST": 'i.host = "a.test";', **changes}))
    anchors = tmp_path / "ca.pem"
    anchors.write_bytes(ca_pem)
    sites = [Site(names=(name,), cert=site_pem(name)) for name in ("a.test", "b.test")]

    async def attempt() -> str:
        async with serve(
            _echo, "127.0.0.1", sites=sites, strict_sni=strict, subprotocols=["chat"], origins=None
        ) as server:
            process = await asyncio.create_subprocess_exec(
                program, "127.0.0.1", str(server.port), str(anchors), stderr=asyncio.subprocess.PIPE
            )
            _, log = await process.communicate()
            return log.decode(errors="replace")

    log = asyncio.run(attempt())
    expected = lws_tls == ON_OPENSSL if connects == ON_OPENSSL else connects
    assert ("established" in log) is expected, log
    assert ("connection error" in log) is not expected, log
