"""`check --backend all`: every library's connection, and what they sent, side by side."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from tests.backends import EXPECTED

from wssure import Site, serve
from wssure.cli.main import guarded


@pytest.fixture
def port(site_pem):
    """Serve one site on a thread of its own; gives its port."""
    ready: list[int] = []
    started, stop = threading.Event(), threading.Event()

    async def main():
        async def echo(ws):
            async for message in ws:
                await ws.send(message)

        async with serve(echo, "127.0.0.1", sites=[Site(("a.example",), site_pem("a.example"))]) as server:
            ready.append(server.port)
            started.set()
            await asyncio.to_thread(stop.wait, 40)

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    assert started.wait(20)
    yield ready[0]
    stop.set()
    thread.join()


@pytest.fixture
def words(port, ca_pem, tmp_path):
    (tmp_path / "ca.pem").write_bytes(ca_pem)
    return [
        "check",
        f"wss://a.example:{port}/",
        "--address",
        "127.0.0.1",
        "--cacert",
        str(tmp_path / "ca.pem"),
        "--backend",
        "all",
    ]


@pytest.mark.skipif(len(EXPECTED) < 2, reason="this run has one backend alone")
def test_each_library_is_a_column_and_its_hello_stands_beside_the_first(words, capsys):
    assert guarded(words) == 0
    out = capsys.readouterr().out
    table = next(line for line in out.splitlines() if line.count("(") >= len(EXPECTED))
    for name in EXPECTED:
        assert f"{name} (" in table
    assert out.count("ClientHellos of") == len(EXPECTED) - 1
    assert "server_name" in out


def test_as_json_each_library_is_a_result(words, capsys):
    assert guarded([*words, "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["ok"] is True
    assert [result["backend"].partition(" ")[0] for result in value["results"]] == list(EXPECTED)
    assert {result["details"]["SNI sent"] for result in value["results"]} == {"a.example (read back from the wire)"}
