"""The server rejected our client certificate.

What happened:
    We sent a client certificate and the server answered with an alert about it: 42 bad, 43 unsupported, 44 revoked, 45
    expired, 46 certificate unknown, 48 unknown CA, 49 access denied.

Why:
    The certificate expired; the server does not accept its CA; an intermediate was not sent; it is for servers only
    (extended key usage); or it is valid but has no permission.

Fix:
    * Inspect the certificate: `openssl x509 -in client.pem -noout -issuer -dates -ext extendedKeyUsage`.
    * Send the intermediates too: append them to the certificate in the PEM file.
    * Get a new certificate from a CA that the server accepts, with extended key usage clientAuth.

References:
    * RFC 8446 sections 4.4.2.4 and 6.2
"""

from wssure.diagnose.cause import CERTAIN, LIKELY, Evidence, Match, cause, probe
from wssure.evidence import Fault, Stage
from wssure.facts import CertificateRequested
from wssure.fixes import fix

_ALERTS = {
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    48: "unknown_ca",
    49: "access_denied",
}

# nginx completes the handshake and reports it in HTTP (its own status 495, sent as 400).
_NGINX = "The SSL certificate error"


@probe("repeat with another client certificate")
@cause("tls.client-cert-rejected", Fault.CALLER, shows=("tls.certificate_request", "tls.alert", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match an alert about our certificate."""
    if evidence.is_server:
        if not evidence.flags:
            return None
        shown = ", ".join(sorted(evidence.flags))
        return Match(
            f"the client's certificate was refused by this site's client_ca: {shown}",
            fix("client.certificate"),
            fault=Fault.PEER,
        )
    if evidence.status == 400 and _NGINX in evidence.body:
        return Match(f'{evidence.peer} refused our client certificate: 400, "{_NGINX}"', stage=Stage.UPGRADE)
    number = next((alert for alert in sorted(evidence.refusals) if alert in _ALERTS), None)
    if number is None:
        return None
    ours = evidence.client_cert
    if ours is False and CertificateRequested not in evidence:
        return None
    return Match(
        f"{evidence.peer} refused our client certificate with alert {number} ({_ALERTS[number]})",
        confidence=CERTAIN if ours else LIKELY,
    )
