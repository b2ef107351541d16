"""Recognise the numbers and texts of Mbed TLS (2.28, 3.x, 4.x), as -0x7780, 0x7780, -30592 or 30592."""

import re
from typing import Final

from wssure.tools.explain.model import Library

_HEX: Final = re.compile(r"(?<![\w])-?0x([0-9a-f]{2,4})(?![\w])", re.IGNORECASE)
_DECIMAL: Final = re.compile(r"(?<![\w.:/-])-?(\d{2,5})(?![\w.:/])")
_CONTEXT: Final = re.compile(
    r"mbed ?tls|mbedtls_|start_ssl_client|X509 - |esp-tls|esp_tls|psa_|\bssl_(?:handshake|read|write)|\bTLS\b.{0,300}\bret",
    re.IGNORECASE,
)
# Source: mbedtls/ssl.h, x509.h, net_sockets.h, bignum.h of 2.28.3, 3.6.6 and 4.0; if versions differ, both meanings.
_NUMBERS: Final = {
    0x0010: "out-of-memory",  # MPI_ALLOC_FAILED
    0x0042: "connect-failed",  # NET_SOCKET_FAILED
    0x0044: "connect-failed",  # NET_CONNECT_FAILED
    0x004C: "reset",  # NET_RECV_FAILED
    0x004E: "broken-pipe",  # NET_SEND_FAILED
    0x0050: "reset",  # NET_CONN_RESET
    0x0052: "no-such-name",  # NET_UNKNOWN_HOST
    0x3000: "verify-failed",  # X509_FATAL_ERROR: the verify callback refused it
    0x5180: "out-of-memory",  # MD_ALLOC_FAILED
    0x6180: "out-of-memory",  # CIPHER_ALLOC_FAILED
    0x4D80: "out-of-memory",  # ECP_ALLOC_FAILED
    0x3F80: "out-of-memory",  # PK_ALLOC_FAILED
    0x4290: "out-of-memory",  # RSA_PUBLIC_FAILED with MPI_ALLOC_FAILED
    0x2562: "critical-extension",  # X509_INVALID_EXTENSIONS with ASN1_UNEXPECTED_TAG: one that it does not know
    0x2700: "verify-failed",  # X509_CERT_VERIFY_FAILED
    0x2880: "out-of-memory",  # X509_ALLOC_FAILED
    0x5D80: "no-hostname",  # SSL_CERTIFICATE_VERIFICATION_WITHOUT_HOSTNAME, from 3.6.3
    0x6600: "illegal-parameter",  # SSL_ILLEGAL_PARAMETER (3.x)
    0x6800: "handshake-timeout",  # SSL_TIMEOUT
    0x6A00: "record-buffer",  # SSL_BUFFER_TOO_SMALL
    0x6C00: "psa",  # SSL_INTERNAL_ERROR
    0x6E00: "own-no-cipher",  # SSL_HANDSHAKE_FAILURE (3.x)
    0x6E80: "own-version",  # SSL_BAD_PROTOCOL_VERSION
    0x7180: "bad-mac",  # SSL_INVALID_MAC
    0x7200: "not-tls",  # SSL_INVALID_RECORD
    0x7280: "eof-handshake",  # SSL_CONN_EOF
    0x7380: "own-no-cipher",  # SSL_NO_CIPHER_CHOSEN (2.28)
    0x7480: "no-client-cert",  # SSL_NO_CLIENT_CERTIFICATE
    0x7500: "record-buffer",  # SSL_CERTIFICATE_TOO_LARGE (2.28)
    0x7580: "own-alpn",  # SSL_NO_APPLICATION_PROTOCOL (3.x)
    0x7680: "no-ca",  # SSL_CA_CHAIN_REQUIRED
    0x7780: "alert-any",  # SSL_FATAL_ALERT_MESSAGE
    0x7800: "alert-112",  # SSL_UNRECOGNIZED_NAME (3.x)
    0x7880: "http-eof",  # SSL_PEER_CLOSE_NOTIFY
    0x7A00: "verify-failed",  # SSL_BAD_HS_CERTIFICATE (2.28), SSL_BAD_CERTIFICATE (3.x)
    0x7F00: "out-of-memory",  # SSL_ALLOC_FAILED
}
# Errors that 4.x reports as PSA codes instead. Source: psa/crypto_values.h.
_PSA: Final = {137: "psa", 138: "record-buffer", 141: "out-of-memory"}
# RFC 8446 section 6: the number of an alert after the text of the debug callback.
_TEXTS: Final = {
    r"is a fatal alert message \(msg (\d+)\)|got an alert message, type: \[2:(\d+)\]": "alert-{1}",
    r"A fatal alert message was received": "alert-any",
    r"An invalid SSL record was received": "not-tls",
    r"The connection indicated an EOF": "eof-handshake",
    r"The peer notified us that the connection is going to be closed": "http-eof",
    r"Processing of the Certificate handshake message failed": "verify-failed",
    r"certificate validity (?:has expired|starts in the future)": "date",
    r"CN does not match|common name .{0,40}does not match with the expected": "hostname",
    r"unacceptable key|RSA too short": "weak-key",
    r"unacceptable hash|signed with an unacceptable PK": "weak-signature",
    r"The certificate has been revoked": "revoked",
    r"[Uu]sage does not match the (?:keyUsage|extendedKeyUsage|nsCertType)": "purpose",
    r"not correctly signed by the trusted CA": "unknown-issuer",
    r"without (?:the )?host ?name|VERIFICATION_WITHOUT_HOSTNAME": "no-hostname",
    r"No CA Chain is set|CA_CHAIN_REQUIRED": "no-ca",
    r"Certificate verification failed|X509_CERT_VERIFY_FAILED": "verify-failed",
    r"PSA_ERROR_BAD_STATE": "psa",
    r"INSUFFICIENT_MEMORY|SSL_ALLOC_FAILED|MPI_ALLOC_FAILED": "out-of-memory",
}


