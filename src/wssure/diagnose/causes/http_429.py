"""The server limits the rate of connections.

What happened:
    The server answered the upgrade with 429 Too Many Requests.

Why:
    Reconnecting in a tight loop, many clients behind one address, or a quota of the account.

Fix:
    * Wait for the time in Retry-After, then retry with increasing, jittered delays.
    * Keep one connection open instead of many short ones.

References:
    * RFC 6585 section 4, RFC 9110 section 10.2.3
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.fixes import fix


@cause("http.429", Fault.CALLER, transient=True, shows=("http.response",))
def match(evidence: Evidence) -> Match | None:
    """Match status 429."""
    if evidence.is_server or evidence.status != 429:
        return None
    wait = evidence.header("retry-after")
    return Match(
        f"{evidence.peer} refused the upgrade: it got too many requests (429)",
        fix(match.id, seconds=wait if wait.isdigit() else ""),
    )
