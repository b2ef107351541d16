import csv
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wssure.diagnose.causes import find
from wssure.tools.explain import Context, read
from wssure.tools.explain.libwebsockets import UNDECIDED
from wssure.tools.explain.model import NOTHING
from wssure.tools.explain.reader import LIBRARIES
from wssure.tools.explain.symptom import guesses
from wssure.tools.stacks.table import facts

SKIP = "LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK"
VECTORS = Path(__file__).parents[2] / "vectors" / "errors.tsv"
with VECTORS.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def causes(text, **context):
    return [candidate.cause for candidate in read(text, Context(**context)).candidates]


def test_the_true_cause_of_a_measured_text_is_among_its_candidates():
    assert [row for row in ROWS if row["cause"] not in causes(row["text"])] == []


def test_the_true_cause_of_most_measured_texts_comes_first():
    first = sum(causes(row["text"])[:1] == [row["cause"]] for row in ROWS)
    assert first >= 0.65 * len(ROWS)


def test_a_wrong_cause_is_never_said_with_certainty():
    for row in ROWS:
        certain = [one.cause for one in read(row["text"]).candidates if one.confidence == "certain"]
        assert certain in ([], [row["cause"]]), row


def test_the_line_that_a_setting_of_a_program_prints_leads_to_the_cause_in_the_data():
    printed = {fact.log: fact.cause for fact in facts() if fact.log}
    assert len(printed) > 2
    assert {text: causes(text)[:1] for text in printed} == {text: [cause] for text, cause in printed.items()}


def test_every_symptom_leads_to_causes():
    symptoms = {text.partition("@")[0] for one in LIBRARIES for text in one.texts.values() if "{" not in text}
    lost = [one for one in symptoms - {NOTHING} - set(UNDECIDED) if not guesses(one, "client") + guesses(one, "server")]
    assert (len(symptoms) > 100, lost) == (True, [])


def test_every_named_cause_exists():
    named = {cause for ways in UNDECIDED.values() for cause, _ in ways} | {
        cause.partition("@")[0] for one in LIBRARIES for cause in one.fixes
    }
    assert [cause for cause in named if find(cause) is None] == []


@pytest.mark.parametrize(
    "text", ["-0x7280", "0x7280", "-29312", "29312", "mbedtls_ssl_handshake returned -0x7280", "ret=-29312"]
)
def test_every_form_of_an_mbedtls_number_reads_the_same(text):
    assert causes(text)[0] == "tls.eof-in-handshake"


NUMBERS = [
    ("mbedtls_ssl_handshake returned -0x7780", "tls.sni-missing"),
    ("-0x2700", "cert.untrusted-root"),
    ("-0x5D80", "stack.no-hostname-set"),
    ("-0x6C00", "stack.psa-not-initialised"),
    ("-0x7200", "tls.not-tls-http"),
    ("-0x7200", "tls.record-buffer-too-small"),
    ("-0x7F00", "tls.out-of-memory"),
    ("E (4123) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7680", "cert.no-trust-store"),
    ("mbedtls: psa_crypto returned -141", "tls.out-of-memory"),
    ("error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure", "tls.sni-missing"),
    ("error:0A000458:SSL routines::x", "tls.sni-unknown"),
    ("error:1408F10B:SSL routines:ssl3_get_record:wrong version number", "tls.not-tls-http"),
]


@pytest.mark.parametrize(("text", "cause"), NUMBERS, ids=[f"{text[-12:]}-{cause}" for text, cause in NUMBERS])
def test_numbers_of_libraries_lead_to_their_causes(text, cause):
    assert cause in causes(text)


