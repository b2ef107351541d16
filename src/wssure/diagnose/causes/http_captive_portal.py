"""A captive portal answered instead of the server: this network requires a login first.

What happened:
    A device of this network intercepted the connection and answered in the server's place: with status 511 (Network
    Authentication Required), or with a redirect in plain HTTP to a page of another site. The server itself was not
    reached.

Why:
    Hotels, trains, airports and guest networks let nothing through until a user has logged in or accepted the terms. A
    login can also have expired.

Fix:
    * Open any http:// page in a browser on this network, log in, and try again.
    * Keep wss:// in the URL: over ws:// the portal would receive the request and its credentials.
    * If no such login is known on this network: a redirect can also come from the server itself. The Location shows it.

References:
    * RFC 6585 section 6 (511), RFC 8952 (captive portals)
"""

from wssure.diagnose.cause import CERTAIN, LIKELY, Evidence, Fault, Match, alternative, cause, probe
from wssure.diagnose.portal import foreign, plain_status, portal_redirect
from wssure.diagnose.proxy import proxy_answer
from wssure.evidence import Stage
from wssure.facts import NotTlsSeen


@probe("request any http:// page on the same network: a portal answers it with its login page")
@cause(
    "http.captive-portal",
    Fault.PATH,
    transient=True,
    shows=("endpoint.url", "tls.first_bytes", "http.response", "proxy.response"),
)
def match(evidence: Evidence) -> Match | None:
    """Match status 511 from any hop, or a redirect to a foreign site that no server can have sent over TLS."""
    if evidence.is_server:
        return None
    proxy = proxy_answer(evidence)
    for status, stage in (
        (evidence.status, Stage.UPGRADE),
        (proxy.status, Stage.PROXY),
        (plain_status(evidence), Stage.TLS),
    ):
        if status == 511:
            return Match(
                f"a captive portal answered in place of {evidence.host or 'the server'} with status 511: "
                "this network requires a login first",
                confidence=CERTAIN,
                stage=stage,
            )
    target = portal_redirect(evidence)
    if not foreign(target, evidence.host):
        return None
    in_tls = NotTlsSeen in evidence
    other = (
        alternative("tls.not-tls-http", "a server without TLS on this port may redirect so, too", LIKELY)
        if in_tls
        else alternative("http.redirect", "the server itself may redirect to another site", LIKELY)
    )
    asked = "our ClientHello" if in_tls else "our request"
    return Match(
        f"{evidence.peer} answered {asked} with a redirect in plain HTTP to another site, {target}: "
        "most likely a captive portal, which requires a login first",
        confidence=LIKELY,
        others=(other,),
        stage=Stage.TLS if in_tls else Stage.UPGRADE,
    )
