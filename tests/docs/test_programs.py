"""Every Python program of the pages runs as it stands, against a server of this library on loopback.

Replaced are the port of each URL, the address to dial and to listen on, and what the resolver answers for the names of the
pages. The CA is the system's, by SSL_CERT_FILE, where the program names none.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
from tests.backends import EXPECTED
from tests.docs.commands import PAGES, ROOT
from tests.docs.scratch import HERE, Scratch, listening, pin_of, speaks_to, started

import wssure
from wssure import Site
from wssure.evidence import Failure, Fault, Stage
from wssure.facts import AlertSeen

# A block of text directly behind a program is its output.
_BLOCK = re.compile(r"^```python\n(.*?)^```(?:\n\n```text\n(.*?)^```)?", re.DOTALL | re.MULTILINE)
# An excerpt of a program begins in the middle of it: `async with` becomes the body of a function.
EXCERPT = "import asyncio\nimport wssure\nfrom wssure import TLSSettings, connect\n\nasync def excerpt():\n{}\n\nasyncio.run(excerpt())\n"


def programs() -> Iterator[Any]:
    for page in PAGES:
        for number, (program, output) in enumerate(_BLOCK.findall(page.read_text(encoding="utf-8")), 1):
            yield pytest.param(program, output, id=f"{page.relative_to(ROOT)}-{number}")


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


@pytest.mark.parametrize(("program", "output"), [one for one in EVERY if "connect(" in one.values[0]])
def test_a_client_of_the_pages_gets_its_echo(program: str, output: str, scratch: Scratch, echo_site: Site):
    if 'backend="mbedtls"' in program and "mbedtls" not in EXPECTED:
        # The excerpt is about the second distribution; without it, the same lines run on another backend.
        program = program.replace('backend="mbedtls"', 'backend="stdlib"')
    program = program.replace("sha256/BASE64-OF-THE-PUBLIC-KEY", pin_of(bytes(echo_site.cert)))
    done = started(reaching(whole(program), scratch.port), scratch)
    out, err = done.communicate()
    assert done.returncode == 0, err
    if output:
        assert out.replace(f":{scratch.port}", ":443").replace(HERE, "192.0.2.7") == output
        return
    assert "hello" in out
    assert "b.example.net" in out or "ws.tls" not in program


@pytest.mark.parametrize(("program", "_"), [one for one in EVERY if '"0.0.0.0", 443' in one.values[0]])
def test_a_server_of_the_pages_serves_each_of_its_sites(program: str, _: str, scratch: Scratch):
    with listening(program.replace('"0.0.0.0", 443', f'"{HERE}", 0'), scratch) as (_, [port]):
        for name in ("a.example.net", "x.b.example.net"):
            assert speaks_to(port, scratch.folder / "ca.pem", name) == "hello"
        with pytest.raises(wssure.TLSFailed) as caught:
            speaks_to(port, scratch.folder / "ca.pem", "c.example.net")
        assert caught.value.failure.fact(AlertSeen).number == 112


@pytest.mark.parametrize(
    ("program", "_"), [one for one in EVERY if not re.search(r"\b(?:connect|serve)\(", one.values[0])]
)
def test_a_function_of_the_pages_does_what_its_name_says(program: str, _: str):
    """docs/facts.md shows how to tell alert 112 from others."""
    names: dict[str, Any] = {}
    exec(compile(program, "program", "exec"), names)
    refused = names["server_refused_the_name"]
    for number, expected in ((112, True), (40, False), (None, False)):
        facts = () if number is None else (AlertSeen("received", "fatal", number).at(0.0, None),)
        failure = Failure(Stage.TLS, "tls.sni-unknown", Fault.CALLER, "refused", (), facts)
        assert refused(wssure.TLSFailed(failure)) is expected


def test_the_api_page_has_every_public_name():
    page = (ROOT / "docs" / "api.rst").read_text(encoding="utf-8")
    assert set(re.findall(r"^\.\. auto\w+:: (\w+)(?:\(\))?$", page, re.MULTILINE)) == set(wssure.__all__)


def test_every_page_is_in_a_table_of_contents():
    """`make docs` refuses a page that no README.md below docs links to."""
    docs = ROOT / "docs"
    linked = {
        (contents.parent / link).resolve()
        for contents in docs.rglob("README.md")
        for link in re.findall(r"\]\(([^)#:]+)\)", contents.read_text(encoding="utf-8"))
    }
    assert {*docs.rglob("*.md")} - linked == {docs / "README.md"}
