"""The flags of the target: every spelling of a version, every address given, and files that are missing."""

from __future__ import annotations

import io
import json
import re
import socket
from pathlib import Path
from unittest import mock

import pytest
from tests.backends import EXPECTED
from tests.peers.certificates import NAME, server_context
from tests.peers.listener import listening
from tests.peers.scripts import over_tls, upgrades
from tests.tools.cli.test_after_upgrade import HERE

from wssure.tools.cli.main import build_parser, guarded

ROOT = Path(__file__).parents[3]


def parse(words: list[str]):
    return build_parser("check").parse_args(words)


@pytest.mark.parametrize("text", ["1.2", "TLSv1.2", "tlsv1.2", "TLS1.2"])
def test_a_version_is_read_in_each_usual_spelling(text):
    assert parse(["check", "wss://b.example.net/", "--tls-max", text]).tls_max == "1.2"


def test_the_versions_on_a_page_are_read():
    pages = "\n".join(page.read_text() for page in (ROOT / "docs" / "causes").glob("*.md"))
    found = set(re.findall(r"(--tls-m(?:ax|in)) ([\w.]+\w)", pages))
    assert found
    for flag, text in found:
        parse(["check", "wss://b.example.net/", flag, text])


REFUSED = "127.0.0.3"


def test_every_address_of_resolve_is_dialled(capsys):
    with listening(upgrades(), "127.0.0.2") as port, socket.socket() as closed:
        closed.bind((REFUSED, port))  # not listening; no other program uses this address
        place = f"h.example:{port}"
        code = guarded(
            ["check", f"ws://{place}/", "--resolve", f"{place}:{REFUSED},127.0.0.2", "--proxy", "none", "--json"]
        )
    value = json.loads(capsys.readouterr().out)
    assert (code, value["ok"]) == (0, True)
    assert [(one["address"], one["ok"]) for one in value["phases"] if one["name"] == "dial"] == [
        (f"{REFUSED}:{port}", False),
        (f"127.0.0.2:{port}", True),
    ]


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_all_backends_of_a_url_without_tls_are_one_check(capsys, flags):
    with listening(upgrades()) as port:
        code = guarded(["check", f"ws://{HERE}:{port}/", "--proxy", "none", "--backend", "all", *flags])
    done = capsys.readouterr()
    assert code == 0
    assert "--backend all: a ws:// URL has no TLS" in done.err
    if flags:
        assert [one["ok"] for one in json.loads(done.out)["results"]] == [True]


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("flag", ["--cacert", "--cert", "--key"])
def test_a_missing_file_is_reported_before_a_name_is_looked_up(capsys, tmp_path, name, flag):
    with mock.patch("socket.getaddrinfo") as lookup:
        code = guarded(["check", "wss://b.example.net/", flag, str(tmp_path / "absent.pem"), "--backend", name])
    assert code == 2
    assert "absent.pem" in capsys.readouterr().err
    assert not lookup.called


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [((), 1, ""), (("--verify", "chain"), 0, "the chain; NOT the name"), (("-k",), 0, "NOTHING")],
)
def test_a_relaxation_is_named_and_leaves_the_name_sent(capsys, tmp_path, site_pem, ca_pem, name, flags, code, said):
    """The certificate is that of another site."""
    (tmp_path / "ca.pem").write_bytes(ca_pem)
    (tmp_path / "site.pem").write_bytes(site_pem("other.example"))
    words = (
        "--address",
        HERE,
        "--proxy",
        "none",
        "--cacert",
        str(tmp_path / "ca.pem"),
        "--backend",
        name,
        "--no-probe",
    )
    with listening(over_tls(server_context(tmp_path / "site.pem"), upgrades())) as port:
        assert guarded(["check", f"wss://{NAME}:{port}/", *words, "--json", *flags]) == code
    done = capsys.readouterr()
    details = json.loads(done.out)["details"]
    assert details["SNI sent"].startswith(NAME)
    assert details.get("verified", "") == said
    assert ("name in the certificate is not checked" in done.err) == (said.startswith("the chain"))


@pytest.mark.parametrize("columns", [60, 90, 140])
def test_the_bars_are_as_wide_as_the_terminal(capsys, columns):
    with listening(upgrades()) as port, mock.patch("wssure.tools.cli.output.width", return_value=columns):
        guarded(["check", f"ws://{HERE}:{port}/", "--proxy", "none"])
    bars = [line for line in capsys.readouterr().out.splitlines() if "\u2501" in line]
    assert bars
    assert max(map(len, bars)) == columns


def test_a_terminal_without_unicode_gets_bars_in_ascii(tmp_path, site_pem, ca_pem):
    (tmp_path / "ca.pem").write_bytes(ca_pem)
    (tmp_path / "site.pem").write_bytes(site_pem(NAME))
    written = io.BytesIO()
    with (
        listening(over_tls(server_context(tmp_path / "site.pem"), upgrades())) as port,
        mock.patch("sys.stdout", io.TextIOWrapper(written, encoding="ascii")) as out,
    ):
        words = ("--address", HERE, "--proxy", "none", "--cacert", str(tmp_path / "ca.pem"), "--ladder")
        guarded(["check", f"wss://{NAME}:{port}/", *words])
        out.flush()
        text = written.getvalue().decode("ascii")
    assert re.search(r"^dial .*=", text, re.MULTILINE)
    assert re.search(r"--+>", text)
    assert "\\u" not in text
