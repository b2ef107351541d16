"""The server requires an upgrade, or a different WebSocket version (426).

What happened:
    The server answered the request with 426 Upgrade Required. On a client that requested an upgrade: the server does
    not support version 13 and lists its own versions. On a server: a WebSocket endpoint received an ordinary HTTP
    request.

Why:
    A server older than 2011, or a proxy that removed the upgrade headers; a browser or health check that opened the
    WebSocket endpoint as a page.

Fix:
    * Update the server; or let the proxy forward Upgrade, Connection and Sec-WebSocket-Version.
    * Server, for health checks: answer them in `process_request`.

References:
    * RFC 6455 sections 4.2.2 and 4.4, RFC 9110 section 15.5.22
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause


@cause("http.426-version", Fault.PEER, shows=("http.request", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match status 426."""
    if evidence.status != 426:
        return None
    if evidence.is_server:
        return Match("a WebSocket endpoint received an ordinary HTTP request and answered with 426", fault=Fault.PEER)
    versions = evidence.header("sec-websocket-version")
    if versions and "13" not in [version.strip() for version in versions.split(",")]:
        return Match(f"{evidence.peer} supports WebSocket version {versions}, expected 13 (426)")
    return Match(
        f"{evidence.peer} received our request without a WebSocket upgrade (426): a proxy may have removed its headers"
    )
