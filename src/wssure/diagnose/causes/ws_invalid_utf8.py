"""A text message is not UTF-8.

What happened:
    The peer sent a text message, or a close reason, that is not valid UTF-8. The connection was closed with 1007.

Why:
    Binary data sent as text, or text in another encoding (Latin-1, or a UTF-8 sequence split by a buffer).

Fix:
    * Peer: send binary data as a binary message. libwebsockets: `lws_write(wsi, p, n, LWS_WRITE_BINARY)`.
    * Peer: encode text as UTF-8, and split it only between characters, or send it as fragments of one message.

References:
    * RFC 6455 sections 5.6 and 8.1, RFC 3629
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.facts import ViolationSeen


@cause("ws.invalid-utf8", Fault.PEER, shows=("ws.violation",))
def match(evidence: Evidence) -> Match | None:
    """Match a violation closed with 1007."""
    violation = evidence.last(ViolationSeen)
    if violation is None or violation.code != 1007:
        return None
    return Match("the peer sent text that is not UTF-8; the connection was closed with 1007")
