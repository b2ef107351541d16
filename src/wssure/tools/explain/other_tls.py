"""Recognise the texts of other TLS libraries: GnuTLS, rustls with tungstenite, Firefox (NSS)."""

from __future__ import annotations

import re

from wssure.tools.explain.model import Library, rule

__all__ = ["FIREFOX", "GNUTLS", "RUSTLS", "TUNGSTENITE", "WEBSOCKETPP"]

GNUTLS = Library(
    name="GnuTLS",
    kind="gnutls",
    only_marked=True,
    mark=re.compile(
        r"gnutls|\*\*\* Fatal error:|- Status: The certificate is|unexpected TLS packet was received|have a known issuer",
        re.IGNORECASE,
    ),
    rules=(
        rule(r"TLS fatal alert has been received.*\[(\d+)\]|Received alert \[(\d+)\]", "alert-{1}"),
        rule(r"Received alert: +Handshake failed", "alert-40"),
        rule(r"TLS fatal alert has been received", "alert-any"),
        rule(r"unexpected TLS packet was received|An unexpected TLS packet", "not-tls"),
        # -110 also occurs after the handshake, if the peer closes TCP without close_notify.
        rule(r"TLS connection was non-properly terminated", "eof"),
        rule(r"unexpected length was received", "eof"),
        rule(r"\(-54\)|Error in the pull function", "reset"),
        rule(r"\(-53\)|Error in the push function", "broken-pipe"),
        rule(r"\(-43\)|failed: Error in the certificate", "verify-failed"),
        rule(r"have a known issuer", "unknown-issuer"),
        rule(r"The certificate has expired", "expired"),
        rule(r"certificate is not yet activated", "not-yet-valid"),
        rule(r"owner does not match (?:the )?host ?name", "hostname"),
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
        "cert.hostname": "gnutls_session_set_verify_cert(session, NAME, 0) with the name the service is known by",
        "cert.no-trust-store": "gnutls_certificate_set_x509_system_trust(credentials), and install ca-certificates",
        "cert.self-signed": 'gnutls_certificate_set_x509_trust_file(credentials, "server.pem", GNUTLS_X509_FMT_PEM) with the file from its owner',
        "cert.untrusted-root": 'gnutls_certificate_set_x509_trust_file(credentials, "ca.pem", GNUTLS_X509_FMT_PEM) with the CA\'s certificate from its owner; wget --ca-certificate=ca.pem',
        "tls.alpn": "gnutls_alpn_set_protocols(session, &http11, 1, 0)",
        "tls.client-cert-required": 'gnutls_certificate_set_x509_key_file(credentials, "client.pem", "client.key", GNUTLS_X509_FMT_PEM)',
        "tls.no-common-group": 'gnutls_priority_set_direct(session, "NORMAL:+GROUP-ALL", NULL)',
        "tls.no-common-params": 'gnutls_priority_set_direct(session, "NORMAL", NULL): an own priority string may leave out what the server has',
        "tls.sni-missing": "gnutls_server_name_set(session, GNUTLS_NAME_DNS, NAME, strlen(NAME)); gnutls-cli --sni-hostname NAME",
        "tls.version": 'gnutls_priority_set_direct(session, "NORMAL:+VERS-TLS1.2:+VERS-TLS1.3", NULL)',
        "tls.weak-dh": 'gnutls_priority_set_direct(session, "NORMAL:-DHE-RSA", NULL), so that ECDHE is used',
    },
)
WEBSOCKETPP = Library(
    name="websocketpp",
    only_marked=True,
    mark=re.compile(r"websocketpp|asio\.ssl:|category: asio|handle_transport_init", re.IGNORECASE),
    rules=(
        rule(r"shutdown while in init", "nothing"),
        rule(r"Invalid HTTP status.*?(\d{3})", "http-{1}"),
        rule(r"HTTP response code: ([1-5]\d{2})\b", "http-{1}"),
        rule(r"Invalid HTTP status", "not-101"),
        rule(r"asio\.system:111", "refused"),
        rule(r"asio\.netdb:[12]\b", "no-such-name"),
        rule(r"TLS Short Read|short read", "eof"),
        rule(r"Timer Expired|Opening handshake timed out", "opening-timeout"),
        # Any TLS failure: the library does not print OpenSSL's own code.
        rule(r"TLS handshake failed", "secure-failed"),
    ),
    fixes={
        "cert.untrusted-root": 'ctx->load_verify_file("ca.pem") in set_tls_init_handler, with the CA\'s certificate from its owner',
        "cert.no-trust-store": "ctx->set_default_verify_paths() in set_tls_init_handler",
        "cert.self-signed": 'ctx->load_verify_file("server.pem") in set_tls_init_handler, with the file from the server\'s owner',
        "cert.hostname": "boost::asio::ssl::host_name_verification(NAME) as verify callback, with the name the service is known by",
        "tls.client-cert-required": 'ctx->use_certificate_chain_file("client.pem") and ctx->use_private_key_file("client.key", pem)',
        "tls.sni-missing": 'get_uri("wss://NAME/") with a DNS name: websocketpp sends the URI\'s host as SNI',
        "tls.version": "boost::asio::ssl::context::tls_client, and no no_tlsv1_2 in set_options",
        "ws.to-tls-port": 'client<config::asio_tls_client> and "wss://..."',
    },
)
TUNGSTENITE = Library(
    name="tungstenite",
    only_marked=True,
    mark=re.compile(
        r"tungstenite|websocket handshake occurred: HTTP code|HttparseError|HandshakeError::|WebSocket protocol error: "
    ),
    rules=(
        rule(r"HTTP error: (\d{3})|websocket handshake occurred: HTTP code: (\d{3})", "http-{1}"),
        rule(r"HttparseError|httparse error", "http-garbage"),
        rule(
            r"HandshakeError::Failure\(Protocol\(\"invalid (?:token|HTTP version)\"\)\)|Unsupported HTTP method",
            "not-http-request",
        ),
        rule(r"Connection reset without closing handshake|ResetWithoutClosingHandshake", "lost"),
        rule(r"Sec-WebSocket-Accept", "bad-accept"),
        rule(r"No \"(?:Upgrade|Connection): ", "upgrade-headers"),
        rule(r"SubProtocol error", "subprotocol"),
        rule(r"WebSocket protocol error", "ws-protocol"),
    ),
    fixes={
        "cert.no-trust-store": 'tokio-tungstenite = { features = ["rustls-tls-webpki-roots"] }',
        "http.auth-required": 'url.into_client_request()?.headers_mut().insert("Authorization", "Bearer ...".parse()?)',
        "http.is-h2": 'config.alpn_protocols = vec![b"http/1.1".to_vec()] in the rustls ClientConfig of the Connector',
        "ws.subprotocol": 'request.headers_mut().insert("Sec-WebSocket-Protocol", "NAME".parse()?)',
    },
)
RUSTLS = Library(
    name="rustls",
    kind="rustls",
    only_marked=True,
    mark=re.compile(
        r"rustls|received fatal alert: [A-Z]\w+|invalid peer certificate|InvalidCertificate\(|InvalidContentType|"
        r"tls handshake eof|PeerIncompatible|InappropriateHandshakeMessage"
    ),
    rules=(
        rule(r"received fatal alert: HandshakeFailure", "alert-40"),
        rule(r"received fatal alert: BadCertificate", "alert-42"),
        rule(r"received fatal alert: (?:UnknownCA|CertificateUnknown)", "alert-48"),
        rule(r"received fatal alert: CertificateRequired", "alert-116"),
        rule(r"received fatal alert: Unrecogni[sz]edName", "alert-112"),
        rule(r"received fatal alert: ProtocolVersion", "alert-70"),
        rule(r"received fatal alert: NoApplicationProtocol", "alert-120"),
        rule(r"received fatal alert: InternalError", "alert-80"),
        rule(r"received fatal alert", "alert-any"),
        rule(r"received corrupt message of type InvalidContentType|InvalidMessage\(InvalidContentType", "not-tls"),
        rule(r"(?:certificate: |Certificate\()(?:certificate )?(?:E|e)xpired", "expired"),
        rule(r"(?:certificate: |Certificate\()(?:certificate )?(?:NotValidYet|not valid yet)", "not-yet-valid"),
        rule(r"(?:certificate: |Certificate\()UnknownIssuer", "unknown-issuer"),
        rule(r"(?:certificate: |Certificate\()(?:NotValidForName|certificate not valid for name)", "hostname"),
        rule(r"(?:certificate: |Certificate\()Revoked", "revoked"),
        rule(r"(?:certificate: |Certificate\()UnknownRevocationStatus", "revocation-unknown"),
        rule(r"(?:certificate: |Certificate\()InvalidPurpose", "purpose"),
        rule(r"(?:certificate: |Certificate\()CaUsedAsEndEntity", "self-signed"),
        rule(r"invalid peer certificate: BadEncoding|InvalidCertificate\(BadEncoding", "bad-certificate-other"),
        rule(r"tls handshake eof", "eof-handshake"),
        rule(r"peer closed connection without sending TLS close_notify", "eof"),
        rule(
            r"TLS ?1[._]?[23] not (?:offered|enabled)|(?:Sending fatal alert|sending alert) ProtocolVersion|Tls1[23]NotOffered|NotEnabled",
            "own-version",
        ),
        rule(r"sigschemes|NoSignatureSchemesInCommon|NoCipherSuitesInCommon|ciphersuites", "own-no-cipher"),
        rule(r"NoKxGroupsInCommon|no kx group", "own-no-group"),
        rule(r"expect_types: \[ServerHello.*got_type: ClientHello", "another-client"),
        rule(r"peer is incompatible|PeerIncompatible", "version-or-cipher"),
    ),
    fixes={
        "cert.hostname": 'ServerName::try_from("NAME") with the name the service is known by',
        "cert.no-trust-store": 'roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()); tungstenite and reqwest: feature "rustls-tls-webpki-roots"',
        "cert.self-signed": "RootCertStore::add(certificate) with the file from the server's owner; it must not be a CA certificate itself",
        "cert.untrusted-root": "RootCertStore::add(certificate) with the CA's certificate from its owner",
        "tls.alpn": 'config.alpn_protocols = vec![b"http/1.1".to_vec()]',
        "tls.client-cert-required": "ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(chain, key)",
        "tls.no-common-params": "let the server offer ECDHE with AES-GCM or ChaCha20: rustls speaks nothing older",
        "tls.sni-missing": 'ServerName::try_from("NAME") with a DNS name: an IP address sends none',
        "tls.version": "let the server allow TLS 1.2 or 1.3: rustls speaks nothing older; TLS 1.2 needs the feature tls12",
        "tls.weak-dh": "let the server offer ECDHE: rustls has no finite-field groups in TLS 1.2",
    },
)
FIREFOX = Library(
    name="Firefox",
    only_marked=True,
    mark=re.compile(r"\b(?:SEC|SSL|MOZILLA_PKIX|NS)_ERROR_|\bPR_\w{1,60}_ERROR\b|Firefox can.t establish"),
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
        rule(r"PR_END_OF_FILE_ERROR|NS_ERROR_NET_INTERRUPT", "eof-handshake"),
        rule(r"SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT", "alert-116"),
        rule(r"SSL_ERROR_BAD_CERT_ALERT", "alert-42"),
        rule(
            r"SSL_ERROR_(?:REVOKED|EXPIRED)_CERT_ALERT|SSL_ERROR_CERTIFICATE_UNKNOWN_ALERT|SSL_ERROR_UNKNOWN_CA_ALERT",
            "alert-48",
        ),
        rule(r"SSL_ERROR_INTERNAL_ERROR_ALERT", "alert-80"),
        rule(r"SSL_ERROR_RX_MALFORMED_SERVER_HELLO|SSL_ERROR_RX_UNKNOWN_RECORD_TYPE", "not-tls"),
        rule(r"SSL_ERROR_BAD_MAC_READ", "bad-mac"),
        rule(r"SSL_ERROR_WEAK_SERVER_EPHEMERAL_DH_KEY", "dh-too-small"),
        rule(r"SSL_ERROR_UNSAFE_NEGOTIATION", "renegotiation"),
        rule(r"SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL", "alert-120"),
        rule(r"SEC_ERROR_UNKNOWN_ISSUER", "unknown-issuer"),
        rule(r"SEC_ERROR_EXPIRED_CERTIFICATE|SEC_ERROR_EXPIRED_ISSUER", "expired"),
        rule(r"MOZILLA_PKIX_ERROR_NOT_YET_VALID", "not-yet-valid"),
        rule(r"MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT", "self-signed"),
        rule(r"SEC_ERROR_REVOKED_CERTIFICATE", "revoked"),
        rule(r"SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED", "weak-signature"),
        rule(
            r"SEC_ERROR_INADEQUATE_(?:KEY|CERT)_\w+|SEC_ERROR_CA_CERT_INVALID|MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY",
            "purpose",
        ),
        rule(r"MOZILLA_PKIX_ERROR_INADEQUATE_KEY_SIZE", "weak-key"),
        rule(r"MOZILLA_PKIX_ERROR_(?:MITM_DETECTED|ADDITIONAL_POLICY_CONSTRAINT_FAILED)", "self-signed-in-chain"),
        rule(r"SEC_ERROR_OCSP_\w+", "revocation-unknown"),
        rule(r"can.t establish a connection to the server at wss?://", "browser-hidden"),
    ),
    fixes={
        "tls.client-cert-required": "import a client certificate that the server accepts under Settings, Certificates, Your Certificates",
        "cert.self-signed": "import the server's certificate, from its owner, under Settings, Certificates; a page cannot accept it for a wss:// connection",
        "cert.untrusted-root": "import the CA's certificate, from its owner, under Settings, Certificates, Authorities",
    },
)
