"""The server's Diffie-Hellman group is too small.

What happened:
    Our library refused the key exchange: the server's finite-field group is below the security level (less than 2048 bits).
    OpenSSL reports "dh key too small", Mbed TLS reports -0x6600 or sends an alert.

Why:
    An old server with a 1024-bit group, and a client that offers DHE suites.

Fix:
    * Server: prefer ECDHE; else generate a group of 2048 bits or more: `openssl dhparam 2048`, `ssl_dhparam` in nginx.
    * Client, until then: offer ECDHE suites only. Lowering the security level weakens every connection.

References:
    * RFC 7919 section 4, SSL_CTX_set_security_level(3), CVE-2015-4000 (Logjam)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe


@probe("repeat with ECDHE suites only (openssl s_client -connect ADDRESS:PORT -servername NAME -tls1_2 -cipher ECDHE)")
@cause("tls.weak-dh", Fault.PEER, shows=("tls.server_hello", "tls.library"))
def match(evidence: Evidence) -> Match | None:
    """Match our library's own refusal of the group."""
    if evidence.own_error != "dh-key-too-small":
        return None
    return Match(f"{evidence.peer} uses a Diffie-Hellman group below the security level of this side")
