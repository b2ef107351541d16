"""The server refused the request (403 Forbidden).

What happened:
    The server answered the upgrade with 403 Forbidden.

Why:
    The Origin is not accepted; a web application firewall blocks the client (its User-Agent, country or rate); the
    credentials are valid but have no permission; or the address is not on an allow list.

Fix:
    * Read the body shown, and the Server header: they identify the program that refused.
    * Send the Origin that a browser would send: `connect(url, origin="https://NAME")`.
    * Renew the token, and give its account the permission for this path; `curl -i` with the same headers shows the same
      answer.

References:
    * RFC 9110 section 15.5.4, RFC 6455 section 4.2.2
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, alternative, cause, probe


@probe("repeat with the service's own Origin, and with a browser's User-Agent")
@cause("http.403", Fault.CALLER, shows=("endpoint.url", "http.request", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match status 403."""
    if evidence.status != 403:
        return None
    if evidence.is_server:
        return Match("the request was answered with 403", fault=Fault.PEER)
    body = f": {evidence.body.strip()[:80]}" if evidence.body.strip() else ""
    others = (alternative("http.origin", "servers often answer 403 to an unexpected Origin"),)
    return Match(f"{evidence.peer} refused the upgrade ({evidence.reason}){body}", None, LIKELY, others)