WORDINGS = [
    # Python and its clients
    ("socket.gaierror: [Errno -3] Temporary failure in name resolution", "dns.timeout", "Python"),
    ("ConnectionResetError: [Errno 104] Connection reset by peer", "tcp.reset-in-handshake", "Python"),
    (
        "asyncio.exceptions.TimeoutError: SSL handshake is taking longer than 60.0 seconds: aborting",
        "tls.timeout-after-hello",
        "Python",
    ),
    ("websockets.exceptions.InvalidStatus: server rejected WebSocket connection: HTTP 403", "http.403", "websockets"),
    ("websockets.exceptions.InvalidMessage: did not receive a valid HTTP response", "http.garbage", "websockets"),
    (
        "websockets.exceptions.ConnectionClosedError: sent 1011 (internal error) keepalive ping timeout; no close frame received",
        "ws.peer-silent",
        "websockets",
    ),
    (
        "websockets.exceptions.ConnectionClosedError: received 1012 (service restart); then sent 1012",
        "ws.close-code",
        "websockets",
    ),
    (
        "aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host b.example.net:443 ssl:default [None]",
        "tls.eof-in-handshake",
        "aiohttp",
    ),
    (
        "aiohttp.client_exceptions.WSServerHandshakeError: 404, message='Invalid response status', url='wss://x'",
        "http.404",
        "aiohttp",
    ),
    ("aiohttp.client_exceptions.ServerDisconnectedError: Server disconnected", "http.eof", "aiohttp"),
    # servers and gateways
    (
        "2026/01/02 03:04:05 [crit] 7#7: *1 SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::sslv3 alert handshake failure:SSL alert number 40) while SSL handshaking to upstream, client: 192.0.2.1",
        "tls.sni-missing",
        "nginx (OpenSSL)",
    ),
    (
        "2026/01/02 03:04:05 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream",
        "http.502",
        "nginx",
    ),
    (
        "2026/01/02 03:04:05 [info] 7#7: *1 client sent plain HTTP request to HTTPS port while reading client request headers",
        "ws.to-tls-port",
        "nginx",
    ),
    (
        "2026/01/02 03:04:05 [info] 7#7: *1 client sent no required SSL certificate while reading client request headers",
        "tls.client-cert-required",
        "nginx",
    ),
    (
        "haproxy[99]: 192.0.2.1:5555 [02/Jan/2026:03:04:05.000] fe/1: SSL handshake failure (error:0A000418:SSL routines::tlsv1 alert unknown ca)",
        "tls.peer-rejected-our-cert",
        "haproxy (OpenSSL)",
    ),
    (
        "http: TLS handshake error from 192.0.2.1:5555: remote error: tls: unknown certificate authority",
        "tls.peer-rejected-our-cert",
        "Go",
    ),
    (
        "http: TLS handshake error from 192.0.2.1:5555: client sent an HTTP request to an HTTPS server",
        "ws.to-tls-port",
        "Go",
    ),
    (
        "140735:error:1417C0C7:SSL routines:tls_process_client_certificate:peer did not return a certificate",
        "tls.client-cert-required",
        "OpenSSL",
    ),
    # boards
    (
        "E (5678) esp-tls: couldn't get hostname for :b.example.net: getaddrinfo() returns 202, addrinfo=0x0",
        "dns.nxdomain",
        "ESP-IDF",
    ),
    (
        "E (5678) esp-tls-mbedtls: No server verification option set in esp_tls_cfg_t structure",
        "cert.no-trust-store",
        "ESP-IDF (Mbed TLS)",
    ),
    ("E (5678) esp-x509-crt-bundle: No matching trusted root certificate found", "cert.untrusted-root", "ESP-IDF"),
    ("E (5678) TRANSPORT_WS: Invalid websocket key", "ws.bad-accept", "ESP-IDF"),
    ("E esp-tls-mbedtls: mbedtls_ssl_setup returned -0x7F00", "tls.out-of-memory", "ESP-IDF (Mbed TLS)"),
    ("mbedtls: ssl_tls.c:1234: |2| is a fatal alert message (msg 112)", "tls.sni-unknown", "Mbed TLS"),
    # other TLS libraries, browsers, platforms
    (
        "*** Fatal error: A TLS fatal alert has been received.\n*** Received alert [112]: The server name sent was not recognized",
        "tls.sni-unknown",
        "GnuTLS",
    ),
    (
        "- Status: The certificate is NOT trusted. The name in the certificate does not match the expected.",
        "cert.hostname",
        "GnuTLS",
    ),
    ("wolfSSL_connect failed: error = -322, domain name mismatch", "cert.hostname", "wolfSSL"),
    ("invalid peer certificate: UnknownIssuer", "cert.untrusted-root", "rustls"),
    ("received fatal alert: HandshakeFailure", "tls.no-common-params", "rustls"),
    (
        "System.Security.Authentication.AuthenticationException: The remote certificate is invalid: RemoteCertificateNameMismatch",
        "cert.hostname",
        ".NET",
    ),
    (
        "System.Net.WebSockets.WebSocketException: The server returned status code '200' when status code '101' was expected.",
        "http.200-not-upgrade",
        ".NET",
    ),
    ("SSL_ERROR_BAD_CERT_DOMAIN", "cert.hostname", "Firefox"),
    ("SEC_ERROR_UNKNOWN_ISSUER", "cert.untrusted-root", "Firefox"),
    (
        "javax.net.ssl.SSLHandshakeException: java.security.cert.CertPathValidatorException: Trust anchor for certification path not found.",
        "cert.untrusted-root",
        "Java",
    ),
    ("net::ERR_CERT_COMMON_NAME_INVALID", "cert.hostname", "Chromium"),
    ("curl: (60) SSL certificate problem: unable to get local issuer certificate", "cert.chain-incomplete", "curl"),
    (
        "curl: (35) OpenSSL SSL_connect: Connection reset by peer in connection to b.example.net:443",
        "tcp.reset-in-handshake",
        "curl",
    ),
    # libwebsockets
    ("[2026/01/02 03:04:05:0006] W: lws_client_handshake: got bad HTTP response '404'", "http.404", "libwebsockets"),
    ("E: CLIENT_CONNECTION_ERROR: dumb: DNS NXDOMAIN", "dns.nxdomain", "libwebsockets"),
    ("E: CLIENT_CONNECTION_ERROR: bio_create failed", "stack.no-hostname-set", "libwebsockets"),
]


