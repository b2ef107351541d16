"""The proxy never answered.

What happened:
    The TCP connection to the proxy was established and our CONNECT was sent, but no answer was received in time.

Why:
    The proxy is overloaded, or waits for a target that drops its packets; or the port expects a protocol other than
    HTTP.

Fix:
    * Connect to a known working target through the same proxy. If that works, the proxy cannot reach your target.
    * Try a direct connection, without the proxy.

References:
    * RFC 9110 section 9.3.6
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.facts import TimedOut


@probe("CONNECT to another target through the same proxy")
@cause("proxy.timeout", Fault.PATH, transient=True, shows=("endpoint.proxy", "timeout"))
def match(evidence: Evidence) -> Match | None:
    """Match our own deadline in the proxy stage."""
    timed_out = evidence.last(TimedOut)
    if timed_out is None or timed_out.phase != "proxy":
        return None
    if timed_out.seen_bytes:
        came = f"{timed_out.seen_bytes} bytes of its answer to our CONNECT"
        return Match(f"the proxy sent {came}, and not the rest within {evidence.limit}")
    return Match(f"the proxy did not answer our CONNECT within {evidence.limit}")
