"""Endpoints of software nobody here wrote, set up wrongly in the usual ways: nginx, haproxy, openssl s_server."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.faulty_endpoints.endpoint import HERE, Endpoint, Material, Start
from tests.interop.processes import free_port, running
from tests.interop.squid import squid_running

# Debian keeps servers where an ordinary user's PATH does not look.
_PATHS = "/usr/sbin:/usr/local/sbin"
_NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {good};
    ssl_certificate_key {good};
{servers}
}}
"""
_HAPROXY = """\
global
    maxconn 64
defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
frontend tls
    bind 127.0.0.1:{port} {bind}
    {rule}
"""


def program(name: str) -> str | None:
    """Return the path of a program; None where it is not installed."""
    return shutil.which(name) or shutil.which(name, path=_PATHS)


@contextlib.contextmanager
def _started(words: list[str], port: int, folder: Path) -> Iterator[int]:
    path = program(words[0])
    assert path is not None, f"{words[0]} is not installed"
    with running([path, *words[1:]], port, folder):
        yield port


def _files(material: Material) -> Mapping[str, str]:
    good = material.write(material.issued())
    return {"good": str(good), "ca": str(material.ca_file), "here": HERE, "closed": str(free_port())}


def nginx(*servers: str) -> Start:
    """Return how to start nginx with these server blocks; `{listen}`, `{ca}` and `{closed}` are filled in."""

    @contextlib.contextmanager
    def start(material: Material) -> Iterator[int]:
        port, files = free_port(), _files(material)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            blocks = [f"server {{ listen {HERE}:{port} ssl; {block} }}" for block in servers]
            filled = "\n".join(
                block.replace("{ca}", files["ca"]).replace("{closed}", files["closed"]) for block in blocks
            )
            config = folder / "nginx.conf"
            config.write_text(_NGINX.format(folder=folder, good=files["good"], servers=filled))
            with _started(["nginx", "-p", name, "-e", "stderr", "-c", str(config)], port, folder):
                yield port

    return start


def haproxy(bind: str, rule: str) -> Start:
    """Return how to start haproxy with these words after its address, and this rule."""

    @contextlib.contextmanager
    def start(material: Material) -> Iterator[int]:
        port, files = free_port(), _files(material)
        with tempfile.TemporaryDirectory() as name:
            config = Path(name) / "haproxy.cfg"
            config.write_text(_HAPROXY.format(port=port, bind=bind.format(**files), rule=rule))
            with _started(["haproxy", "-db", "-f", str(config)], port, Path(name)):
                yield port

    return start


def s_server(*words: str) -> Start:
    """Return how to start `openssl s_server` with these words."""

    @contextlib.contextmanager
    def start(material: Material) -> Iterator[int]:
        port, files = free_port(), _files(material)
        with tempfile.TemporaryDirectory() as name:
            filled = [word.format(**files) for word in ("-cert", "{good}", "-key", "{good}", *words)]
            with _started(["openssl", "s_server", "-accept", f"{HERE}:{port}", *filled], port, Path(name)):
                yield port

    return start


def squid(*rules: str) -> Start:
    """Return how to start squid with these access rules; what they do not deny is allowed."""

    @contextlib.contextmanager
    def start(material: Material) -> Iterator[int]:
        port = free_port()
        with tempfile.TemporaryDirectory() as name, squid_running(port, Path(name), *rules):
            yield port

    return start


# The first is the default server.
REJECTS_OTHERS = (
    "server_name _; ssl_reject_handshake on;",
    "server_name a.example.net; location / { return 404; }",
)
ASKS = "ssl_client_certificate {ca}; ssl_verify_client on; location / { return 404; }"
STRANGER = ("--cert", "{stranger}", "--key", "{stranger}")
SITE = "ssl crt {good}"

ENDPOINTS = (
    Endpoint("nginx-ws-to-tls", "ws.to-tls-port", nginx("location / { return 404; }"), scheme="ws", program="nginx"),
    Endpoint("nginx-rejects-other-names", "tls.sni-unknown", nginx(*REJECTS_OTHERS), program="nginx"),
    Endpoint("nginx-rejects-no-name", "tls.sni-missing", nginx(*REJECTS_OTHERS), host=HERE, address=None, program="nginx"),
    Endpoint("nginx-asks-for-a-certificate", "tls.client-cert-required", nginx(ASKS), program="nginx"),
    Endpoint("nginx-refuses-a-certificate", "tls.client-cert-rejected", nginx(ASKS), flags=STRANGER, program="nginx"),
    Endpoint("nginx-only-tls12", "tls.version", nginx("ssl_protocols TLSv1.2;"), flags=("--tls-min", "1.3"), program="nginx"),
    Endpoint("nginx-no-backend", "http.502", nginx("location / { proxy_pass http://127.0.0.1:{closed}; }"), program="nginx"),
    Endpoint("nginx-no-such-path", "http.404", nginx("location / { return 404; }"), program="nginx"),
    Endpoint("nginx-moved", "http.redirect", nginx("location / { return 301 /new; }"), program="nginx"),
    Endpoint("nginx-page", "http.200-not-upgrade", nginx("location / { return 200 hello; }"), program="nginx"),
    Endpoint("haproxy-strict-names", "tls.sni-unknown", haproxy(f"{SITE} strict-sni", "http-request deny"), host="a.example.net", program="haproxy"),
    Endpoint("haproxy-no-server", "http.503", haproxy(SITE, ""), program="haproxy"),
    Endpoint("haproxy-forbids", "http.403", haproxy(SITE, "http-request deny"), program="haproxy"),
    Endpoint("haproxy-asks-for-a-certificate", "tls.client-cert-required", haproxy(f"{SITE} ca-file {{ca}} verify required", ""), program="haproxy"),
    Endpoint("s_server-page", "http.200-not-upgrade", s_server("-www"), program="openssl"),
    Endpoint("s_server-asks-for-a-certificate", "tls.client-cert-required", s_server("-www", "-Verify", "1", "-verify_return_error", "-CAfile", "{ca}"), program="openssl"),
    Endpoint("s_server-only-tls13", "tls.version", s_server("-www", "-tls1_3"), flags=("--tls-max", "1.2"), program="openssl"),
    Endpoint("s_server-other-suite", "tls.no-common-params", s_server("-www", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"), program="openssl"),
)  # fmt: skip
