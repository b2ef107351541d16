"""The founding incident with a real libwebsockets: each mistake in real code, what lint says of it, what goes on the wire.

Built with the libwebsockets of the machine, which has OpenSSL below on every distribution we know of, or with the one in
WSSURE_LWS_PREFIX. What Mbed TLS does instead stands in the second column, and is in the recorded hellos besides.
"""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field

import pytest
from tests.lws.conftest import source_of

from wssure.tools.lint import Target, lint_text
from wssure.wire.hello import find_client_hello

NAME = "echo.example.net"
SKIP = "LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK"


@dataclass(frozen=True)
class Case:
    """One client: what is changed in it, what lint must say, and the server_name that must be sent (None: absent).

    `on_mbedtls` is what Mbed TLS sends where that differs.
    """

    name: str
    rules: tuple[str, ...]
    server_name: bytes | None
    changes: dict[str, str] = field(default_factory=dict)
    on_mbedtls: bytes | str | None = "the same"


def host(text: str) -> dict[str, str]:
    return {"HOST": f'i.host = "{text}";'}


CASES = [
    Case("well", (), b"echo.example.net"),
    Case("name-and-port", (), b"echo.example.net", host(f"{NAME}:8443")),
    Case("skip-flag", ("lws.skip-hostname-check",), b"echo.example.net", {"FLAGS": SKIP}, None),
    Case(
        "all-relaxed",
        ("lws.allow-insecure", "lws.skip-hostname-check"),
        b"echo.example.net",
        {"FLAGS": SKIP + " | LCCSCF_ALLOW_INSECURE"},
        None,
    ),
    Case("flag-as-one", ("lws.magic-ssl-connection",), b"echo.example.net", {"FLAGS": "1"}),
    Case("empty", ("lws.host-empty",), None, host(""), b""),
    Case("scheme", ("lws.host-not-a-name",), b"wss", host(f"wss://{NAME}/")),
    Case("path", ("lws.host-not-a-name",), b"echo.example.net/chat", host(f"{NAME}/chat")),
    Case("space", ("lws.host-not-a-name",), b" echo.example.net", host(f" {NAME}")),
    Case("user", ("lws.host-not-a-name",), b"user@echo.example.net", host(f"user@{NAME}")),
    Case("trailing-dot", ("lws.host-not-a-name",), b"echo.example.net.", host(f"{NAME}.")),
    Case("utf-8", ("lws.host-not-a-name",), "b\u00fccher.example".encode(), host("b\\303\\274cher.example")),
    Case("ipv4", ("lws.host-ip-literal",), b"192.0.2.7", host("192.0.2.7")),
    Case("ipv6", ("lws.host-ip-literal",), b"2001", host("2001:db8::7")),
    Case("ipv6-in-brackets", ("lws.host-ip-literal",), b"[2001", host("[2001:db8::7]")),
    Case("ipv6-loopback", (), None, host("::1"), b""),
    Case(
        "own-name",
        ("lws.host-own-name",),
        socket.gethostname().encode(),
        {"HOST": "i.host = lws_canonical_hostname(context);"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_wire_shows_what_lint_says(case: Case, run, lws_tls: str) -> None:
    text = source_of(**case.changes)
    assert tuple(sorted(found.rule for found in lint_text(text, target=Target(tls="openssl")))) == case.rules
    ran = run(text)
    assert ran.sent is not None
    hello = find_client_hello(ran.sent)
    expected = case.on_mbedtls if lws_tls == "mbedtls" and case.on_mbedtls != "the same" else case.server_name
    assert hello.server_name_bytes == expected


def test_a_url_as_address_never_gets_to_a_hello(run) -> None:
    text = source_of(ADDRESS=f'"wss://{NAME}/"')
    assert [found.rule for found in lint_text(text)] == ["lws.url-in-address"]
    assert "no ClientHello is sent" in lint_text(text)[0].summary
    ran = run(text)
    assert ran.sent is None
    assert ran.code != 0 or "connection error" in ran.log


def test_an_unset_host_crashes(run) -> None:
    text = source_of(HOST="")
    (found,) = lint_text(text)
    assert (found.rule, found.confidence.value) == ("lws.host-unset", "certain")
    assert "crashes" in found.summary
    ran = run(text)
    assert not ran.sent
    assert ran.code == -signal.SIGSEGV or "bio_create failed" in ran.log


def test_two_as_flag_sends_plain_http_to_the_tls_port(run) -> None:
    text = source_of(FLAGS="2")
    (found,) = lint_text(text)
    assert found.rule == "lws.magic-ssl-connection"
    assert "plain HTTP" in found.summary
    ran = run(text)
    assert ran.sent is not None
    assert ran.sent.startswith(b"GET / HTTP/1.1\r\n")


def test_without_global_init_nothing_is_sent(run) -> None:
    text = source_of(OPTIONS="0")
    assert [found.rule for found in lint_text(text)] == ["lws.no-global-init"]
    ran = run(text)
    assert not ran.sent


def test_the_fix_of_lint_mends_the_running_program(run) -> None:
    from wssure.tools.lint.edit import apply_edits

    text = source_of(**host(f"wss://{NAME}/"))
    fixed = apply_edits(text.encode(), [found.edit for found in lint_text(text) if found.edit]).decode()
    ran = run(fixed)
    assert ran.sent is not None
    assert find_client_hello(ran.sent).server_name == NAME


def test_hello_listen_shows_what_the_program_sends(build, lws_tls: str) -> None:
    program = build(source_of(FLAGS=SKIP))
    command = [
        sys.executable,
        "-m",
        "wssure",
        "hello",
        "--listen",
        "0",
        "--listen-address",
        "127.0.0.1",
        "--count",
        "1",
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as listening:
        try:
            assert listening.stderr is not None
            line = listening.stderr.readline()
            port = next(word for word in line.split() if word.isdigit())
            subprocess.run([program, "127.0.0.1", port], capture_output=True, check=False)
            out, err = listening.communicate()
        finally:
            listening.kill()
    expected = None if lws_tls == "mbedtls" else NAME
    assert json.loads(out.splitlines()[-1])["server_name"] == expected, err


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_the_samples_are_c_that_a_compiler_takes(lws_flags, tmp_path) -> None:
    file = tmp_path / "client.c"
    file.write_text(source_of())
    done = subprocess.run(
        ["cc", "-Wall", "-Wextra", "-fsyntax-only", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""
