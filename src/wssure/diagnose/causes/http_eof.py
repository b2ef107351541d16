"""The connection was closed instead of answering the upgrade.

What happened:
    TLS stood (or was not wanted), our upgrade request was sent, and the other end closed or reset without a complete HTTP
    answer.

Why:
    A proxy that does not know WebSocket; a backend that crashed on the request; a server that wants a client certificate
    and, in TLS 1.3, says so only now (wssure shows alert 116 then); a TLS offloader without a healthy backend.

Fix:
    * Ask for the same path with plain GET: `curl -v https://NAME/PATH`.
    * See the server's and proxy's log for the same second.

References:
    * RFC 9112 section 8 (incomplete messages), RFC 6455 section 4.1
"""

from wssure.diagnose.cause import LIKELY, Cause, Evidence, Match, rival
from wssure.evidence import Fault, Stage


def match(evidence: Evidence) -> Match | None:
    """Match an end or a reset between the request and a complete answer."""
    if evidence.stage is not Stage.UPGRADE or evidence.status is not None or "timeout" in evidence:
        return None
    if "http.first_bytes" in evidence or evidence.refusals:
        return None
    if "http.eof" not in evidence and "tls.eof" not in evidence and not evidence.lost:
        return None
    count = evidence.record("http.eof").get("bytes_received")
    if evidence.is_server:
        return Match("the client closed before its request was complete", fault=Fault.PEER)
    got = f"{count} bytes into its answer" if count else "without an answer"
    plain = not evidence.secure
    others = (rival("ws.to-tls-port", "a TLS server may close where it gets plain HTTP"),) if plain else ()
    return Match(f"{evidence.peer} closed the connection {got} to the upgrade request", None, LIKELY, others)


CAUSE = Cause(
    id="http.eof",
    stage=Stage.UPGRADE,
    fault=Fault.PEER,
    match=match,
    page=__doc__,
    fix="ask for the path with a plain GET, and see the server's and proxy's log for the same second",
    probe="send a plain GET for the same path",
    shows=("tls.done", "http.eof", "tls.eof", "os.error"),
    transient=True,
)
