"""Client and server share no cipher suite, signature algorithm or key type.

What happened:
    The server refused the hello with alert 71 (insufficient_security), because everything offered is too weak for it,
    or with alert 40 (handshake_failure), which gives no reason: it may support nothing that was offered. Alert 40 has
    several possible causes, which are ranked below.

Why:
    The server has only RSA key exchange or CBC suites, or only ECDSA certificates while the client offers RSA; a
    device's Mbed TLS was built with few suites; or the security level of one side forbids the parameters of the other.

Fix:
    * Compare: `wssure hello` shows the client's offer, `nmap --script ssl-enum-ciphers` or `openssl s_client -cipher
      ...` the server's.
    * Mbed TLS, ESP-IDF: enable the missing key exchange, for instance `MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED` or
      `CONFIG_MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA=y`.
    * Server: offer an ECDHE suite with AES-GCM, and a certificate of a type that the clients support.

References:
    * RFC 8446 section 6.2 (handshake_failure), RFC 5246 section 7.4.1.3
"""

from wssure.diagnose.cause import CERTAIN, LIKELY, POSSIBLE, Evidence, Fault, Match, alternative, cause, probe
from wssure.facts import CertificateRequested

NO_REASON = ", which gives no reason: a parameter, a version or the name may not suit it"


@probe("offer TLS 1.2 and 1.3, more groups, RSA and ECDSA suites, one at a time")
@cause("tls.no-common-params", Fault.UNKNOWN, shows=("tls.client_hello", "tls.alert", "tls.server_hello"))
def match(evidence: Evidence) -> Match | None:
    """Match alert 40 or 71 before the handshake went anywhere, in either direction."""
    if evidence.own_error == "no-shared-cipher" or (
        evidence.is_server and 40 in evidence.sent_alerts and not evidence.flags
    ):
        who = "the client" if evidence.is_server else evidence.peer
        return Match(f"{who} and this side share no cipher suite or signature algorithm", None, LIKELY)
    if evidence.is_server or CertificateRequested in evidence or evidence.done:
        return None
    if 71 in evidence.refusals:
        return Match(
            f"{evidence.peer} rejected all offered parameters as too weak: alert 71 (insufficient_security)",
            None,
            CERTAIN,
        )
    if 40 not in evidence.refusals:
        return None
    others = [
        alternative("tls.version", "some servers send alert 40 if there is no common TLS version"),
        alternative("tls.no-common-group", "alert 40 is also sent if there is no common key-exchange group"),
    ]
    if evidence.sni:
        others.insert(
            0,
            alternative("tls.sni-unknown", f'some servers send alert 40 for an unknown name, here "{evidence.sni}"'),
        )
    return Match(
        f"{evidence.peer} refused our ClientHello with alert 40 (handshake_failure){NO_REASON}",
        None,
        POSSIBLE,
        tuple(others),
    )
