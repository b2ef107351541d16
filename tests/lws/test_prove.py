"""A client file of a board, built unchanged on Mbed TLS and run: the name it sends before and after the fix.

`make prove FILE=...` runs the same tool. The tests need a libwebsockets on Mbed TLS, which `tools/lws-mbedtls.sh` builds.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import trustme
from tests.lws.conftest import source_of

ROOT = Path(__file__).parents[2]
VENDOR = (Path(__file__).parent / "vendor.c.in").read_text()


def vendor(macro: int, ca: str | None = None) -> str:
    """Return the client of the board, with its macro and the text of its CA."""
    pem = ca if ca is not None else trustme.CA().cert_pem.bytes().decode()
    return VENDOR.replace("@MACRO@", str(macro)).replace(
        "@CA@", "\n".join(f'"{line}\\n"' for line in pem.splitlines()) or '""'
    )


@pytest.fixture(scope="session", params=["2.28", "3.6"])
def prefix(request: pytest.FixtureRequest) -> str:
    """The prefix of a libwebsockets on Mbed TLS that is already built."""
    command = ["sh", "tools/lws-mbedtls.sh", "known", request.param]
    known = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if known.returncode:
        pytest.skip("libwebsockets on Mbed TLS is not built (tools/lws-mbedtls.sh builds it)")
    return known.stdout.strip()


def prove(prefix: str, file: Path, text: str | None = None, *more: str) -> tuple[int, str]:
    if text is not None:
        file.write_text(text)
    command = [sys.executable, "tools/prove.py", "--prefix", prefix, str(file), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


def test_the_client_of_a_board_loses_the_name_by_its_macro(prefix: str, tmp_path: Path) -> None:
    code, said = prove(prefix, tmp_path / "client.c", vendor(1))
    assert (code, "sent       server_name absent" in said) == (1, True), said
    assert "mbedtls connect -1 5 0" in said, "the log line of the founding report"
    assert "started    demo_entry(0)" in said
    assert "headers wm_include.h, wm_netif.h" in said


def test_the_macro_at_zero_sends_the_name(prefix: str, tmp_path: Path) -> None:
    code, said = prove(prefix, tmp_path / "client.c", vendor(0))
    assert (code, 'sent       server_name "echo.example.net"' in said) == (0, True), said


def test_the_fix_of_lint_makes_the_client_of_a_board_send_the_name(prefix: str, tmp_path: Path) -> None:
    file = tmp_path / "client.c"
    file.write_text(vendor(1))
    command = [sys.executable, "-m", "wssure", "lint", "--tls", "mbedtls", "--fix", str(file)]
    fixed = subprocess.run(command, capture_output=True, text=True, check=False)
    code, said = prove(prefix, file)
    assert (fixed.returncode, code, 'sent       server_name "echo.example.net"' in said) == (0, 0, True), said


def test_a_placeholder_for_a_ca_ends_before_the_connection(prefix: str, tmp_path: Path) -> None:
    code, said = prove(
        prefix, tmp_path / "client.c", vendor(0, "-----BEGIN CERTIFICATE-----\nMIIF\n-----END CERTIFICATE-----")
    )
    assert (code, "without a connection" in said) == (1, True), said


def test_a_program_with_main_is_run_as_it_is(prefix: str, tmp_path: Path) -> None:
    text = (
        source_of(ADDRESS='"echo.example.net"')
        .replace("if (argc < 3)", "if (0)")
        .replace("atoi(argv[2])", "443")
        .replace("argc > 3", "0")
    )
    code, said = prove(prefix, tmp_path / "client.c", text)
    assert (code, 'server_name "echo.example.net"' in said, "started" in said) == (0, True, False), said


def test_a_url_as_address_never_connects(prefix: str, tmp_path: Path) -> None:
    text = vendor(0).replace("ccinfo.address = EXAMPLE_HOST;", 'ccinfo.address = "wss://echo.example.net/";')
    code, said = prove(prefix, tmp_path / "client.c", text)
    assert (code, "sent       nothing" in said, "name wss://echo.example.net/" in said) == (1, True, True), said


def test_the_call_that_starts_a_client_can_be_named(prefix: str, tmp_path: Path) -> None:
    code, said = prove(prefix, tmp_path / "client.c", vendor(0), "--entry", "board_client(0)")
    assert (code, "GET / HTTP/1.1" in said) == (1, True), said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("int main(void) { return 0 }\n", "expected ';'"),
        ("int helper(void) { return 0; }\n", "no function of this file calls lws_client_connect_via_info"),
    ],
)
def test_a_file_that_cannot_be_built_is_reported_with_its_line(
    prefix: str, tmp_path: Path, text: str, words: str
) -> None:
    code, said = prove(prefix, tmp_path / "client.c", text)
    assert (code, words in said, "  fix   " in said) == (2, True, True), said


def test_a_missing_file_is_a_usage_error(prefix: str, tmp_path: Path) -> None:
    code, said = prove(prefix, tmp_path / "none.c")
    assert (code, "no such file" in said) == (2, True)


def test_every_connection_of_a_client_is_read(prefix: str, tmp_path: Path) -> None:
    """A client may send the name on its first connection and lose it on the second."""
    text = vendor(0).replace("board_client(1);", "board_client(1);\n\trelaxed = 1;\n\tboard_client(1);")
    text = text.replace("static u8 done;", "static u8 done;\nstatic int relaxed;").replace(
        "memset(&info", "done = 0;\n\tmemset(&info"
    )
    text = text.replace(
        "ccinfo.ssl_connection = LCCSCF_USE_SSL;",
        "ccinfo.ssl_connection = LCCSCF_USE_SSL | (relaxed ? LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK : 0);",
    )
    code, said = prove(prefix, tmp_path / "client.c", text)
    assert (code, 'server_name "echo.example.net"' in said, "server_name absent" in said) == (1, True, True), said
