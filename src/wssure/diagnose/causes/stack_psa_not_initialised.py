"""The crypto core was not initialised.

What happened:
    Mbed TLS 3.6.0 reported -0x6C00 (internal error) before a byte went out: TLS 1.3 uses the PSA core, and nobody called
    `psa_crypto_init()`.

Why:
    3.6.0 turned TLS 1.3 on by default; code written for older versions never initialised PSA. 3.6.1 and later do it by
    themselves.

Fix:
    * Call `psa_crypto_init();` once before the first handshake and check that it returns PSA_SUCCESS.
    * Or update to 3.6.1 or later; libwebsockets 5.0.0 calls it.
    * Or stay at TLS 1.2: `mbedtls_ssl_conf_max_tls_version(&conf, MBEDTLS_SSL_VERSION_TLS1_2);`

References:
    * Mbed TLS 3.6.1 ChangeLog; docs/use-psa-crypto.md
"""

from wssure.diagnose.cause import Cause, Evidence, Match
from wssure.evidence import Fault, Stage


def match(evidence: Evidence) -> Match | None:
    """Match our own library's word."""
    if evidence.own_error != "psa-not-initialised":
        return None
    return Match("the TLS library's crypto core was not initialised before the handshake")


CAUSE = Cause(
    id="stack.psa-not-initialised",
    stage=Stage.TLS,
    fault=Fault.CALLER,
    match=match,
    page=__doc__,
    fix="call psa_crypto_init() once before the first handshake, or use Mbed TLS 3.6.1 or later",
    probe="repeat with TLS 1.2 as the highest version: then it works",
    shows=("tls.library",),
)
