"""squid as an HTTP proxy on loopback."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.interop.peers import need
from tests.interop.processes import running

_CONFIG = """\
http_port 127.0.0.1:{port}
acl CONNECT method CONNECT
acl open port 443
auth_param basic program {auth}
auth_param basic realm office
{rules}
http_access allow all
cache deny all
memory_pools off
pid_filename none
access_log none
cache_log /dev/null
coredump_dir {folder}
shutdown_lifetime 0 seconds
"""


@contextlib.contextmanager
def squid_running(port: int, folder: Path, *rules: str) -> Iterator[None]:
    """Run squid until the block ends; where a rule wants a user, every one will do."""
    # squid gives up root and then writes as another user.
    folder.chmod(0o777)
    config = folder / "squid.conf"
    auth = "/usr/lib/squid/basic_fake_auth"
    config.write_text(_CONFIG.format(port=port, folder=folder, rules="\n".join(rules), auth=auth))
    with running([need("squid"), "-N", "-f", str(config)], port, folder):
        yield
