"""The founding incident from whatever somebody has: the code alone, the hello alone, the log line alone, all three.

Each names the flag and Mbed TLS, says no more than its evidence allows, and gives the same fix.
"""

from __future__ import annotations

from pathlib import Path

from wssure.evidence import Confidence
from wssure.tools.explain import Context, read
from wssure.tools.lint import Target, lint_text
from wssure.tools.stacks.clients import identify
from wssure.tools.stacks.hello import explain_hello
from wssure.wire.hello import ClientHello, find_client_hello

VECTORS = Path(__file__).parents[2] / "vectors" / "libwebsockets"
CODE = (Path(__file__).parent / "rules" / "skip-hostname-check" / "bad.c").read_text()
LOG = "[2026/08/01 10:00:00] E: CLIENT_CONNECTION_ERROR: mbedtls connect -1 5 0"
FLAG = "LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK"


def hello_of(name: str) -> ClientHello:
    text = "".join(line for line in (VECTORS / f"{name}.hex").read_text().splitlines() if not line.startswith("#"))
    return find_client_hello(bytes.fromhex("".join(text.split())))


def test_the_code_alone_is_likely_and_with_the_library_certain() -> None:
    found = lint_text(CODE)[0]
    assert (found.rule, found.confidence) == ("lws.skip-hostname-check", Confidence.LIKELY)
    assert "Mbed TLS" in found.summary
    assert "drop the flag" in found.fix
    known = lint_text(CODE, target=Target(tls="mbedtls", lws=(4, 3, 3), mbedtls=(3, 4, 0)))[0]
    assert known.confidence is Confidence.CERTAIN
    assert "client_ssl_ca_filepath" in known.fix


def test_the_hello_alone_is_likely_and_keeps_the_other_ways() -> None:
    hello = hello_of("lws433-mbed340full-skiphost")
    failure = explain_hello(hello, clients=identify(hello))
    assert failure is not None
    assert failure.cause == "tls.sni-missing"
    assert failure.confidence is Confidence.LIKELY
    assert FLAG in failure.summary
    assert "Mbed TLS" in failure.summary
    assert "client_ssl_ca_filepath" in failure.fix
    assert failure.alternatives


def test_the_log_line_alone_is_only_possible() -> None:
    reading = read(LOG)
    first = reading.candidates[0]
    assert reading.undecided
    assert first.cause == "tls.sni-missing"
    assert first.confidence is Confidence.POSSIBLE
    assert FLAG in first.fix
    assert len(reading.candidates) > 1


def test_all_three_agree() -> None:
    hello = hello_of("lws433-mbed340full-skiphost")
    code = lint_text(CODE, target=Target(tls="mbedtls", lws=(4, 3, 3)))[0]
    wire = explain_hello(hello, tls="mbedtls", lws="4.3.3", clients=identify(hello))
    log = read(LOG, Context(tls="mbedtls", lws="4.3.3")).candidates[0]
    assert wire is not None
    assert wire.cause == log.cause == "tls.sni-missing"
    assert code.rule == "lws.skip-hostname-check"
    assert code.confidence is Confidence.CERTAIN
    assert all(FLAG in text for text in (wire.fix, log.fix, code.source_line))


def test_the_same_code_on_openssl_is_no_reason_for_a_missing_name() -> None:
    found = lint_text(CODE, target=Target(tls="openssl"))[0]
    assert "SNI" not in found.summary
    assert explain_hello(hello_of("lws433-ossl30-skiphost")) is None


def test_a_url_as_address_is_told_to_send_nothing() -> None:
    code = CODE.replace('ccinfo.address = "echo.example.net"', 'ccinfo.address = "wss://echo.example.net"')
    found = next(found for found in lint_text(code) if found.rule == "lws.url-in-address")
    assert "no ClientHello is sent" in found.summary
    log = read("CLIENT_CONNECTION_ERROR: DNS NXDOMAIN", Context(lws="4.3.3"))
    assert {candidate.cause for candidate in log.candidates} >= {"dns.url-as-name", "dns.nxdomain"}


def test_an_unset_host_is_told_to_crash() -> None:
    code = CODE.replace("ccinfo.host = ccinfo.address;", "")
    found = next(found for found in lint_text(code) if found.rule == "lws.host-unset")
    assert "crashes" in found.summary
