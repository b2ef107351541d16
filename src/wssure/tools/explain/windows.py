"""Recognise Schannel's codes (their texts are localised) and the texts of .NET on any TLS library."""

import re

from wssure.tools.explain.model import Library

# Source: winerror.h (SEC_E_, CERT_E_, CRYPT_E_); curl lib/curl_sspi.c quotes the names.
SCHANNEL = Library(
    name="Schannel",
    kind="schannel",
    only_marked=True,
    mark=re.compile(
        r"schannel|\bSEC_[EI]_\w+|0x8009[023]\w{3}\b|0x800B01\w\w\b|InitializeSecurityContext", re.IGNORECASE
    ),
    texts={
        r"SEC_E_UNTRUSTED_ROOT|0x80090325|0x800B0109|CERT_E_UNTRUSTEDROOT|CERT_TRUST_IS_UNTRUSTED_ROOT": "unknown-issuer",
        r"0x800B010A|CERT_E_CHAINING|CERT_TRUST_IS_PARTIAL_CHAIN": "no-local-issuer",
        r"SEC_E_WRONG_PRINCIPAL|0x80090322|0x800B010F|CERT_E_CN_NO_MATCH": "hostname",
        r"SEC_E_CERT_EXPIRED|0x80090328|0x800B0101|CERT_E_EXPIRED|CERT_TRUST_IS_NOT_TIME_VALID": "date",
        r"0x80092012|0x80092013|CRYPT_E_(?:NO_REVOCATION_CHECK|REVOCATION_OFFLINE)|REVOCATION_STATUS_UNKNOWN": "revocation-unknown",
        r"0x80092010|CRYPT_E_REVOKED|CERT_TRUST_IS_REVOKED": "revoked",
        r"SEC_E_CERT_UNKNOWN|0x80090327": "verify-failed",
        r"SEC_E_ILLEGAL_MESSAGE|0x80090326": "alert-any",
        r"SEC_E_INVALID_TOKEN|0x80090308": "schannel-token",
        r"SEC_E_UNSUPPORTED_FUNCTION|0x80090302|SEC_E_ALGORITHM_MISMATCH|0x80090331": "version-or-cipher",
        r"SEC_E_MESSAGE_ALTERED|0x8009030F": "bad-mac",
        r"SEC_I_INCOMPLETE_CREDENTIALS|0x00090320": "no-client-cert",
    },
    fixes={
        "cert.revoked": "let this machine reach the CRL and OCSP addresses in the certificate (plain HTTP, port 80); if it is revoked, the server needs a new one",
        "cert.untrusted-root": "certutil -addstore Root ca.cer, with the CA's certificate from its owner",
        "cert.self-signed": "certutil -addstore Root server.cer, with the file from the server's owner",
        "cert.expired": "w32tm /resync; if the clock is right, renew the server's certificate",
        "cert.not-yet-valid": "w32tm /resync, then connect again",
        "tls.version": "allow TLS 1.2 in the registry (SCHANNEL\\Protocols\\TLS 1.2\\Client) and in the program; Windows 7 and Server 2008 need KB3140245",
        "proxy.intercepts-tls": "ask the network's owner for its CA certificate, from them and not from the connection, or for an exception",
    },
)
DOTNET = Library(
    name=".NET",
    only_marked=True,
    mark=re.compile(
        r"System\.(?:Net|Security)\.|AuthenticationException|RemoteCertificate\w+|WebSocketSharp|TlsHandshakeFailure|"
        r"UNITYTLS_|Mono\.(?:Security|Net|Unity)|UnityWebSocket|\bTlsException\b|due to a failure to perform a TLS handshake"
    ),
    texts={
        r"RemoteCertificateNameMismatch, ?RemoteCertificateChainErrors": "name-and-chain",
        r"RemoteCertificateNameMismatch": "hostname",
        r"certificate chain: .*NotTimeValid|\bNotTimeValid\b": "date",
        r"\bRevocationStatusUnknown\b|\bOfflineRevocation\b": "revocation-unknown",
        r"\bPartialChain\b": "no-local-issuer",
        r"\bUntrustedRoot\b|RemoteCertificateChainErrors": "unknown-issuer",
        r"remote certificate (?:is invalid|was rejected)": "verify-failed",
        r"Cannot determine the frame size|unexpected packet format": "not-tls",
        r"do not possess a common algorithm": "version-or-cipher",
        r"UNITYTLS_X509VERIFY_FLAG_NOT_TRUSTED": "unknown-issuer",
        r"UNITYTLS_X509VERIFY_FLAG_CN_MISMATCH": "hostname",
        r"UNITYTLS_X509VERIFY_FLAG_EXPIRED": "expired",
        r"UNITYTLS_X509VERIFY_FLAG_REVOKED": "revoked",
        # The handshake ended before a certificate was received.
        r"UNITYTLS_X509VERIFY_NOT_DONE": "alert-any",
        r"TlsException: The server stopped the handshake": "eof-handshake",
        r"WinHttpException.*A security error occurred|TlsHandshakeFailure|during a TLS handshake|"
        r"authentication or decryption has failed|failure to perform a TLS handshake|Handshake failed - error code: UNITYTLS": "secure-failed",
        r"status code '(\d{3})' when status code '101' was expected": "http-{1}",
        r"No such host is known": "no-such-name",
        r"actively refused it": "refused",
        r"unexpected EOF or 0 bytes from the transport stream": "eof-handshake",
        r"forcibly closed by the remote host": "reset",
        r"closed the WebSocket connection without completing the close handshake": "lost",
        r"Unable to connect to the remote server|SSL connection could not be established": "connect-failed",
    },
    fixes={
        "cert.hostname": 'new Uri("wss://NAME/") with the name the service is known by, not its address',
        "cert.untrusted-root": "put the CA's certificate, from its owner, into the machine's trusted roots; or CertificateChainPolicy with CustomTrustStore (.NET 7 and later)",
        "cert.self-signed": "put the server's certificate, from its owner, into CertificateChainPolicy.CustomTrustStore (.NET 7 and later)",
        "http.auth-required": 'ws.Options.SetRequestHeader("Authorization", "Bearer ...")',
        "http.origin": 'ws.Options.SetRequestHeader("Origin", "https://NAME")',
        "proxy.auth": "ws.Options.Proxy = new WebProxy(ADDRESS) { Credentials = new NetworkCredential(USER, PASSWORD) }",
        "tls.client-cert-required": "ws.Options.ClientCertificates.Add(certificate) with its private key",
        "tls.sni-missing": 'new SslClientAuthenticationOptions { TargetHost = "NAME" }; ClientWebSocket takes it from the URI: no IP address there',
        "tls.version": "SslProtocols.Tls12 (websocket-sharp: ws.SslConfiguration.EnabledSslProtocols = SslProtocols.Tls12)",
        "ws.peer-silent": "ws.Options.KeepAliveInterval = TimeSpan.FromSeconds(20)",
        "ws.subprotocol": 'ws.Options.AddSubProtocol("NAME")',
    },
)
