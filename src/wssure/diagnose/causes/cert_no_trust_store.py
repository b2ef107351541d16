"""This client has no trust anchors.

What happened:
    Verification is on, but there is no CA certificate: no system store was found, or the given file is empty. Every
    server would be refused.

Why:
    A container image without ca-certificates; or a device: Mbed TLS has no store and does not read the system's, so a
    client without a CA refuses every server (-0x7680, or flags 0x08 "not correctly signed by the trusted CA").

Fix:
    * Debian image: `apt install ca-certificates`; or `TLSSettings(ca=certifi.where())`.
    * libwebsockets on Mbed TLS: `info.client_ssl_ca_filepath = "/etc/ssl/certs/ca-certificates.crt";`, on a device
      `info.client_ssl_ca_mem = ca_pem; info.client_ssl_ca_mem_len = sizeof(ca_pem);`.
    * ESP-IDF: `.crt_bundle_attach = esp_crt_bundle_attach` with `CONFIG_MBEDTLS_CERTIFICATE_BUNDLE=y`.

References:
    * RFC 5280 section 6.1.1 (trust anchor information)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe


@probe("connect to a well-known public server: it fails the same way")
@cause("cert.no-trust-store", Fault.CALLER, shows=("settings.tls", "tls.own_error", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match our library's own word that it has no trust anchors."""
    if evidence.is_server or evidence.own_error != "no-ca":
        return None
    return Match("this client has no trust anchors, so it cannot verify any server")
