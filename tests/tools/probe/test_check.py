"""`wssure check` runs the experiments, says so before, and finds at a working endpoint what will fail others."""

from __future__ import annotations

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from tests.causes.conftest import NAME
from tests.peers import scripts
from tests.peers.choosy import Arrived, chooses, recording
from tests.peers.listener import listening
from tests.peers.scripts import upgrades

HERE = "127.0.0.1"


@pytest.fixture
def ca_file(ca_pem, tmp_path) -> str:
    path = tmp_path / "ca.pem"
    path.write_bytes(ca_pem)
    return str(path)


def check(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "wssure", "check", *words]
    return subprocess.run(command, text=True, capture_output=True)


@pytest.fixture
def needs_name(context):
    talk = chooses(context(), upgrades(), lambda hello: None if hello.server_name else scripts.closes_after_hello)
    with listening(talk) as port:
        yield port


def test_a_failure_is_examined_and_the_budget_said_before(needs_name, ca_file):
    done = check(f"wss://{HERE}:{needs_name}/", "--cacert", ca_file)
    assert done.returncode == 1
    assert f"connections to {HERE}:{needs_name} within 3 s (--no-probe leaves them out)" in done.stderr
    assert done.stdout.startswith("error[tls.sni-missing]: ")
    assert "> with an unused server name" in done.stdout
    assert "not certain" not in done.stdout
    # In TLS the ladder is drawn unasked.
    assert "server_name (SNI)" in done.stdout
    assert "never came" in done.stdout


def test_the_json_holds_the_experiments_among_the_facts(needs_name, ca_file):
    done = check(f"wss://{HERE}:{needs_name}/", "--cacert", ca_file, "--json")
    failure = json.loads(done.stdout)["failure"]
    assert (failure["cause"], failure["confidence"]) == ("tls.sni-missing", "certain")
    results = [fact["value"] for fact in failure["facts"] if fact["kind"] == "probe.result"]
    assert {one["experiment"] for one in results if one["flipped"]} >= {"sni.other"}


@pytest.mark.parametrize("probes", [(), ("--no-probe",)], ids=["examined", "judged"])
def test_a_fix_names_the_flags_of_this_tool(needs_name, ca_file, probes):
    words = (f"wss://{HERE}:{needs_name}/chat", "--cacert", ca_file, "--color", "never", *probes)
    text, failure = check(*words).stdout, json.loads(check(*words, "--json").stdout)["failure"]
    todo = f"use the name of the service in the URL: wss://NAME:{needs_name}/chat --address {HERE}"
    assert failure["fix"].startswith(todo)
    assert todo in " ".join(text.split())
    assert failure["fixes"][0]["id"] == "tls.sni-name-it"
    values = {"url": f"wss://NAME:{needs_name}/chat", "address": HERE, "host": HERE}
    assert failure["fixes"][0]["values"] == values


def test_a_ca_that_is_missing_is_given_by_a_flag(needs_name):
    done = check(f"wss://{NAME}:{needs_name}/", "--address", HERE, "--no-probe", "--json")
    failure = json.loads(done.stdout)["failure"]
    assert failure["cause"] in ("cert.untrusted-root", "cert.chain-incomplete")
    fixes = [failure["fix"], *(one["fix"] for one in failure["alternatives"])]
    assert any("--cacert FILE" in fix for fix in fixes)
    assert "TLSSettings" not in done.stdout


def test_a_usage_error_names_the_flag(needs_name, tmp_path):
    other = tmp_path / "other.pem"
    other.write_text("not PEM")
    done = check(f"wss://{HERE}:{needs_name}/", "--cacert", str(other))
    assert done.returncode == 2
    assert "give --cacert a" in done.stderr


def test_no_probe_makes_one_connection(ca_file):
    arrived = Arrived()
    with recording(scripts.closes_after_hello, arrived) as port:
        done = check(f"wss://{HERE}:{port}/", "--cacert", ca_file, "--no-probe", "--json")
    assert done.returncode == 1
    assert done.stderr == ""
    assert len(arrived.wire) == 1
    assert "probe.result" not in done.stdout


