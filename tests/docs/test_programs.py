"""Every Python program of the pages runs as it stands, against a server of this library on loopback.

Replaced are the port of each URL, the address to dial and to listen on, and what the resolver answers for the names of the
pages. The CA is the system's, by SSL_CERT_FILE, where the program names none.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
from tests.backends import EXPECTED
from tests.docs.commands import PAGES, ROOT
from tests.docs.scratch import HERE, NAMES, Scratch, speaks_to

import wssure
from wssure.evidence import Failure, Fault, Stage
from wssure.facts import AlertSeen

_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
# An excerpt of a program begins in the middle of it: `async with` becomes the body of a function.
EXCERPT = "import asyncio\nimport wssure\nfrom wssure import TLSSettings, connect\n\nasync def excerpt():\n{}\n\nasyncio.run(excerpt())\n"
# Runs a program in which the names of the pages are those of this machine.
RUNNER = """import runpy, socket, sys
real = socket.getaddrinfo
def resolve(host, *rest, **more):
    return real("127.0.0.1" if host in {names!r} else host, *rest, **more)
socket.getaddrinfo = resolve
runpy.run_path("program.py", run_name="__main__")
"""


def programs() -> Iterator[Any]:
    for page in PAGES:
        for number, found in enumerate(_BLOCK.findall(page.read_text(encoding="utf-8")), 1):
            yield pytest.param(found, id=f"{page.relative_to(ROOT)}-{number}")


EVERY = list(programs())


def whole(program: str) -> str:
    try:
        ast.parse(program)
        compile(program, "program", "exec")
    except SyntaxError:
        # Of what an excerpt leaves out as `...` the least that shows that it works.
        body = program.replace("\n    ...", '\n    await ws.send("hello")\n    print(await ws.recv())')
        return EXCERPT.format(textwrap.indent(body, "    "))
    return program


def reaching(program: str, port: int) -> str:
    """Return the program with the ports and addresses of this machine."""
    program = re.sub(r'"(wss://)([^/:"]+)(?::\d+)?/', rf'"\1\2:{port}/', program)
    return re.sub(r'address="[\d.]+"', f'address="{HERE}"', program)


def test_every_page_with_a_program_is_read():
    assert len(EVERY) >= 8
    fenced = sum(page.read_text(encoding="utf-8").count("```python") for page in PAGES)
    assert len(EVERY) == fenced


@pytest.mark.parametrize("program", [one for one in EVERY if "connect(" in one.values[0]])
def test_a_client_of_the_pages_gets_its_echo(program: str, scratch: Scratch):
    if 'backend="mbedtls"' in program and "mbedtls" not in EXPECTED:
        # The excerpt is about the second distribution; without it, the same lines run on another backend.
        program = program.replace('backend="mbedtls"', 'backend="stdlib"')
    done = started(reaching(whole(program), scratch.port), scratch)
    out, err = done.communicate()
    assert done.returncode == 0, err
    assert "hello" in out
    assert "b.example.net" in out or "ws.tls" not in program


@pytest.mark.parametrize("program", [one for one in EVERY if "serve(" in one.values[0]])
def test_a_server_of_the_pages_serves_each_of_its_sites(program: str, scratch: Scratch):
    changed = program.replace('"0.0.0.0", 443', f'"{HERE}", 0')
    assert changed != program
    # It prints nothing: this test needs its port.
    changed = changed.replace(" as server:\n", " as server:\n        print(server.port, flush=True)\n")
    done = started(changed, scratch)
    try:
        assert done.stdout is not None
        line = done.stdout.readline()
        assert line, done.communicate()
        port = int(line)
        for name in ("a.example.net", "x.b.example.net"):
            assert speaks_to(port, scratch.folder / "ca.pem", name) == "hello"
        with pytest.raises(wssure.TLSFailed) as caught:
            speaks_to(port, scratch.folder / "ca.pem", "c.example.net")
        assert caught.value.failure.fact(AlertSeen).number == 112
    finally:
        done.kill()
        done.communicate()


def started(program: str, scratch: Scratch) -> subprocess.Popen[str]:
    (scratch.folder / "program.py").write_text(program, "utf-8")
    (scratch.folder / "runner.py").write_text(RUNNER.format(names=NAMES), "utf-8")
    environment = {**scratch.environment, "SSL_CERT_FILE": "ca.pem"}
    words = [sys.executable, "-W", "error", "runner.py"]
    return subprocess.Popen(
        words, cwd=scratch.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.parametrize("program", [one for one in EVERY if not re.search(r"\b(?:connect|serve)\(", one.values[0])])
def test_a_function_of_the_pages_does_what_its_name_says(program: str):
    """docs/facts.md shows how to tell alert 112 from others."""
    names: dict[str, Any] = {}
    exec(compile(program, "program", "exec"), names)
    refused = names["server_refused_the_name"]
    for number, expected in ((112, True), (40, False), (None, False)):
        facts = () if number is None else (AlertSeen("received", "fatal", number).at(0.0, None),)
        failure = Failure(Stage.TLS, "tls.sni-unknown", Fault.CALLER, "refused", (), facts)
        assert refused(wssure.TLSFailed(failure)) is expected
