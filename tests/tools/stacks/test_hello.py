import struct

import pytest
from tests.tools.stacks.atlas import rows

from wssure.diagnose import render
from wssure.evidence import Confidence
from wssure.tools.cli.hello import examine
from wssure.tools.stacks.clients import Guess
from wssure.tools.stacks.hello import explain_hello
from wssure.wire.hello import decode_client_hello

SKIP = "LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK"


def hello_with(name: bytes | None):
    """A ClientHello as small as one may be, with a server_name extension or without."""
    extensions = b""
    if name is not None:
        entry = struct.pack(">BH", 0, len(name)) + name
        inside = struct.pack(">H", len(entry)) + entry
        extensions = struct.pack(">HH", 0, len(inside)) + inside
    body = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\xc0\x2f" + b"\x01\x00"
    body += struct.pack(">H", len(extensions)) + extensions
    return decode_client_hello(b"\x01" + len(body).to_bytes(3, "big") + body)


def test_a_good_name_is_no_finding():
    assert explain_hello(hello_with(b"b.example.net")) is None
    assert explain_hello(hello_with(b"my_service"), tls="mbedtls") is None


def test_the_incident_names_flag_and_backend_and_says_that_upgrading_does_not_help():
    failure = explain_hello(hello_with(None), tls="mbedtls", lws="4.3.3")
    assert (failure.cause, failure.confidence) == ("tls.sni-missing", Confidence.LIKELY)
    assert SKIP in failure.summary
    assert f"drop {SKIP}" in failure.fix
    assert "give a CA" in failure.fix
    assert "no release up to 5.0.0" in failure.fix


def test_a_missing_name_never_advises_only_to_set_host():
    for tls in (None, "mbedtls", "openssl", "gnutls"):
        failure = explain_hello(hello_with(None), tls=tls)
        ways = [failure.fix, *(one.fix for one in failure.alternatives)]
        assert len(ways) > 1
        assert all(one.probe and one.why for one in failure.alternatives)


@pytest.mark.parametrize("word", [SKIP, "skip_common_name", "mbedtls_ssl_set_hostname", "IPv6 literal"])
def test_every_way_to_a_missing_name_on_mbedtls_is_ranked(word):
    assert word in render(explain_hello(hello_with(None), tls="mbedtls"))


def test_on_openssl_the_flag_is_no_way_to_a_missing_name():
    # libwebsockets on OpenSSL sends the name with that flag too: openssl-client.c sets it always.
    assert SKIP not in render(explain_hello(hello_with(None), tls="openssl", lws="4.3.3"))


def test_an_empty_name_on_mbedtls_is_an_empty_host_or_an_ipv6_literal():
    failure = explain_hello(hello_with(b""), tls="mbedtls", lws="4.3.3")
    assert failure.confidence is Confidence.LIKELY
    assert "present and empty" in failure.summary
    assert "IPv6" in failure.summary
    assert SKIP not in render(failure)


def test_without_knowing_the_sender_nothing_is_likely():
    assert explain_hello(hello_with(None)).confidence is Confidence.POSSIBLE


def test_a_guessed_client_shifts_the_ranking():
    def guess(tls: str, *stacks: str) -> Guess:
        return Guess(tls, tls, (), Confidence.LIKELY, ("a test",), stacks)

    by_guess = explain_hello(hello_with(None), clients=[guess("mbedtls", "libwebsockets")])
    assert SKIP in by_guess.summary
    assert by_guess.confidence is Confidence.LIKELY
    assert SKIP not in explain_hello(hello_with(None), clients=[guess("openssl", "openssl")]).summary


def test_the_program_that_the_user_states_is_named_alone():
    for stack, setting in (("ixwebsocket", "disable_hostname_validation"), ("esp-idf", "skip_common_name")):
        failure = explain_hello(hello_with(None), tls="mbedtls", stack=stack)
        assert setting in failure.summary
        assert SKIP not in failure.summary
        assert "--stack" not in failure.fix
    assert "--stack" in explain_hello(hello_with(None), tls="mbedtls").fix


