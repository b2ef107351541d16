"""A TLS record is larger than the receiver's buffer.

What happened:
    One side could not receive a record: it sent alert 22 (record_overflow), or its library reported -0x7200 or -0x6A00
    (Mbed TLS) while reading the certificate chain.

Why:
    `MBEDTLS_SSL_IN_CONTENT_LEN` was lowered to save memory, and the peer sends records up to 16384 bytes; a certificate
    chain alone often has 4 to 6 KiB. The sender chooses the size, unless a limit was negotiated.

Fix:
    * Mbed TLS: `#define MBEDTLS_SSL_IN_CONTENT_LEN 16384`; ESP-IDF: `CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=16384`, or
      `CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN` with a small out buffer.
    * Or negotiate a limit, if the server supports it: `mbedtls_ssl_conf_max_frag_len(&conf,
      MBEDTLS_SSL_MAX_FRAG_LEN_4096)`.
    * Server: a shorter chain (an ECDSA certificate, no root in it).

References:
    * RFC 8446 section 5.1, RFC 6066 section 4, RFC 8449
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, cause, probe


@probe("repeat with max_fragment_length, or against a server with a shorter chain")
@cause("tls.record-buffer-too-small", Fault.PEER, shows=("tls.alert", "tls.library"))
def match(evidence: Evidence) -> Match | None:
    """Match alert 22 in either direction, or the error of our own library."""
    if 22 in evidence.refusals:
        who = "the client" if evidence.is_server else evidence.peer
        return Match(f"{who} refused a record of ours as too large: alert 22 (record_overflow)")
    if 22 in evidence.sent_alerts or evidence.own_error == "record-too-large":
        return Match("a record of the peer's is larger than our buffer", None, LIKELY)
    return None
