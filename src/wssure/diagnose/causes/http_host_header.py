"""The server has no site for this Host header.

What happened:
    The server answered the upgrade with a 404 (or 421) that mentions the host. It selects the site by the Host header
    and has none for this one. With another Host it answers 101.

Why:
    The Host header contains an IP address or a name other than the site's. It was set by hand, or made from the dialled
    address, as by many clients that connect to an IP address.

Fix:
    * wssure: put the site's name into the URL and the IP into `address`: `connect("wss://NAME/", address="192.0.2.7")`.
    * libwebsockets: `i.host = "NAME";`. On a port other than the default it sends the Host header without the port.
    * Server: add the name to the sites: nginx `server_name NAME;`, haproxy an `acl` on hdr(host).

References:
    * RFC 9110 section 7.2
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import flipped_result, host_sent

_WORDS = (
    "virtual host",
    "no such host",
    "unknown host",
    "host not found",
    "unknown site",
    "no such app",
    "unknown domain",
)


@probe("repeat with another Host header")
@cause("http.host-header", Fault.CALLER, shows=("endpoint.url", "http.host", "http.request", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match a 404 that mentions the host, or an experiment with a different result for another host."""
    if evidence.is_server or evidence.status != 404:
        return None
    if not flipped_result(evidence, match.id) and not any(word in evidence.body.lower() for word in _WORDS):
        return None
    host = host_sent(evidence) or evidence.host
    return Match(f'{evidence.peer} has no site for the Host "{host}" ({evidence.reason})', None, LIKELY)
