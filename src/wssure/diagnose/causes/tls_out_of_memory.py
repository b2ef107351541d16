"""The TLS library could not allocate memory.

What happened:
    The library failed because of missing memory: -0x7F00 or -0x0010 (Mbed TLS), "malloc failure" (OpenSSL). This
    usually happens on a device, while it reads the certificate chain or computes a key.

Why:
    A TLS connection of Mbed TLS needs two record buffers of 16 KiB each and about 10 to 20 KiB during the handshake; a
    fragmented heap has no block of that size.

Fix:
    * ESP-IDF: `CONFIG_MBEDTLS_DYNAMIC_BUFFER=y`, `CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN=4096`, PSRAM with
      `CONFIG_MBEDTLS_EXTERNAL_MEM_ALLOC=y`; use the certificate bundle instead of all CAs as PEM.
    * Mbed TLS: `mbedtls_ssl_conf_max_frag_len`, a smaller `MBEDTLS_SSL_OUT_CONTENT_LEN`; fewer connections at once.
    * Check the largest free block, not the sum: `heap_caps_get_largest_free_block(MALLOC_CAP_8BIT)`.

References:
    * Mbed TLS mbedtls_config.h, MBEDTLS_SSL_IN_CONTENT_LEN and MBEDTLS_SSL_OUT_CONTENT_LEN
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe


@probe("log the largest free block before the handshake")
@cause("tls.out-of-memory", Fault.CALLER, transient=True, shows=("tls.library",))
def match(evidence: Evidence) -> Match | None:
    """Match our own library's word."""
    if evidence.own_error != "out-of-memory":
        return None
    return Match("the TLS library could not allocate memory")
