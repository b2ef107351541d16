"""Texts and logs as people post them: who wrote them, on which side, and what was the matter."""

import csv
import json
import re
from pathlib import Path

import pytest

from wssure.diagnose.causes import catalogue
from wssure.tools.explain import Context, Excerpt, read
from wssure.tools.explain.decode import MAX_BYTES
from wssure.tools.explain.fix import fix_for
from wssure.tools.explain.model import Hit
from wssure.tools.explain.reader import LIBRARIES

VECTORS = Path(__file__).parents[2] / "vectors"


def rows_of(name):
    with (VECTORS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def text_of(row):
    return json.loads(f'"{row["text"]}"')


def read_row(row):
    return read(text_of(row), Context(**dict(pair.split("=") for pair in row["context"].split())))


REPORTS = rows_of("reports.tsv")
MEASURED = [row["text"] for row in rows_of("errors.tsv")]
TEXTS = sorted({*MEASURED, *map(text_of, REPORTS)})


def test_who_wrote_a_text_and_on_which_side_is_known():
    for row in REPORTS:
        first = read_row(row).candidates[0]
        assert (first.library, first.side) == (row["stack"], row["side"]), row


def test_the_true_cause_is_among_the_candidates_and_first_where_the_text_decides():
    for row in REPORTS:
        causes = [one.cause for one in read_row(row).candidates]
        true = [cause for cause in row["causes"].split(",") if cause]
        assert [cause for cause in true if cause not in causes] == [], row
        assert row["decides"] != "yes" or causes[0] == true[0], row


def test_an_ambiguous_text_is_never_certain():
    ambiguous = [row for row in REPORTS if row["decides"] == "no"]
    assert len(ambiguous) > 50
    for row in ambiguous:
        reading = read_row(row)
        assert "certain" not in [one.confidence for one in reading.candidates], row
        assert reading.undecided, row


@pytest.mark.parametrize("side", ["", "client", "server"])
def test_only_a_cause_without_rivals_is_certain(side):
    certain = 0
    for text in TEXTS:
        candidates = read(text, Context(side=side)).candidates
        said = "certain" in [one.confidence for one in candidates]
        assert len(candidates) == 1 or not said, text
        certain += said
    assert certain > 50


def every_fix():
    """Return whatever a text can be answered with: each cause, from each library, on each side."""
    for library in LIBRARIES:
        for side in ("client", "server"):
            hit = Hit(library, "", side, 1, "", (library,))
            for cause in catalogue():
                # What no other library's text can report.
                if cause.id in ("stack.sni-guard", "stack.unproven-peer"):
                    continue
                yield library.name, cause.id, fix_for(cause, hit, Context())


FIXES = list(every_fix())
SWITCHED_OFF = re.compile(
    r"CERT_NONE|VERIFY_NONE|InsecureSkipVerify|rejectUnauthorized|TLS_REJECT_UNAUTHORIZED|(?<!\w)-k\b|--insecure|"
    r"ALLOW_SELFSIGNED|ALLOW_EXPIRED|ALLOW_INSECURE|SKIP_SERVER_CERT|no-check-certificate|no-revoke|verify=False|"
    r"VERIFY_OPTIONAL|setInsecure|check_hostname = False|skip_cert_common_name_check|verify none|CallbackValidation|=> true"
)
FORBIDS = re.compile(r"\b(?:never|not|drop|leave|without)\b[^;:]*$")


def test_no_fix_switches_verification_off():
    for name, cause, fix in FIXES:
        for found in SWITCHED_OFF.finditer(fix):
            assert FORBIDS.search(fix[: found.start()]), (name, cause, fix)


def test_what_is_to_be_trusted_comes_from_its_owner():
    """A fix that makes a client trust something says where to get it: nobody takes it from the connection."""
    trusting = {"cert.untrusted-root", "cert.self-signed"}
    for name, cause, fix in FIXES:
        if cause in trusting and not fix.startswith("let the server"):
            assert re.search(r"owner|CA file|issued by a CA", fix), (name, cause, fix)
        assert not re.search(
            r"(?:download|copy|take|export|save) (?:it|the certificate) from the (?:server|connection)", fix
        )


# What only somebody who writes Python with this package can type.
OUR_OWN = re.compile(r"TLSSettings|connect\(url, address|address=IP|\bwssure\b|backend=")


def test_no_fix_for_another_stack_is_in_our_own_terms():
    said = [(name, cause, fix) for name, cause, fix in FIXES if name not in ("Python", "websockets")]
    assert [one for one in said if OUR_OWN.search(one[2])] == []


def test_every_fix_is_something_to_do():
    for name, cause, fix in FIXES:
        assert len(fix) > 8, (name, cause)
        assert not fix.rstrip().endswith("."), (name, cause, fix)
        assert not re.match(r"(?:check|verify|review|make sure|ensure)\b", fix), (name, cause, fix)


ABOUT_CERTIFICATES = re.compile(r"cert\.|tls\.(?:client-cert|peer-rejected)|proxy\.intercepts|stack\.no-hostname")


def test_no_certificate_is_spoken_of_where_no_cause_has_one():
    for text in TEXTS:
        candidates = read(text).candidates
        if not any(ABOUT_CERTIFICATES.match(one.cause) for one in candidates):
            assert [one.why for one in candidates if "certificate" in one.why] == [], text


LOG = """\
[2026/01/02 03:04:05:0001] N: LWS: 4.3.3, NET CLI SRV H1 H2 WS
[2026/01/02 03:04:05:0002] D: lws_ssl_get_error: 0x55 -1 -> 2 (errno 0)
[2026/01/02 03:04:05:0003] E: SSL error: certificate has expired (preverify_ok=0;err=10;depth=0)
[2026/01/02 03:04:05:0004] I: reason: client connect failed
[2026/01/02 03:04:05:0005] E: CLIENT_CONNECTION_ERROR: connect SSL err 1: error:00000001:lib(0)::reason(1)
"""


def test_a_log_is_explained_by_the_line_where_it_began():
    found = read(LOG).candidates
    assert [(one.cause, one.line) for one in found] == [("cert.expired", 3)]
    assert "err=10" in found[0].said


SECRETS = [
    "curl: (6) Could not resolve host: x Authorization: Bearer hunter2",
    "curl: (6) Could not resolve host: wss://user:hunter2@b.example.net/",
    "curl: (6) Could not resolve host: wss://b.example.net/ws?key=hunter2&x=1",
    'curl: (6) Could not resolve host: {"password": "hunter2"}',
    "curl: (6) Could not resolve host: x Cookie: a=1; session=hunter2",
]


@pytest.mark.parametrize("line", SECRETS)
def test_a_line_is_shown_without_the_secrets_in_it(line):
    first = read(line).candidates[0]
    assert first.said.startswith("curl: (6) Could not resolve host: ")
    assert "hunter2" not in first.said


def test_a_follow_up_line_counts_where_nothing_else_says_more():
    alone = "\n".join(LOG.splitlines()[3:])
    assert len(read(alone).candidates) > 5


def test_a_setting_that_let_a_certificate_pass_is_no_failure():
    assert read("[2020/05/05 23:08:20:2473] N: accepting self-signed certificate (verify_callback)").candidates == ()


def test_what_the_user_knows_sharpens_the_order():
    text = "E: CLIENT_CONNECTION_ERROR: connect SSL err 1: error:0A000410:SSL routines::sslv3 alert handshake failure"
    on_mbedtls = read(text, Context(tls="mbedtls", lws="4.3.3")).candidates
    on_openssl = read(text, Context(tls="openssl", lws="4.3.3")).candidates
    assert (on_mbedtls[0].cause, on_openssl[-1].cause) == ("tls.sni-missing", "tls.sni-missing")
    assert "LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK" in on_mbedtls[0].fix
    assert "bare IPv6" in on_openssl[-1].fix


def test_a_named_library_gives_its_numbers_their_meaning():
    assert read("connect failed: -188").candidates == ()
    found = read("connect failed: -188", Context(tls="wolfssl")).candidates
    assert (found[0].cause, found[0].library) == ("cert.untrusted-root", "wolfSSL")
    assert "wolfSSL_CTX_load_verify_locations" in found[0].fix


FIX_TERMS = [
    ("E (5678) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700", "cert.untrusted-root", "CONFIG_MBEDTLS"),
    ("E (5678) esp-tls-mbedtls: mbedtls_ssl_setup returned -0x7F00", "tls.out-of-memory", "CONFIG_MBEDTLS_DYNAMIC_BUFFER"),
    ("[E][ssl_client.cpp:36] _handle_error(): (-9984) X509 - Certificate verification failed", "cert.untrusted-root", "setCACert"),
    ("E: CLIENT_CONNECTION_ERROR: HS: PROTOCOL malformed", "ws.subprotocol", "i.protocol"),
    ("aiohttp.client_exceptions.WSServerHandshakeError: 401, message='Invalid response status'", "http.auth-required", "headers="),
    ("Error: unable to verify the first certificate\n  code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'", "cert.untrusted-root", "NODE_EXTRA"),
    ("x509: certificate signed by unknown authority", "cert.untrusted-root", "RootCAs"),
    ("javax.net.ssl.SSLHandshakeException: PKIX path building failed", "cert.untrusted-root", "keytool"),
    ("upstream SSL certificate does not match \"b.example.net\" while SSL handshaking to upstream", "cert.hostname", "proxy_ssl_name"),
    ("haproxy[1]: fe/1: SSL client certificate not trusted", "tls.client-cert-rejected", "ca-file"),
    ("schannel: SEC_E_UNTRUSTED_ROOT (0x80090325)", "cert.untrusted-root", "certutil"),
    ("invalid peer certificate: UnknownIssuer", "cert.untrusted-root", "RootCertStore"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "cause", "term"), FIX_TERMS, ids=[row[2] for row in FIX_TERMS])
def test_a_fix_is_in_the_terms_of_its_stack(text, cause, term):
    assert term in next(one.fix for one in read(text).candidates if one.cause == cause)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_line_ends_change_neither_cause_nor_line_number(codec, end):
    lines = [
        "Verbindung wird hergestellt",
        "Prüfung läuft",
        "\x1b[31mcurl: (6) Could not\x1b[0m resolve host: x",
        "fertig",
    ]
    found = read(end.join(lines).encode(codec)).candidates
    assert (found[0].cause, found[0].line) == ("dns.nxdomain", 3)


HIDDEN = {
    "nul": "curl: (6)\x00 Could not resolve host",
    "right-to-left": "\u202ecurl: (6) Could not\u202c resolve host",
    "joiners": "cu\u200brl: (6) Could not resolve\u2060 host",
    "hyperlink": "\x1b]8;;https://b.example.net\x07curl: (6) Could not resolve host\x1b]8;;\x07",
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN.keys())
def test_characters_that_are_not_seen_hide_nothing(text):
    assert read(text).candidates[0].cause == "dns.nxdomain"
    assert not re.search(r"[\x00-\x1f\u200b-\u200f\u202a-\u202e]", read(text).candidates[0].said)


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_the_end_of_a_huge_log_is_read_and_its_lines_are_counted(codec):
    lines = 3 * MAX_BYTES // 40
    text = "".join(f"2026-01-02 03:04:05 {at:08d} all is well\n" for at in range(lines))
    found = read((text + "curl: (6) Could not resolve host: x\n").encode(codec)).candidates
    assert (found[0].cause, found[0].line) == ("dns.nxdomain", lines + 1)


def test_the_two_ends_of_a_file_are_read_as_one():
    found = read(Excerpt(b"all is well\nhalf a li", b"ne\nconnect: Connection refused\n", skipped=1000)).candidates
    assert (found[0].cause, found[0].line) == ("tcp.refused", 1003)


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", b"\xfe\xff" + bytes(range(256)) * 9, b"\x00\xd8" * 99, b"\x1b[" * 5000]
)
def test_rubbish_is_not_recognised_and_harms_nothing(data):
    assert read(data).candidates == ()


def test_most_causes_come_first_where_a_text_has_one():
    told = [row for row in REPORTS if row["causes"]]
    first = [row for row in told if read_row(row).candidates[0].cause == row["causes"].split(",")[0]]
    assert len(first) >= 0.85 * len(told)
