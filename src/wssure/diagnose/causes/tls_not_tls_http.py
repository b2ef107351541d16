"""The port serves plain HTTP, not TLS.

What happened:
    Our ClientHello was sent, but the answer begins with an HTTP status line instead of a TLS record. TLS libraries
    report this as "wrong version number" (OpenSSL), "invalid SSL record", -0x7200 (Mbed TLS) or "first record does not
    look like a TLS handshake" (Go). The TLS version is not the problem.

Why:
    The port is the plain one (80, 8080 ...), TLS is not enabled for it on the server (nginx: `listen 443;` without
    `ssl`), or TLS ends at a proxy and you connected to the machine behind it.

Fix:
    * Connect to the TLS port, or use ws:// if the service is intended to be plain and the network is trusted.
    * nginx: `listen 443 ssl;` haproxy: `bind :443 ssl crt ...`.
    * libwebsockets server: `LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT` and the certificate's file path in the context info.

References:
    * RFC 8446 section 5.1 (the header of a TLS record), RFC 9112 section 4 (status line)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.facts import NotTlsSeen
from wssure.fixes import fix


@probe("send a plain GET / to the same port (curl -v http://NAME:PORT/)")
@cause("tls.not-tls-http", Fault.CALLER, shows=("tls.first_bytes",))
def match(evidence: Evidence) -> Match | None:
    """Match the first bytes of HTTP instead of a TLS record."""
    if evidence.is_server:
        return None
    first = evidence.first_bytes(NotTlsSeen).lstrip()
    if not first.startswith((b"HTTP/", b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML")):
        return None
    plain = evidence.url.replace("wss://", "ws://", 1) if evidence.url.startswith("wss://") else ""
    return Match(
        f"{evidence.peer} answered our ClientHello with a plain HTTP response: the port does not use TLS",
        fix(match.id, url=plain),
    )