@pytest.mark.parametrize(
    ("text", "cause", "library"), WORDINGS, ids=[f"{row[2]}-{row[1]}-{index}" for index, row in enumerate(WORDINGS)]
)
def test_wordings_lead_first_to_their_cause_and_name_their_writer(text, cause, library):
    first = read(text).candidates[0]
    assert (first.cause, first.library) == (cause, library)


def test_the_line_of_the_incident_ranks_the_flag_and_cannot_decide():
    reading = read("mbedtls connect -1 5 0", Context(tls="mbedtls", lws="4.3.3"))
    first = reading.candidates[0]
    assert first.cause == "tls.sni-missing"
    assert SKIP in first.fix
    assert "configure a CA" in first.fix
    assert reading.undecided
    assert {one.confidence for one in reading.candidates} == {"possible"}
    assert {"tls.sni-unknown", "tls.eof-in-handshake", "tls.not-tls-http"} <= {one.cause for one in reading.candidates}


@pytest.mark.parametrize(
    "text",
    [
        "CA is not trusted",
        "server's cert didn't look good, validity has expired; revoked; CN mismatch",
        "mbedtls connect -1 5 0",
    ],
)
def test_lines_that_come_without_any_verification_never_decide_for_one(text):
    candidates = read(text, Context(tls="mbedtls", lws="4.3.3")).candidates
    assert "tls.sni-missing" in [one.cause for one in candidates]
    assert all(one.confidence == "possible" for one in candidates)


def test_in_a_servers_log_an_alert_is_the_clients():
    assert causes("mbedtls_ssl_handshake returned -0x7780", side="server")[0] == "tls.peer-rejected-our-cert"
    line = "2026/01/02 03:04:05 [info] 7#7: *1 SSL_do_handshake() failed (SSL: error:0A000416:SSL routines::sslv3 alert certificate unknown)"
    found = read(line + " while SSL handshaking, client: 192.0.2.1").candidates[0]
    assert (found.cause, found.side, found.library) == ("tls.peer-rejected-our-cert", "server", "nginx (OpenSSL)")


def test_the_writer_and_the_fix_are_those_of_the_stack():
    text = "ERROR EPROTO write EPROTO 80AC:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../deps/openssl"
    sni = next(one for one in read(text).candidates if one.cause == "tls.sni-missing")
    assert sni.library == "Node.js (OpenSSL)"
    assert "servername" in sni.fix
    board = next(
        one
        for one in read("E esp-tls: mbedtls_ssl_handshake returned -0x7780").candidates
        if one.cause == "tls.sni-missing"
    )
    assert ".cert_common_name" in board.fix


