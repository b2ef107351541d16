"""Something between opens the TLS connection and shows its own certificate.

What happened:
    The certificate is for the right name but was issued by a CA that sits in the path: a company proxy, an antivirus program
    or a captive portal decrypts and encrypts again. The CA is not among the anchors this client trusts.

Why:
    TLS inspection. Browsers of that company work because its CA was put into their store; a program with its own store, and
    every device, does not know it.

Fix:
    * Ask the owner of the network for its CA certificate, obtained from them and not from the connection, and give it:
      `TLSSettings(ca="company-ca.pem")`, `ccinfo`/context `client_ssl_ca_filepath` in libwebsockets,
      `esp_websocket_client_config_t.cert_pem` in ESP-IDF.
    * Or ask for an exception, so that this host is not inspected. Pinned and mutual-TLS connections always need that.

References:
    * RFC 8446 section 9.3 (middleboxes)
"""

from wssure.diagnose.cause import LIKELY, Cause, Evidence, Match
from wssure.evidence import Fault, Stage

# Names that inspection products put into the issuers they make, in lower case. Compared only as a hint.
_PRODUCTS = (
    "avast", "barracuda", "bitdefender", "bluecoat", "blue coat", "cisco umbrella", "checkpoint", "check point", "eset ssl",
    "forcepoint", "fortigate", "fortinet", "kaspersky", "mcafee web gateway", "mitmproxy", "netskope", "palo alto",
    "sophos", "squid", "symantec web", "untangle", "watchguard", "websense", "zscaler",
)  # fmt: skip


def match(evidence: Evidence) -> Match | None:
    """Match an untrusted issuer whose name is that of an inspecting product."""
    if evidence.is_server or evidence.name_mismatch:
        return None
    if not evidence.flags & {"issuer-not-found", "self-signed-in-chain"}:
        return None
    issuers = [one.issuer or "" for one in evidence.certificates]
    found = next((one for one in issuers if any(product in one.lower() for product in _PRODUCTS)), None)
    if found is None:
        return None
    return Match(
        f'the certificate was issued by "{found}", which looks like a device in the path that inspects TLS',
        "ask the owner of this network for an exception, or for their CA certificate to give as ca=",
        LIKELY,
    )


CAUSE = Cause(
    id="proxy.intercepts-tls",
    stage=Stage.TLS,
    fault=Fault.PATH,
    match=match,
    page=__doc__,
    fix="ask the owner of this network for an exception, or for their CA certificate",
    probe="compare the issuer with the one seen from another network",
    shows=("tls.certificate", "tls.verify"),
)
