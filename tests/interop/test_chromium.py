"""A browser: headless Chromium takes a page from our server and echoes over WebSockets, to its own origin and to a foreign one."""

from __future__ import annotations

import asyncio
import html
import json
import logging
import pathlib
import re
from typing import Any

import pytest
from tests.interop import orders
from tests.interop.conftest import Ours
from tests.interop.peers import need
from tests.interop.processes import output_of

from wssure import Headers, Request, Response, WebSocket

# The page is loaded, and Chromium prints it, only when /hold has answered: that is when the page has told all.
PAGE = """<!doctype html><title>waiting</title><pre id="seen"></pre><img src="/hold"><script>
const seen = {};
function same(a, b) { return a.length === b.length && a.every((value, index) => value === b[index]); }
function open(url) {
  const ws = new WebSocket(url);
  ws.binaryType = "arraybuffer";
  return ws;
}
function next(ws, kind) { return new Promise((done) => ws.addEventListener(kind, done, { once: true })); }
async function answer(ws, message) { ws.send(message); return (await next(ws, "message")).data; }
async function talk() {
  const ws = open(`wss://${location.host}/echo`);
  await next(ws, "open");
  seen.extensions = ws.extensions;
  seen.text = await answer(ws, "hello, w\\u00f6rld \\u{1f600}");
  const bytes = Uint8Array.from({ length: 102400 }, (_, index) => index * 7);
  seen.binary = same(new Uint8Array(await answer(ws, bytes)), bytes);
  seen.pieces = await answer(ws, "!fragments");
  seen.ping = await answer(ws, "!ping");
  ws.send("!close 4002 we go");
  const closed = await next(ws, "close");
  seen.closed = [closed.code, closed.reason, closed.wasClean];
  const foreign = open(`wss://127.0.0.1:${location.port}/echo`);
  seen.foreign = (await next(foreign, "close")).code;
}
talk().catch((error) => { seen.error = String(error); }).then(() => {
  document.getElementById("seen").textContent = JSON.stringify(seen);
  document.title = "done";
  fetch("/told");
});
</script>"""

OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--ignore-certificate-errors",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",  # no word to the outside
    "--dump-dom",
]


class Site:
    """The page, and what holds the browser until the page has told all."""

    def __init__(self) -> None:
        self.told = asyncio.Event()
        self.origins: list[str | None] = []

    async def process_request(self, _: WebSocket, request: Request) -> Response | None:
        if request.target == "/":
            return _answer(200, PAGE.encode(), "text/html; charset=utf-8")
        if request.target == "/told":
            self.told.set()
            return _answer(204)
        if request.target == "/hold":
            await self.told.wait()
            return _answer(204)
        if request.target != "/echo":
            return _answer(404)
        self.origins.append(request.headers.get("Origin"))
        return None


def _answer(status: int, body: bytes = b"", kind: str = "text/plain") -> Response:
    return Response(status, "", "HTTP/1.1", Headers([("Content-Type", kind)]), body)


async def test_a_browser_echoes_with_its_origin_and_is_refused_with_a_foreign_one(
    ours: Ours, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "wssure.server")
    site, handler = Site(), orders.Obeying()
    sites = [ours.site(names=("localhost", "127.0.0.1"))]
    async with ours.serve(handler, sites=sites, process_request=site.process_request, open_timeout=None) as server:
        argv = [need("chromium"), *OPTIONS, f"--user-data-dir={tmp_path / 'profile'}"]
        origin = f"https://localhost:{server.port}"
        _, said = await output_of([*argv, f"{origin}/"], tmp_path)
    assert seen_by(said) == {
        "extensions": "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
        "text": "hello, w\N{LATIN SMALL LETTER O WITH DIAERESIS}rld \N{GRINNING FACE}",
        "binary": True,
        "pieces": orders.WHOLE,
        "ping": orders.PONG_CAME,
        "closed": [4002, "we go", True],
        "foreign": 1006,
    }
    # The page at https://localhost is no page of https://127.0.0.1, and never got as far as our hook there.
    assert f'http.origin: the request has the Origin "{origin}", which is not allowed' in caplog.text
    assert site.origins == [origin]
    assert [ws.tls.server_name for ws in handler.sockets if ws.tls] == ["localhost"]


def seen_by(said: str) -> dict[str, Any]:
    """Return what the page wrote into itself."""
    found = re.search(r'<pre id="seen">(.*?)</pre>', said)
    assert found, said
    seen: dict[str, Any] = json.loads(html.unescape(found[1]))
    return seen
