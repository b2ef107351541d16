"""Recognise the texts of ESP-IDF: esp-tls, esp_websocket_client and their lines with Mbed TLS's numbers."""

import re

from wssure.tools.explain.model import Library

LIBRARY = Library(
    name="ESP-IDF",
    only_marked=True,
    mark=re.compile(
        r"\besp-tls|\besp_tls|(?:TRANSPORT|transport)_(?:BASE|WS|SSL|base|ws|ssl)\b|(?:WEBSOCKET_CLIENT|websocket_client): |"
        r"esp_websocket|\bskip_common_name=|\bESP_ERR_|\bESP_TLS|esp-x509-crt-bundle|\b[EWID] \([\d:.]+\) [\w-]+: "
    ),
    texts={
        r"hostname matching and SNI disabled": "name-off",
        r"couldn't get hostname|CANNOT_RESOLVE_HOSTNAME|getaddrinfo\(\) returns|0x8001\b": "no-such-name",
        # Numbers of lwIP and newlib, not of Linux: 113 is ECONNABORTED, 116 ETIMEDOUT, 118 EHOSTUNREACH.
        r"connect error: Connection refused|conn+ect to host \(errno 111\)": "refused",
        r"connect error: (?:Connection reset|Software caused)|conn+ect to host \(errno (?:104|113)\)": "reset",
        r"connect error: (?:Host is unreachable|Network)|conn+ect to host \(errno 11[48]\)": "unreachable",
        r"CONNECTION_TIMEOUT|select\(\) timeout|in specified timeout|0x8006\b|conn+ect to host \(errno (?:116|119)\)": "connect-timeout",
        r"FAILED_CONNECT_TO_HOST|delayed connect error|Failed to conn+ect to host|0x8004\b": "connect-failed",
        r"No server verification option set|cert_pem_buf and cert_pem_bytes|Certificate bundle.*not|No certificates in bundle": "no-ca",
        r"Failed to verify certificate|esp-x509-crt-bundle: (?:No matching trusted root|PK verify failed|Failed to verify)": "unknown-issuer",
        r"Invalid websocket key": "bad-accept",
        r"esp_ws_handshake_status_code=(\d{3})\b": "http-{1}",
        # Printed for every response without that header: a redirect, a 404 or a faulty 101.
        r"Sec-WebSocket-Accept not found": "no-accept-header",
        r"Upgrade response code:? ?(\d{3})|status code ?[=:] ?(\d{3})|HTTP_STATUS ?[=:] ?(\d{3})": "http-{1}",
        r"Error read response for Upgrade header": "http-eof",
        r"PONG not received|Error, no PONG": "ws-pong",
        r"Failed to open (?:a )?new connection|Error transport connect|Error connect(?:ing)? to (?:host|ther server)": "connect-failed",
    },
    fixes={
        "tls.sni-missing": "leave .skip_cert_common_name_check false and set .cert_common_name, or a DNS name in .uri",
        "cert.no-trust-store": ".crt_bundle_attach = esp_crt_bundle_attach, with CONFIG_MBEDTLS_CERTIFICATE_BUNDLE=y; or .cert_pem",
        "cert.untrusted-root": ".cert_pem = the CA's certificate from its owner, or CONFIG_MBEDTLS_CERTIFICATE_BUNDLE_DEFAULT_FULL=y",
        "cert.not-yet-valid": "esp_netif_sntp_init() and esp_netif_sntp_sync_wait() before connecting: without a clock of its own the board starts in 1970",
        "cert.expired": "esp_netif_sntp_sync_wait() before connecting, then see whether it is really expired",
        "tls.out-of-memory": "CONFIG_MBEDTLS_DYNAMIC_BUFFER=y, CONFIG_MBEDTLS_EXTERNAL_MEM_ALLOC=y with PSRAM",
        "tls.record-buffer-too-small": "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=16384 (menuconfig: Component config, mbedTLS)",
        "tls.client-cert-required": ".client_cert = the certificate as PEM, .client_key = its key as PEM, both from a CA that the server accepts",
        "tls.no-common-params": "CONFIG_MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA=y and CONFIG_MBEDTLS_KEY_EXCHANGE_ECDHE_RSA=y",
        "tls.no-common-group": "CONFIG_MBEDTLS_ECP_DP_SECP384R1_ENABLED=y",
        "tls.version": "allow TLS 1.2 on the server, or CONFIG_MBEDTLS_SSL_PROTO_TLS1_3=y (ESP-IDF 5.0 and later)",
        "cert.chain-incomplete": "let the server send its full chain; if you cannot, .cert_pem = the intermediate's certificate from its CA",
        "cert.hostname": '.uri = "wss://NAME/" with the name the service is known by, or .cert_common_name = "NAME" if you must dial an address',
        "cert.self-signed": ".cert_pem = the server's certificate, from its owner",
        "dns.nxdomain": 'connect only after IP_EVENT_STA_GOT_IP; .uri = "wss://NAME/" with a name that the DNS server given by DHCP knows',
        "dns.timeout": "connect only after IP_EVENT_STA_GOT_IP; set another server with esp_netif_set_dns_info()",
        "http.400": "set .path, .subprotocol and .headers to what the server expects: its log names the one it did not like",
        "http.403": '.headers = "Origin: https://NAME\\r\\n" or the token the service asks for',
        "http.404": '.path = "/PATH", or in .uri',
        "http.auth-required": '.headers = "Authorization: Bearer TOKEN\\r\\n"',
        "http.eof": '.uri = "wss://NAME/PATH" if the port speaks TLS; then see the server\'s log for the same second',
        "http.origin": '.headers = "Origin: https://NAME\\r\\n"',
        "http.redirect": ".uri = the URL of the Location, if that is the service you meant: mostly wss:// instead of ws://",
        "http.timeout": ".network_timeout_ms = 20000",
        "tcp.refused": ".port and the host in .uri = where the server listens",
        "tcp.reset-in-handshake": "repeat with .uri naming the host by name and from another network: what flips it is the cause",
        "tcp.timeout": ".network_timeout_ms = 20000, and a server address that the board's network reaches",
        "tcp.unreachable": "connect only after IP_EVENT_STA_GOT_IP; compare the board's address and gateway with the server's",
        "tls.alpn": '.alpn_protos = (const char *[]){"http/1.1", NULL} in esp_tls_cfg_t',
        "tls.client-cert-rejected": ".client_cert with its intermediates and .client_key, from a CA that the server accepts",
        "tls.eof-in-handshake": ".uri with the server's DNS name and its TLS port; ws:// if the service is plain",
        "tls.not-tls-http": '.uri = "ws://NAME:PORT/" if the service is meant to be plain, else its TLS port',
        "tls.not-tls-other": ".port = the TLS port of the service",
        "tls.peer-rejected-our-cert@server": "httpd_ssl_config_t .servercert = the full chain; give the client the CA that issued it",
        "tls.sni-unknown": '.cert_common_name = "NAME", or that name in .uri: one the server serves',
        "tls.timeout-after-hello": ".network_timeout_ms = 20000; CONFIG_MBEDTLS_DEBUG=y shows whether a ServerHello comes",
        "ws.1006": ".ping_interval_sec = 10, .reconnect_timeout_ms = 5000",
        "ws.peer-silent": ".ping_interval_sec = 10, .pingpong_timeout_sec = 20",
        "ws.subprotocol": '.subprotocol = "NAME"',
        "ws.to-tls-port": '.uri = "wss://NAME/"',
    },
)