def symptom_of_number(line: str, expected: bool) -> str:
    """Return the symptom of a number in a line, or "".

    Args:
        line: The text of the line.
        expected: True if other text already identifies Mbed TLS; a bare decimal number does not.
    """
    expected = expected or _CONTEXT.search(line) is not None
    for match in _HEX.finditer(line):
        symptom = _NUMBERS.get(int(match.group(1), 16))
        if symptom and (len(match.group(1)) == 4 or expected):
            return symptom
    if not expected:
        # A negative number of five digits, or a number alone in its line, is looked up in the table.
        bare = re.fullmatch(r"\s*(\d{5})\s*", line) or re.search(r"(?<![\w.])-(\d{5})(?![\w.])", line)
        return _NUMBERS.get(int(bare.group(1)), "") if bare else ""
    for match in _DECIMAL.finditer(line):
        number = int(match.group(1))
        if number > 0x100 and number in _NUMBERS:
            return _NUMBERS[number]
        if number in _PSA and match.group(0).startswith("-"):
            return _PSA[number]
    return ""


LIBRARY = Library(
    name="Mbed TLS",
    texts=_TEXTS,
    mark=re.compile(
        r"mbed ?tls|\bMBEDTLS_|start_ssl_client|\bX509 - \w|\bSSL - \w|x509_verify_cert\(\)", re.IGNORECASE
    ),
    kind="mbedtls",
    fixes={
        "stack.rsa-pss-refused": "Mbed TLS 3.6.7 or 4.1.1; until then mbedtls_ssl_conf_max_tls_version(&conf, MBEDTLS_SSL_VERSION_TLS1_2), which offers no RSA-PSS",
        "cert.chain-incomplete": "let the server send its full chain; mbedtls_ssl_conf_ca_chain() with the intermediate works too, until it is renewed",
        "cert.expired": "set the clock before the handshake; if it is right, renew the server's certificate (mbedtls_ssl_get_verify_result() tells which)",
        "cert.self-signed": "mbedtls_ssl_conf_ca_chain(&conf, &crt, NULL) with the server's certificate from its owner",
        "tls.bad-record-mac": "one mbedtls_ssl_context per thread, or a lock around mbedtls_ssl_read() and mbedtls_ssl_write()",
        "tls.client-cert-rejected": "mbedtls_ssl_conf_own_cert(&conf, &cert, &key) with a certificate from a CA that the server accepts, its intermediates parsed into the same cert",
        "tls.eof-in-handshake": "mbedtls_ssl_set_hostname(&ssl, NAME) with a DNS name; then mbedtls_ssl_conf_max_tls_version(&conf, MBEDTLS_SSL_VERSION_TLS1_2): what flips it is the cause",
        "tls.not-tls-http": "connect to the TLS port of the service; on a small board raise MBEDTLS_SSL_IN_CONTENT_LEN to 16384 to rule the buffer out",
        "tls.peer-rejected-our-cert@server": "mbedtls_ssl_conf_own_cert(&conf, &cert, &key) with the full chain parsed into cert; give the client your CA",
        "tls.sni-unknown": "mbedtls_ssl_set_hostname(&ssl, NAME) with a name that the server serves",
        "tls.timeout-after-hello": "mbedtls_ssl_conf_read_timeout(&conf, 20000), and look whether the hello reaches the server",
        "tls.weak-dh": "leave MBEDTLS_KEY_EXCHANGE_DHE_RSA_ENABLED out, so that ECDHE is used",
        "tls.sni-missing": "mbedtls_ssl_set_hostname(&ssl, NAME) with a DNS name, result checked; MBEDTLS_SSL_SERVER_NAME_INDICATION compiled in;\n"
        "under libwebsockets: drop LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK, which removes the name, and configure a CA",
        "stack.no-hostname-set": "mbedtls_ssl_set_hostname(&ssl, NAME) after mbedtls_ssl_setup(); NULL says on purpose that there is none",
        "stack.psa-not-initialised": "psa_crypto_init() once before the first handshake, or Mbed TLS 3.6.1 and later",
        "cert.untrusted-root": "mbedtls_ssl_conf_ca_chain(&conf, &ca, NULL) with the CA's certificate from its owner",
        "cert.no-trust-store": "mbedtls_ssl_conf_ca_chain(&conf, &ca, NULL): Mbed TLS has no default store",
        "cert.hostname": "mbedtls_ssl_set_hostname(&ssl, NAME) with the name the certificate is for, if that is the service you mean",
        "cert.not-yet-valid": "set the clock before the handshake (SNTP); MBEDTLS_HAVE_TIME_DATE reads it",
        "tls.client-cert-required": "mbedtls_ssl_conf_own_cert(&conf, &cert, &key)",
        "tls.record-buffer-too-small": "#define MBEDTLS_SSL_IN_CONTENT_LEN 16384, or mbedtls_ssl_conf_max_frag_len()",
        "tls.out-of-memory": "lower MBEDTLS_SSL_OUT_CONTENT_LEN, free heap before the handshake",
        "tls.version": "mbedtls_ssl_conf_max_tls_version(&conf, MBEDTLS_SSL_VERSION_TLS1_3), with MBEDTLS_SSL_PROTO_TLS1_3",
        "tls.no-common-params": "enable the key exchange the server has, such as MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED",
        "tls.no-common-group": "enable the curve, such as MBEDTLS_ECP_DP_SECP384R1_ENABLED",
        "tls.alpn": 'mbedtls_ssl_conf_alpn_protocols(&conf, (const char *[]){"http/1.1", NULL})',
    },
)
