"""The proxy closed without answering.

What happened:
    TCP to the proxy stood, our CONNECT was sent, and the connection was closed or reset before an HTTP status line came.

Why:
    What listens there speaks another language: a SOCKS proxy, a proxy that wants TLS to itself (an `https://` proxy URL), or
    no proxy at all. Or the proxy closes on a policy instead of answering 403.

Fix:
    * Check the kind and port of the proxy: HTTP proxies mostly listen on 3128 or 8080, SOCKS on 1080.
    * wssure speaks to HTTP proxies in clear text only. For a SOCKS proxy, or one that wants TLS to itself, ask whether it has
      a plain HTTP port, or put a relay between that has one.

References:
    * RFC 9110 section 9.3.6, RFC 1928
"""

from wssure.diagnose.cause import LIKELY, Cause, Evidence, Match, rival
from wssure.evidence import Fault, Stage
from wssure.facts import HttpEof, NotHttpSeen, ProxyEof, ProxyResponse


def match(evidence: Evidence) -> Match | None:
    """Match an end or reset in the proxy stage before any status."""
    if evidence.stage is not Stage.PROXY or ProxyResponse in evidence or NotHttpSeen in evidence:
        return None
    if ProxyEof not in evidence and HttpEof not in evidence and not evidence.lost:
        return None
    other = "SOCKS proxies, and proxies that want TLS to themselves, close on what they do not understand"
    return Match(
        "the proxy closed the connection without answering our CONNECT", None, LIKELY, (rival("proxy.not-http", other),)
    )


CAUSE = Cause(
    id="proxy.eof",
    stage=Stage.PROXY,
    fault=Fault.CALLER,
    match=match,
    page=__doc__,
    fix="correct the proxy's kind and port: HTTP, HTTPS and SOCKS proxies speak different languages",
    probe="speak TLS, then SOCKS, to the same port",
    shows=("endpoint.proxy", "proxy.eof", "os.error"),
)
