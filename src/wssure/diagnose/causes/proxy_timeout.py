"""The proxy never answered.

What happened:
    TCP to the proxy stood, our CONNECT was sent, and no answer came until the time ran out.

Why:
    The proxy is overloaded, or waits for a target that drops its packets; or what listens there waits for another language
    than HTTP.

Fix:
    * Ask for a target that surely works through the same proxy; if that answers, the proxy cannot reach yours.
    * Try directly, without the proxy.

References:
    * RFC 9110 section 9.3.6
"""

from wssure.diagnose.cause import Cause, Evidence, Match
from wssure.evidence import Fault, Stage


def match(evidence: Evidence) -> Match | None:
    """Match our own deadline in the proxy stage."""
    if evidence.timeout_phase != "proxy":
        return None
    return Match(f"the proxy did not answer our CONNECT within {evidence.limit}")


CAUSE = Cause(
    id="proxy.timeout",
    stage=Stage.PROXY,
    fault=Fault.PATH,
    match=match,
    page=__doc__,
    fix="try a target that surely works through the same proxy, then yours without it",
    probe="CONNECT to another target through the same proxy",
    shows=("endpoint.proxy", "timeout"),
    transient=True,
)
