"""Find and load the TLS backends that this process can use."""

import importlib
import logging
import os
from functools import lru_cache
from typing import Final

from wssure.errors import usage_error
from wssure.extras import install_command
from wssure.name import mask_secrets
from wssure.text import printable
from wssure.tls import selftest
from wssure.tls.contract import Backend

_log = logging.getLogger("wssure.tls")
# Selects the backend of a program that names none, without a change to the program.
VARIABLE: Final = "WSSURE_BACKEND"

# In order of preference. A third-party backend is a distribution with an entry point in the group, which names a
# callable without arguments.
_OWN: Final = {"openssl": ("wssure.tls.openssl", "OpenSSLBackend"), "stdlib": ("wssure.tls.stdlib", "StdlibBackend")}
_GROUP: Final = "wssure.backends"
_FAILS: Final = "it fails its self-test"


@lru_cache(maxsize=1)
def _further() -> dict[str, str]:
    """Return the names and values of the entry points, except names of the built-in backends."""
    # Imported here: it takes a tenth of the time of importing wssure, and few programs use a third-party backend.
    from importlib.metadata import entry_points

    return {entry.name: entry.value for entry in entry_points(group=_GROUP) if entry.name not in _OWN}


def _where(name: str) -> tuple[str, str]:
    if name in _OWN:
        return _OWN[name]
    module, _, attribute = _further()[name].partition(":")
    return module, attribute


# By name: the only instance of a backend, or the reason why there is none.
_loaded: dict[str, Backend | str] = {}


def _load(name: str) -> Backend | str:
    """Return the only instance of a backend, or the reason why there is none."""
    if name not in _loaded:
        # Several threads may make it at the same time; the first result is kept. A lock would hang a child forked
        # meanwhile.
        made = _make(name)
        if _loaded.setdefault(name, made) is made and isinstance(made, str) and made.startswith(_FAILS):
            _log.warning("the TLS backend %s is not used: %s", name, printable(made))
    return _loaded[name]


def _make(name: str) -> Backend | str:
    """Make a backend, or return the reason why it does not work.

    Every library except the one of Python's own ssl module must pass the self-test first.
    """
    module, attribute = _where(name)
    try:
        made: Backend = getattr(importlib.import_module(module), attribute)()
    except (ImportError, OSError, AttributeError, RuntimeError) as error:
        return f"{type(error).__name__}: {error}"
    if name == "stdlib":
        return made
    stdlib = _load("stdlib")
    problem = selftest.defect(made, None if isinstance(stdlib, str) else stdlib)
    return made if problem is None else f"{_FAILS} ({made.version}): {problem}"


def known() -> tuple[str, ...]:
    """Return the names of the backends that are installed, whether they work here or not."""
    return (*_OWN, *_further())


def available() -> tuple[str, ...]:
    """Return the names of the backends that work here, in order of preference; `stdlib` is always among them."""
    return tuple(name for name in known() if not isinstance(_load(name), str))


def problem(name: str) -> str | None:
    """Return the reason why a known backend does not work here; None if it works or is not known."""
    if name not in known():
        return None
    loaded = _load(name)
    return loaded if isinstance(loaded, str) else None


def backend(name: str | None = None) -> Backend:
    """Return the backend with a name, or the default one.

    Args:
        name: `openssl`, `stdlib`, or the name of a third-party backend. None for the one in the environment variable
            WSSURE_BACKEND or, if it is not set, the most preferred one that works here.

    Raises:
        UsageError: The backend is not known, or does not work here.
    """
    origin = "backend"
    if name is None:
        origin, name = VARIABLE, os.environ.get(VARIABLE) or None
    if name is None:
        name = next(own for own in _OWN if not isinstance(_load(own), str))
    if not isinstance(name, str) or (name not in _OWN and name not in _further()):
        fix = install_command("mbedtls") if name == "mbedtls" else f"write one of {', '.join(available())}"
        raise usage_error("backend", f'{origin} got "{mask_secrets(str(name))}", which is not installed', fix)
    loaded = _load(name)
    if isinstance(loaded, str):
        raise usage_error(
            "backend",
            f"{origin} got {name}, which does not work here: {printable(loaded)}",
            f"write one of {', '.join(available())}",
        )
    return loaded
