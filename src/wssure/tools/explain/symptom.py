"""Map symptoms to possible causes, independent of the texts of about thirty libraries.

A text has the view of one side, never the bytes, so most symptoms allow several causes. `certain` is used only if the
text is the cause, as for an HTTP status.
"""

from __future__ import annotations

from typing import Final

from wssure.diagnose.cause import CERTAIN, LIKELY, POSSIBLE
from wssure.evidence import Confidence
from wssure.tools.explain.symptom_tls import REJECTED, TLS_SYMPTOMS

__all__ = ["Guess", "guesses"]

Guess = tuple[str, Confidence, str]

_CLOSED: Final = "the other end closed before the handshake was done, and this line does not say why"

_SYMPTOMS: Final[dict[str, tuple[Guess, ...]]] = {
    **TLS_SYMPTOMS,
    # -- name service and TCP
    "no-such-name": (
        ("dns.nxdomain", LIKELY, "the resolver knows no such name"),
        ("dns.url-as-name", POSSIBLE, "a URL, path or port given as the name reads the same"),
        ("dns.timeout", POSSIBLE, "some libraries say the same where the resolver did not answer"),
        ("dns.no-aaaa-or-a", POSSIBLE, "or the name exists without an address of the wanted family"),
    ),
    "no-address": (("dns.no-aaaa-or-a", LIKELY, "the name exists, without an address of the wanted family"),),
    "resolver-silent": (("dns.timeout", LIKELY, "the resolver did not answer"),),
    "refused": (("tcp.refused", CERTAIN, "the connection was refused: no program listens on the port"),),
    "unreachable": (("tcp.unreachable", CERTAIN, "there is no route to the address"),),
    "connect-timeout": (
        ("tcp.timeout", LIKELY, "the connection did not come about in time"),
        ("tls.timeout-after-hello", POSSIBLE, "some clients say the same where TLS is not answered"),
        ("tcp.v6-broken", POSSIBLE, "one address family may be broken and the other work"),
    ),
    "connect-failed": (
        ("tcp.refused", POSSIBLE, "the connection did not come about; the line does not say how"),
        ("tcp.timeout", POSSIBLE, "the address may not answer at all"),
        ("dns.nxdomain", POSSIBLE, "the name may not resolve"),
        ("tcp.unreachable", POSSIBLE, "there may be no route"),
        ("http.redirect", POSSIBLE, "a redirect that leads nowhere ends in the same words"),
    ),
    "not-connected": (
        ("tcp.refused", POSSIBLE, "the connection did not come about; a fast failure is mostly a refusal"),
        ("tcp.timeout", POSSIBLE, "a failure after many seconds is an address that does not answer"),
        ("tcp.unreachable", POSSIBLE, "or there is no route to it"),
        ("tcp.v6-broken", POSSIBLE, "one address family may be broken and the other work"),
    ),
    "closed-channel": (
        ("tcp.refused", LIKELY, "Java's client says this where the connection is refused"),
        ("tls.eof-in-handshake", POSSIBLE, "and where the peer closes before it is up"),
    ),
    "socketio-refused": (
        (
            "cert.untrusted-root",
            POSSIBLE,
            "python-socketio says this of every failure, also of one to verify the server",
        ),
        ("tcp.refused", POSSIBLE, "or no program listens on the port"),
        ("cert.no-trust-store", POSSIBLE, "or this client has no CA at all"),
        ("cert.self-signed", POSSIBLE, "or the server's certificate is signed by itself"),
        ("cert.hostname", POSSIBLE, "or it is for another name"),
        ("http.404", POSSIBLE, "or the path is wrong"),
        ("dns.nxdomain", POSSIBLE, "or the name does not resolve"),
    ),
    "browser-hidden": (
        (
            "cert.untrusted-root",
            POSSIBLE,
            "a browser tells a page nothing of why; open https:// with the same name and port in a tab",
        ),
        ("cert.self-signed", POSSIBLE, "for a wss:// connection it never asks whether to go on"),
        ("cert.hostname", POSSIBLE, "the name may not match"),
        ("tcp.refused", POSSIBLE, "no program may listen on the port"),
        ("tls.not-tls-http", POSSIBLE, "the port may speak plain HTTP"),
        ("http.400", POSSIBLE, "or the upgrade was refused"),
    ),
    "timeout": (
        ("tcp.timeout", POSSIBLE, "time ran out; the line does not say in which step"),
        ("tls.timeout-after-hello", POSSIBLE, "the handshake may not have been answered"),
        ("http.timeout", POSSIBLE, "the upgrade may not have been answered"),
        ("tls.large-hello-dropped", POSSIBLE, "a hello larger than one packet may be lost on the way"),
        ("tcp.v6-broken", POSSIBLE, "one address family may be broken and the other work"),
        ("proxy.timeout", POSSIBLE, "a proxy may not answer"),
    ),
    "handshake-timeout": (
        ("tls.timeout-after-hello", LIKELY, "TCP stood and the ClientHello was not answered"),
        ("tls.large-hello-dropped", POSSIBLE, "a hello larger than one packet may be lost on the way"),
        ("tls.sni-filtered", POSSIBLE, "a filter may swallow hellos by their server name"),
        ("tcp.v6-broken", POSSIBLE, "one address family may be broken and the other work"),
    ),
    "opening-timeout": (
        ("http.timeout", POSSIBLE, "the opening handshake took too long; the line does not say in which step"),
        ("tls.timeout-after-hello", POSSIBLE, "TLS may not have been answered"),
        ("tcp.timeout", POSSIBLE, "the address may not answer"),
    ),
    "reset": (
        (
            "tcp.reset-in-handshake",
            POSSIBLE,
            "a reset says nothing by itself; during the handshake it is often a filter or a policy",
        ),
        ("tls.sni-missing", POSSIBLE, "servers that need a name may reset hellos without one"),
        ("tls.sni-filtered", POSSIBLE, "a filter may reset connections by their server name"),
        ("tls.large-hello-dropped", POSSIBLE, "a device may reset a hello that spans two packets"),
        ("ws.to-tls-port", POSSIBLE, "a TLS server resets or closes where it gets plain HTTP"),
        (
            "tls.client-cert-required",
            POSSIBLE,
            "in TLS 1.3 a missing client certificate is refused after the handshake",
        ),
        ("ws.1006", POSSIBLE, "or the open connection was lost"),
    ),
    "reset@server": (
        ("tcp.reset-in-handshake", POSSIBLE, "the client reset the connection, and this line does not say why"),
        ("tls.peer-rejected-our-cert", POSSIBLE, "clients that refuse the certificate may reset without an alert"),
        ("tls.no-hello", POSSIBLE, "health checks and scanners reset"),
        ("ws.1006", POSSIBLE, "or an open connection was lost"),
    ),
    "handshake-timeout@server": (
        ("tls.no-hello", POSSIBLE, "the client connected and did not finish, or not even begin, the handshake"),
        ("tls.large-hello-dropped", POSSIBLE, "a hello larger than one packet may be lost on the way"),
        ("tls.timeout-after-hello", POSSIBLE, "or our answer does not reach it"),
    ),
    "eof-handshake@server": (
        (
            "tls.eof-in-handshake",
            POSSIBLE,
            "the client went before the handshake was done, and this line does not say why",
        ),
        ("tls.peer-rejected-our-cert", POSSIBLE, "clients that refuse the certificate may close without an alert"),
        ("tls.no-hello", POSSIBLE, "health checks and scanners connect and close"),
        ("tls.version", POSSIBLE, "old clients close where no version is common"),
    ),
    "reset-handshake": (
        ("tcp.reset-in-handshake", LIKELY, "the connection was reset during the handshake"),
        ("tls.sni-missing", POSSIBLE, "servers that need a name may reset hellos without one"),
        ("tls.sni-filtered", POSSIBLE, "a filter may reset connections by their server name"),
        ("tls.large-hello-dropped", POSSIBLE, "a device may reset a hello that spans two packets"),
        ("tls.eof-in-handshake", POSSIBLE, "some libraries call a plain close a reset"),
    ),
    "broken-pipe": (
        (
            "tls.client-cert-required",
            POSSIBLE,
            "the peer closed while we wrote, as servers do that miss a client certificate",
        ),
        ("tcp.reset-in-handshake", POSSIBLE, "the peer reset the connection"),
        ("ws.1006", POSSIBLE, "or the open connection was lost"),
    ),
    "eof-handshake": (
        ("tls.eof-in-handshake", LIKELY, _CLOSED),
        ("tls.sni-missing", POSSIBLE, "servers that need a name close hellos without one"),
        ("tls.sni-unknown", POSSIBLE, "servers may close on a name they do not serve"),
        ("tls.version", POSSIBLE, "old servers close on versions they do not know"),
        ("tls.not-tls-http", POSSIBLE, "a plain HTTP or WebSocket server may close on a TLS hello without an answer"),
        ("ws.1006", POSSIBLE, "or an open connection was cut, which some libraries report alike"),
    ),
    "eof": (
        ("tls.eof-in-handshake", POSSIBLE, _CLOSED),
        ("http.eof", POSSIBLE, "or it closed instead of answering the upgrade"),
        ("tls.sni-missing", POSSIBLE, "servers that need a name close hellos without one"),
        ("proxy.eof", POSSIBLE, "or a proxy closed on CONNECT"),
    ),
    # -- HTTP, proxy, WebSocket
    "http-eof": (
        ("http.eof", LIKELY, "closed without a complete answer to the upgrade"),
        (
            "tls.client-cert-required",
            POSSIBLE,
            "in TLS 1.3 a missing client certificate is refused after the handshake",
        ),
        ("ws.to-tls-port", POSSIBLE, "a TLS server closes where it gets plain HTTP"),
        ("http.is-h2", POSSIBLE, "an HTTP/2 server closes on an HTTP/1.1 request"),
        ("http.garbage", POSSIBLE, "or what came was no HTTP"),
    ),
    "http-garbage": (
        ("http.garbage", LIKELY, "the answer is not HTTP/1.1"),
        ("http.is-h2", POSSIBLE, "HTTP/2 frames read like this"),
        (
            "tls.client-cert-required",
            POSSIBLE,
            "in TLS 1.3 a missing client certificate is refused after the handshake",
        ),
        ("ws.to-tls-port", POSSIBLE, "a TLS alert, in answer to plain HTTP, reads like this"),
    ),
    "http-timeout": (("http.timeout", LIKELY, "the upgrade was not answered in time"),),
    "lost": (
        ("ws.1006", LIKELY, "the connection ended without a Close"),
        ("http.eof", POSSIBLE, "or it closed instead of answering the upgrade"),
        ("tcp.reset-in-handshake", POSSIBLE, "or it was reset during the handshake"),
        ("http.is-h2", POSSIBLE, "or the server speaks HTTP/2"),
        ("http.garbage", POSSIBLE, "or no HTTP at all"),
        ("ws.upgrade-headers", POSSIBLE, "or an HTTP/1.0 answer was dropped"),
        ("ws.extension", POSSIBLE, "or an extension that was not offered was selected"),
        ("proxy.eof", POSSIBLE, "or a proxy closed on CONNECT"),
    ),
    "proxy-failed": (
        ("proxy.auth", POSSIBLE, "the proxy did not open a tunnel; the line does not say why"),
        ("proxy.forbidden", POSSIBLE, "its policy may forbid it"),
        ("proxy.bad-gateway", POSSIBLE, "it may not reach the server"),
        ("proxy.eof", POSSIBLE, "or it is no HTTP proxy"),
    ),
    "proxy-eof": (("proxy.eof", LIKELY, "the proxy closed without answering CONNECT"),),
    "proxy-timeout": (("proxy.timeout", LIKELY, "the proxy did not answer"),),
    "handshake-header": (
        ("ws.bad-accept", POSSIBLE, "a header of the 101 is wrong; the line does not say which"),
        ("ws.upgrade-headers", POSSIBLE, "Upgrade or Connection may be wrong"),
        ("ws.subprotocol", POSSIBLE, "or the subprotocol was not offered"),
    ),
    "not-101": (
        ("http.400", POSSIBLE, "the answer was no right 101; the line does not say which status it had"),
        ("http.403", POSSIBLE, "it may be forbidden, or the Origin not accepted"),
        ("http.404", POSSIBLE, "the path may be wrong"),
        ("http.200-not-upgrade", POSSIBLE, "or no WebSocket is served there"),
        ("http.auth-required", POSSIBLE, "credentials may be missing"),
        ("http.redirect", POSSIBLE, "or it is a redirect, to wss:// perhaps"),
        ("http.502", POSSIBLE, "or the gateway has no backend"),
        ("ws.bad-accept", POSSIBLE, "or its Sec-WebSocket-Accept is wrong"),
        ("ws.upgrade-headers", POSSIBLE, "or it lacks Upgrade or Connection"),
        ("ws.subprotocol", POSSIBLE, "or its subprotocol was not offered"),
    ),
    "no-accept-header": (
        (
            "http.redirect",
            POSSIBLE,
            "the answer has no Sec-WebSocket-Accept, so it is mostly no 101: a redirect to wss:// is the most common",
        ),
        ("http.404", POSSIBLE, "the path may be wrong"),
        ("http.400", POSSIBLE, "a proxy may drop the Upgrade headers"),
        ("http.200-not-upgrade", POSSIBLE, "or no WebSocket is served there"),
        ("http.auth-required", POSSIBLE, "credentials may be missing"),
        ("http.403", POSSIBLE, "it may be forbidden"),
        (
            "ws.bad-accept",
            POSSIBLE,
            "or a 101 came without the header, or in two pieces that the client did not put together",
        ),
    ),
    "bad-accept": (("ws.bad-accept", CERTAIN, "the Sec-WebSocket-Accept is wrong"),),
    "upgrade-headers": (("ws.upgrade-headers", LIKELY, "the 101 lacks Upgrade or Connection, or is HTTP/1.0"),),
    "subprotocol": (("ws.subprotocol", LIKELY, "no common subprotocol"),),
    "extension": (("ws.extension", LIKELY, "an extension was chosen that was not offered"),),
    "redirect": (("http.redirect", LIKELY, "the server redirects"),),
    "ws-protocol": (
        ("ws.protocol-error", LIKELY, "the peer broke the WebSocket protocol"),
        ("ws.invalid-utf8", POSSIBLE, "text that is not UTF-8 is reported like this too"),
    ),
    "ws-utf8": (("ws.invalid-utf8", LIKELY, "text that is not UTF-8"),),
    "ws-pong": (
        ("ws.peer-silent", POSSIBLE, "no pong came in time"),
        ("ws.loop-blocked", POSSIBLE, "or the program's event loop was blocked and could not see it"),
    ),
    "canceled": (
        ("tls.client-cert-required", POSSIBLE, "a browser cancels where no client certificate was chosen"),
        ("http.eof", POSSIBLE, "or the connection closed"),
    ),
    "origin": (
        ("http.origin", LIKELY, "the Origin is not accepted"),
        ("http.403", POSSIBLE, "or another rule forbids it"),
    ),
    "upstream": (("http.502", LIKELY, "the gateway could not use its backend"),),
    "upstream@client": (
        ("http.502", LIKELY, "the gateway could not use its backend"),
        ("tcp.refused", POSSIBLE, "no program may listen at the requested address"),
    ),
    "upstream-sni": (
        ("tls.sni-missing", LIKELY, "nginx sends no SNI to an upstream unless proxy_ssl_server_name is on"),
        ("http.502", POSSIBLE, "clients see a 502"),
    ),
}
_STATUS: Final[dict[int, tuple[Guess, ...]]] = {
    400: (
        ("http.400", LIKELY, "status 400"),
        ("ws.to-tls-port", POSSIBLE, "nginx answers plain HTTP on its HTTPS port with 400"),
    ),
    401: (("http.auth-required", CERTAIN, "status 401"),),
    403: (("http.403", LIKELY, "status 403"), ("http.origin", POSSIBLE, "the Origin may not be accepted")),
    404: (
        ("http.404", LIKELY, "status 404"),
        ("http.host-header", POSSIBLE, "the server may know no site of that Host"),
    ),
    407: (("proxy.auth", CERTAIN, "status 407"),),
    421: (
        ("http.misdirected-421", LIKELY, "status 421"),
        ("tls.sni-missing", POSSIBLE, "servers answer 421 where SNI is missing"),
    ),
    426: (("http.426-version", CERTAIN, "status 426"),),
    429: (("http.429", CERTAIN, "status 429"),),
    502: (("http.502", LIKELY, "status 502"), ("proxy.bad-gateway", POSSIBLE, "or a proxy said so about CONNECT")),
    503: (("http.503", LIKELY, "status 503"), ("proxy.bad-gateway", POSSIBLE, "or a proxy said so about CONNECT")),
    504: (("http.502", LIKELY, "status 504"), ("proxy.bad-gateway", POSSIBLE, "or a proxy said so about CONNECT")),
}
_PROXY_STATUS: Final = {407: "proxy.auth", 403: "proxy.forbidden", 405: "proxy.forbidden"}


