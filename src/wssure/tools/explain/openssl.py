"""Recognise the texts of OpenSSL (1.1 to 4.0), LibreSSL and BoringSSL, also as quoted by programs that use them."""

import re
from typing import Final

from wssure.tools.explain.model import Library

# A packed error: in 3.x the library is in bits 23 to 30 and the reason below; in 1.1 library, function and reason have
# 8, 12 and 12 bits. Source: OpenSSL include/openssl/err.h of 1.1.1 and 3.0.
_CODE: Final = re.compile(r"\berror:([0-9A-F]{8})\b", re.IGNORECASE)
# The same as a decimal number, as in Rust's error stacks and boost::asio.
_DECIMAL: Final = re.compile(r"(?:\bcode: |asio\.ssl:)(\d{9})\b")
_SSL: Final = 20
# Reasons of the SSL library; 1000 + N is the received alert N. Source: include/openssl/sslerr.h.
_REASONS: Final = {
    108: "own-no-group",  # BAD_KEY_SHARE
    101: "own-no-group",  # NO_SUITABLE_KEY_SHARE
    118: "own-no-cipher",  # NO_SUITABLE_SIGNATURE_ALGORITHM
    183: "own-no-cipher",  # NO_CIPHER_MATCH
    191: "own-version",  # NO_PROTOCOLS_AVAILABLE
    252: "not-tls",  # UNKNOWN_PROTOCOL, of 1.0
    134: "verify-failed",  # CERTIFICATE_VERIFY_FAILED
    156: "http-on-tls-port",  # HTTP_REQUEST
    155: "http-on-tls-port",  # HTTPS_PROXY_REQUEST
    193: "own-no-cipher",  # NO_SHARED_CIPHER
    199: "no-client-cert",  # PEER_DID_NOT_RETURN_A_CERTIFICATE
    226: "own-no-cipher",  # CLIENTHELLO_TLSEXT
    235: "own-alpn",  # NO_APPLICATION_PROTOCOL
    258: "own-version",  # UNSUPPORTED_PROTOCOL
    266: "own-version",  # WRONG_SSL_VERSION
    267: "not-tls",  # WRONG_VERSION_NUMBER
    281: "bad-mac",  # DECRYPTION_FAILED_OR_BAD_RECORD_MAC
    294: "eof-handshake",  # UNEXPECTED_EOF_WHILE_READING
    338: "renegotiation",  # UNSAFE_LEGACY_RENEGOTIATION_DISABLED
    394: "dh-too-small",  # DH_KEY_TOO_SMALL
    396: "weak-signature",  # CA_MD_TOO_WEAK
    397: "weak-key",  # CA_KEY_TOO_SMALL
    399: "weak-key",  # EE_KEY_TOO_SMALL
}
# Texts of received alerts, with the spaces and underscores of every version and wrapper.
_ALERTS: Final = (
    (r"bad record mac", 20),
    (r"record overflow", 22),
    (r"handshake failure", 40),
    (r"no certificate", 42),
    (r"bad certificate(?! status| hash)", 42),
    (r"unsupported certificate", 43),
    (r"certificate revoked", 44),
    (r"certificate expired", 45),
    (r"certificate unknown", 46),
    (r"illegal parameter", 47),
    (r"unknown ca", 48),
    (r"access denied", 49),
    (r"decode error", 50),
    (r"protocol version", 70),
    (r"insufficient security", 71),
    (r"internal error", 80),
    (r"missing extension", 109),
    (r"certificate required", 116),
    (r"no application protocol", 120),
)


def _words(text: str) -> str:
    return text.replace(" ", r"[ _]")


