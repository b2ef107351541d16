"""Describe the fix of a cause in the terms of the stack that wrote the line, or that the user named."""

from __future__ import annotations

from typing import Final

from wssure.diagnose.cause import Cause
from wssure.diagnose.texts import libwebsockets, mbedtls, openssl, other_tls, wolfssl
from wssure.diagnose.texts.model import SERVER, Context, Hit, Library

__all__ = ["fix_for"]

_TLS: Final[dict[str, Library]] = {
    one.kind: one for one in (mbedtls.LIBRARY, openssl.LIBRARY, other_tls.GNUTLS, wolfssl.LIBRARY)
}
# On every backend except Mbed TLS, libwebsockets sends the name with any flags; only the host field can remove it.
_LWS_SNI: Final = 'i.host = "NAME"; with a DNS name: empty and bare IPv6 hosts send no SNI on this backend'
# Fixes for other clients, for causes with a default fix in wssure's own settings.
_ANY_CLIENT: Final[dict[str, str]] = {
    "cert.no-trust-store": "give the client a CA file, or install the system's (Debian: apt install ca-certificates)",
    "cert.self-signed": "get the server's certificate from its owner and give it to the client as its CA file, or have one issued by a CA",
    "cert.untrusted-root": "if you know the CA and mean to trust it, get its certificate from its owner and give it to the client as CA file",
    "dns.no-aaaa-or-a": "dial the address family that exists: `dig NAME A` and `dig NAME AAAA` show which",
    "dns.timeout": "ask the same server by hand: `nslookup NAME`; if that waits too, correct the DNS server of this machine or VPN",
    "dns.url-as-name": "give the bare name as host; scheme, port and path each have a field of their own",
    "http.auth-required": "send the credentials in the upgrade request: Authorization: Bearer TOKEN, or Basic with user and password",
    "http.host-header": "send the site's name as Host, not the address: connect to the name",
    "http.is-h2": "offer only http/1.1 by ALPN; on the server allow http/1.1 beside h2",
    "http.origin": "send the Origin that the server expects, or add this page's to the server's list",
    "stack.no-hostname-set": "give the TLS layer the server's name before the handshake: it is what SNI and the check both use",
    "tcp.v6-broken": "connect to the working family, such as the IPv4 address, and fix or remove the AAAA record",
    "tls.client-cert-rejected": "use a client certificate that is valid today and from a CA the server accepts, with its intermediates in the file",
    "tls.client-cert-required": "give the client a certificate and its key, from a CA that the server accepts",
    "tls.large-hello-dropped": "leave X25519MLKEM768 out of the client's groups until the device in the path that wants the hello in one packet is mended",
    "ws.1006": "reconnect; if it always happens after the same time, send pings more often than that idle limit",
    "ws.extension": "let the server choose only extensions that were offered; to go on, switch compression off in the client",
    "ws.loop-blocked": "move the blocking work off the thread that runs the event loop",
    "ws.peer-silent": "reconnect; send pings more often than the idle limit of NAT and proxies on the way",
    "ws.subprotocol": "offer exactly the subprotocol that the server speaks, spelt as it spells it",
    "ws.upgrade-headers": "let the server, and the proxy before it, send Upgrade: websocket and Connection: Upgrade over HTTP/1.1",
}
# Fixes for the operator of the server.
_ANY_SERVER: Final[dict[str, str]] = {
    "tcp.reset-in-handshake": "look at the log of the client that reset; from one address only it is a scanner or a health check",
    "tls.alpn": "allow http/1.1 by ALPN beside h2",
    "tls.client-cert-rejected": "give that client a valid certificate from the CA this server checks with, or add its CA to that file",
    "tls.client-cert-required": "give that client a certificate from the CA that this server demands",
    "tls.eof-in-handshake": "look at that client's log: it went without saying why; from one address only it is a scanner or a health check",
    "tls.no-common-group": "allow X25519, P-256 and P-384 on the server",
    "tls.no-common-params": "allow ECDHE with AES-GCM on the server, and give it both an RSA and an ECDSA certificate if old clients must come",
    "tls.not-tls-http": "let the client use ws:// on this port, or serve TLS here: it sent a TLS hello where plain HTTP is spoken",
    "tls.peer-rejected-our-cert": "send the full chain (own certificate first, then the intermediates), and give the client your CA if it is private",
    "tls.sni-missing": "give the server a default site for clients that send no name, or let the client send it",
    "tls.sni-unknown": "add the name to the server's sites, or correct it in the client",
    "tls.version": "allow TLS 1.2 and 1.3 on the server; a client that has neither needs an update",
    "ws.to-tls-port": "let the client use wss:// on this port, or listen without TLS on another",
}


def fix_for(cause: Cause, hit: Hit, context: Context) -> str:
    """Return the fix for a cause in the terms of the user's stack.

    Args:
        cause: The possible cause.
        hit: The line that supports it.
        context: Further knowledge of the user; a stack named there has priority over the one that wrote the line.

    Returns:
        One or more lines, in the imperative.
    """
    if cause.id == "tls.sni-missing" and context.lws and context.tls not in ("", "mbedtls"):
        return _LWS_SNI
    programs = [one for one in hit.writers if one.is_program]
    named = [libwebsockets.LIBRARY] if context.lws else []
    below = [_TLS[context.tls]] if context.tls in _TLS else []
    for library in (*named, *programs, *below, *hit.writers, hit.library):
        fix = library.fixes.get(f"{cause.id}@{hit.side}")
        if fix is None and library.side == hit.side:
            fix = library.fixes.get(cause.id)
        if fix:
            return fix
    if hit.side == SERVER and cause.id in _ANY_SERVER:
        return _ANY_SERVER[cause.id]
    return _ANY_CLIENT.get(cause.id, cause.fix)
