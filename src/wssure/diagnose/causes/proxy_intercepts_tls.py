"""A device on the path decrypts the TLS connection and presents its own certificate.

What happened:
    The certificate has the correct name but was issued by a CA on the path: a company proxy, an antivirus program or a
    captive portal decrypts the traffic and encrypts it again. The CA is not one of this client's trust anchors.

Why:
    TLS inspection. Browsers of that company work because its CA is in their store. Programs with their own store, and
    devices, do not have it.

Fix:
    * Ask the owner of the network for its CA certificate (do not take it from the connection) and configure it:
      `TLSSettings(ca="company-ca.pem")`, `info.client_ssl_ca_filepath` in libwebsockets,
      `esp_websocket_client_config_t.cert_pem` in ESP-IDF.
    * Or ask for an exception for this host. Pinned and mutual-TLS connections always need one.

References:
    * RFC 8446 section 9.3 (middleboxes)
"""

from wssure.diagnose.cause import LIKELY, Evidence, Match, cause, probe
from wssure.evidence import Fault, Stage

# Names in the issuers of inspection products, in lower case. Used only as a hint.
_PRODUCTS = (
    "avast", "barracuda", "bitdefender", "bluecoat", "blue coat", "cisco umbrella", "checkpoint", "check point", "eset ssl",
    "forcepoint", "fortigate", "fortinet", "kaspersky", "mcafee web gateway", "mitmproxy", "netskope", "palo alto",
    "sophos", "squid", "symantec web", "untangle", "watchguard", "websense", "zscaler",
)  # fmt: skip


@probe("compare the issuer with the one seen from another network")
@cause("proxy.intercepts-tls", Fault.PATH, stage=Stage.TLS, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match an untrusted issuer with the name of an inspection product."""
    if evidence.is_server or evidence.name_mismatch:
        return None
    if not evidence.flags & {"issuer-not-found", "self-signed-in-chain"}:
        return None
    issuers = [item.issuer or "" for item in evidence.certificates]
    interceptor = next((item for item in issuers if any(product in item.lower() for product in _PRODUCTS)), None)
    if interceptor is None:
        return None
    return Match(
        f'the certificate was issued by "{interceptor}", which looks like a device in the path that inspects TLS',
        confidence=LIKELY,
    )
