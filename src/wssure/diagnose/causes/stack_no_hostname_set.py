"""No host name was given to the TLS layer.

What happened:
    The library was told to verify the peer and not whom to expect. Mbed TLS 3.6.3 and later refuse that with -0x5D80 before a
    byte goes out. Older versions complete the handshake silently, without SNI and without checking the name, which is worse.

Why:
    `mbedtls_ssl_set_hostname()` was never called. libwebsockets leaves it out when
    `LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK` is set, so that 4.3.3 with Mbed TLS 3.6.6 fails even with a trusted chain.

Fix:
    * Mbed TLS: `mbedtls_ssl_set_hostname(&ssl, "b.example.net")` after `mbedtls_ssl_setup()`, result checked. For a peer that has
      no name: `mbedtls_ssl_set_hostname(&ssl, NULL)` says so on purpose; then check the IP yourself.
    * libwebsockets: take LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK out and give a CA.

References:
    * Mbed TLS 3.6.3 ChangeLog (CVE-2025-27809), MBEDTLS_ERR_SSL_CERTIFICATE_VERIFICATION_WITHOUT_HOSTNAME
"""

from wssure.diagnose.cause import Cause, Evidence, Match
from wssure.evidence import Fault, Stage


def match(evidence: Evidence) -> Match | None:
    """Match our own library's word."""
    if evidence.own_error != "no-hostname":
        return None
    return Match("the TLS library was told to verify the peer, and not whom to expect")


CAUSE = Cause(
    id="stack.no-hostname-set",
    stage=Stage.TLS,
    fault=Fault.CALLER,
    match=match,
    page=__doc__,
    fix="give the TLS layer the name: mbedtls_ssl_set_hostname(&ssl, NAME), ccinfo.host in libwebsockets",
    probe="decode the ClientHello: does it carry server_name?",
    shows=("tls.library",),
)
