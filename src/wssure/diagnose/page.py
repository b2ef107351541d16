"""Parse the page of a cause from its docstring, for `wssure explain ID` and the documentation."""

import ast
import importlib
import inspect
from types import ModuleType
from typing import Any, Final

from wssure.diagnose import causes
from wssure.diagnose.cause import Cause
from wssure.evidence import SCHEMA, Stage
from wssure.frozen import frozen

SECTIONS: Final = ("What happened", "Why", "Fix", "References")
# Ids are never renamed silently: an old id redirects to the new one for ever.
REDIRECTS: Final[dict[str, str]] = {}

_UNKNOWN: Final = """The observations match no known cause.

What happened:
    The connection failed, and the recorded facts are not the evidence of a known cause. All facts are kept: print them
    with `wssure check URL --json`, or read `.failure.facts` of the exception.

Why:
    Either the failure is new, or the decisive fact was not visible here: a peer that closes without an alert gives
    little information, and a relay on the path may have replaced its answer.

Fix:
    * Repeat with `wssure check URL`, with and without `--address`, to test if it depends on the address.
    * Compare a working client: `wssure hello --listen 4433` shows its hello, `wssure diff A B` the differences.
    * Read the server's log for the same second; `wssure explain -` explains log lines too.

References:
    * docs/facts.md lists every kind of fact.
"""
_USAGE: Final = """An argument has the wrong form.

What happened:
    An argument is not valid. This was found before anything was sent or resolved. The message has the value received,
    the value expected and the text to write.

Why:
    A URL instead of a name, a port inside a name, an address instead of a host: other libraries accept these and fail
    much later, in the name service, in TLS, or on the wrong server. wssure refuses them at once.

Fix:
    Correct the argument as described in the message. The parts are: `connect("wss://HOST:PORT/PATH",
    address=ADDRESS_TO_DIAL, address_port=PORT_TO_DIAL)`. The host is the name that the server must prove; it becomes
    SNI, Host header and the name to check. The address is used only to dial.

References:
    * RFC 6455 section 3 (WebSocket URIs), RFC 6066 section 3 (syntax of a server name)
"""


@frozen
class Page:
    """One page of documentation.

    Args:
        id: The id of the cause.
        title: One line.
        sections: Text by section name, in the order of `SECTIONS`.
    """

    id: str
    title: str
    sections: dict[str, str]

    def text(self) -> str:
        """Return the page as plain text."""
        parts = [f"{self.id}: {self.title}"]
        for name, body in self.sections.items():
            parts.append(f"{name}\n" + "\n".join(f"  {line}".rstrip() for line in body.splitlines()))
        return "\n\n".join(parts) + "\n"

    def to_json(self) -> dict[str, Any]:
        """Return the object of `wssure explain ID --json`."""
        return {"schema": SCHEMA, "id": self.id, "title": self.title, "sections": self.sections}


def docstring(module: ModuleType) -> str:
    """Return the docstring of a module, from its source if `python -OO` left it out; without either, one line that says so."""
    if module.__doc__ is not None:
        return module.__doc__
    try:
        return ast.get_docstring(ast.parse(inspect.getsource(module))) or ""
    except OSError:
        return "This page is not installed: python -OO leaves it out, and the source is not there."


def source_of(cause: Cause) -> str:
    """Return the page of a cause as it was written."""
    return cause.page or docstring(importlib.import_module(f"{causes.__name__}.{causes.module_name(cause.id)}"))


def _parse(cause_id: str, docstring: str) -> Page:
    lines = inspect.cleandoc(docstring).splitlines()
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in lines[1:]:
        if line.endswith(":") and line[:-1] in SECTIONS:
            current = sections.setdefault(line[:-1], [])
        elif current is not None:
            current.append(line)
    bodies = {name: inspect.cleandoc("\n" + "\n".join(body)).strip() for name, body in sections.items()}
    return Page(cause_id, lines[0].rstrip("."), bodies)


def page(cause_id: str) -> Page | None:
    """Return the page of a cause id (an old id leads to its new one), or None if there is no such cause."""
    cause_id = REDIRECTS.get(cause_id, cause_id)
    category, _, rest = cause_id.partition(".")
    if category == "unknown" and rest in set(Stage):
        return _parse(cause_id, _UNKNOWN)
    if category == "usage" and rest.isidentifier():
        return _parse(cause_id, _USAGE)
    cause = causes.find(cause_id)
    return _parse(cause.id, source_of(cause)) if cause is not None else None


def pages() -> tuple[Page, ...]:
    """Return the page of every cause in the catalogue, in its order."""
    return tuple(_parse(cause.id, source_of(cause)) for cause in causes.catalogue())
