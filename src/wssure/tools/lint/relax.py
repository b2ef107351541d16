"""Common code of the rules on flags that relax checks: optional flags, and clients of the local machine."""

from __future__ import annotations

from wssure.tools.lint.edit import without_flag
from wssure.tools.lint.hostname import is_loopback
from wssure.tools.lint.model import Info
from wssure.tools.lint.rule import Code, Hit, Hits
from wssure.tools.lint.value import Found


def talks_to_itself(client: Info) -> bool:
    """Return True if the address is certainly this machine: a test against a local server may relax any check."""
    found = client.text("address")
    return bool(found) and all(item.kind == "text" and is_loopback(item.value) for item in found)


def only_when(item: Found, client: Info) -> str:
    """Format the nearest condition of a flag as the beginning of a sentence."""
    conditions = [guard.shown for guard in item.guards if guard not in client.guards]
    return f"when {conditions[-1]}" if conditions else "in one case"


def always_set(code: Code, flag: str, summary: str, fix: str) -> Hits:
    """Yield a finding for each expression that always sets a flag with TLS; a flag from an option is the user's choice."""
    for client in code.clients:
        found = client.flag(flag)
        if not found or not client.always(found) or talks_to_itself(client):
            continue
        for item in found:
            if item.start >= 0:
                edit = without_flag(code.unit.source, item.start, item.end)
                yield Hit(item.span, summary, fix, edit=edit)
