"""The server refused this Host on this TLS connection (421).

What happened:
    The server answered the upgrade with 421 Misdirected Request: the site in the Host header does not match the SNI or
    the certificate of this connection.

Why:
    SNI and Host differ (a Host header set by hand, or an IP address in one of them), the hello had no SNI, or the name
    resolves to a server that does not host it.

Fix:
    * Use the same name for both: in wssure the URL's host sets both; do not set a Host header.
    * libwebsockets: `i.host` sets both; on Mbed TLS the flag LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK removes SNI.
    * Server: add a site with the name in the Host header.

References:
    * RFC 9110 sections 7.4 and 15.5.20
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import host_sent, text_of
from wssure.facts import RequestSeen
from wssure.fixes import fix


@probe("repeat with SNI equal to the Host header")
@cause("http.misdirected-421", Fault.CALLER, shows=("tls.client_hello", "http.host", "http.request", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match status 421, received or sent."""
    if evidence.status != 421:
        return None
    sni = evidence.sni or "none"
    request = evidence.last(RequestSeen)
    host = (text_of(request.host) if request else "") or host_sent(evidence) or evidence.host
    if evidence.is_server:
        return Match(
            f"the client requested Host {host} on a connection with SNI {sni} and was answered with 421",
            fix("http.misdirected-client"),
            fault=Fault.PEER,
        )
    return Match(f"{evidence.peer} refused Host {host} on this connection with SNI {sni} (421)")
