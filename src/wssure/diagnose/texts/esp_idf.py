"""ESP-IDF: esp-tls, esp_websocket_client and the lines they print around Mbed TLS's numbers."""

from __future__ import annotations

import re

from wssure.diagnose.texts.model import Library, rule

__all__ = ["LIBRARY"]

LIBRARY = Library(
    name="ESP-IDF",
    mark=re.compile(
        r"\besp-tls|esp_tls|TRANSPORT_(?:BASE|WS|SSL)|WEBSOCKET_CLIENT|esp_websocket|ESP_ERR_|\bESP_TLS", re.IGNORECASE
    ),
    rules=(
        rule(r"couldn't get hostname|CANNOT_RESOLVE_HOSTNAME|getaddrinfo\(\) returns|0x8001\b", "no-such-name"),
        rule(
            r"FAILED_CONNECT_TO_HOST|delayed connect error: Connection reset|delayed connect error|0x8004\b",
            "connect-failed",
        ),
        rule(r"CONNECTION_TIMEOUT|select\(\) timeout|0x8006\b", "connect-timeout"),
        rule(r"No server verification option set|cert_pem_buf and cert_pem_bytes|Certificate bundle.*not", "no-ca"),
        rule(
            r"Failed to verify certificate|esp-x509-crt-bundle: (?:No matching trusted root|PK verify failed|Failed to verify)",
            "unknown-issuer",
        ),
        rule(r"Sec-WebSocket-Accept not found|Invalid websocket key", "bad-accept"),
        rule(r"Upgrade response code:? ?(\d{3})|status code ?[=:] ?(\d{3})|HTTP_STATUS ?[=:] ?(\d{3})", "http-{1}"),
        rule(r"Error read response for Upgrade header", "http-eof"),
        rule(r"PONG not received|Error, no PONG", "ws-pong"),
    ),
    fixes={
        "tls.sni-missing": "leave .skip_cert_common_name_check false and set .cert_common_name, or a DNS name in .uri",
        "cert.no-trust-store": ".crt_bundle_attach = esp_crt_bundle_attach, with CONFIG_MBEDTLS_CERTIFICATE_BUNDLE=y; or .cert_pem",
        "cert.untrusted-root": ".cert_pem = the CA's certificate from its owner, or CONFIG_MBEDTLS_CERTIFICATE_BUNDLE_DEFAULT_FULL=y",
        "cert.not-yet-valid": "esp_netif_sntp_sync_wait() before connecting",
        "cert.expired": "esp_netif_sntp_sync_wait() before connecting, then see whether it is really expired",
        "tls.out-of-memory": "CONFIG_MBEDTLS_DYNAMIC_BUFFER=y, CONFIG_MBEDTLS_EXTERNAL_MEM_ALLOC=y with PSRAM",
        "tls.record-buffer-too-small": "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=16384",
        "tls.client-cert-required": ".client_cert and .client_key",
        "tls.no-common-params": "CONFIG_MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA=y and CONFIG_MBEDTLS_KEY_EXCHANGE_ECDHE_RSA=y",
        "tls.no-common-group": "CONFIG_MBEDTLS_ECP_DP_SECP384R1_ENABLED=y",
        "tls.version": "CONFIG_MBEDTLS_SSL_PROTO_TLS1_3=y",
        "ws.to-tls-port": '.uri = "wss://..."',
        "dns.nxdomain": "connect after IP_EVENT_STA_GOT_IP; check the DNS server that DHCP gave",
    },
)