def guesses(symptom: str, side: str) -> tuple[Guess, ...]:
    """Return the possible causes of a symptom, most likely first; empty if it has no meaning.

    Args:
        symptom: A key of the table, `alert-N`, `http-N`, `proxy-N` or `close-N`.
        side: The side that reports it.
    """
    for key in (f"{symptom}@{side}", symptom):
        if key in _SYMPTOMS:
            return _SYMPTOMS[key]
    kind, _, number = symptom.partition("-")
    if not number.isdigit() or len(number) > 5:
        return ()
    return _numbered(kind, int(number), side)


def _numbered(kind: str, number: int, side: str) -> tuple[Guess, ...]:
    if kind == "alert":
        if side == "server" and 42 <= number <= 48 and number != 47:
            return (
                (
                    "tls.peer-rejected-our-cert",
                    LIKELY,
                    f"alert {number}, sent by the client about this server's certificate",
                ),
            )
        if 43 <= number <= 48:
            return (("tls.client-cert-rejected", LIKELY, f"alert {number}: {REJECTED}"),)
        return _SYMPTOMS["alert-any"] if number not in (0, 90) else ()
    if kind == "http":
        if 300 <= number < 400:
            return (("http.redirect", CERTAIN, f"status {number}"),)
        if 200 <= number < 300:
            return (("http.200-not-upgrade", LIKELY, f"status {number} in answer to an upgrade"),)
        return _STATUS.get(
            number, (("http.unexpected-status", LIKELY, f"status {number}"),) if 400 <= number < 600 else ()
        )
    if kind == "proxy" and 400 <= number < 600:
        return ((_PROXY_STATUS.get(number, "proxy.bad-gateway"), CERTAIN, f"the proxy answered {number}"),)
    if kind == "close" and number == 1006:
        return _SYMPTOMS["lost"]
    if kind == "close" and 1001 <= number < 5000:
        return (("ws.close-code", LIKELY, f"the peer closed with {number}"),)
    return ()
