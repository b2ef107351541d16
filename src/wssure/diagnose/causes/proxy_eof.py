"""The proxy closed without answering.

What happened:
    TCP to the proxy stood, our CONNECT was sent, and the connection was closed or reset before an HTTP status line came.

Why:
    What listens there speaks another language: a SOCKS proxy, a proxy that wants TLS to itself (`https://` proxy URL), or
    no proxy at all. Or the proxy closes on a policy instead of answering 403.

Fix:
    * Check the kind and port of the proxy: HTTP proxies mostly listen on 3128 or 8080, SOCKS on 1080.
    * For a proxy that itself wants TLS, its URL begins with https.

References:
    * RFC 9110 section 9.3.6, RFC 1928
"""

from wssure.diagnose.cause import LIKELY, Cause, Evidence, Match
from wssure.evidence import Fault, Stage


def match(evidence: Evidence) -> Match | None:
    """Match an end or reset in the proxy stage before any status."""
    if evidence.stage is not Stage.PROXY or "proxy.response" in evidence:
        return None
    if "proxy.eof" not in evidence and "http.eof" not in evidence and not evidence.lost:
        return None
    return Match("the proxy closed the connection without answering our CONNECT", None, LIKELY)


CAUSE = Cause(
    id="proxy.eof",
    stage=Stage.PROXY,
    fault=Fault.CALLER,
    match=match,
    page=__doc__,
    fix="correct the proxy's kind and port: HTTP, HTTPS and SOCKS proxies speak different languages",
    probe="speak TLS, then SOCKS, to the same port",
    shows=("proxy.eof", "os.error"),
)
