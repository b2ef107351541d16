"""The proxy could not reach the server.

What happened:
    The HTTP proxy accepted our CONNECT and then said, with 502, 503 or 504, that it could not reach the target.

Why:
    The name does not resolve where the proxy stands, the target refuses or ignores the proxy's connection, or the proxy is
    overloaded. What this machine can resolve or reach does not matter: the proxy does both.

Fix:
    * Check the name from the proxy's side; a name of your own network may not exist there.
    * Try directly: `wssure check URL` without `--proxy`. If that works, leave the proxy out for this target (NO_PROXY).

References:
    * RFC 9110 sections 9.3.6, 15.6.3, 15.6.4, 15.6.5
"""

from wssure.diagnose.cause import Cause, Evidence, Match
from wssure.diagnose.proxy import proxy_answer
from wssure.evidence import Fault, Stage


def match(evidence: Evidence) -> Match | None:
    """Match a 5xx answer from the proxy."""
    answer = proxy_answer(evidence)
    if answer.status is None or not 500 <= answer.status < 600:
        return None
    return Match(f"the proxy could not reach {evidence.host or 'the server'}:{evidence.port} ({answer.text})")


CAUSE = Cause(
    id="proxy.bad-gateway",
    stage=Stage.PROXY,
    fault=Fault.PATH,
    match=match,
    page=__doc__,
    fix="correct name and port as the proxy sees them (it resolves the name itself), or go without the proxy (NO_PROXY)",
    probe="connect directly, without the proxy",
    shows=("proxy.response",),
    transient=True,
)
