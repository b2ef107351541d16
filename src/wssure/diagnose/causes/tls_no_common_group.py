"""Client and server share no key-exchange group.

What happened:
    The server asked, in a HelloRetryRequest, for a group that the client did not offer, or refused the hello with alert
    40 or 47 because of the groups.

Why:
    One side supports only few curves: a device built with P-256 only, a server that requires P-384 or P-521, or a side
    with post-quantum groups only.

Fix:
    * Offer the common groups: X25519, P-256, P-384, P-521.
    * Mbed TLS: `MBEDTLS_ECP_DP_SECP384R1_ENABLED` (4.x: `PSA_WANT_ECC_SECP_R1_384`); ESP-IDF:
      `CONFIG_MBEDTLS_ECP_DP_SECP384R1_ENABLED`.
    * nginx: `ssl_ecdh_curve X25519:prime256v1:secp384r1;`

References:
    * RFC 8446 sections 4.1.4 and 4.2.7
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, cause, probe
from wssure.facts import ServerHelloSeen
from wssure.fixes import fix


@probe(
    "offer P-256, P-384, P-521 and X25519, one at a time (openssl s_client -connect ADDRESS:PORT -servername NAME -groups P-256)"
)
@cause("tls.no-common-group", Fault.UNKNOWN, shows=("tls.client_hello", "tls.server_hello", "tls.alert"))
def match(evidence: Evidence) -> Match | None:
    """Match a HelloRetryRequest without a further handshake, or the error of our own library."""
    if evidence.done:
        return None
    retry = next((hello for hello in evidence.all(ServerHelloSeen) if hello.hello_retry), None)
    refused = evidence.sent_alerts & {40, 47} or evidence.refusals & {40, 47}
    if evidence.own_error != "no-common-group" and not (retry and refused):
        return None
    group = (retry.group if retry else None) or ""
    return Match(
        f"no common key-exchange group with {evidence.peer}{f': it asks for {group}' if group else ''}",
        fix(match.id, group=group),
        LIKELY,
    )
