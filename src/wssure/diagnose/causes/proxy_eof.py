"""The proxy closed the connection without an answer.

What happened:
    The TCP connection to the proxy was established and our CONNECT was sent. The proxy closed or reset the connection
    before an HTTP status line.

Why:
    The port serves another protocol: a SOCKS proxy, a proxy that requires TLS itself (an `https://` proxy URL), or no
    proxy at all. Or the proxy closes because of a policy instead of answering 403.

Fix:
    * Check the type and port of the proxy: HTTP proxies usually listen on 3128 or 8080, SOCKS on 1080.
    * wssure connects to HTTP proxies in clear text only. For a SOCKS proxy, or one that requires TLS, use its plain
      HTTP port if there is one, or a relay that has one.

References:
    * RFC 9110 section 9.3.6, RFC 1928
"""

from wssure.diagnose.cause import LIKELY, Evidence, Match, alternative, cause, probe
from wssure.evidence import Fault, Stage
from wssure.facts import HttpEof, NotHttpSeen, ProxyEof, ProxyResponse


@probe("speak TLS, then SOCKS, to the same port")
@cause("proxy.eof", Fault.CALLER, shows=("endpoint.proxy", "proxy.eof", "os.error"))
def match(evidence: Evidence) -> Match | None:
    """Match an end or reset in the proxy stage before any status."""
    if evidence.stage is not Stage.PROXY or ProxyResponse in evidence or NotHttpSeen in evidence:
        return None
    if ProxyEof not in evidence and HttpEof not in evidence and not evidence.lost:
        return None
    other = "SOCKS proxies, and proxies that require TLS, close after an unknown request"
    return Match(
        "the proxy closed the connection without an answer to our CONNECT",
        None,
        LIKELY,
        (alternative("proxy.not-http", other),),
    )
