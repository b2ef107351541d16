"""Client and server share no application protocol (ALPN).

What happened:
    The server refused the hello with alert 120 (no_application_protocol): it supports none of the protocols offered in
    ALPN.

Why:
    The endpoint supports only HTTP/2, but a WebSocket over HTTP/1.1 needs `http/1.1`; or the client offered only
    protocols that the server does not support, such as "mqtt".

Fix:
    * Client: offer `http/1.1` (wssure's default; `TLSSettings(alpn=("http/1.1",))`). libwebsockets: `i.alpn = "http/1.1";`.
    * Server: allow http/1.1 on that address: haproxy `alpn h2,http/1.1`, nginx keeps it beside `http2 on;`.

References:
    * RFC 7301 section 3.2, RFC 8446 section 6.2
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.fixes import fix


@probe(
    "repeat with h2, with http/1.1 and without ALPN (openssl s_client -connect ADDRESS:PORT -servername NAME -alpn http/1.1)"
)
@cause("tls.alpn", Fault.UNKNOWN, shows=("tls.client_hello", "tls.alert"))
def match(evidence: Evidence) -> Match | None:
    """Match alert 120 in either direction."""
    if 120 not in evidence.refusals | evidence.sent_alerts:
        return None
    text = ", ".join(evidence.hello.alpn) or "none"
    who = "this server" if evidence.is_server else evidence.peer
    mine = "the client offers" if evidence.is_server else "we offer"
    lacks = not evidence.is_server and "http/1.1" not in text
    todo = "tls.alpn" if evidence.is_server else "tls.alpn-offer" if lacks else "tls.alpn-allow"
    return Match(
        f"{who} speaks none of the application protocols that {mine} by ALPN: {text} (alert 120)",
        fix(todo),
        fault=Fault.CALLER if lacks else None,
    )
