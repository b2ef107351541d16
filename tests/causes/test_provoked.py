"""Every cause is provoked for real, or is on the short list of those that nothing on loopback can bring about."""

from __future__ import annotations

from tests.causes import (
    test_live_certificate,
    test_live_foreign,
    test_live_http,
    test_live_server,
    test_live_tls,
)
from tests.faulty_endpoints.look import ENDPOINTS, NAMED

from wssure.diagnose import catalogue

# Provoked by a test of their own instead of a row in a table.
ALONE = {
    "cert.ip-as-dns",
    "cert.no-revocation-status",
    "cert.no-trust-store",
    "cert.refused",
    "cert.revoked",
    "cert.strict",
    "stack.sni-guard",
    "tcp.no-descriptors",
    "stack.unproven-peer",
    "tls.no-hello",
    "unix.not-served",
    "ws.aborted",
    "ws.close-unanswered",
    "ws.closed-by-us",
    "ws.loop-blocked",
    "ws.message-unfinished",
    "ws.messages-unread",
    "ws.peer-silent",
    "ws.slow-reader",
}
# Decoded from recorded texts only (tests/diagnose), and judged on constructed facts (test_evidence.py).
RECORDED = {
    "cert.malformed": "what one version of a library cannot read, another can (mbedtls/tests provoke it with an Ed25519 key)",
    "stack.rsa-pss-refused": "Mbed TLS 3.6.6 and 4.1.0 alone; tests/tls/test_certificate_matrix.py provokes it on these",
    "stack.no-hostname-set": "our engines always set the name; Mbed TLS 3.6.3 and later say it of programs that do not",
    "stack.psa-not-initialised": "our engine initialises PSA; Mbed TLS 3.6.0 says it of programs that do not",
    "tls.out-of-memory": "a device's condition",
}


def test_every_cause_is_provoked_or_says_why_it_cannot_be():
    provoked = {endpoint.cause for endpoint in (*ENDPOINTS, *NAMED)} - {""}
    for rows in (
        test_live_certificate.CASES,
        test_live_foreign.NAMES,
        test_live_http.UPGRADE,
        test_live_http.OPEN,
        test_live_server.CASES,
        test_live_tls.WITH_NAME,
    ):
        provoked |= {row[0] for row in rows}
    missing = {cause.id for cause in catalogue()} - provoked - ALONE
    assert missing == set(RECORDED)
