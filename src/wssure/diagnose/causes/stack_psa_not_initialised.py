"""The crypto core was not initialised.

What happened:
    Mbed TLS 3.6.0 reported -0x6C00 (internal error) before a byte was sent: TLS 1.3 uses the PSA core, and
    `psa_crypto_init()` was not called.

Why:
    3.6.0 enabled TLS 1.3 by default; code for older versions does not initialise PSA. 3.6.1 and later do it themselves.

Fix:
    * Call `psa_crypto_init();` once before the first handshake, and check for PSA_SUCCESS.
    * Or update to 3.6.1 or later; libwebsockets 5.0.0 calls it.
    * Or use TLS 1.2 only: `mbedtls_ssl_conf_max_tls_version(&conf, MBEDTLS_SSL_VERSION_TLS1_2);`

References:
    * Mbed TLS 3.6.1 ChangeLog; docs/use-psa-crypto.md
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe


@probe("repeat with TLS 1.2 as the highest version: then it works")
@cause("stack.psa-not-initialised", Fault.CALLER, shows=("tls.library",))
def match(evidence: Evidence) -> Match | None:
    """Match our own library's word."""
    if evidence.own_error != "psa-not-initialised":
        return None
    return Match("the TLS library's crypto core was not initialised before the handshake")
