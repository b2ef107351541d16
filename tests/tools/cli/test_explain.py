import io
import json
import sys

import pytest

from wssure.diagnose import catalogue
from wssure.tools.cli.main import guarded

SKIP = "LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK"


def said(capsys, *words):
    code = guarded(["explain", *words])
    caught = capsys.readouterr()
    return code, caught.out, caught.err


def test_an_id_prints_its_page(capsys):
    code, out, err = said(capsys, "tls.sni-missing")
    assert (code, err) == (0, "")
    assert out.startswith("tls.sni-missing: ")
    assert "What happened\n" in out


def test_every_page_can_be_printed(capsys):
    for cause in catalogue():
        assert said(capsys, cause.id)[0] == 0


@pytest.mark.parametrize("name", ["usage.address", "unknown.tls"])
def test_ids_that_messages_name_have_pages(capsys, name):
    assert said(capsys, name)[0] == 0


def test_an_id_as_json(capsys):
    code, out, _ = said(capsys, "cert.hostname", "--json")
    value = json.loads(out)
    assert (code, value["schema"], value["id"]) == (0, 1, "cert.hostname")
    assert {"What happened", "Why", "Fix", "References"} <= set(value["sections"])


def test_an_unknown_id_names_the_nearest(capsys):
    code, out, err = said(capsys, "tls.sni-mising")
    assert (code, out) == (2, "")
    assert "tls.sni-missing" in err


@pytest.mark.parametrize("number", ["-0x7780", "-30592", "0x7780", "30592"])
def test_an_error_number_may_begin_with_a_minus(capsys, number):
    code, out, _ = said(capsys, number)
    assert code == 0
    assert "Mbed TLS" in out


def test_the_line_of_the_incident(capsys):
    code, out, _ = said(capsys, "mbedtls connect -1 5 0", "--tls", "mbedtls", "--lws", "4.3.3")
    assert code == 0
    assert "cannot decide" in out
    assert out.index(SKIP) < out.index("tls.no-common-params")


def test_candidates_as_json(capsys):
    code, out, _ = said(capsys, "connect: Connection refused", "--json")
    value = json.loads(out)
    assert code == 0
    assert set(value["candidates"][0]) == {"cause", "confidence", "why", "library", "side", "probe", "fix", "line"}
    assert value["candidates"][0]["cause"] == "tcp.refused"


def test_a_file_and_stdin_are_read(capsys, tmp_path, monkeypatch):
    log = tmp_path / "client.log"
    log.write_bytes(b"\x1b[31mcurl: (6) Could not resolve host: x\x1b[0m\n")
    assert "dns.nxdomain" in said(capsys, str(log))[1]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(log.read_bytes())))
    assert "dns.nxdomain" in said(capsys, "-")[1]


def test_what_is_not_recognised_says_so_and_exits_1(capsys):
    code, out, _ = said(capsys, "the weather is fine today")
    assert code == 1
    assert out.startswith("not recognised")


def test_a_directory_is_text_and_no_crash(capsys, tmp_path):
    assert said(capsys, str(tmp_path))[0] == 1


def test_the_list_names_every_cause(capsys):
    code, out, _ = said(capsys, "--list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [cause.id for cause in catalogue()]
    assert len(json.loads(said(capsys, "--list", "--json")[1])["causes"]) == len(catalogue())


def test_nothing_to_explain_is_wrong_usage(capsys):
    assert said(capsys)[0] == 2


LOG = """\
I (1200) wifi: connected
E (5678) esp-tls-mbedtls: mbedtls_ssl_setup returned -0x7F00
E (5679) esp-tls: create_ssl_handle failed
E (5680) transport_base: Failed to open a new connection
"""


def test_the_line_of_a_log_is_shown_with_its_number(capsys, tmp_path):
    log = tmp_path / "board.log"
    log.write_text(LOG)
    out = said(capsys, str(log))[1]
    assert "line    2: E (5678) esp-tls-mbedtls" in out
    assert "CONFIG_MBEDTLS_DYNAMIC_BUFFER" in out
    assert json.loads(said(capsys, str(log), "--json")[1])["candidates"][0]["line"] == 2


def test_one_pasted_line_is_not_said_again(capsys):
    assert "  line " not in said(capsys, "connect: Connection refused")[1]


def test_what_a_log_hides_never_reaches_the_terminal(capsys, tmp_path):
    log = tmp_path / "board.log"
    log.write_bytes("start\n\u202ecurl: (6) \x1b]0;title\x07Could not resolve host: x\x00\n".encode())
    out = said(capsys, str(log))[1]
    assert "dns.nxdomain" in out
    assert not any(ord(character) < 32 and character != "\n" for character in out)
    assert "\u202e" not in out


@pytest.mark.parametrize("through", ["file", "stdin"])
def test_a_line_at_the_end_of_a_huge_log_keeps_its_number(capsys, tmp_path, monkeypatch, through):
    log = tmp_path / "huge.log"
    lines = 9 * 2**20 // 32
    log.write_bytes(b"2026-01-02 03:04:05 all is well.\n" * lines + b"curl: (6) Could not resolve host: x\n")
    if through == "stdin":
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(log.read_bytes())))
    out = said(capsys, str(log) if through == "file" else "-")[1]
    assert f"line    {lines + 1}: curl" in out


def test_what_would_sharpen_the_answer_is_said(capsys):
    text = "E: CLIENT_CONNECTION_ERROR: mbedtls connect -1 5 0"
    assert "--tls mbedtls" in said(capsys, text)[1]
    assert "tell them apart" not in said(capsys, text, "--tls", "mbedtls", "--lws", "4.3.3")[1]
