"""The proxy's address does not belong to an HTTP proxy.

What happened:
    The TCP connection to the proxy was established and our CONNECT was sent. The answer is not HTTP: a SOCKS answer, a
    TLS record, the banner of another service. No connection to the target server was made.

Why:
    The port belongs to a SOCKS proxy (1080), a proxy that requires TLS itself (3129, 8443), or another service.

Fix:
    * Use the plain HTTP port of the proxy, usually 3128 or 8080.
    * The first bytes under "saw" often identify the protocol: `15 03` begins a TLS alert, `05` a SOCKS answer, `SSH-`
      an SSH banner.

References:
    * RFC 9110 section 9.3.6, RFC 1928
"""

from wssure.diagnose.cause import Evidence, Match, cause, probe
from wssure.evidence import Fault, Stage
from wssure.facts import NotHttpSeen


@probe("speak TLS, then SOCKS, to the same port")
@cause("proxy.not-http", Fault.CALLER, shows=("endpoint.proxy", "http.first_bytes", "http.malformed"))
def match(evidence: Evidence) -> Match | None:
    """Match bytes in the proxy stage that are no HTTP answer."""
    first = evidence.first_bytes(NotHttpSeen)
    if evidence.stage is not Stage.PROXY or not first:
        return None
    what = "no HTTP"
    if first[:1] in (b"\x15", b"\x16") and first[1:2] == b"\x03":
        what = "a TLS record: it wants TLS to itself"
    elif first[:1] in (b"\x05", b"\x04", b"\x00"):
        what = "what SOCKS servers answer"
    return Match(f"the proxy at {evidence.proxy or evidence.peer} answered our CONNECT with {what}")
