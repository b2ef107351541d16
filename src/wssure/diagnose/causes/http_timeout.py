"""The upgrade was never answered.

What happened:
    The connection was established and our upgrade request was sent, but no complete answer was received in time.

Why:
    A reverse proxy waits for a backend that hangs; the backend does not support WebSocket and waits for a body; or the
    other end is not an HTTP server.

Fix:
    * Request the same path with a plain GET: `curl -v https://NAME/PATH`. If the server answers that, the WebSocket
      route or the proxy's upgrade handling is wrong: nginx needs `proxy_http_version 1.1;` and the Upgrade and
      Connection headers.
    * Read the backend's log; raise `open_timeout` only if the server is known to be slow.

References:
    * RFC 6455 section 4.1
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.facts import TimedOut


@probe("send a plain GET for the same path (curl -v https://NAME/PATH)")
@cause("http.timeout", Fault.PEER, transient=True, shows=("tls.done", "timeout"))
def match(evidence: Evidence) -> Match | None:
    """Match our own deadline in the upgrade."""
    if evidence.timeout_phase != "upgrade":
        return None
    if evidence.is_server:
        done = "completed TLS but " if evidence.done else ""
        return Match(f"the client {done}sent no complete request within {evidence.limit}", fault=Fault.PEER)
    timed_out = evidence.last(TimedOut)
    if timed_out is not None and timed_out.seen_bytes:
        came = f"{timed_out.seen_bytes} bytes of its answer to the upgrade request"
        return Match(f"{evidence.peer} sent {came}, and not the rest within {evidence.limit}")
    return Match(f"{evidence.peer} did not answer the upgrade request within {evidence.limit}")
