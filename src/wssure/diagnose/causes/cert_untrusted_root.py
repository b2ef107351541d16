"""The CA of the certificate is not trusted.

What happened:
    The server's chain ends at a CA that is not one of this client's trust anchors.

Why:
    A private CA (company, test, device fleet) that is not configured in this client; an outdated store without a newer
    public root; a CA file that does not belong to this server; or an attacker on the path.

Fix:
    * Get the CA certificate from its owner and configure it: `TLSSettings(ca="ca.pem")` or `--cacert ca.pem`.
    * libwebsockets: `info.client_ssl_ca_filepath = "ca.pem";` or `client_ssl_ca_mem`; Mbed TLS has no default store.
    * ESP-IDF: `.cert_pem = ca_pem` or `.crt_bundle_attach = esp_crt_bundle_attach`.
    * Debian: `apt install ca-certificates`, or put a private CA into /usr/local/share/ca-certificates and run
      `update-ca-certificates`.

References:
    * RFC 5280 section 6.1
"""

from wssure.diagnose.cause import CERTAIN, LIKELY, Evidence, Match, alternative, cause, probe
from wssure.diagnose.chain import count_sent, reaches_unknown_root, top_issuer
from wssure.evidence import Alternative, Fault
from wssure.fixes import fix


@probe(
    "compare the issuer with the system's and Mozilla's stores (openssl s_client -connect NAME:PORT -servername NAME -showcerts)"
)
@cause("cert.untrusted-root", Fault.CALLER, shows=("tls.certificate", "tls.verify", "settings.tls"))
def match(evidence: Evidence) -> Match | None:
    """Match a chain with an unknown top issuer."""
    if evidence.is_server or not evidence.flags & {"self-signed-in-chain", "issuer-not-found"}:
        return None
    issuer = reaches_unknown_root(evidence) or top_issuer(evidence)
    named, count = f' "{issuer}"' if issuer else "", count_sent(evidence)
    sure = "self-signed-in-chain" in evidence.flags
    return Match(
        f"the certificate of {evidence.peer} was issued by an untrusted CA{named or ' (name unknown)'}{count and f' ({count})'}",
        fix(match.id, issuer=issuer),
        CERTAIN if sure and not evidence.proxy else LIKELY,
        _others(evidence, sure=sure),
    )


def _others(evidence: Evidence, *, sure: bool) -> tuple[Alternative, ...]:
    count = count_sent(evidence)
    incomplete = alternative(
        "cert.chain-incomplete", f"{count}: " * bool(count) + "the server may fail to send an intermediate certificate"
    )
    inspected = alternative(
        "proxy.intercepts-tls", f"the proxy {evidence.proxy} may decrypt the connection and present its own certificate"
    )
    return (*(() if sure else (incomplete,)), *((inspected,) if evidence.proxy else ()))
