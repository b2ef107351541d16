"""The client does not trust this server's certificate.

What happened:
    On a server: after our certificate the client sent an alert about it (42, 43, 44, 45, 46 or 48) and closed. In a
    server's log Mbed TLS prints this as -0x7780, OpenSSL as "tlsv1 alert unknown ca" or "sslv3 alert certificate unknown":
    the client refused this server, not the reverse.

Why:
    * The client does not trust our CA (48): a private CA, a device without CA file, or an outdated store.
    * We do not send the intermediate: browsers may fetch it, programs and devices do not.
    * The certificate expired (45), or the client's clock is wrong.
    * The name requested by the client is not in it (42 or 46).

Fix:
    * Server: send the full chain, own certificate first: `Site(cert="fullchain.pem", ...)`, nginx `ssl_certificate
      fullchain.pem;`.
    * Client: configure our CA, obtained from us and not from the connection: `TLSSettings(ca="ca.pem")`; libwebsockets
      `info.client_ssl_ca_filepath = "ca.pem";`; Mbed TLS `mbedtls_ssl_conf_ca_chain(...)`.
    * Check the chain that we send: `wssure check wss://NAME/`.

References:
    * RFC 8446 section 6.2
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe

_MEANING = {
    42: ("bad_certificate", "the client finds it corrupt, for another name, or otherwise not good"),
    43: ("unsupported_certificate", "the client cannot use its kind"),
    44: ("certificate_revoked", "the client knows it as revoked"),
    45: ("certificate_expired", "it expired, or the client's clock is wrong"),
    46: ("certificate_unknown", "the client found something wrong with it"),
    48: ("unknown_ca", "the client does not know its CA, or misses an intermediate"),
}


@probe("connect with wssure check and look at chain, names and dates")
@cause("tls.peer-rejected-our-cert", Fault.UNKNOWN, shows=("tls.client_hello", "tls.site", "tls.alert"))
def match(evidence: Evidence) -> Match | None:
    """Match, on a server, a client's alert about our certificate."""
    if not evidence.is_server:
        return None
    number = next((alert for alert in sorted(evidence.refusals) if alert in _MEANING), None)
    if number is None:
        return None
    name, meaning = _MEANING[number]
    asked = f' for "{evidence.sni}"' if evidence.sni else ""
    return Match(f"the client refused our certificate{asked} with alert {number} ({name}): {meaning}")
