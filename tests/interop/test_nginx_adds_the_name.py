"""The nginx of the incident pages adds the server name for a client that sends none."""

from __future__ import annotations

import asyncio
import pathlib
import re
import ssl

from tests.interop import orders
from tests.interop.conftest import Ours
from tests.interop.peers import need
from tests.interop.processes import free_port, running
from tests.interop.sni_routers import STREAM_MODULE

NAME = "a.example"
PAGES = pathlib.Path(__file__).parents[2] / "docs"
UPGRADE = (
    f"GET / HTTP/1.1\r\nHost: {NAME}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def recipe(page: str) -> str:
    (found,) = re.findall(r"```nginx\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def config(folder: pathlib.Path, ours: Ours, port: int, behind: int, name: str) -> str:
    """Return the recipe with this test's port, files and server."""
    text = recipe("incident.md")
    for old, new in (
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("board.pem", str(ours.files.chain)),
        ("board.key", str(ours.files.key)),
        ("echo.websocket.org:443", f"127.0.0.1:{behind}"),
        ("echo.websocket.org", name),
        ("/etc/ssl/certs/ca-certificates.crt", str(ours.files.ca)),
    ):
        assert old in text
        text = text.replace(old, new)
    modules = f"load_module {STREAM_MODULE};\n" if STREAM_MODULE.exists() else ""
    frame = f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr notice;\nevents {{ }}\n"
    return modules + frame + text


async def without_a_name(port: int) -> bytes:
    """Return the first line that a client gets that neither sends nor checks a name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="")
    except OSError:
        return b""
    try:
        writer.write(UPGRADE.encode())
        return await reader.readline()
    except OSError:
        return b""
    finally:
        writer.close()


def test_both_pages_have_the_same_recipe():
    assert recipe("incident.md") == recipe("incident.zh.md")


async def test_a_client_without_a_name_reaches_a_server_that_needs_one(ours: Ours, tmp_path: pathlib.Path):
    async with ours.serve(orders.Obeying(), strict_sni="close") as server:
        assert await without_a_name(server.port) == b""
        port = free_port()
        file = tmp_path / "nginx.conf"
        file.write_text(config(tmp_path, ours, port, server.port, NAME))
        with running([need("nginx"), "-p", str(tmp_path), "-e", "stderr", "-c", str(file)], port, tmp_path):
            assert await without_a_name(port) == b"HTTP/1.1 101 Switching Protocols\r\n"


async def test_nginx_refuses_a_server_with_another_name(ours: Ours, tmp_path: pathlib.Path):
    async with ours.serve(orders.Obeying()) as server:
        port = free_port()
        file = tmp_path / "nginx.conf"
        file.write_text(config(tmp_path, ours, port, server.port, "other.example"))
        with running([need("nginx"), "-p", str(tmp_path), "-e", "stderr", "-c", str(file)], port, tmp_path):
            assert await without_a_name(port) == b""
