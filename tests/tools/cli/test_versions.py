"""`wssure versions` as a user runs it."""

from __future__ import annotations

import json
import ssl

import pytest

from wssure.tools.cli.main import guarded


def test_a_pair_is_answered_with_what_upgrading_does_not_fix(capsys: pytest.CaptureFixture[str]) -> None:
    guarded(["versions", "--lws", "5.0.0", "--mbedtls", "3.6.6"])
    text = capsys.readouterr().out
    assert "upgrading does not help" in text
    assert "removes server_name (SNI)" in text
    assert "-DLWS_WITH_HTTP3=OFF" in text
    assert "Mbed TLS 3.6" in text


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    code = guarded(["versions", "--lws", "4.2.0", "--mbedtls", "3.6.6", "--json"])
    shown = json.loads(capsys.readouterr().out)
    assert code == 1
    assert shown["schema"] == 1
    assert shown["asked"] == {"lws": "4.2.0", "mbedtls": "3.6.6"}
    assert shown["entries"][0]["effect"] == "breaks"
    assert {"id", "effect", "versions", "summary", "advice", "source", "wssure", "certain"} == set(shown["entries"][0])


def test_the_machine_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["versions", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    names = [row["name"] for row in shown["backends"]]
    assert "stdlib" in names
    stdlib = next(row for row in shown["backends"] if row["name"] == "stdlib")
    assert ssl.OPENSSL_VERSION.split()[1] in stdlib["version"]
    assert guarded(["versions"]) == 0
    assert "python" in capsys.readouterr().out


def test_a_defect_of_the_library_is_not_told_as_wssures_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = type("Old", (), {"version": "Mbed TLS 2.28.3"})()
    monkeypatch.setattr("wssure.tls.backends.available", lambda: ("stdlib", "mbedtls"))
    monkeypatch.setattr("wssure.tls.backends.backend", lambda name: old)
    assert guarded(["versions", "--json"]) == 0
    row = next(row for row in json.loads(capsys.readouterr().out)["backends"] if row["name"] == "mbedtls")
    assert row["end_of_life"]["over"]
    assert not any("IP addresses" in trap for trap in row["traps"])
    assert [trap for trap in row["handled"] if "IP addresses" in trap and trap.endswith("wssure compares them itself")]
    assert guarded(["versions"]) == 0
    assert "the library's, not wssure's: IP addresses in certificates are not compared" in capsys.readouterr().out


def test_the_whole_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["versions", "--all"]) == 0
    assert capsys.readouterr().out.count("from  ") > 30


@pytest.mark.parametrize("arguments", [["--lws", "new"], ["--lws", "4.3", "--mbedtls", "3.6", "--openssl", "3.0"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["versions", *arguments]) == 2
    assert "fix" in capsys.readouterr().err
