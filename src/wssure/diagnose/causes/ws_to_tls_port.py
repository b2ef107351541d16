"""A plain ws:// request was sent to a TLS port.

What happened:
    The upgrade request was sent in clear text. The other end expects a TLS ClientHello first. It answered like a TLS
    server: with a TLS alert record (bytes 15 03), with a close, or, like nginx, with a 400 that gives this reason.

Why:
    The URL begins with ws:// instead of wss://, or the code did not enable TLS: in libwebsockets `ssl_connection = 0`,
    the old value 2, and a missing `LCCSCF_USE_SSL` send plain HTTP.

Fix:
    * wssure: `connect("wss://...")`.
    * libwebsockets: `i.ssl_connection = LCCSCF_USE_SSL;` instead of a number, and create the context with
      `LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT`.
    * ESP-IDF: a `uri` that begins with `wss://`, or `.transport = WEBSOCKET_TRANSPORT_OVER_SSL`.

References:
    * RFC 6455 section 3 (ws and wss), RFC 8446 section 5.1 (record types: 21 is an alert)
"""

from wssure.diagnose.cause import LIKELY, Evidence, Match, cause, probe
from wssure.evidence import Fault, Stage
from wssure.facts import HttpEof, NotHttpSeen, NotTlsSeen
from wssure.fixes import Fix, fix

_METHODS = (b"GET ", b"POST ", b"HEAD ", b"OPTIONS ", b"PUT ", b"CONNECT ", b"PRI * ")
_TLS_PORTS = ("443", "8443", "9443")


@probe("send a ClientHello to the same port (openssl s_client -connect NAME:PORT)")
@cause(
    "ws.to-tls-port",
    Fault.CALLER,
    stage=Stage.UPGRADE,
    shows=("endpoint.url", "http.first_bytes", "tls.first_bytes", "http.response", "http.eof", "os.error"),
)
def match(evidence: Evidence) -> Match | None:
    """Match HTTP instead of a ClientHello (server), or a TLS answer to plain HTTP (client)."""
    if evidence.is_server:
        if evidence.first_bytes(NotTlsSeen).startswith(_METHODS):
            return Match(
                "the client sent plain HTTP to this TLS port instead of a ClientHello",
                fix("client.use-tls"),
                stage=Stage.TLS,
                fault=Fault.PEER,
            )
        return None
    if evidence.secure or evidence.stage is not Stage.UPGRADE:
        return None
    first = evidence.first_bytes(NotHttpSeen)
    if first[:2] in (b"\x15\x03", b"\x16\x03"):
        return Match(f"{evidence.peer} answered our plain HTTP with a TLS record: the port expects TLS", _fix(evidence))
    if evidence.status == 400 and "HTTP request was sent to HTTPS port" in evidence.body:
        return Match(f"{evidence.peer} expects TLS, and says so: plain HTTP was sent to its HTTPS port", _fix(evidence))
    ended = HttpEof in evidence or evidence.lost
    eof = evidence.last(HttpEof)
    silent = evidence.status is None and not (eof and eof.bytes_received)
    if ended and silent and evidence.port in _TLS_PORTS:
        summary = f"{evidence.peer} closed without an answer to plain HTTP; port {evidence.port} is usually a TLS port"
        return Match(summary, _fix(evidence), LIKELY)
    return None


def _fix(evidence: Evidence) -> Fix:
    url = evidence.url.replace("ws://", "wss://", 1) if evidence.url.startswith("ws://") else ""
    # Without an explicit port the URL would change from 80 to 443.
    if url and evidence.port and f":{evidence.port}" not in url:
        url = ""
    return fix(match.id, url=url)
