"""The peer closed the connection with a close code.

What happened:
    The peer sent a Close frame with a code other than 1000, possibly with a reason. This is a regular close.

Why:
    By code: 1001 going away · 1002 protocol error (in our data) · 1003 type of data not accepted · 1007 text not UTF-8
    · 1008 policy (often: not allowed, token expired) · 1009 message too big · 1010 an extension is missing · 1011 the
    peer's program failed · 1012 restart · 1013 try again later · 1014 bad gateway · 3000-4999 the application's own.

Fix:
    * 1008 and 4xxx: renew credentials; read the application's documentation for its code.
    * 1009: send smaller messages, or have the peer raise its limit.
    * 1001, 1012, 1013: reconnect, with increasing delays.
    * 1011: read the peer's log; "keepalive ping timeout" there means that it received no pong from us: our event loop
      was blocked, or the path failed.

References:
    * RFC 6455 section 7.4.1, IANA WebSocket Close Code Number Registry
"""

from wssure.diagnose.cause import Cause, Evidence, Match
from wssure.diagnose.view import text_of
from wssure.evidence import Fault, Stage
from wssure.facts import CloseSeen, ViolationSeen

_MEANING = {
    1001: ("it is going away", "reconnect", True),
    1002: (
        "it received malformed frames from us",
        "compare the frames we send with its log; please report it if wssure is wrong",
        False,
    ),
    1003: ("it does not accept this type of data", "send text instead of binary, or the reverse", False),
    1007: ("our text is not UTF-8", "send binary data as bytes", False),
    1008: ("its policy forbids this", "renew the token or its permissions; the reason may have details", False),
    1009: ("our message is too big for it", "send smaller messages, or have its limit raised", False),
    1010: ("it requires an extension that was not agreed on", "enable that extension on the server", False),
    1011: ("its program failed", "read the peer's log; retry with increasing delays", True),
    1012: ("it restarts", "reconnect with increasing delays", True),
    1013: ("it is overloaded", "reconnect later, with increasing delays", True),
    1014: ("its own backend failed", "reconnect later; read the gateway's log", True),
    1005: ("it gave no code", "read the peer's log", False),
}


def match(evidence: Evidence) -> Match | None:
    """Match a received Close with a code that states a failure."""
    closes = [close for close in evidence.all(CloseSeen) if close.direction == "received"]
    if not closes or ViolationSeen in evidence:
        return None
    code = closes[-1].code
    if code is None or code == 1000:
        return None
    reason = text_of(closes[-1].reason)
    said = f", saying: {reason}" if reason else ""
    meaning, fix, transient = _MEANING.get(
        code, ("a code of the application", "read the application's documentation of this code", False)
    )
    return Match(f"the peer closed with {code} ({meaning}){said}", fix, transient=transient)


CAUSE = Cause(
    id="ws.close-code",
    stage=Stage.OPEN,
    fault=Fault.PEER,
    match=match,
    page=__doc__,
    fix="act on the code: 1008 renew permissions, 1009 send smaller messages, 1001 1012 1013 reconnect, 1011 read the peer's log",
    shows=("ws.close",),
)
