"""What people type instead of a log line leads to its cause: the symptom in words, a number alone, the name of a flag."""

from __future__ import annotations

import pytest

from wssure.tools.explain import read

ASKED = [
    ("SNI field missing in the TLS handshake of a libwebsockets project", "tls.sni-missing"),
    ("libwebsockets \u9879\u76ee TLS \u63e1\u624b\u4e2d SNI \u5b57\u6bb5\u7f3a\u5931\u95ee\u9898", "tls.sni-missing"),
    ("TLS \u63e1\u624b\u7f3a\u5c11 SNI", "tls.sni-missing"),
    ("\u5ba2\u6237\u7aef\u6ca1\u6709\u53d1\u9001 server_name", "tls.sni-missing"),
    ("missing SNI", "tls.sni-missing"),
    ("no SNI in ClientHello", "tls.sni-missing"),
    ("server name indication is not sent", "tls.sni-missing"),
    ("why does my client not send SNI?", "tls.sni-missing"),
    ("LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK", "tls.sni-missing"),
    ("libwebsockets 4.3.3-WM", "tls.sni-missing"),
    ("alert 40", "tls.no-common-params"),
    ("TLS alert number 112", "tls.sni-unknown"),
    ("\u8b66\u62a5 112", "tls.sni-unknown"),
    ("1006", "ws.1006"),
    ("code 1006", "ws.1006"),
    ("HTTP 403", "http.403"),
    ("404", "http.404"),
]


@pytest.mark.parametrize(("text", "cause"), ASKED, ids=[text for text, _ in ASKED])
def test_a_question_leads_to_its_cause(text: str, cause: str) -> None:
    reading = read(text)
    assert reading.candidates[0].cause == cause
    assert reading.candidates[0].library.startswith("a question") or "libwebsockets" in text or "code" in text


def test_a_question_about_a_name_names_the_flag_and_never_a_trust_of_the_peer() -> None:
    fix = read("missing SNI").candidates[0].fix
    assert "LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK" in fix


@pytest.mark.parametrize("text", ["hello world", "12345678", "it does not work", "2024-01-01 10:00:00", "port 8443"])
def test_a_text_that_asks_nothing_stays_unrecognised(text: str) -> None:
    assert read(text).candidates == ()


def test_a_known_line_beside_the_words_says_more() -> None:
    reading = read("my SNI is missing\nmbedtls connect -1 5 0\n")
    assert "libwebsockets" in reading.candidates[0].library


def test_the_words_cost_linear_time() -> None:
    for text in ("SNI " * 20000, "not " * 20000, "\u7f3a" * 40000, "alert" + " " * 40000):
        read(text)