_TEXTS: Final = {
    # Lines that follow the line with the reason.
    r":ssl[ _]handshake[ _]failure": "nothing",
    r"Verify return code: 0 \(ok\)": "nothing",
    r"GET_CLIENT_HELLO:(?:unknown protocol|http request|wrong version number)": "http-on-tls-port@server",
    # The client's key does not belong to its certificate.
    r"process_cert_verify:bad signature": "client-cert-refused@server",
    r"tls_choose_sigalg": "own-no-cipher@server",
    **{
        rf"(?:sslv3|tlsv1|tlsv13|ssl/tls)(?:[ _]alert)?[ _]{_words(words)}": f"alert-{number}"
        for words, number in _ALERTS
    },
    r"unrecognized[ _]name": "alert-112",
    r"SSL alert number (\d+)": "alert-{1}",
    r"bad[ _]key[ _]share|no[ _]suitable[ _](?:key[ _]share|groups?)": "own-no-group",
    r"GET_SERVER_HELLO:unknown protocol": "not-tls",
    r"wrong[ _]version[ _]number|packet length too long|record layer failure": "not-tls",
    r"(?<![a-z])(?<!plain )https?[ _](?:proxy[ _])?request\b(?=.{0,40}$)": "http-on-tls-port@server",
    r"unexpected[ _]eof[ _]while[ _]reading|EOF occurred in violation of protocol": "eof-handshake",
    r"dh[ _]key[ _]too[ _]small": "dh-too-small",
    r"(?:ee|ca)[ _](?:certificate )?key[ _]too[ _](?:small|weak)": "weak-key",
    r"(?:ca|ee)[ _](?:signature digest algorithm|md)[ _]too[ _]weak": "weak-signature",
    r"unsafe[ _]legacy[ _]renegotiation": "renegotiation",
    r"unsupported[ _]protocol|no[ _]protocols[ _]available|wrong[ _]ssl[ _]version|inappropriate[ _]fallback": "own-version",
    r"no[ _]shared[ _]cipher|no[ _]ciphers?[ _]available|no[ _]suitable[ _]signature[ _]algorithm": "own-no-cipher",
    r"decryption[ _]failed[ _]or[ _]bad[ _]record[ _]mac": "bad-mac",
    r"peer[ _]did[ _]not[ _]return[ _]a[ _]certificate": "no-client-cert@server",
    r"malloc[ _]failure": "out-of-memory",
    r"certificate has expired|\berr=10\b|\(10\)$|X509_V_ERR_CERT_HAS_EXPIRED": "expired",
    r"certificate is not yet valid|\berr=9\b": "not-yet-valid",
    r"self[- ]signed certificate in (?:the )?certificate chain|X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN|X509_V_ERR_CERT_UNTRUSTED": "self-signed-in-chain",
    r"self[- ]signed certificate|X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT": "self-signed",
    r"unable to get (?:local )?issuer certificate|unable to verify the first certificate|\berr=2[01]\b|"
    r"X509_V_ERR_UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT\w*)|Unable to locally verify the issuer": "no-local-issuer",
    r"hostname mismatch|ip address mismatch|\berr=6[24]\b": "hostname",
    r"Missing (?:Authority|Subject) Key Identifier|CA cert does not include key usage extension"
    r"|Basic Constraints of CA cert not marked critical|(?:Authority|Subject) Key Identifier marked critical": "strict",
    r"(?:permitted|excluded) subtree violation|name constraints minimum and maximum|unsupported name constraint type"
    r"|unsupported or invalid name (?:constraint )?syntax|X509_V_ERR_(?:PERMITTED|EXCLUDED)_VIOLATION": "name-constraints",
    r"path length constraint exceeded|certificate chain too long|X509_V_ERR_PATH_LENGTH_EXCEEDED": "path-length",
    r"unhandled critical extension": "critical-extension",
    r"invalid CA certificate|key usage does not include certificate signing|X509_V_ERR_INVALID_CA": "not-a-ca",
    r"certificate signature failure|unable to (?:decrypt certificate's signature|decode issuer public key)"
    r"|X509_V_ERR_CERT_SIGNATURE_FAILURE": "bad-signature",
    r"format error in certificate's not(?:Before|After) field|invalid or inconsistent certificate (?:policy )?extension"
    r"|explicit ECC parameters": "malformed",
    r"unable to get (?:certificate CRL|CRL issuer certificate)|\bCRL (?:is not yet valid|has expired|signature failure)"
    r"|Could not find CRL": "no-revocation-status",
    r"no explicit policy|Suite B: ": "verification-refused",
    r"unsuitable certificate purpose|unsupported certificate purpose": "purpose",
    r"certificate revoked": "revoked",
    r"certificate verify failed|certificate_verify_failed": "verify-failed",
}


def symptom_of_code(line: str) -> str:
    """Return the symptom of a packed error number in a line, or "" without a known one."""
    codes = [int(match.group(1), 16) for match in _CODE.finditer(line)]
    for code in codes + [int(match.group(1)) for match in _DECIMAL.finditer(line)]:
        for library, reason in ((code >> 23 & 0xFF, code & 0x7FFFFF), (code >> 24, code & 0xFFF)):
            if library != _SSL:
                continue
            if 1000 < reason <= 1255:
                return f"alert-{reason - 1000}"
            if reason in _REASONS:
                return _REASONS[reason]
    return ""


LIBRARY = Library(
    name="OpenSSL",
    texts=_TEXTS,
    kind="openssl",
    mark=re.compile(r"SSL routines|X509_V_ERR_\w+|\berror:[0-9A-F]{8}:"),
    fixes={
        "cert.chain-incomplete": "let the server send its full chain (openssl s_client -showcerts shows what it sends)",
        "cert.self-signed": 'SSL_CTX_load_verify_locations(ctx, "server.pem", NULL) with the file from the server\'s owner',
        "tls.client-cert-rejected": "SSL_CTX_use_certificate_chain_file(ctx, FILE) with the intermediates in it, from a CA the server accepts (s_client shows the acceptable names)",
        "tls.legacy-renegotiation": "SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT) for that one server, until it is updated",
        "tls.no-common-group": 'SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384")',
        "tls.no-common-params": 'SSL_CTX_set_cipher_list(ctx, "DEFAULT"); old suites need "DEFAULT@SECLEVEL=0", better let the server offer ECDHE with AES-GCM',
        "tls.peer-rejected-our-cert@server": "SSL_CTX_use_certificate_chain_file(ctx, FULLCHAIN), own certificate first; give the client the CA that issued it",
        "tls.sni-unknown": "SSL_set_tlsext_host_name(ssl, NAME) with a name the server serves",
        "tls.weak-dh": 'SSL_CTX_set_cipher_list(ctx, "DEFAULT:!DHE"), so that ECDHE is used',
        "tls.sni-missing": "SSL_set_tlsext_host_name(ssl, NAME); on the command line: openssl s_client -servername NAME",
        "cert.untrusted-root": "SSL_CTX_load_verify_locations(ctx, CA_FILE, NULL), with the CA's certificate from its owner",
        "cert.no-trust-store": "SSL_CTX_set_default_verify_paths(ctx), and install ca-certificates",
        "cert.hostname": "SSL_set1_host(ssl, NAME) with the name the service is known by, or a certificate for this name",
        "tls.client-cert-required": "SSL_CTX_use_certificate_chain_file(ctx, FILE) and SSL_CTX_use_PrivateKey_file(ctx, FILE, SSL_FILETYPE_PEM)",
        "tls.version": "SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) on both sides; TLS 1.0 needs security level 0",
        "tls.alpn": 'SSL_set_alpn_protos(ssl, "\\x08http/1.1", 9)',
    },
)