def test_the_stated_library_ranks_the_reasons_whatever_the_bytes_look_like():
    guess = Guess("openssl", "OpenSSL 3", (), Confidence.LIKELY, ("a test",), ("openssl",))
    summary = explain_hello(hello_with(None), tls="wolfssl", clients=[guess]).summary
    assert "wolfSSL_UseSNI" in summary
    assert "SSL_set_tlsext_host_name" not in summary


MBEDTLS_HELLO = "idf-v5.5.5-mb-skipcn0-cn_given-file-name"
STATED = {
    "openssl": ({"tls": "openssl"}, "OpenSSL was stated, but the ClientHello looks like Mbed TLS 3"),
    "mbedtls": ({"tls": "mbedtls"}, ""),
    "lws": ({"lws": "4.3.3"}, "4.3.3 was stated, but another ClientHello was recorded from it"),
    "unknown-lws": ({"lws": "4.4.0"}, ""),
    "esp-idf": ({"stack": "esp-idf"}, ""),
    "go": ({"stack": "go"}, "Go crypto/tls was stated, but the ClientHello looks like Mbed TLS 3"),
}


@pytest.mark.parametrize("file", ["mb2-hostport", "idf-v5.5.5-mb-skipcn0-cn_none-file-ip", "go-gorilla-sport"])
def test_a_name_that_is_no_dns_name_is_not_mended_in_the_terms_of_another_program(file):
    (row,) = [row for row in rows() if row["file"] == file]
    data = bytes.fromhex(row["bytes"])
    assert "i.host" not in examine(data).failure.fix
    assert "i.host" in examine(data, lws="4.3.3").failure.fix


@pytest.mark.parametrize(("stated", "remark"), STATED.values(), ids=STATED)
def test_a_stated_client_that_the_bytes_contradict_is_remarked_also_where_the_name_is_right(stated, remark):
    (row,) = [row for row in rows() if row["file"] == MBEDTLS_HELLO]
    finding = examine(bytes.fromhex(row["bytes"]), **stated)
    assert finding.failure is None
    assert remark in finding.remark
    assert bool(finding.remark) == bool(remark)
    assert finding.to_json()["remark"] == (finding.remark or None)
    assert any(finding.remark in line for line in finding.lines(color=False, width=300)) or not remark


def test_a_tool_with_the_same_hello_is_never_the_first_reason():
    guess = Guess("openssl", "OpenSSL 3", (), Confidence.LIKELY, ("a test",), ("beast", "openssl", "s_client"))
    failure = explain_hello(hello_with(None), clients=[guess])
    assert "s_client" not in failure.summary
    assert any("s_client" in one.why for one in failure.alternatives)


MALFORMED = [
    (b"wss", "tls.sni-malformed", "URL was given"),
    (b"[", "tls.sni-malformed", "bracketed"),
    (b"b.example.net/ws", "tls.sni-malformed", "a path"),
    (b" b.example.net", "tls.sni-malformed", "white space"),
    (b"user@b.example.net", "tls.sni-malformed", "user info"),
    (b"b.example.net.", "tls.sni-malformed", "trailing dot"),
    (b"b.example.net:443", "tls.sni-malformed", "a port"),
    ("bücher.example".encode(), "tls.sni-malformed", "A-label"),
    (b"\x1b[2Jx", "tls.sni-malformed", "not a DNS name"),
    (b"192.0.2.7", "tls.sni-ip-literal", "192.0.2.7"),
    (b"2001:db8::1", "tls.sni-ip-literal", "2001:db8::1"),
]


@pytest.mark.parametrize(("name", "cause", "word"), MALFORMED, ids=[repr(case[0]) for case in MALFORMED])
def test_what_is_no_dns_name_says_what_it_is(name, cause, word):
    failure = explain_hello(hello_with(name))
    assert failure.cause == cause
    assert word in failure.summary
    assert "\x1b" not in render(failure)
