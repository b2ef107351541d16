"""Describe the fix of a cause in the terms of the stack that wrote the line, or that the user named."""

from typing import Final

from wssure.diagnose.cause import Cause
from wssure.fixes import Reader
from wssure.tools.explain import libwebsockets, mbedtls, openssl, other_tls, wolfssl
from wssure.tools.explain.model import SERVER, Context, Hit, Library

_TLS: Final[dict[str, Library]] = {
    library.kind: library for library in (mbedtls.LIBRARY, openssl.LIBRARY, other_tls.GNUTLS, wolfssl.LIBRARY)
}
# On every backend except Mbed TLS, libwebsockets sends the name with any flags; only the host field can remove it.
_LWS_SNI: Final = 'i.host = "NAME"; with a DNS name: empty and bare IPv6 hosts send no SNI on this backend'


def fix_for(cause: Cause, hit: Hit, context: Context) -> str:
    """Return the fix for a cause in the terms of the user's stack.

    Args:
        cause: The possible cause.
        hit: The line that supports it.
        context: Further knowledge of the user; a stack named there has priority over the one that wrote the line.

    Returns:
        One or more lines, in the imperative.
    """
    if cause.id == "tls.sni-missing" and context.lws and context.tls not in ("", "mbedtls"):
        return _LWS_SNI
    programs = [writer for writer in hit.writers if writer.is_program]
    named = [libwebsockets.LIBRARY] if context.lws else []
    below = [_TLS[context.tls]] if context.tls in _TLS else []
    for library in (*named, *programs, *below, *hit.writers, hit.library):
        fix = library.fixes.get(f"{cause.id}@{hit.side}")
        if fix is None and library.side == hit.side:
            fix = library.fixes.get(cause.id)
        if fix:
            return fix
    return cause.fix.text(Reader.SERVER if hit.side == SERVER else Reader.CLIENT)
