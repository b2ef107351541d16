"""`wssure diff`: what differs, as text and as JSON, and the exit code of diff."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest
from tests.wire.recordings import VECTORS

from wssure.tools.cli.main import guarded

FOLDER = VECTORS / "libwebsockets"
NAMED = str(FOLDER / "lws433-mbed340full-ok-addr-eq-host.hex")
NAMELESS = str(FOLDER / "lws433-mbed340full-skiphost.hex")
HTTP = str(FOLDER / "lws433-mbed340full-flags-none.hex")


def test_the_incident_differs_in_server_name_alone(capsys):
    assert guarded(["diff", NAMED, NAMELESS, "--json"]) == 1
    value = json.loads(capsys.readouterr().out)
    assert value["schema"] == 1
    assert value["same"] is False
    assert [(item["what"], item["a"], item["b"]) for item in value["differences"]] == [
        ("server_name", '"localhost"', "absent")
    ]


def test_the_text_marks_that_row_alone(capsys):
    assert guarded(["diff", NAMED, NAMELESS]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["…mbed340full-ok-addr-eq-host.hex", "lws433-mbed340full-skiphost.hex"]
    marked = [line for line in lines if line.startswith("*")]
    assert marked[0].split()[1:] == ["server_name", '"localhost"', "absent"]
    assert all(line.split()[1] in {"server_name", "its", "63", "6c"} for line in marked)


def test_two_hellos_of_one_client_are_the_same(capsys):
    assert guarded(["diff", NAMELESS, str(FOLDER / "lws433-mbed340full-self-skiphost.hex"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "same": True, "differences": []}


def test_one_hello_may_come_from_standard_input(monkeypatch, capsys):
    text = (FOLDER / "lws433-mbed340full-skiphost.hex").read_bytes()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    assert guarded(["diff", NAMELESS, "-"]) == 0
    assert "absent" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expected"),
    [(["-", "-"], "both hellos"), ([NAMED, HTTP], "holds no ClientHello"), ([NAMED], "required: B")],
    ids=["both-stdin", "http", "one"],
)
def test_wrong_usage_exits_2(words, expected, capsys):
    assert guarded(["diff", *words]) == 2
    assert expected in capsys.readouterr().err
