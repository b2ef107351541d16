"""The first screen: two recorded ClientHellos side by side, each replayed to live servers, then cause and fix."""

from typing import Protocol

from wssure import Server, WebSocket, serve
from wssure.diagnose import render
from wssure.tools.demo.recordings import recording
from wssure.tools.demo.replay import replay
from wssure.tools.demo.reply import describe_reply
from wssure.tools.demo.throwaway import ThrowawayCA
from wssure.tools.draw.sidebyside import side_by_side
from wssure.tools.stacks.hello import explain_hello
from wssure.wire.hello import find_client_hello

# The recordings were made against "localhost"; with a second site the server must select one.
NAME = "localhost"
DEFAULT = "default.test"
CASES = ("with-sni", "without-sni")


class Screen(Protocol):
    """The output of a demonstration."""

    color: bool

    def title(self, text: str) -> None:
        """Print a headline."""

    def line(self, text: str = "") -> None:
        """Print lines."""


async def show_incident(say: Screen) -> dict[str, object]:
    """Show the incident: bytes, replies of servers, cause and fix.

    Returns:
        The replies and the explanation, as one JSON object.
    """
    hellos = {case: recording(case) for case in CASES}
    say.title("The incident: libwebsockets 4.3.3 + Mbed TLS 3.4.0 sends no server_name")
    say.line("Two recorded ClientHellos of the same client. Left: its plain settings. Right: the same, with the flag")
    say.line("LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK. address and host are right in both. * marks what differs.")
    say.line()
    say.line(
        side_by_side(
            find_client_hello(hellos["with-sni"]),
            find_client_hello(hellos["without-sni"]),
            titles=("without the flag", "with the flag"),
            color=say.color,
        )
    )
    replies = await _replies(say, hellos)
    failure = explain_hello(find_client_hello(hellos["without-sni"]), tls="mbedtls", lws="4.3.3")
    if failure is None:
        raise AssertionError("the recording without server_name is always explained")
    say.line()
    say.line(render(failure, color=say.color, width=96))
    return {"replies": replies, "failure": failure.to_json()}


async def _replies(say: Screen, hellos: dict[str, bytes]) -> list[dict[str, str]]:
    """Replay both hellos to a server that closes without SNI and to one that presents its default certificate."""
    ca = ThrowawayCA.make()
    sites = [ca.site(DEFAULT), ca.site(NAME)]
    say.line()
    say.line("Replayed, byte for byte, to two live servers that host the same two sites:")
    replies = []
    async with (
        serve(_nothing, "127.0.0.1", sites=sites, strict_sni="close") as closing,
        serve(_nothing, "127.0.0.1", sites=sites) as default,
    ):
        servers: list[tuple[str, Server]] = [
            ("closes if there is no server name", closing),
            ("presents its default certificate", default),
        ]
        for title, server in servers:
            say.line(f"  a server that {title}")
            for case, flag in zip(CASES, ("without the flag", "with the flag"), strict=True):
                answer = await replay(hellos[case], "127.0.0.1", server.port, quiet_s=0.3)
                description = describe_reply(answer.data, answer.ended)
                say.line(f"    {flag:<17} -> {description}")
                replies.append({"server": title, "hello": case, "said": description})
    return replies


async def _nothing(ws: WebSocket) -> None:
    await ws.wait_closed()
