"""Foreign software that reads the SNI and passes TLS on untouched: nginx with ssl_preread and haproxy with req_ssl_sni."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator

from tests.interop.peers import need
from tests.interop.processes import free_port, running

# One process in the foreground, everything it writes in its own folder.
_NGINX = """\
{modules}
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 64; }}
stream {{
    map $ssl_preread_server_name $behind {{
        {name} 127.0.0.1:{behind};
    }}
    server {{
        listen 127.0.0.1:{port};
        ssl_preread on;
        proxy_pass $behind;
    }}
}}
"""

_HAPROXY = """\
global
    maxconn 64
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend tls
    bind 127.0.0.1:{port}
    tcp-request inspect-delay 5s
    tcp-request content accept if {{ req_ssl_hello_type 1 }}
    use_backend echo if {{ req_ssl_sni -i {name} }}
backend echo
    server echo 127.0.0.1:{behind}
"""

# Where Debian has the stream module as a file of its own.
STREAM_MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")


@contextlib.contextmanager
def nginx(folder: pathlib.Path, name: str, behind: int) -> Iterator[int]:
    """Pass connections that ask for a name on to a port; gives the port it listens on."""
    port = free_port()
    modules = f"load_module {STREAM_MODULE};" if STREAM_MODULE.exists() else ""
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(modules=modules, folder=folder, name=name, behind=behind, port=port))
    argv = [need("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(config)]
    with running(argv, port, folder):
        yield port


@contextlib.contextmanager
def haproxy(folder: pathlib.Path, name: str, behind: int) -> Iterator[int]:
    """Pass connections that ask for a name on to a port; gives the port it listens on."""
    port = free_port()
    config = folder / "haproxy.cfg"
    config.write_text(_HAPROXY.format(name=name, behind=behind, port=port))
    with running([need("haproxy"), "-db", "-f", str(config)], port, folder):
        yield port


ROUTERS = {"nginx": nginx, "haproxy": haproxy}
