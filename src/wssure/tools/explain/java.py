"""Recognise the texts of Java: javax.net.ssl, HttpClient's WebSocket, OkHttp and Android."""

from __future__ import annotations

import re

from wssure.tools.explain.model import Library, rule

__all__ = ["LIBRARY"]

LIBRARY = Library(
    name="Java",
    mark=re.compile(
        r"\bjavax?\.(?:net|io|security|nio)\.|jdk\.internal|SSLHandshakeException|CertPathValidatorException|SSLPeerUnverified|sun\.security|okhttp|\bat [\w.$]+\([\w]+\.java:\d+\)"
    ),
    only_marked=True,
    rules=(
        rule(r"handshake alert: +unrecognized_name", "alert-112"),
        rule(r"SSLHandshakeException: Connection closed by peer", "eof-handshake"),
        rule(r"CertificateRevokedException|reason: REVOKED", "revoked"),
        rule(r"Algorithm constraints check failed", "weak-signature"),
        rule(r"Unable to determine revocation status", "revocation-unknown"),
        rule(r"UnresolvedAddressException|UnknownHostException", "no-such-name"),
        rule(r"Connection refused", "refused"),
        rule(r"ClosedChannelException", "closed-channel"),
        rule(r"NoRouteToHostException", "unreachable"),
        rule(r"Received fatal alert: handshake_failure", "alert-40"),
        rule(r"Received fatal alert: bad_certificate", "alert-42"),
        rule(r"Received fatal alert: certificate_unknown", "alert-46"),
        rule(r"Received fatal alert: unknown_ca", "alert-48"),
        rule(r"Received fatal alert: certificate_required", "alert-116"),
        rule(r"Received fatal alert: unrecognized_name", "alert-112"),
        rule(r"Received fatal alert: protocol_version", "alert-70"),
        rule(r"Received fatal alert: internal_error", "alert-80"),
        rule(r"Received fatal alert: no_application_protocol", "alert-120"),
        rule(r"Received fatal alert", "alert-any"),
        rule(r"No appropriate protocol|SSLProtocolException.*version", "own-version"),
        rule(r"Unrecognized SSL message, plaintext connection|Unsupported or unrecognized SSL message", "not-tls"),
        rule(r"Remote host (?:terminated the handshake|closed connection during handshake)", "eof-handshake"),
        rule(r"PKIX path validation failed.*(?:NotAfter|expired)|CertificateExpiredException", "expired"),
        rule(r"CertificateNotYetValidException|PKIX path validation failed.*NotBefore", "not-yet-valid"),
        rule(r"PKIX path validation failed", "date"),
        rule(r"PKIX path building failed|Trust anchor for certification path not found", "unknown-issuer"),
        rule(
            r"No subject a\w*|No name matching|Hostname .* not verified|HostnameUnverifiedException|does not match the expected hostname",
            "hostname",
        ),
        rule(r"General SSLEngine problem", "verify-failed"),
        rule(r"trustAnchors parameter must be non-empty", "no-ca"),
        rule(r"sun\.security\.validator\.Validato|Extended key usage does not permit", "purpose"),
        rule(r"Unexpected HTTP response status code 407", "proxy-407"),
        rule(r"Unexpected HTTP response status code (\d{3})|Expected HTTP 101 response but was '(\d{3})", "http-{1}"),
        rule(r"Tunnel failed, got: (\d{3})", "proxy-{1}"),
        rule(r"Bad Sec-WebSocket-Accept", "bad-accept"),
        rule(
            r"Response field missing: (?:Upgrade|Connection)|Bad response field: (?:upgrade|connection)",
            "upgrade-headers",
        ),
        rule(r"Unexpected subprotocol", "subprotocol"),
        rule(r"'Sec-WebSocket-Extensions' present", "extension"),
        rule(r"parsing HTTP/1\.1 status line|Invalid status line", "http-garbage"),
        rule(r"EOF reached while reading", "eof"),
        rule(
            r"HTTP connect timed out|SocketTimeoutException: connect timed out|ConnectException: Connection timed out",
            "connect-timeout",
        ),
        rule(r"HttpTimeoutException: request timed out|SocketTimeoutException", "http-timeout"),
        rule(r"Connection reset", "reset"),
        rule(r"Broken pipe", "broken-pipe"),
        rule(r"java\.net\.ProtocolException", "ws-protocol"),
        rule(r"CLOSE (1\d{3}|[34]\d{3})\b", "close-{1}"),
    ),
    fixes={
        "cert.chain-incomplete": "let the server send its full chain (own certificate first, then the intermediates): Android and Java fetch none",
        "cert.expired": "renew the server's certificate; on a device set the date",
        "cert.hostname": 'connect to "wss://NAME/" with the name the service is known by; keep the HostnameVerifier',
        "cert.self-signed": "keytool -importcert -file server.pem -keystore truststore.p12, with the file from the server's owner; Android: res/xml/network_security_config.xml, trust-anchors",
        "http.auth-required": 'newWebSocketBuilder().header("Authorization", "Bearer ..."); OkHttp: Request.Builder().header(...)',
        "http.origin": 'newWebSocketBuilder().header("Origin", "https://NAME") with -Djdk.httpclient.allowRestrictedHeaders=origin',
        "proxy.auth": "HttpClient.newBuilder().authenticator(...); -Djdk.http.auth.tunneling.disabledSchemes= (empty) for Basic",
        "tls.alpn": 'SSLParameters.setApplicationProtocols(new String[] {"http/1.1"})',
        "tls.no-common-params": "let the server offer ECDHE with AES-GCM; jdk.tls.disabledAlgorithms in java.security lists what Java refuses",
        "tls.not-tls-http": "ws:// if the service is meant to be plain, else its TLS port",
        "tls.peer-rejected-our-cert@server": "import the full chain into the keystore entry: keytool -importcert -alias NAME -file fullchain.pem; give the client your CA",
        "tls.sni-unknown": "let the server know the name; -Djsse.enableSNIExtension=false was for JDK 7, which took a mere warning for an error",
        "ws.1006": "webSocket.sendPing(...) more often than the idle limit on the way; OkHttp: pingInterval(20, SECONDS)",
        "ws.peer-silent": "OkHttp: pingInterval(20, SECONDS)",
        "ws.subprotocol": 'newWebSocketBuilder().subprotocols("NAME")',
        "tls.sni-missing": "SSLParameters.setServerNames(List.of(new SNIHostName(NAME)))",
        "cert.untrusted-root": "keytool -importcert -file ca.pem -keystore truststore.p12, then -Djavax.net.ssl.trustStore; the CA from its owner",
        "cert.no-trust-store": "-Djavax.net.ssl.trustStore=FILE that exists and holds CAs",
        "tls.client-cert-required": "-Djavax.net.ssl.keyStore=client.p12 -Djavax.net.ssl.keyStorePassword=PASSWORD",
        "tls.version": "-Djdk.tls.client.protocols=TLSv1.2,TLSv1.3",
    },
)
