"""GnuTLS, wolfSSL, rustls, schannel and .NET, Firefox (NSS): smaller sets of wordings of other TLS libraries."""

from __future__ import annotations

import re

from wssure.diagnose.texts.model import Library, rule

__all__ = ["DOTNET", "FIREFOX", "GNUTLS", "RUSTLS", "WOLFSSL"]

GNUTLS = Library(
    name="GnuTLS",
    kind="gnutls",
    mark=re.compile(r"gnutls|\*\*\* Fatal error:|- Status: The certificate is", re.IGNORECASE),
    rules=(
        rule(r"TLS fatal alert has been received.*\[(\d+)\]|Received alert \[(\d+)\]", "alert-{1}"),
        rule(r"TLS fatal alert has been received", "alert-any"),
        rule(r"unexpected TLS packet was received|An unexpected TLS packet", "not-tls"),
        rule(r"TLS connection was non-properly terminated", "eof-handshake"),
        rule(r"certificate issuer is unknown", "unknown-issuer"),
        rule(r"certificate chain uses expired certificate", "expired"),
        rule(r"certificate chain uses not yet valid", "not-yet-valid"),
        rule(r"name in the certificate does not match", "hostname"),
        rule(r"chain uses insecure algorithm", "weak-signature"),
        rule(r"The certificate is NOT trusted|Error in the certificate verification", "verify-failed"),
        rule(r"No supported cipher suites|could not negotiate a supported cipher", "own-no-cipher"),
        rule(r"The Diffie-Hellman prime sent by the server is not acceptable", "dh-too-small"),
    ),
    fixes={
        "tls.sni-missing": "gnutls_server_name_set(session, GNUTLS_NAME_DNS, NAME, strlen(NAME)); gnutls-cli --sni-hostname NAME"
    },
)
WOLFSSL = Library(
    name="wolfSSL",
    kind="wolfssl",
    mark=re.compile(r"wolfssl|wolfSSL_", re.IGNORECASE),
    rules=(
        rule(r"-188\b|ASN no signer", "unknown-issuer"),
        rule(r"-150\b|-151\b|ASN (?:date|after|before)", "date"),
        rule(r"-322\b|domain name mismatch", "hostname"),
        rule(r"-313\b|revcd alert fatal|received alert fatal", "alert-any"),
        rule(r"-308\b|-397\b|Socket connection|peer closed", "eof-handshake"),
        rule(r"-125\b|out of memory", "out-of-memory"),
        rule(r"-326\b|version mismatch|record layer version", "own-version"),
    ),
    fixes={
        "tls.sni-missing": "wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, NAME, strlen(NAME)), with HAVE_SNI compiled in"
    },
)
RUSTLS = Library(
    name="rustls",
    mark=re.compile(r"rustls|received fatal alert: [A-Z]\w+|invalid peer certificate"),
    rules=(
        rule(r"received fatal alert: HandshakeFailure", "alert-40"),
        rule(r"received fatal alert: (?:UnknownCA|CertificateUnknown|BadCertificate)", "alert-48"),
        rule(r"received fatal alert: CertificateRequired", "alert-116"),
        rule(r"received fatal alert: Unrecogni[sz]edName", "alert-112"),
        rule(r"received fatal alert: ProtocolVersion", "alert-70"),
        rule(r"received fatal alert: NoApplicationProtocol", "alert-120"),
        rule(r"received fatal alert", "alert-any"),
        rule(r"received corrupt message of type InvalidContentType|InvalidMessage\(InvalidContentType", "not-tls"),
        rule(r"invalid peer certificate: (?:certificate )?(?:E|e)xpired", "expired"),
        rule(r"invalid peer certificate: (?:certificate )?(?:NotValidYet|not valid yet)", "not-yet-valid"),
        rule(r"invalid peer certificate: UnknownIssuer", "unknown-issuer"),
        rule(r"invalid peer certificate: (?:NotValidForName|certificate not valid for name)", "hostname"),
        rule(r"invalid peer certificate: Revoked", "revoked"),
        rule(r"peer closed connection without sending TLS close_notify", "eof"),
        rule(r"peer is incompatible", "version-or-cipher"),
    ),
    fixes={"cert.untrusted-root": "RootCertStore::add(...) with the CA's certificate from its owner"},
)
DOTNET = Library(
    name=".NET",
    mark=re.compile(r"System\.Net\.|AuthenticationException|RemoteCertificate\w+|SEC_E_\w+|schannel", re.IGNORECASE),
    rules=(
        rule(r"RemoteCertificateNameMismatch|SEC_E_WRONG_PRINCIPAL", "hostname"),
        rule(
            r"RemoteCertificateChainErrors|UntrustedRoot|PartialChain|SEC_E_UNTRUSTED_ROOT|CERT_TRUST_IS_UNTRUSTED_ROOT",
            "unknown-issuer",
        ),
        rule(r"NotTimeValid|SEC_E_CERT_EXPIRED", "date"),
        rule(
            r"SEC_E_ILLEGAL_MESSAGE|SEC_E_INVALID_TOKEN|Cannot determine the frame size|unexpected packet format",
            "not-tls",
        ),
        rule(
            r"SEC_E_UNSUPPORTED_FUNCTION|SEC_E_ALGORITHM_MISMATCH|do not possess a common algorithm",
            "version-or-cipher",
        ),
        rule(r"status code '(\d{3})' when status code '101' was expected", "http-{1}"),
        rule(r"No such host is known", "no-such-name"),
        rule(r"actively refused it", "refused"),
        rule(r"unexpected EOF or 0 bytes from the transport stream", "eof-handshake"),
        rule(r"forcibly closed by the remote host", "reset"),
        rule(r"closed the WebSocket connection without completing the close handshake", "lost"),
    ),
    fixes={
        "tls.sni-missing": 'new SslClientAuthenticationOptions { TargetHost = "NAME" }',
        "cert.untrusted-root": "put the CA's certificate, from its owner, into the machine's trusted roots",
    },
)
FIREFOX = Library(
    name="Firefox",
    mark=re.compile(r"\b(?:SEC|SSL|MOZILLA_PKIX|NS)_ERROR_"),
    rules=(
        rule(r"NS_ERROR_UNKNOWN_HOST", "no-such-name"),
        rule(r"NS_ERROR_CONNECTION_REFUSED", "refused"),
        rule(r"NS_ERROR_NET_TIMEOUT", "timeout"),
        rule(r"NS_ERROR_NET_RESET|PR_CONNECT_RESET_ERROR", "reset"),
        rule(r"SSL_ERROR_UNRECOGNIZED_NAME_ALERT", "alert-112"),
        rule(r"SSL_ERROR_HANDSHAKE_FAILURE_ALERT", "alert-40"),
        rule(r"SSL_ERROR_NO_CYPHER_OVERLAP", "version-or-cipher"),
        rule(r"SSL_ERROR_(?:UNSUPPORTED_VERSION|PROTOCOL_VERSION_ALERT)", "alert-70"),
        rule(r"SSL_ERROR_RX_RECORD_TOO_LONG", "not-tls"),
        rule(r"SSL_ERROR_BAD_CERT_DOMAIN", "hostname"),
        rule(r"SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT|SSL_ERROR_BAD_CERT_ALERT", "alert-116"),
        rule(r"SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL", "alert-120"),
        rule(r"SEC_ERROR_UNKNOWN_ISSUER", "unknown-issuer"),
        rule(r"SEC_ERROR_EXPIRED_CERTIFICATE|SEC_ERROR_EXPIRED_ISSUER", "expired"),
        rule(r"MOZILLA_PKIX_ERROR_NOT_YET_VALID", "not-yet-valid"),
        rule(r"MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT", "self-signed"),
        rule(r"SEC_ERROR_REVOKED_CERTIFICATE", "revoked"),
        rule(r"SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED", "weak-signature"),
    ),
    fixes={
        "cert.untrusted-root": "import the CA's certificate, from its owner, under Settings, Certificates, Authorities"
    },
)