def test_colours_encodings_and_line_ends_make_no_difference():
    plain = causes("connect: Connection refused")
    for odd in (
        "\x1b[31mconnect: \x1b[1mConnection refused\x1b[0m\r\n",
        "connect: Connection refused".encode("utf-16"),
        "connect: Connection refused".encode("utf-16-le"),
        b"caf\xe9\n\xff\xfe\xfd\nconnect: Connection refused\n\xc3\xa9",
        b"\xef\xbb\xbfconnect: Connection refused",
    ):
        assert causes(odd) == plain == ["tcp.refused"]


def test_the_last_words_are_found_in_a_huge_log():
    noise = "".join(f"2026-01-01 line {index} all is well\n" for index in range(200_000))
    assert causes(noise + "curl: (6) Could not resolve host: b.example.net\n")[0] == "dns.nxdomain"


@pytest.mark.parametrize("data", [b"", b"\x00" * 5000, bytes(range(256)) * 40, b"\xff\xfe", "good morning"])
def test_what_says_nothing_is_not_recognised(data):
    assert read(data).candidates == ()


def test_something_near_is_named_where_nothing_is_recognised():
    reading = read("the certificate chain of my server lacks its intermediate issuer")
    assert reading.candidates == ()
    assert reading.nearest == "cert.chain-incomplete"


@given(
    st.binary(max_size=300) | st.text(max_size=300),
    st.sampled_from(["", "mbedtls", "openssl"]),
    st.sampled_from(["", "client", "server"]),
)
@example("error:FFFFFFFF:x", "openssl", "client")
@example("SSL alert number 99999999999999999999", "openssl", "client")
@example("HTTP/1.1 000", "", "")
def test_no_input_makes_reading_fail(data, tls, side):
    for candidate in read(data, Context(tls=tls, side=side)).candidates:
        assert candidate.fix
        assert find(candidate.cause) is not None


CHAIN_DEFECTS = [
    ("verify error:num=47:permitted subtree violation", "cert.name-constraints"),
    ("certificate verify failed: excluded subtree violation (_ssl.c:1006)", "cert.name-constraints"),
    ("verify error:num=51:unsupported name constraint type", "cert.name-constraints"),
    ('x509: a root or intermediate certificate is not authorized to sign for this name: DNS name "a.test" is not permitted by any constraint', "cert.name-constraints"),
    ("invalid peer certificate: Other(OtherError(NameConstraintViolation))", "cert.name-constraints"),
    ("certificate verify failed: path length constraint exceeded (_ssl.c:1006)", "cert.path-length"),
    ("x509: too many intermediates for path length constraint", "cert.path-length"),
    ("verify error:num=34:unhandled critical extension", "cert.critical-extension"),
    ("x509: unhandled critical extension", "cert.critical-extension"),
    ("mbedtls_ssl_handshake returned -0x2562", "cert.critical-extension"),
    ("verify error:num=79:invalid CA certificate", "cert.not-a-ca"),
    ("verify error:num=32:key usage does not include certificate signing", "cert.not-a-ca"),
    ("x509: invalid signature: parent certificate cannot sign this kind of certificate", "cert.not-a-ca"),
    ("verify error:num=7:certificate signature failure", "cert.bad-signature"),
    ("invalid peer certificate: BadSignature", "cert.bad-signature"),
    ("verify error:num=94:Certificate public key has explicit ECC parameters", "cert.malformed"),
    ("verify error:num=41:invalid or inconsistent certificate extension", "cert.malformed"),
    ("certificate verify failed: unable to get certificate CRL (_ssl.c:1006)", "cert.no-revocation-status"),
    ("verify error:num=12:CRL has expired", "cert.no-revocation-status"),
    ("verify error:num=43:no explicit policy", "cert.refused"),
    ("verify error:num=85:Missing Authority Key Identifier", "cert.strict"),
    ("mbedtls_ssl_handshake returned -0x6600", "stack.rsa-pss-refused"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "cause"), CHAIN_DEFECTS, ids=[text for text, _ in CHAIN_DEFECTS])
def test_the_text_of_a_chain_defect_leads_to_its_cause(text, cause):
    assert causes(text)[0] == cause
