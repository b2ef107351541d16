"""The certificate is not valid for this host name.

What happened:
    The server presented a certificate that is valid for other names, but not for the host of this connection.

Why:
    The name resolves to the wrong server; the server has no site for this name and presents the certificate of its
    default site; the certificate was issued only for www or a sub-domain (a wildcard matches exactly one label); or an
    IP address was used as the host.

Fix:
    * If the service has one of the other names, use that name in the URL and keep the address: `connect("wss://NAME/",
      address="192.0.2.7")`.
    * Server: issue a certificate with this name in its subjectAltNames, and configure the site for it.
    * Do not skip the check: `LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK` accepts any certificate of that CA, and on Mbed
      TLS it also removes SNI.

References:
    * RFC 9525 sections 2 and 6, RFC 6125
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, alternative, cause, probe
from wssure.facts import NameCheck
from wssure.fixes import fix


@probe("repeat on the same address with a name from the certificate as SNI")
@cause("cert.hostname", Fault.UNKNOWN, shows=("tls.client_hello", "tls.certificate", "tls.name_check"))
def match(evidence: Evidence) -> Match | None:
    """Match a name check that failed."""
    if evidence.is_server or not evidence.name_mismatch:
        return None
    check = evidence.last(NameCheck)
    expected = evidence.host or (check.expected if check is not None else "the name asked for")
    names = evidence.presented
    if not names:
        # The names in the certificate are unknown; it may have none.
        unseen = alternative("cert.no-san", "the certificate may have no subjectAltName")
        return Match(
            f"the certificate of {evidence.peer} is not valid for {expected}",
            fix(match.id, expected=expected),
            LIKELY,
            (unseen,),
        )
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    plain = next((name for name in names if not name.startswith("*") and ":" not in name), "")
    todo = fix(match.id, expected=expected)
    if plain:
        todo = fix("cert.other-name", name=plain, url=evidence.url_of(plain), expected=expected, **evidence.dialled)
    default = f'the server may have no site "{evidence.sni}" and present the certificate of its default site'
    others = (alternative("tls.sni-unknown", default),) if evidence.sni else ()
    return Match(f"the certificate is valid for {listed}, not for {expected}", todo, others=others)