ARDUINO = Library(
    name="Arduino-ESP32",
    only_marked=True,
    mark=re.compile(
        r"ssl_client\.cpp:\d+|WiFiClient(?:Secure)?\.cpp|NetworkClientSecure\.cpp|start_ssl_client|HTTPClient\.cpp"
    ),
    texts={
        r"esp_crt_verify_callback\(\): Failed to verify": "unknown-issuer",
        # HTTPC_ERROR_CONNECTION_REFUSED is used for every failed connection.
        r"failed, error: connection refused|error\(-1\): connection refused": "connect-failed",
        # -0x50, -0x4C and -0x4E, for which that core has no text.
        r"\(-(?:80|76)\) UNKNOWN ERROR CODE": "reset",
        r"\(-78\) UNKNOWN ERROR CODE": "broken-pipe",
        r"fail on (?:fd )?-?\d+, errno: 9": "connect-failed",
        r"hostByName\(\): DNS Failed": "no-such-name",
        r"start_ssl_client\(\): (?:Connect to Server failed|select timeout)": "connect-timeout",
        r"SSL handshake timeout": "handshake-timeout",
    },
    fixes={
        "cert.expired": 'configTime(0, 0, "pool.ntp.org") and wait until time(nullptr) is past 2024, then connect; then see whether it is really expired',
        "cert.hostname": 'client.connect("NAME", 443) with the name the service is known by, not an IPAddress',
        "cert.no-trust-store": "client.setCACert(CA_PEM), or client.setCACertBundle(...): the board has no store of its own",
        "cert.not-yet-valid": 'configTime(0, 0, "pool.ntp.org") and wait until time(nullptr) is past 2024, then connect',
        "cert.self-signed": "client.setCACert(SERVER_PEM) with the certificate from the server's owner, not setInsecure()",
        "cert.untrusted-root": "client.setCACert(CA_PEM) with the root's certificate from its owner; arduinoWebSockets: beginSslWithCA(HOST, PORT, PATH, CA_PEM)",
        "tls.client-cert-required": "client.setCertificate(CLIENT_PEM) and client.setPrivateKey(CLIENT_KEY)",
        "tls.out-of-memory": "log ESP.getMaxAllocHeap() before connecting: TLS needs about 40 KiB in one piece; one TLS connection at a time, or a board with PSRAM",
        "tls.sni-missing": 'client.connect("NAME", 443): by name, because connect(IPAddress, ...) sends none',
        "tls.timeout-after-hello": "client.setHandshakeTimeout(30)",
        "ws.to-tls-port": 'webSocket.beginSslWithCA(HOST, 443, "/PATH", CA_PEM) instead of begin()',
    },
)
