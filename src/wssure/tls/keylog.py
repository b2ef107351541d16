"""Prepare the key log file for Wireshark: create it for the owner only, and warn once."""

import logging
import os
from typing import Final

from wssure.errors import usage_error
from wssure.name import mask_secrets
from wssure.tls.settings import TLSSettings

_log = logging.getLogger("wssure.tls")
_warned: set[str] = set()
# Another user may have made a link in a shared directory; its target must not get the secrets. Windows has neither flag.
APPEND: Final = os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


def keylog_path(settings: TLSSettings) -> str | None:
    """Return the key log file, created with mode 0600 if it does not exist; None if no key log is wanted.

    Raises:
        UsageError: The file cannot be opened for writing.
    """
    wanted = settings.keylog if settings.keylog is not None else os.environ.get("SSLKEYLOGFILE")
    if not wanted:
        return None
    path = os.fsdecode(wanted)
    try:
        os.close(os.open(path, APPEND | os.O_CREAT, 0o600))
    except OSError as error:
        raise usage_error(
            "keylog",
            f"keylog got {mask_secrets(path)}, which cannot be written: {error.strerror}",
            "give $keylog= a file this process may write, no symbolic link, or unset SSLKEYLOGFILE",
        ) from error
    if path not in _warned:
        _warned.add(path)
        _log.warning("traffic secrets are written to %s: whoever reads it reads the connections", mask_secrets(path))
    return path
