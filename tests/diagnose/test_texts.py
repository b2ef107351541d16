import csv
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wssure.diagnose.causes import find
from wssure.diagnose.texts import Context, read
from wssure.diagnose.texts.libwebsockets import UNDECIDED
from wssure.diagnose.texts.reader import LIBRARIES
from wssure.diagnose.texts.symptom import guesses

SKIP = "LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK"
VECTORS = Path(__file__).parents[1] / "vectors" / "errors.tsv"
with VECTORS.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def causes(text, **context):
    return [candidate.cause for candidate in read(text, Context(**context)).candidates]


@pytest.mark.parametrize("row", ROWS, ids=[f"{index}-{row['cause']}-{row['stack']}" for index, row in enumerate(ROWS)])
def test_the_true_cause_of_a_measured_text_is_among_its_candidates(row):
    assert row["cause"] in causes(row["text"])


def test_the_true_cause_of_most_measured_texts_comes_first():
    first = sum(causes(row["text"])[:1] == [row["cause"]] for row in ROWS)
    assert first >= 0.65 * len(ROWS)


def test_a_wrong_cause_is_never_said_with_certainty():
    for row in ROWS:
        certain = [one.cause for one in read(row["text"]).candidates if one.confidence == "certain"]
        assert certain in ([], [row["cause"]]), row


@pytest.mark.parametrize(
    "symptom", sorted({rule.symptom for library in LIBRARIES for rule in library.rules if "{" not in rule.symptom})
)
def test_every_symptom_leads_to_causes(symptom):
    assert symptom in UNDECIDED or guesses(symptom, "client") or guesses(symptom, "server")


def test_every_named_cause_exists():
    named = {cause for ways in UNDECIDED.values() for cause, _ in ways} | {
        cause for one in LIBRARIES for cause in one.fixes
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


def test_the_line_of_the_incident_ranks_the_flag_and_cannot_decide():
    reading = read("mbedtls connect -1 5 0", Context(tls="mbedtls", lws="4.3.3"))
    first = reading.candidates[0]
    assert first.cause == "tls.sni-missing"
    assert SKIP in first.fix
    assert "give a CA" in first.fix
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
    reading = read("my board speaks libwebsockets with mbedtls and its hello carries no server_name extension")
    assert reading.candidates == ()
    assert reading.nearest == "tls.sni-missing"


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
