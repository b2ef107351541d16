"""The client connected and sent no ClientHello.

What happened:
    On a server: a TCP connection was accepted, then closed or idle until the time limit, before one byte of TLS.

Why:
    A health check of a load balancer that only tests TCP, a port scanner, a browser's spare connection, or a client that
    waits for the server to speak first.

Fix:
    * Nothing, if it is a health check; configure a TLS handshake if it should test more than an open port.
    * If it is your client: it may use plain mode and wait for the server; read its log.

References:
    * RFC 8446 section 4.1.2 (the client sends first)
"""

from wssure.diagnose.cause import Evidence, Match, cause
from wssure.evidence import Fault, Stage
from wssure.facts import NotTlsSeen, TimedOut, TlsEof


@cause("tls.no-hello", Fault.PEER, shows=("tls.eof", "timeout", "os.error"))
def match(evidence: Evidence) -> Match | None:
    """Match an end or a deadline on the server before anything came."""
    if not evidence.is_server or evidence.stage is not Stage.TLS or evidence.has_hello or NotTlsSeen in evidence:
        return None
    eof = evidence.last(TlsEof)
    if (eof and eof.bytes_received) or not (eof or TimedOut in evidence or evidence.lost):
        return None
    how = f"sent no hello within {evidence.limit}" if TimedOut in evidence else "closed without sending a hello"
    return Match(f"the client connected and {how}")
