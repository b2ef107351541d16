"""This version of Mbed TLS refuses the RSA-PSS signature that it offered.

What happened:
    Client and server agreed on TLS 1.2. The server signed its key exchange with RSA-PSS, which the client's ClientHello
    offers, and the client's library refused the signature (-0x6600). The server and its certificate are in order.

Why:
    A defect of Mbed TLS 3.6.6 (Debian 13) and 4.1.0, fixed in 3.6.7 and 4.1.1. It shows with servers that speak TLS 1.2
    alone, have an RSA certificate and prefer RSA-PSS, such as OpenSSL with the server's order of preference. TLS 1.3 and
    ECDSA certificates are not affected.

Fix:
    * Install Mbed TLS 3.6.7 or 4.1.1, or use another backend: `backend="openssl"`, `--backend openssl`.
    * `TLSSettings(max_version="TLSv1.2")` or `--tls-max 1.2`: a hello for TLS 1.2 alone offers no RSA-PSS, so the server
      signs with PKCS #1.
    * On the server: TLS 1.3, or an ECDSA certificate.

References:
    * https://github.com/Mbed-TLS/mbedtls/issues/10668
    * RFC 8446 section 4.2.3
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe


@probe("repeat with TLS 1.2 as the highest version: that hello offers no RSA-PSS")
@cause("stack.rsa-pss-refused", Fault.CALLER, shows=("tls.server_hello", "tls.library"))
def match(evidence: Evidence) -> Match | None:
    """Match our own library's reason."""
    if evidence.own_error != "rsa-pss-refused":
        return None
    return Match(
        f"this version of Mbed TLS refused the RSA-PSS signature of {evidence.peer} in TLS 1.2, which it offered"
    )
