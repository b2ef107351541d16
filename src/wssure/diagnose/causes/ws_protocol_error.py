"""The peer broke the WebSocket protocol.

What happened:
    The peer sent a frame that RFC 6455 or RFC 7692 forbids, or a message above one of our limits; the rule and section
    are shown. The connection was closed with the matching code (1002, or 1009 for size).

Why:
    A server that masks, a client that does not, reserved bits without an extension, a fragment out of order, a control
    frame over 125 bytes; a proxy that inserts bytes into the stream, such as an HTTP answer; or compressed data without agreed compression.

Fix:
    * Fix the peer according to the rule shown.
    * Reserved bits after a proxy: try `compression=None`.
    * Message too big: raise the limit that is named (`max_size` or `max_fragments`), or let the peer send smaller messages.

References:
    * RFC 6455 sections 5 and 7.4.1, RFC 7692
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import text_of
from wssure.facts import ViolationSeen
from wssure.fixes import fix


@probe("repeat without compression")
@cause("ws.protocol-error", Fault.PEER, shows=("ws.violation",))
def match(evidence: Evidence) -> Match | None:
    """Match any other violation."""
    violation = evidence.last(ViolationSeen)
    if violation is None:
        return None
    rule = text_of(violation.text or violation.rule, 200)
    if violation.code == 1009:
        setting = "max_fragments" if violation.rule == "too-many-fragments" else "max_size"
        return Match(
            f"the peer sent a message above our limit {setting}: {rule}",
            fix("ws.too-many-fragments" if setting == "max_fragments" else "ws.too-big"),
            fault=Fault.CALLER,
        )
    todo = fix("ws.http-answer") if violation.rule == "http-message" else None
    return Match(f"the peer broke the WebSocket protocol: {rule} ({violation.section})", todo)
