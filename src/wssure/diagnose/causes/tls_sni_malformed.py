"""The server_name is not a DNS name.

What happened:
    The server_name extension of the hello contains a text that no server can match: the text "wss" or "[" (a URL or a
    bracketed IPv6 address truncated at its first colon), a name with a path, port, space or trailing dot, raw UTF-8, or
    an empty name.

Why:
    The client sends its host setting as SNI without a check. libwebsockets truncates the host field at its first colon:
    `wss://name/` becomes "wss", `[::1]` becomes "[", while `name:8443` is correct and becomes "name". A path, a space
    and a trailing dot are sent unchanged; an empty host becomes an empty extension on Mbed TLS. A known work-around
    that calls `mbedtls_ssl_set_hostname()` with the Host header leaves a ":port" in the name.

Fix:
    * Use the bare name: libwebsockets `i.host = "b.example.net";` with port and path in `i.port` and `i.path`.
    * Send a non-ASCII name as its A-label: `xn--...`; wssure converts it itself.
    * Remove a trailing dot: RFC 6066 says "without a trailing dot".

References:
    * RFC 6066 section 3, RFC 5890 section 2.3.2.1 (A-label)
"""

import re

from wssure.diagnose.cause import CERTAIN, LIKELY, Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import refused_site

_GOOD = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\Z")
_WHATS = (
    ("://", "a URL"),
    ("/", "a path"),
    (" ", "white space"),
    ("@", "user info"),
)


def flaw(name: str) -> str:
    """Return the defect of a server_name, or "" (an IP literal has its own cause)."""
    if name in ("wss", "ws", "https", "http"):
        return f'only the scheme of a URL, "{name}"'
    if _GOOD.match(name):
        return ""
    for sign, what in _WHATS:
        if sign in name:
            return f'{what}, "{name}"'
    if name.startswith("["):
        return f'a bracketed address, "{name}"'
    if name.endswith("."):
        return f'a trailing dot, "{name}"'
    if re.search(r":\d+\Z", name) and name.count(":") == 1:
        return f'a port, "{name}"'
    if not name.isascii():
        return f'raw non-ASCII text, "{name}", expected its A-label (xn--...)'
    return "" if ":" in name else f'"{name}", which is not a DNS name'


@probe("repeat with the normalised name")
@cause(
    "tls.sni-malformed", Fault.CALLER, shows=("tls.client_hello", "tls.alert", "tls.eof", "tls.site", "tls.certificate")
)
def match(evidence: Evidence) -> Match | None:
    """Match a failed hello with a malformed name."""
    if not evidence.sni or evidence.status not in (None, 421):
        return None
    wrong = flaw(evidence.sni)
    if not wrong:
        return None
    # Alert 40 gives no reason: it may be about anything in the hello.
    refused = bool(evidence.refusals & {47, 50, 112}) or bool(refused_site(evidence))
    who = "the client's" if evidence.is_server else "the"
    return Match(
        f"{who} server_name contains {wrong}",
        confidence=CERTAIN if refused else LIKELY,
        fault=Fault.PEER if evidence.is_server else None,
    )
