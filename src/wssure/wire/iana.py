"""Names of the TLS protocol numbers, as small dated tables. A number without a name is shown as a number.

Source: IANA, "Transport Layer Security (TLS) Parameters" and "TLS Extensions", as of 2026-01. GREASE is RFC 8701.
"""

from typing import Final

from wssure.wire.iana_ciphers import CIPHERS

VERSIONS: Final = {
    0x0002: "SSLv2",
    0x0300: "SSLv3",
    0x0301: "TLSv1",
    0x0302: "TLSv1.1",
    0x0303: "TLSv1.2",
    0x0304: "TLSv1.3",
}

EXTENSIONS: Final = {
    0: "server_name", 1: "max_fragment_length", 3: "trusted_ca_keys", 4: "truncated_hmac", 5: "status_request",
    10: "supported_groups", 11: "ec_point_formats", 12: "srp", 13: "signature_algorithms", 14: "use_srtp",
    15: "heartbeat", 16: "application_layer_protocol_negotiation", 17: "status_request_v2",
    18: "signed_certificate_timestamp", 19: "client_certificate_type", 20: "server_certificate_type", 21: "padding",
    22: "encrypt_then_mac", 23: "extended_master_secret", 24: "token_binding", 25: "cached_info",
    27: "compress_certificate", 28: "record_size_limit", 34: "delegated_credential", 35: "session_ticket",
    41: "pre_shared_key", 42: "early_data", 43: "supported_versions", 44: "cookie", 45: "psk_key_exchange_modes",
    47: "certificate_authorities", 48: "oid_filters", 49: "post_handshake_auth", 50: "signature_algorithms_cert",
    51: "key_share", 54: "connection_id", 57: "quic_transport_parameters",
    # Not assigned by IANA; browsers use these numbers.
    13172: "next_protocol_negotiation", 17513: "application_settings", 17613: "application_settings",
    51764: "trust_anchors", 64768: "ech_outer_extensions", 65037: "encrypted_client_hello", 65281: "renegotiation_info",
}  # fmt: skip

GROUPS: Final = {
    1: "sect163k1", 2: "sect163r1", 3: "sect163r2", 4: "sect193r1", 5: "sect193r2", 6: "sect233k1", 7: "sect233r1",
    8: "sect239k1", 9: "sect283k1", 10: "sect283r1", 11: "sect409k1", 12: "sect409r1", 13: "sect571k1", 14: "sect571r1",
    15: "secp160k1", 16: "secp160r1", 17: "secp160r2", 18: "secp192k1", 19: "secp192r1", 20: "secp224k1",
    21: "secp224r1", 22: "secp256k1", 23: "secp256r1", 24: "secp384r1", 25: "secp521r1", 26: "brainpoolP256r1",
    27: "brainpoolP384r1", 28: "brainpoolP512r1", 29: "x25519", 30: "x448", 31: "brainpoolP256r1tls13",
    32: "brainpoolP384r1tls13", 33: "brainpoolP512r1tls13", 41: "curveSM2", 256: "ffdhe2048", 257: "ffdhe3072",
    258: "ffdhe4096", 259: "ffdhe6144", 260: "ffdhe8192", 512: "MLKEM512", 513: "MLKEM768", 514: "MLKEM1024",
    4587: "SecP256r1MLKEM768", 4588: "X25519MLKEM768", 4589: "SecP384r1MLKEM1024", 25497: "X25519Kyber768Draft00",
}  # fmt: skip

SIGNATURES: Final = {
    0x0101: "rsa_pkcs1_md5", 0x0201: "rsa_pkcs1_sha1", 0x0202: "dsa_sha1", 0x0203: "ecdsa_sha1",
    0x0301: "rsa_pkcs1_sha224", 0x0302: "dsa_sha224", 0x0303: "ecdsa_sha224", 0x0401: "rsa_pkcs1_sha256",
    0x0402: "dsa_sha256", 0x0403: "ecdsa_secp256r1_sha256", 0x0501: "rsa_pkcs1_sha384", 0x0502: "dsa_sha384",
    0x0503: "ecdsa_secp384r1_sha384", 0x0601: "rsa_pkcs1_sha512", 0x0602: "dsa_sha512",
    0x0603: "ecdsa_secp521r1_sha512", 0x0804: "rsa_pss_rsae_sha256", 0x0805: "rsa_pss_rsae_sha384",
    0x0806: "rsa_pss_rsae_sha512", 0x0807: "ed25519", 0x0808: "ed448", 0x0809: "rsa_pss_pss_sha256",
    0x080A: "rsa_pss_pss_sha384", 0x080B: "rsa_pss_pss_sha512", 0x081A: "ecdsa_brainpoolP256r1tls13_sha256",
    0x081B: "ecdsa_brainpoolP384r1tls13_sha384", 0x081C: "ecdsa_brainpoolP512r1tls13_sha512", 0x0904: "mldsa44",
    0x0905: "mldsa65", 0x0906: "mldsa87",
}  # fmt: skip

ALERTS: Final = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
    30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate",
    43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown",
    47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error",
    60: "export_restriction", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
    86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension",
    110: "unsupported_extension", 111: "certificate_unobtainable", 112: "unrecognized_name",
    113: "bad_certificate_status_response", 114: "bad_certificate_hash_value", 115: "unknown_psk_identity",
    116: "certificate_required", 117: "general_error", 120: "no_application_protocol", 121: "ech_required",
}  # fmt: skip


def is_grease(number: int) -> bool:
    """Return True if a 16-bit number is a GREASE value (0x0A0A, 0x1A1A ... 0xFAFA), reserved to be ignored.

    Source: RFC 8701 section 2.
    """
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def _name(table: dict[int, str], number: int) -> str:
    if number in table:
        return table[number]
    return f"GREASE (0x{number:04X})" if is_grease(number) else f"0x{number:04X}"


def version_name(number: int) -> str:
    """Return the usual name of a protocol version, such as TLSv1.2 for 0x0303."""
    return _name(VERSIONS, number)


def cipher_name(number: int) -> str:
    """Return a cipher suite's name, such as TLS_AES_128_GCM_SHA256 for 0x1301."""
    return _name(CIPHERS, number)


def extension_name(number: int) -> str:
    """Return an extension's name, such as server_name for 0."""
    return _name(EXTENSIONS, number)


def group_name(number: int) -> str:
    """Return a key exchange group's name, such as x25519 for 29."""
    return _name(GROUPS, number)


def signature_name(number: int) -> str:
    """Return a signature scheme's name, such as ed25519 for 0x0807."""
    return _name(SIGNATURES, number)


def alert_name(number: int) -> str:
    """Return an alert's name, such as unrecognized_name for 112; `alert 200` for an unassigned number."""
    return ALERTS.get(number, f"alert {number}")
