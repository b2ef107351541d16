"""The first screen of the demonstration: who loses the name, in fifteen lines of eighty columns."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.backends import EXPECTED

from wssure.tools.cli.demo_clients import LIVE, command
from wssure.tools.demo.front import front
from wssure.tools.demo.recordings import recording

ROOT = Path(__file__).parents[3]


def demo(*words: str, **settings: str) -> str:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", **settings}
    done = subprocess.run(
        [sys.executable, "-m", "wssure", "demo", *words],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(
    ("settings", "offered"), [({}, False), ({LIVE: ""}, True)], ids=["wssure demo", "make demo, not built yet"]
)
def test_the_first_screen_has_fifteen_lines_of_eighty_columns(settings: dict[str, str], offered: bool) -> None:
    lines = demo(**settings).splitlines()
    assert len(lines) <= 15
    assert max(map(len, lines)) <= 80
    assert any("make prove FILE=client.c" in line for line in lines) is offered


def test_only_the_flag_on_mbedtls_loses_the_name() -> None:
    shown = json.loads(demo("--json"))
    rows = {row["client"].strip(): (row["server_name"], row["answer"]) for row in shown["clients"]}
    assert rows["libwebsockets on Mbed TLS (recorded)"] == ("localhost", "answers")
    assert rows["the same, check of the name turned off"] == (None, "closes")
    for backend, label in (("mbedtls", "Mbed TLS"), ("openssl", "OpenSSL")):
        if backend in EXPECTED:
            assert rows[f"wssure on {label}, the check turned off"] == ("echo.example.net", "answers")
    assert {"incident", "mistakes", "healthy"} <= set(shown), "the keys of earlier versions"


@pytest.mark.peers
@pytest.mark.parametrize("release", ["2.28", "3.6"])
def test_libwebsockets_is_shown_live_if_it_is_built(release: str) -> None:
    known = subprocess.run(
        ["sh", "tools/lws-mbedtls.sh", "known", release], capture_output=True, text=True, check=False, cwd=ROOT
    )
    if known.returncode:
        pytest.skip("libwebsockets on Mbed TLS is not built (tools/lws-mbedtls.sh builds it)")
    lines = demo(**{LIVE: known.stdout.strip()}).splitlines()
    (plain,) = (line for line in lines if f"libwebsockets 4.3.5 on Mbed TLS {release}" in line)
    assert plain.split()[-2:] == ["echo.example.net", "answers"]
    assert lines[lines.index(plain) + 1].endswith("NO NAME           closes")


def test_the_printed_commands_are_found() -> None:
    printed = [line.split() for line in demo().splitlines() if "wssure " in line and "hello" in line]
    program = printed[0][0]
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert program == command()


def test_the_front_reads_names_and_leaves_bytes_alone() -> None:
    asyncio.run(_read_names())


async def _read_names() -> None:
    got: list[bytes] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.read(2**16))
        writer.write(b"answer")
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, front(server.sockets[0].getsockname()[1]) as door:
        for case in ("with-sni", "without-sni"):
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            writer.write(recording(case))
            assert await reader.read() == b"answer"
            assert got[-1] == recording(case)
            writer.close()
        assert door.seen == ["localhost", None]
