"""The service is temporarily unavailable.

What happened:
    The server answered the upgrade with 503 Service Unavailable.

Why:
    Overload, maintenance, a restart, or a balancer without a healthy backend.

Fix:
    * Retry after the time in Retry-After, else with increasing, jittered delays.

References:
    * RFC 9110 sections 10.2.3 and 15.6.4
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.fixes import fix


@cause("http.503", Fault.PEER, transient=True, shows=("http.response",))
def match(evidence: Evidence) -> Match | None:
    """Match status 503."""
    if evidence.status != 503:
        return None
    if evidence.is_server:
        return Match("this server was at its limit or shutting down, and answered the client with 503")
    wait = evidence.header("retry-after")
    return Match(
        f"{evidence.peer} is temporarily unavailable ({evidence.reason})",
        fix("http.wait", seconds=wait) if wait.isdigit() else None,
    )
