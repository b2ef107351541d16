"""The commands that install the optional parts; none of them looks for wssure itself in a package index."""

import shlex
import sys


def install_command(extra: str) -> str:
    """Return the command that installs an extra into this environment.

    Args:
        extra: Its name in pyproject.toml.
    """
    if extra == "mbedtls":
        return "make mbedtls, in the source folder of wssure; it needs a C compiler and the headers of Mbed TLS (libmbedtls-dev)"
    from importlib.metadata import requires  # slow to import, and only needed for this message

    rows = [line.partition(";") for line in requires("wssure") or ()]
    packages = [name.strip() for name, _, marker in rows if marker.replace("'", '"').strip() == f'extra == "{extra}"']
    return shlex.join([sys.executable, "-m", "pip", "install", *packages])
