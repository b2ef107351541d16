"""Map symptoms to possible causes, independent of the texts of about thirty libraries.

A text has the view of one side, never the bytes, so most symptoms allow several causes. `certain` is used only if the
text is the cause, as for an HTTP status.
"""

from typing import Final

from wssure.evidence import Confidence
from wssure.tools.explain.symptom_tls import REJECTED, TLS_SYMPTOMS, Causes

Guess = tuple[str, Confidence, str]

_CLOSED: Final = "the other end closed before the handshake was done, and this line does not say why"

_SYMPTOMS: Final[dict[str, Causes]] = {
    **TLS_SYMPTOMS,
    # -- name service and TCP
    "no-such-name": {
        "dns.nxdomain@likely": "the resolver knows no such name",
        "dns.url-as-name": "a URL, path or port given as the name reads the same",
        "dns.timeout": "some libraries say the same where the resolver did not answer",
        "dns.no-aaaa-or-a": "or the name exists without an address of the wanted family",
    },
    "no-address": {"dns.no-aaaa-or-a@likely": "the name exists, without an address of the wanted family"},
    "resolver-silent": {"dns.timeout@likely": "the resolver did not answer"},
    "refused": {"tcp.refused@certain": "the connection was refused: no program listens on the port"},
    "unreachable": {"tcp.unreachable@certain": "there is no route to the address"},
    "connect-timeout": {
        "tcp.timeout@likely": "the connection did not come about in time",
        "tls.timeout-after-hello": "some clients say the same where TLS is not answered",
        "tcp.v6-broken": "one address family may be broken and the other work",
    },
    "connect-failed": {
        "tcp.refused": "the connection did not come about; the line does not say how",
        "tcp.timeout": "the address may not answer at all",
        "dns.nxdomain": "the name may not resolve",
        "tcp.unreachable": "there may be no route",
        "http.redirect": "a redirect that leads nowhere ends in the same words",
    },
    "not-connected": {
        "tcp.refused": "the connection did not come about; a fast failure is mostly a refusal",
        "tcp.timeout": "a failure after many seconds is an address that does not answer",
        "tcp.unreachable": "or there is no route to it",
        "tcp.v6-broken": "one address family may be broken and the other work",
    },
    "closed-channel": {
        "tcp.refused@likely": "Java's client says this where the connection is refused",
        "tls.eof-in-handshake": "and where the peer closes before it is up",
    },
    "socketio-refused": {
        "cert.untrusted-root": "python-socketio says this of every failure, also of one to verify the server",
        "tcp.refused": "or no program listens on the port",
        "cert.no-trust-store": "or this client has no CA at all",
        "cert.self-signed": "or the server's certificate is signed by itself",
        "cert.hostname": "or it is for another name",
        "http.404": "or the path is wrong",
        "dns.nxdomain": "or the name does not resolve",
    },
    "browser-hidden": {
        "cert.untrusted-root": "a browser tells a page nothing of why; open https:// with the same name and port in a tab",
        "cert.self-signed": "for a wss:// connection it never asks whether to go on",
        "cert.hostname": "the name may not match",
        "tcp.refused": "no program may listen on the port",
        "tls.not-tls-http": "the port may speak plain HTTP",
        "http.400": "or the upgrade was refused",
    },
    "timeout": {
        "tcp.timeout": "time ran out; the line does not say in which step",
        "tls.timeout-after-hello": "the handshake may not have been answered",
        "http.timeout": "the upgrade may not have been answered",
        "tls.large-hello-dropped": "a hello larger than one packet may be lost on the way",
        "tcp.v6-broken": "one address family may be broken and the other work",
        "proxy.timeout": "a proxy may not answer",
    },
    "handshake-timeout": {
        "tls.timeout-after-hello@likely": "TCP stood and the ClientHello was not answered",
        "tls.large-hello-dropped": "a hello larger than one packet may be lost on the way",
        "tls.sni-filtered": "a filter may swallow hellos by their server name",
        "tcp.v6-broken": "one address family may be broken and the other work",
    },
    "opening-timeout": {
        "http.timeout": "the opening handshake took too long; the line does not say in which step",
        "tls.timeout-after-hello": "TLS may not have been answered",
        "tcp.timeout": "the address may not answer",
    },
    "reset": {
        "tcp.reset-in-handshake": "a reset says nothing by itself; during the handshake it is often a filter or a policy",
        "tls.sni-missing": "servers that need a name may reset hellos without one",
        "tls.sni-filtered": "a filter may reset connections by their server name",
        "tls.large-hello-dropped": "a device may reset a hello that spans two packets",
        "ws.to-tls-port": "a TLS server resets or closes where it gets plain HTTP",
        "tls.client-cert-required": "in TLS 1.3 a missing client certificate is refused after the handshake",
        "ws.1006": "or the open connection was lost",
    },
    "reset@server": {
        "tcp.reset-in-handshake": "the client reset the connection, and this line does not say why",
        "tls.peer-rejected-our-cert": "clients that refuse the certificate may reset without an alert",
        "tls.no-hello": "health checks and scanners reset",
        "ws.1006": "or an open connection was lost",
    },
    "handshake-timeout@server": {
        "tls.no-hello": "the client connected and did not finish, or not even begin, the handshake",
        "tls.large-hello-dropped": "a hello larger than one packet may be lost on the way",
        "tls.timeout-after-hello": "or our answer does not reach it",
    },
    "eof-handshake@server": {
        "tls.eof-in-handshake": "the client went before the handshake was done, and this line does not say why",
        "tls.peer-rejected-our-cert": "clients that refuse the certificate may close without an alert",
        "tls.no-hello": "health checks and scanners connect and close",
        "tls.version": "old clients close where no version is common",
    },
    "reset-handshake": {
        "tcp.reset-in-handshake@likely": "the connection was reset during the handshake",
        "tls.sni-missing": "servers that need a name may reset hellos without one",
        "tls.sni-filtered": "a filter may reset connections by their server name",
        "tls.large-hello-dropped": "a device may reset a hello that spans two packets",
        "tls.eof-in-handshake": "some libraries call a plain close a reset",
    },
    "broken-pipe": {
        "tls.client-cert-required": "the peer closed while we wrote, as servers do that miss a client certificate",
        "tcp.reset-in-handshake": "the peer reset the connection",
        "ws.1006": "or the open connection was lost",
    },
    "eof-handshake": {
        "tls.eof-in-handshake@likely": _CLOSED,
        "tls.sni-missing": "servers that need a name close hellos without one",
        "tls.sni-unknown": "servers may close on a name they do not serve",
        "tls.version": "old servers close on versions they do not know",
        "tls.not-tls-http": "a plain HTTP or WebSocket server may close on a TLS hello without an answer",
        "ws.1006": "or an open connection was cut, which some libraries report alike",
    },
    "eof": {
        "tls.eof-in-handshake": _CLOSED,
        "http.eof": "or it closed instead of answering the upgrade",
        "tls.sni-missing": "servers that need a name close hellos without one",
        "proxy.eof": "or a proxy closed on CONNECT",
    },
    # -- HTTP, proxy, WebSocket
    "http-eof": {
        "http.eof@likely": "closed without a complete answer to the upgrade",
        "tls.client-cert-required": "in TLS 1.3 a missing client certificate is refused after the handshake",
        "ws.to-tls-port": "a TLS server closes where it gets plain HTTP",
        "http.is-h2": "an HTTP/2 server closes on an HTTP/1.1 request",
        "http.garbage": "or what came was no HTTP",
    },
    "http-garbage": {
        "http.garbage@likely": "the answer is not HTTP/1.1",
        "http.is-h2": "HTTP/2 frames read like this",
        "tls.client-cert-required": "in TLS 1.3 a missing client certificate is refused after the handshake",
        "ws.to-tls-port": "a TLS alert, in answer to plain HTTP, reads like this",
    },
    "http-timeout": {"http.timeout@likely": "the upgrade was not answered in time"},
    "lost": {
        "ws.1006@likely": "the connection ended without a Close",
        "http.eof": "or it closed instead of answering the upgrade",
        "tcp.reset-in-handshake": "or it was reset during the handshake",
        "http.is-h2": "or the server speaks HTTP/2",
        "http.garbage": "or no HTTP at all",
        "ws.upgrade-headers": "or an HTTP/1.0 answer was dropped",
        "ws.extension": "or an extension that was not offered was selected",
        "proxy.eof": "or a proxy closed on CONNECT",
    },
    "proxy-failed": {
        "proxy.auth": "the proxy did not open a tunnel; the line does not say why",
        "proxy.forbidden": "its policy may forbid it",
        "proxy.bad-gateway": "it may not reach the server",
        "proxy.eof": "or it is no HTTP proxy",
    },
    "proxy-eof": {"proxy.eof@likely": "the proxy closed without answering CONNECT"},
    "proxy-timeout": {"proxy.timeout@likely": "the proxy did not answer"},
    "handshake-header": {
        "ws.bad-accept": "a header of the 101 is wrong; the line does not say which",
        "ws.upgrade-headers": "Upgrade or Connection may be wrong",
        "ws.subprotocol": "or the subprotocol was not offered",
    },
    "not-101": {
        "http.400": "the answer was no right 101; the line does not say which status it had",
        "http.403": "it may be forbidden, or the Origin not accepted",
        "http.404": "the path may be wrong",
        "http.200-not-upgrade": "or no WebSocket is served there",
        "http.auth-required": "credentials may be missing",
        "http.redirect": "or it is a redirect, to wss:// perhaps",
        "http.502": "or the gateway has no backend",
        "ws.bad-accept": "or its Sec-WebSocket-Accept is wrong",
        "ws.upgrade-headers": "or it lacks Upgrade or Connection",
        "ws.subprotocol": "or its subprotocol was not offered",
    },
    "no-accept-header": {
        "http.redirect": "the answer has no Sec-WebSocket-Accept, so it is mostly no 101: a redirect to wss:// is the most common",
        "http.404": "the path may be wrong",
        "http.400": "a proxy may drop the Upgrade headers",
        "http.200-not-upgrade": "or no WebSocket is served there",
        "http.auth-required": "credentials may be missing",
        "http.403": "it may be forbidden",
        "ws.bad-accept": "or a 101 came without the header, or in two pieces that the client did not put together",
    },
    "bad-accept": {"ws.bad-accept@certain": "the Sec-WebSocket-Accept is wrong"},
    "upgrade-headers": {"ws.upgrade-headers@likely": "the 101 lacks Upgrade or Connection, or is HTTP/1.0"},
    "subprotocol": {"ws.subprotocol@likely": "no common subprotocol"},
    "extension": {"ws.extension@likely": "an extension was chosen that was not offered"},
    "redirect": {"http.redirect@likely": "the server redirects"},
    "ws-protocol": {
        "ws.protocol-error@likely": "the peer broke the WebSocket protocol",
        "ws.invalid-utf8": "text that is not UTF-8 is reported like this too",
    },
    "ws-utf8": {"ws.invalid-utf8@likely": "text that is not UTF-8"},
    "ws-pong": {
        "ws.peer-silent": "no pong came in time",
        "ws.loop-blocked": "or the program's event loop was blocked and could not see it",
    },
    "canceled": {
        "tls.client-cert-required": "a browser cancels where no client certificate was chosen",
        "http.eof": "or the connection closed",
    },
    "origin": {
        "http.origin@likely": "the Origin is not accepted",
        "http.403": "or another rule forbids it",
    },
    "upstream": {"http.502@likely": "the gateway could not use its backend"},
    "upstream@client": {
        "http.502@likely": "the gateway could not use its backend",
        "tcp.refused": "no program may listen at the requested address",
    },
    "upstream-sni": {
        "tls.sni-missing@likely": "nginx sends no SNI to an upstream unless proxy_ssl_server_name is on",
        "http.502": "clients see a 502",
    },
}
_STATUS: Final[dict[int, Causes]] = {
    400: {
        "http.400@likely": "status 400",
        "ws.to-tls-port": "nginx answers plain HTTP on its HTTPS port with 400",
    },
    401: {"http.auth-required@certain": "status 401"},
    403: {"http.403@likely": "status 403", "http.origin": "the Origin may not be accepted"},
    404: {
        "http.404@likely": "status 404",
        "http.host-header": "the server may know no site of that Host",
    },
    407: {"proxy.auth@certain": "status 407"},
    421: {
        "http.misdirected-421@likely": "status 421",
        "tls.sni-missing": "servers answer 421 where SNI is missing",
    },
    426: {"http.426-version@certain": "status 426"},
    429: {"http.429@certain": "status 429"},
    502: {"http.502@likely": "status 502", "proxy.bad-gateway": "or a proxy said so about CONNECT"},
    503: {"http.503@likely": "status 503", "proxy.bad-gateway": "or a proxy said so about CONNECT"},
    504: {"http.502@likely": "status 504", "proxy.bad-gateway": "or a proxy said so about CONNECT"},
}
_PROXY_STATUS: Final = {407: "proxy.auth", 403: "proxy.forbidden", 405: "proxy.forbidden"}


