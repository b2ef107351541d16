"""Recognise the numbers and texts of wolfSSL. Numbers count only if the text or the user names wolfSSL."""

import re

from wssure.tools.explain.model import Library

# Source: wolfssl/error-ssl.h, wolfcrypt/error-crypt.h.
LIBRARY = Library(
    name="wolfSSL",
    kind="wolfssl",
    only_marked=True,
    mark=re.compile(r"wolfssl|re(?:ceived|vcd) alert fatal error", re.IGNORECASE),
    texts={
        r"-188\b|ASN no signer": "unknown-issuer",  # ASN_NO_SIGNER_E
        r"-275\b|self-signed certificate": "self-signed",  # ASN_SELF_SIGNED_E
        r"-150\b|current date before|Date BEFORE check failed": "not-yet-valid",  # ASN_BEFORE_DATE_E
        r"-151\b|current date after|Date AFTER check failed": "expired",  # ASN_AFTER_DATE_E
        r"-322\b|domain name mismatch|subject name mismatch": "hostname",  # DOMAIN_NAME_MISMATCH
        r"-36[01]\b|cert(?:ificate)? revoked": "revoked",  # OCSP_CERT_REVOKED, CRL_CERT_REVOKED
        r"-36[267]\b": "revocation-unknown",  # CRL_MISSING, OCSP_CERT_UNKNOWN, OCSP_LOOKUP_FAIL
        r"-386\b": "purpose",  # EXTKEYUSE_AUTH_E
        r"-381\b|Unrecognized host name": "alert-112@server",  # UNKNOWN_SNI_HOST_NAME_E
        r"-345\b|peer didn't send cert": "no-client-cert@server",  # NO_PEER_CERT
        r"-313\b|re(?:ceived|vcd) alert fatal": "alert-any",  # FATAL_ERROR
        r"-397\b|Peer closed underlying transport": "eof-handshake",  # SOCKET_PEER_CLOSED_E
        r"-308\b|error state on socket": "reset",  # SOCKET_ERROR_E
        r"-(?:125|303)\b|out of memory": "out-of-memory",  # MEMORY_E, MEMORY_ERROR
        r"-326\b|record layer version error": "own-version",  # VERSION_ERROR
        r"-50[01]\b|can't match cipher suite|unsupported cipher suite": "own-no-cipher",
        r"-311\b|unknown type in record": "not-tls",  # UNKNOWN_RECORD_TYPE
        r"-305\b|verify mac problem": "bad-mac",  # VERIFY_MAC_ERROR
        r"-329\b|verify cert error": "verify-failed",  # VERIFY_CERT_ERROR
    },
    fixes={
        "cert.expired": "set the clock before the handshake; if it is right, renew the server's certificate",
        "cert.hostname": "wolfSSL_check_domain_name(ssl, NAME) with the name the service is known by",
        "cert.no-trust-store": 'wolfSSL_CTX_load_verify_locations(ctx, "ca.pem", NULL), result checked: wolfSSL has no default store',
        "cert.not-yet-valid": "set the clock (SNTP) before wolfSSL_connect(); XTIME() in user_settings.h must return it",
        "cert.self-signed": 'wolfSSL_CTX_load_verify_locations(ctx, "server.pem", NULL) with the file from the server\'s owner',
        "cert.untrusted-root": 'wolfSSL_CTX_load_verify_locations(ctx, "ca.pem", NULL) with the CA\'s certificate from its owner',
        "tls.alpn": 'wolfSSL_UseALPN(ssl, "http/1.1", 8, WOLFSSL_ALPN_FAILED_ON_MISMATCH)',
        "tls.client-cert-required": 'wolfSSL_CTX_use_certificate_chain_file(ctx, "client.pem") and wolfSSL_CTX_use_PrivateKey_file(ctx, "client.key", WOLFSSL_FILETYPE_PEM)',
        "tls.no-common-group": "wolfSSL_UseSupportedCurve(ssl, WOLFSSL_ECC_SECP256R1), with HAVE_SUPPORTED_CURVES compiled in",
        "tls.no-common-params": "#define HAVE_ECC, HAVE_AESGCM and HAVE_SUPPORTED_CURVES in user_settings.h",
        "tls.out-of-memory": "#define WOLFSSL_SMALL_STACK and raise the task's stack and the heap; HAVE_MAX_FRAGMENT halves the buffers",
        "tls.record-buffer-too-small": "wolfSSL_UseMaxFragment(ssl, WOLFSSL_MFL_2_12), with HAVE_MAX_FRAGMENT compiled in",
        "tls.sni-missing": "wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, NAME, strlen(NAME)), with HAVE_SNI compiled in",
        "tls.version": "wolfSSL_CTX_new(wolfSSLv23_client_method()), with WOLFSSL_TLS13 compiled in",
    },
)
