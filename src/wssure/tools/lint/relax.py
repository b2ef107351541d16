"""Common code of the rules on flags that relax checks: optional flags, macros that set them, and clients of the local machine."""

import base64
import binascii
import re
from typing import Final

from wssure.tools.lint.edit import apply_edits, replace_text, without_flag
from wssure.tools.lint.hostname import is_loopback
from wssure.tools.lint.model import Info
from wssure.tools.lint.rule import Code, Edit, Hit, Hits
from wssure.tools.lint.value import Found, constant

RELAXING: Final = ("LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK", "LCCSCF_ALLOW_SELFSIGNED", "LCCSCF_ALLOW_INSECURE")
_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----")
# The smallest certificate with an Ed25519 key and a name of one letter is larger.
_SMALLEST_CERTIFICATE: Final = 200


def talks_to_itself(client: Info) -> bool:
    """Return True if the address is certainly this machine: a test against a local server may relax any check."""
    addresses = client.text("address")
    return bool(addresses) and all(item.kind == "text" and is_loopback(item.value) for item in addresses)


def only_when(item: Found, client: Info) -> str:
    """Format the nearest condition of a flag as the beginning of a sentence."""
    conditions = [guard.words for guard in item.guards if guard not in client.guards]
    return f"when {conditions[-1]}" if conditions else "in one case"


def always_set(code: Code, flag: str, summary: str, fix: str) -> Hits:
    """Yield a finding for each expression that always sets a flag with TLS; a flag from an option is the user's choice."""
    for client in code.clients:
        items = client.flag(flag)
        if not items or not client.always(items) or talks_to_itself(client):
            continue
        for item in items:
            if item.start >= 0:
                edit = removal(code, *item.span)
                yield Hit(item.span, summary + by_macro(code, item.start), fix_of(edit, fix), edit=edit)


def fix_of(edit: Edit | None, fix: str) -> str:
    """Return the sentence of a fix: an edit that sets a macro to 0 uses the CA that the code has for that case."""
    return (
        "set the macro to 0: the code then uses its embedded CA, and the name is sent and checked"
        if edit and edit.text
        else fix
    )


def by_macro(code: Code, offset: int) -> str:
    """Format the macro that turns on the code at an offset as the end of a sentence; empty if none does."""
    found = code.unit.deciding_macro(offset)
    if found is None:
        return ""
    name, macro = found
    where = f"in line {code.unit.source.position(macro.offset)[0]}" if macro.offset >= 0 else "in an included file"
    return f"; {name} is {macro.body.decode('utf-8', 'replace').strip()} {where}"


def removal(code: Code, start: int, end: int) -> Edit | None:
    """Make the edit that removes a flag: the macro that turns it on to 0 if a CA is embedded for that case, else the flag alone."""
    found = code.unit.deciding_macro(start)
    if found is not None:
        body = found[1].body
        begin = found[1].offset + len(body) - len(body.lstrip())
        edit = replace_text(code.unit.source, begin, begin + len(body.strip()), "0")
        if (
            found[1].offset >= 0
            and edit is not None
            and _is_strict(code.with_data(apply_edits(code.unit.source.data, [edit])))
        ):
            return edit
    # A number that turns TLS on as well is not removed as a whole.
    written = constant(code.unit.source.data[start:end].decode("utf-8", "replace"))
    return without_flag(code.unit.source, start, end) if written is None or not written & 1 else None


def _is_strict(code: Code) -> bool:
    """Return True if every client of a file uses TLS without a relaxing flag, and every context has a CA."""
    clients = code.clients
    return (
        any(client.uses_tls for client in clients)
        and not any(client.flag(flag) for client in clients for flag in RELAXING)
        and bool(code.contexts)
        and all(_has_ca(context) for context in code.contexts)
    )


def _has_ca(context: Info) -> bool:
    """Return True if a context has a CA file, or a CA text that is not a placeholder."""
    if context.written("client_ssl_ca_filepath"):
        return True
    texts = context.text("client_ssl_ca_mem") if context.written("client_ssl_ca_mem") else []
    # A text of another file is not known here; only a visible placeholder counts against it.
    return bool(texts) and all(
        item.kind == "unknown" or is_certificate(item.value) for item in texts if item.kind != "null"
    )


def is_certificate(pem: str) -> bool:
    """Return True if a text is a certificate in PEM form, as far as its length and its first byte show."""
    found = _PEM.search(pem)
    try:
        der = base64.b64decode("".join(found[1].split()), validate=True) if found else b""
    except binascii.Error:
        return False
    # A certificate is a SEQUENCE of more than 127 bytes, so its length is in the next bytes (RFC 5280 section 4.1).
    return len(der) >= _SMALLEST_CERTIFICATE and der[0] == 0x30
