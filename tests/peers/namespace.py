"""A machine of the tests' own: user, network and mount namespaces with nothing but loopback and our own name server.

Inside, port 53 is free and /etc is ours to cover, without any privilege outside. Used by `python -m MODULE` run through
`run_inside`; the module calls `furnish` first.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pytest

__all__ = ["denied", "furnish", "need_namespace", "run_inside"]

_UNSHARE: Final = ("unshare", "--user", "--map-root-user", "--net", "--mount")
_ROOT: Final = Path(__file__).parents[2]
# netdevice(7), linux/sockios.h and linux/if.h.
_SET_FLAGS: Final = 0x8914
_UP_AND_RUNNING: Final = 0x1 | 0x40
_FILES: Final = {
    "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    "/etc/nsswitch.conf": "hosts: files dns\n",
    "/etc/hosts": "127.0.0.1 localhost\n",
}


def denied() -> str | None:
    """Return why such a namespace cannot be had here; None where it can."""
    if shutil.which("unshare") is None:
        return "there is no unshare(1)"
    # With the mounts it will need: some systems allow the namespaces and not these.
    script = "mount --bind /etc/hosts /etc/hosts"
    done = subprocess.run([*_UNSHARE, "sh", "-c", script], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr.strip() or f"unshare ended with {done.returncode}"


def need_namespace() -> None:
    """Skip a test where no namespace can be had; in CI, where there must be one, fail it."""
    reason = denied()
    if reason is None:
        return
    text = f"no user, network and mount namespace here: {reason}"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


def run_inside(module: str, *arguments: str) -> str:
    """Run a module in a namespace of its own and return what it printed.

    Raises:
        subprocess.CalledProcessError: It failed; its stderr has gone to ours.
    """
    command = [*_UNSHARE, sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=_ROOT)
    return done.stdout


def furnish() -> None:
    """Make the namespace usable: loopback up, names looked up at our own server.

    Raises:
        RuntimeError: This process is in no namespace of its own: the files of the machine would be covered.
    """
    # user_namespaces(7): `--map-root-user` maps exactly one id, the first namespace maps all.
    if Path("/proc/self/uid_map").read_text().split()[2] != "1":
        raise RuntimeError(
            "furnish covers files of /etc, which is for a namespace only: start this module by run_inside"
        )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP_AND_RUNNING))
    folder = Path(tempfile.mkdtemp())
    for path, text in _FILES.items():
        real = os.path.realpath(path)
        if not os.path.exists(real):
            continue
        mine = folder / Path(path).name
        mine.write_text(text)
        subprocess.run(["mount", "--bind", str(mine), real], check=True)
    shutil.rmtree(folder)  # the mounts hold what they need