@pytest.mark.parametrize("budget", ["0", "-1", "nan", "inf"])
def test_a_budget_that_is_no_time_is_refused(budget):
    done = check(f"wss://{HERE}:1/", f"--probe-budget={budget}")
    assert done.returncode == 2
    assert "--probe-budget" in done.stderr


def test_a_picture_is_written(needs_name, ca_file, tmp_path):
    file = tmp_path / "handshake.svg"
    check(f"wss://{HERE}:{needs_name}/", "--cacert", ca_file, "--svg", str(file), "--no-probe")
    texts = "".join(ElementTree.parse(file).getroot().itertext())
    assert "tls.sni-missing" in texts
    assert "server_name (SNI)" in texts


def test_each_backend_has_its_own_picture(needs_name, ca_file, tmp_path):
    words = (f"wss://{NAME}:{needs_name}/", "--address", HERE, "--cacert", ca_file, "--backend", "all")
    done = check(*words, "--svg", str(tmp_path / "handshake.svg"), "--json")
    assert done.returncode == 0
    assert len(list(tmp_path.glob("handshake*.svg"))) == len(json.loads(done.stdout)["results"])


def deep(port: int, ca_file: str, *words: str) -> dict[str, dict]:
    done = check(f"wss://{NAME}:{port}/", "--address", HERE, "--cacert", ca_file, "--deep", "--json", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    value = json.loads(done.stdout)
    assert value["ok"] is True
    return {finding["cause"]: finding for finding in value["findings"]}


WEAK = {
    "tls.sni-missing": lambda hello: scripts.closes_after_hello if hello.server_name is None else None,
    "tls.sni-unknown": lambda hello: scripts.sends_alert(112) if hello.server_name not in (NAME, None) else None,
    # The look pads to 1760 bytes; with a post-quantum key share our own hello has more than 1500.
    "tls.large-hello-dropped": lambda hello: scripts.resets_after_hello if len(hello.raw) > 1700 else None,
    "tls.version": lambda hello: scripts.sends_alert(70) if 0x0304 not in hello.supported_versions else None,
}


@pytest.mark.parametrize("cause", WEAK)
def test_what_works_here_and_fails_others_is_found(context, ca_file, cause):
    with listening(chooses(context(), upgrades(), WEAK[cause])) as port:
        findings = deep(port, ca_file)
    assert set(findings) == {cause}
    assert set(findings[cause]) == {"cause", "summary", "fix", "confidence"}


def test_a_server_without_weaknesses_has_no_findings(context, ca_file):
    with listening(chooses(context(), upgrades(), lambda hello: None)) as port:
        assert deep(port, ca_file) == {}


def test_a_wrong_clock_is_found(context, ca_file):
    late = b"Date: Mon, 01 Jan 2024 00:00:00 GMT"
    with listening(chooses(context(), upgrades(extra=(late,)), lambda hello: None)) as port:
        assert set(deep(port, ca_file)) == {"cert.not-yet-valid"}


def test_the_text_of_a_finding_is_a_note(context, ca_file):
    with listening(chooses(context(), upgrades(), WEAK["tls.sni-missing"])) as port:
        done = check(f"wss://{NAME}:{port}/", "--address", HERE, "--cacert", ca_file, "--deep", "--ladder")
    assert done.returncode == 0
    assert "note[tls.sni-missing]: clients that send no server name fail here" in done.stdout
    assert "101 Switching Protocols" in done.stdout
    assert "looking deeper: at most 12 connections" in done.stderr


def test_a_look_makes_a_dozen_connections_at_most(context, ca_file):
    arrived = Arrived()
    with recording(chooses(context(), upgrades(), lambda hello: None), arrived) as port:
        deep(port, ca_file)
    assert len(arrived.wire) <= 1 + 12


def test_plain_ws_is_looked_at_too():
    with listening(upgrades()) as port:
        done = check(f"ws://{NAME}:{port}/", "--address", HERE, "--deep", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["findings"] == []


def test_the_help_tells_of_the_experiments():
    done = check("--help")
    for flag in ("--no-probe", "--probe-budget", "--deep", "--ladder", "--svg"):
        assert flag in done.stdout
