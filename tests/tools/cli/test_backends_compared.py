"""`check --backend all`: every library's connection, and what they sent, side by side."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from tests.backends import EXPECTED

from wssure import Site, serve
from wssure.facts import ClientHelloSeen
from wssure.tools.cli.main import guarded


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


def facts_of(words: list[str], capsys) -> dict[str, dict]:
    guarded([*words, "--no-probe", "--jsonl"])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {event["kind"]: event for event in events if event["event"] == "fact"}


@pytest.mark.parametrize("backend", EXPECTED)
def test_an_endpoint_that_works_gives_the_facts_of_one_that_fails(words, capsys, backend):
    words[-1] = backend
    well = facts_of(words, capsys)
    failed = facts_of([words[0], words[1].replace("a.example", "b.example"), *words[2:]], capsys)
    assert {"settings.tls", "tls.client_hello", "tls.server_hello", "tls.done", "http.request", "http.response"} <= set(
        well
    )
    assert {"endpoint.url", "settings.tls", "tls.client_hello", "tls.verify"} <= set(failed)
    for kind in set(well) & set(failed):
        one, other = well[kind]["value"], failed[kind]["value"]
        assert type(one) is type(other)
        assert not isinstance(one, dict) or list(one) == list(other)
    assert set(well["tls.client_hello"]["value"]) == set(ClientHelloSeen._annotations)
    assert all(fact["t_ms"] is not None for fact in well.values())
