"""The connection was closed instead of answering the upgrade.

What happened:
    The connection was established and our upgrade request was sent. Then the other end closed or reset the connection
    without a complete HTTP answer.

Why:
    A proxy without WebSocket support; a backend that crashed on the request; a server that requires a client
    certificate and, in TLS 1.3, reports it only now (wssure shows alert 116 then); a TLS offloader without a healthy
    backend.

Fix:
    * Request the same path with a plain GET: `curl -v https://NAME/PATH`.
    * Read the log of the server and the proxy for the same second.

References:
    * RFC 9112 section 8 (incomplete messages), RFC 6455 section 4.1
"""

from wssure.diagnose.cause import LIKELY, Evidence, Match, alternative, cause, probe
from wssure.evidence import Alternative, Fault, Stage
from wssure.facts import HttpEof, NotHttpSeen, TimedOut, TlsDone, TlsEof


@probe("send a plain GET for the same path (curl -v https://NAME/PATH)")
@cause("http.eof", Fault.PEER, transient=True, shows=("tls.done", "http.eof", "tls.eof", "os.error"))
def match(evidence: Evidence) -> Match | None:
    """Match an end or a reset between the request and a complete answer."""
    if evidence.stage is not Stage.UPGRADE or evidence.status is not None or TimedOut in evidence:
        return None
    if NotHttpSeen in evidence or evidence.refusals:
        return None
    if HttpEof not in evidence and TlsEof not in evidence and not evidence.lost:
        return None
    eof = evidence.last(HttpEof)
    count = eof.bytes_received if eof else 0
    if evidence.is_server:
        return Match("the client closed before its request was complete", fault=Fault.PEER)
    got = f"{count} bytes into its answer" if count else "without an answer"
    others = () if count else _others(evidence)
    ended = "reset" if evidence.lost else "closed"
    return Match(f"{evidence.peer} {ended} the connection {got} to the upgrade request", None, LIKELY, others)


def _others(evidence: Evidence) -> tuple[Alternative, ...]:
    """Return the other possible causes of a close without a single byte."""
    if not evidence.secure:
        return (alternative("ws.to-tls-port", "a TLS server may close where it gets plain HTTP"),)
    done = evidence.last(TlsDone)
    if evidence.lost and done is not None and done.version == "TLSv1.3":
        why = "in TLS 1.3 the server may still have been in the handshake: it ends there later than here"
        return (alternative("tcp.reset-in-handshake", why),)
    return ()
