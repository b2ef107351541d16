"""No host name was given to the TLS layer.

What happened:
    The library is configured to verify the peer, but it has no host name. Mbed TLS 3.6.3 and later refuse this with
    -0x5D80 before a byte is sent. Older versions complete the handshake silently, without SNI and without a check of
    the name, which is worse.

Why:
    `mbedtls_ssl_set_hostname()` was never called. libwebsockets omits the call if
    `LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK` is set, so 4.3.3 with Mbed TLS 3.6.6 fails even with a trusted chain.

Fix:
    * Mbed TLS: `mbedtls_ssl_set_hostname(&ssl, "b.example.net")` after `mbedtls_ssl_setup()`, with a check of the
      result. For a peer without a name: call `mbedtls_ssl_set_hostname(&ssl, NULL)` explicitly, then check the IP
      address yourself.
    * libwebsockets: remove LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK and configure a CA.

References:
    * Mbed TLS 3.6.3 ChangeLog (CVE-2025-27809), MBEDTLS_ERR_SSL_CERTIFICATE_VERIFICATION_WITHOUT_HOSTNAME
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe


@probe("decode the ClientHello: does it carry server_name?")
@cause("stack.no-hostname-set", Fault.CALLER, shows=("tls.library",))
def match(evidence: Evidence) -> Match | None:
    """Match our own library's word."""
    if evidence.own_error != "no-hostname":
        return None
    return Match("the TLS library was told to verify the peer, and not whom to expect")
