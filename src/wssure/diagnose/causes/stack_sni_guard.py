"""The TLS library made a ClientHello with a wrong server name.

What happened:
    wssure decodes its own first bytes before they reach the socket. The TLS library's hello has a server name other
    than the endpoint's, or none, or one although none may be sent. The connection was aborted; nothing was sent.

Why:
    A bug in a backend, or an SSLContext of the caller that changes SNI.

Fix:
    * Use another backend: `connect(..., backend="stdlib")`, and please report this with the facts shown.
    * If you passed your own `ssl.SSLContext`: pass TLSSettings instead.

References:
    * RFC 6066 section 3; docs/architecture.md, "The server name, by construction"
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.view import text_of
from wssure.facts import GuardStopped


@cause("stack.sni-guard", Fault.BUG, shows=("tls.guard", "settings.tls", "tls.library"))
def match(evidence: Evidence) -> Match | None:
    """Match the guard's own fact."""
    guard = evidence.last(GuardStopped)
    if guard is None:
        return None
    expected, sent = text_of(guard.expected) or "none", text_of(guard.found) or "none"
    return Match(f"the hello made by the TLS backend carries server_name {sent}, expected {expected}; it was not sent")
