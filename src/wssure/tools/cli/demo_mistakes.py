"""The second screen: a URL as address and an IP address without a name, each executed and explained."""

from wssure import Server, TLSSettings, WebSocket, connect, serve
from wssure.diagnose import render
from wssure.errors import WssError
from wssure.tools.cli.demo_incident import Screen
from wssure.tools.demo.throwaway import ThrowawayCA


async def show_mistakes(say: Screen) -> list[dict[str, object]]:
    """Make both mistakes with a live server and print the explanations.

    Returns:
        The failures, as JSON objects.
    """
    ca = ThrowawayCA.make()
    trust = TLSSettings(ca=ca.pem)
    failures = []
    say.title("A full URL as the address: it never gets as far as a ClientHello")
    say.line('await connect("wss://echo.websocket.org/", address="wss://echo.websocket.org/")')
    say.line()
    failures.append(await _failure(say, "wss://echo.websocket.org/", address="wss://echo.websocket.org/"))
    async with serve(_nothing, "127.0.0.1", sites=[ca.site("a.test"), ca.site("b.test")], strict_sni="close") as server:
        say.title("An IP address and no name: there is nothing to send as SNI")
        say.line(
            f'await connect("wss://127.0.0.1:{server.port}/")       # a server with two sites that closes without SNI'
        )
        say.line()
        failures.append(await _failure(say, f"wss://127.0.0.1:{server.port}/", tls=trust))
        say.line()
        say.line("The same address, with the name to prove:")
        say.line(f'await connect("wss://a.test:{server.port}/", address="127.0.0.1")')
        say.line()
        await _connects(say, server, trust)
    return failures


async def _nothing(ws: WebSocket) -> None:
    await ws.wait_closed()


async def _failure(
    say: Screen, url: str, *, address: str | None = None, tls: TLSSettings | None = None
) -> dict[str, object]:
    try:
        async with connect(url, address=address, tls=tls):
            raise AssertionError("this mistake always fails")
    except WssError as error:
        if error.failure is None:
            raise
        say.line(render(error.failure, color=say.color, width=96))
        return error.failure.to_json()


async def _connects(say: Screen, server: Server, trust: TLSSettings) -> None:
    async with connect(f"wss://a.test:{server.port}/", address="127.0.0.1", tls=trust) as ws:
        if ws.tls is None:
            raise AssertionError("wss always has TLS")
        say.line(f"connected: SNI {ws.tls.server_name}, {ws.tls.version}, certificate checked for a.test")
