"""The server requires a client certificate, and none was sent.

What happened:
    The server asked for a client certificate (CertificateRequest) and received none. In TLS 1.2 it then refuses in the
    handshake (alert 40 or 42). In TLS 1.3 the refusal (alert 116) is received after the client has completed the
    handshake, so other libraries report a reset or "did not receive a valid HTTP response".

Why:
    Mutual TLS: the server accepts only known clients. Or a proxy in front requires certificates for every site, and
    this site should be exempt.

Fix:
    * wssure: `TLSSettings(cert="client.pem", key="client.key")`, or `--cert client.pem --key client.key`.
    * libwebsockets: `info.client_ssl_cert_filepath = "client.pem"; info.client_ssl_private_key_filepath = "client.key";`
    * ESP-IDF: `.client_cert` and `.client_key` in the WebSocket or esp-tls configuration.
    * Mbed TLS: `mbedtls_ssl_conf_own_cert(&conf, &cert, &key);`
    * A CA from the request must have issued the certificate; the CAs are shown if the server lists them.

References:
    * RFC 8446 sections 4.3.2, 4.4.2 and 6.2 (certificate_required), RFC 5246 section 7.4.4
"""

from dataclasses import replace

from wssure.diagnose.cause import CERTAIN, LIKELY, Evidence, Match, cause, probe
from wssure.evidence import Fault, Stage
from wssure.facts import CertificateRequested, HttpEof, TlsEof
from wssure.fixes import fix

# nginx completes the handshake and reports it in HTTP (its own status 496, sent as 400).
_NGINX = "No required SSL certificate was sent"


@probe("repeat with a client certificate from a CA that the request names")
@cause("tls.client-cert-required", Fault.CALLER, shows=("tls.certificate_request", "tls.alert", "tls.eof", "os.error"))
def match(evidence: Evidence) -> Match | None:
    """Match a refusal after a CertificateRequest without our certificate, alert 116, or nginx's text."""
    if evidence.is_server:
        return _as_server(evidence)
    if evidence.client_cert:
        return None
    if 116 in evidence.refusals:
        return _match_answer(evidence, "alert 116, certificate_required", True)
    if evidence.status == 400 and _NGINX in evidence.body:
        return replace(_match_answer(evidence, f'400, "{_NGINX}"', True), stage=Stage.UPGRADE)
    if CertificateRequested not in evidence:
        return None
    refusal = next(iter(sorted(evidence.refusals & {40, 41, 42, 43, 46, 49})), None)
    if refusal is not None:
        return _match_answer(evidence, f"alert {refusal} after its request", True)
    gone = evidence.lost or HttpEof in evidence or TlsEof in evidence
    if gone and evidence.status is None and evidence.stage in (Stage.TLS, Stage.UPGRADE):
        return _match_answer(evidence, "a close after its request", False)
    return None


def _match_answer(evidence: Evidence, answer: str, sure: bool) -> Match:
    request = evidence.last(CertificateRequested)
    wanted = "; ".join(request.ca_names[:4]) if request is not None else ""
    return Match(
        f"{evidence.peer} requires a client certificate, and none was sent ({answer})",
        fix(match.id, issuers=wanted),
        CERTAIN if sure else LIKELY,
    )


def _as_server(evidence: Evidence) -> Match | None:
    if 116 not in evidence.sent_alerts and evidence.own_error != "no-client-certificate":
        return None
    return Match(
        "this site requires a client certificate, and the client sent none",
        fix("client.certificate-missing"),
        fault=Fault.PEER,
    )
