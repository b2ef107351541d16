"""The server answered the upgrade with an unexpected status.

What happened:
    The server answered the upgrade with a status that is neither 101 nor one with its own page, such as 405, 410, 418
    or 500.

Why:
    405 and 501: the path does not support GET, or no upgrade. 410: it was removed. 500: the server's program failed on
    this request.

Fix:
    * Read the body shown; `curl -i --http1.1 https://NAME/PATH` requests it again without the upgrade.
    * Read the log of the server and the proxy for the same second: a 500 has its stack trace there.

References:
    * RFC 9110 section 15, RFC 6455 section 4.1
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause


@cause("http.unexpected-status", Fault.PEER, shows=("endpoint.url", "http.request", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match any status except 101."""
    if evidence.status is None or evidence.status == 101:
        return None
    if evidence.is_server:
        return Match(f"the request was answered with {evidence.reason}", fault=Fault.UNKNOWN)
    body = f": {evidence.body.strip()[:80]}" if evidence.body.strip() else ""
    return Match(
        f"{evidence.peer} answered the upgrade with {evidence.reason}, expected 101 Switching Protocols{body}",
        transient=evidence.status >= 500 and evidence.status not in (501, 505),
    )
