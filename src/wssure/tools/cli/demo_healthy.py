"""The last screen: a server with several sites, and a healthy connection to it with each available backend."""

import time
from typing import Final

from wssure import TLSSettings, WebSocket, connect, serve
from wssure.extras import install_command
from wssure.tls import backends
from wssure.tools.cli.demo_incident import Screen
from wssure.tools.demo.throwaway import ThrowawayCA
from wssure.tools.draw.waterfall import waterfall

SITES: Final = ("a.test", "b.test", "*.c.test")
MESSAGE: Final = "hello, proven name"


async def show_healthy(say: Screen) -> list[dict[str, object]]:
    """Serve three sites and connect to one with every backend.

    Returns:
        One JSON object per connection.
    """
    ca = ThrowawayCA.make()
    results = []
    async with serve(_echo, "127.0.0.1", sites=[ca.site(name) for name in SITES]) as server:
        present = backends.available()
        say.title(f"Healthy: one server, sites {', '.join(SITES)}, chosen by SNI; {len(present)} backends")
        for index, name in enumerate(present):
            host = ("a.test", "b.test", "any.c.test")[index % 3]
            results.append(await _connection(say, name, f"wss://{host}:{server.port}/echo", TLSSettings(ca=ca.pem)))
            say.line()
    if "mbedtls" not in present:
        say.line("Mbed TLS is not installed; this adds it:")
        say.line(install_command("mbedtls"))
    return results


async def _echo(ws: WebSocket) -> None:
    async for message in ws:
        await ws.send(message)


async def _connection(say: Screen, backend: str, url: str, tls: TLSSettings) -> dict[str, object]:
    async with connect(url, address="127.0.0.1", tls=tls, backend=backend) as ws:
        started = time.perf_counter()
        await ws.send(MESSAGE)
        answer = await ws.recv()
        echo_ms = (time.perf_counter() - started) * 1000
        info = ws.tls
        remote = ws.remote_address
        if info is None or not isinstance(remote, tuple):
            raise AssertionError("wss always has TLS, and the demo a port")
        rows = [
            ("library", info.backend),
            ("address, port", f"{remote[0]} {remote[1]}"),
            ("host", f"{ws.request.headers['Host']}  (Host header)"),
            ("SNI", f"{info.server_name}  (read back from the wire)"),
            ("name checked", f"{info.server_name}  (against the certificate)"),
            ("TLS", f"{info.version} {info.cipher}, ALPN {info.alpn}"),
            ("echo", f"{answer!r} in {echo_ms:.1f} ms"),
        ]
        for label, value in rows:
            say.line(f"{label:<14} {value}")
        say.line(waterfall(ws.timings))
    return {
        "ok": answer == MESSAGE and ws.close_code == 1000,
        "backend": info.backend,
        "url": url,
        "server_name": info.server_name,
        "version": info.version,
        "alpn": info.alpn,
        "phases": [phase.to_json() for phase in ws.timings],
        "echo_ms": echo_ms,
    }
