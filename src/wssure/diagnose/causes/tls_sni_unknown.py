"""The server does not host the requested name.

What happened:
    The hello had a server_name, and the server answered with alert 112, unrecognized_name: it has no site with that
    name. (In TLS 1.2 the alert may be a warning; the handshake then continues.) Servers written in Go, such as Caddy,
    answer with alert 80, internal_error, if they have no certificate for the name.

Why:
    The name resolves to the wrong machine (an old record, a shared load balancer); the site is not configured there, or
    under another name (with or without www); or the client uses a wrong name: the name of its own machine, as returned
    by `lws_canonical_hostname()` in libwebsockets.

Fix:
    * Check the spelling and the addresses of the name: `getent ahosts NAME`.
    * Server: add the name. wssure: `Site(names=("NAME",), ...)`; nginx: `server_name NAME;`; haproxy: the certificate's
      names in `crt-list`.
    * libwebsockets: `i.host = "NAME of the server";`, not `lws_canonical_hostname(context)`.

References:
    * RFC 6066 section 3, RFC 8446 section 6.2 (unrecognized_name)
"""

from wssure.diagnose.cause import LIKELY, POSSIBLE, Evidence, Fault, Match, alternative, cause, probe
from wssure.diagnose.view import answered_hello, warnings
from wssure.facts import SiteChosen
from wssure.fixes import fix


@probe(
    "repeat without SNI, and with another name that the server is known to host (openssl s_client -connect ADDRESS:PORT -noservername, then -servername OTHER)"
)
@cause("tls.sni-unknown", Fault.CALLER, shows=("tls.client_hello", "tls.alert", "tls.site"))
def match(evidence: Evidence) -> Match | None:
    """Match alert 112 to a hello with a name, alert 80 as the first answer to one, or our own refusal of a name."""
    if evidence.is_server:
        site = evidence.last(SiteChosen)
        if site is None or site.refused != "unknown-name":
            return None
        name = site.server_name or evidence.sni
        return Match(
            f'the client requested "{name}", and no site has that name',
            fix("client.unknown-name", name=name),
            fault=Fault.PEER,
        )
    name = evidence.sni or evidence.host
    if evidence.lacks_sni:
        return None
    if 112 in warnings(evidence) and evidence.closed_in_handshake:
        # RFC 6066 section 3: a client may go on after the warning; this server did not.
        return Match(
            f'{evidence.peer} warned that it has no site "{name}" (alert 112, unrecognized_name) and closed the connection',
            fix(match.id, name=name),
            LIKELY,
        )
    if 80 in evidence.refusals and evidence.sni and not answered_hello(evidence):
        own = alternative("tls.alert", "the server may have failed for a reason of its own, which its log has")
        return Match(
            f'{evidence.peer} answered our ClientHello for "{name}" with alert 80 (internal_error): '
            "it may not serve that name",
            fix(match.id, name=name),
            POSSIBLE,
            (own,),
        )
    if 112 not in evidence.refusals:
        return None
    return Match(
        f'{evidence.peer} has no site "{name}": it answered with alert 112 (unrecognized_name)',
        fix(match.id, name=name),
    )
