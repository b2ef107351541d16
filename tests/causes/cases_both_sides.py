"""The same evidence seen by a server, and the details that change what is said of it."""

from tests.causes.build import (
    Case,
    Stage,
    endpoint,
    eof,
    first_bytes,
    hello,
    os_error,
    response,
    timeout,
)

from wssure.evidence import Confidence
from wssure.facts import AlertSeen, HttpEof, RequestSeen, TlsReceived, TlsSettingsUsed, ViolationSeen

LIKELY, POSSIBLE = Confidence.LIKELY, Confidence.POSSIBLE
REQUEST = RequestSeen(method="GET", host="b.example.net", origin="https://evil.example", upgrade=True, version="13")
OLD = TlsSettingsUsed(backend="openssl", max_version="TLSv1.2")
VERSION = AlertSeen(direction="received", level="fatal", number=70, name="protocol_version").at(3.0)

CASES = (
    Case("http.403", Stage.UPGRADE, (response(403, "Forbidden"),), ("403",), role="server"),
    Case("http.404", Stage.UPGRADE, (response(404, "Not Found"),), ("404",), role="server"),
    Case("http.426-version", Stage.UPGRADE, (response(426, "Upgrade Required"),), ("ordinary HTTP request",), role="server"),
    Case("http.503", Stage.UPGRADE, (response(503, "Service Unavailable"),), ("limit or shutting down",), role="server"),
    Case("http.eof", Stage.UPGRADE, (HttpEof(bytes_received=3),), ("the client closed",), role="server"),
    Case("http.origin", Stage.UPGRADE, (REQUEST, response(403, "Forbidden", "this Origin is not allowed")), ("https://evil.example",), role="server"),
    Case("http.redirect", Stage.UPGRADE, (*endpoint(), response(302, "Found")), ("without a Location",)),
    Case("http.redirect", Stage.UPGRADE, (*endpoint(), response(302, "Found", Location="https://[::1")), ("without a Location",)),
    Case("tcp.reset-in-handshake", Stage.TLS, (hello(direction="received"), os_error("ECONNRESET", 104)), ("the client reset",), role="server", confidence=LIKELY),
    Case(
        "tcp.reset-in-handshake",
        Stage.TLS,
        (*endpoint(), hello(size=1800), os_error("ECONNRESET", 104)),
        (),
        confidence=POSSIBLE,
        others=("tls.large-hello-dropped",),
    ),
    Case("tls.eof-in-handshake", Stage.TLS, (*endpoint(), eof("nothing")), ("before our hello was sent",), confidence=POSSIBLE),
    Case("tls.eof-in-handshake", Stage.TLS, (eof("nothing", 40),), ("in the middle of its hello", "40 bytes"), role="server", confidence=LIKELY),
    Case("tls.not-tls-other", Stage.TLS, (*endpoint(), hello(), first_bytes(b"\x4a\0\0\0\x0a8.0.36\0")), ("MySQL",)),
    Case("tls.timeout-after-hello", Stage.TLS, (hello(direction="received"), timeout("tls")), ("the client did not complete",), role="server", confidence=LIKELY),
    Case(
        "tls.timeout-after-hello",
        Stage.TLS,
        (*endpoint(), hello(), TlsReceived(bytes=5), timeout("tls")),
        ("began to answer",),
        confidence=LIKELY,
    ),
    Case("tls.version", Stage.TLS, (*endpoint(), OLD, hello(), VERSION), ("allow more TLS versions", 'max_version="TLSv1.3"')),
    Case(
        "ws.protocol-error",
        Stage.OPEN,
        (ViolationSeen(rule="message of 2 MiB", section="RFC 6455 section 7.4.1", code=1009),),
        ("above our limit",),
        said_stage=Stage.OPEN,
    ),
    Case(
        "ws.to-tls-port",
        Stage.UPGRADE,
        (*endpoint("ws://b.example.net/", port=8443), first_bytes(b"\x15\x03\x03\x00\x02\x02\x0a", "http")),
        ("connect to wss:// instead of ws://",),
    ),
)  # fmt: skip