def guesses(symptom: str, side: str) -> tuple[Guess, ...]:
    """Return the possible causes of a symptom, most likely first; empty if it has no meaning.

    Args:
        symptom: A key of the table, `alert-N`, `http-N`, `proxy-N` or `close-N`.
        side: The side that reports it.
    """
    causes = _find(symptom, side)
    rows = ((key.partition("@"), why) for key, why in causes.items())
    return tuple((cause, Confidence(grade or "possible"), why) for (cause, _, grade), why in rows)


def _find(symptom: str, side: str) -> Causes:
    for key in (f"{symptom}@{side}", symptom):
        if key in _SYMPTOMS:
            return _SYMPTOMS[key]
    kind, _, number = symptom.partition("-")
    if not number.isdigit() or len(number) > 5:
        return {}
    return _numbered(kind, int(number), side)


def _numbered(kind: str, number: int, side: str) -> Causes:
    if kind == "alert":
        if side == "server" and 42 <= number <= 48 and number != 47:
            why = f"alert {number}, sent by the client about this server's certificate"
            return {"tls.peer-rejected-our-cert@likely": why}
        if 43 <= number <= 48:
            return {"tls.client-cert-rejected@likely": f"alert {number}: {REJECTED}"}
        return _SYMPTOMS["alert-any"] if number not in (0, 90) else {}
    if kind == "http":
        if 300 <= number < 400:
            return {"http.redirect@certain": f"status {number}"}
        if 200 <= number < 300:
            return {"http.200-not-upgrade@likely": f"status {number} in answer to an upgrade"}
        other = {"http.unexpected-status@likely": f"status {number}"} if 400 <= number < 600 else {}
        return _STATUS.get(number, other)
    if kind == "proxy" and 400 <= number < 600:
        return {f"{_PROXY_STATUS.get(number, 'proxy.bad-gateway')}@certain": f"the proxy answered {number}"}
    if kind == "close" and number == 1006:
        return _SYMPTOMS["lost"]
    if kind == "close" and 1001 <= number < 5000:
        return {"ws.close-code@likely": f"the peer closed with {number}"}
    return {}
