"""The peer closed the connection with a close code.

What happened:
    The peer sent a Close frame with a code other than 1000, possibly with a reason. This is a regular close.

Why:
    By code: 1001 going away · 1002 protocol error (in our data) · 1003 type of data not accepted · 1007 text not UTF-8
    · 1008 policy (often: not allowed, token expired) · 1009 message too big · 1010 an extension is missing · 1011 the
    peer's program failed · 1012 restart · 1013 try again later · 1014 bad gateway · 3000-4999 the application's own.

Fix:
    * 1008 and 4xxx: renew credentials; read the application's documentation for its code.
    * 1009: send smaller messages, or have the peer raise its limit on the size of a message.
    * 1001, 1012, 1013: reconnect, with increasing delays.
    * 1011: read the peer's log.
    * "keepalive ping timeout" as the reason: the peer received no pong from this side. Keep blocking work off the event loop,
      and receive messages in a task of their own, so that pings are answered; else the path failed.

References:
    * RFC 6455 section 7.4.1, IANA WebSocket Close Code Number Registry
"""

import re

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, alternative, cause
from wssure.diagnose.view import text_of
from wssure.facts import CloseSeen, ViolationSeen
from wssure.fixes import fix

_MEANING = {
    1001: ("it is going away", fix("ws.reconnect"), True),
    1002: ("it received malformed frames from us", fix("ws.our-frames"), False),
    1003: ("it does not accept this type of data", fix("ws.other-kind"), False),
    1007: ("our text is not UTF-8", fix("ws.bytes"), False),
    1008: ("its policy forbids this", fix("ws.rights"), False),
    1009: ("our message is above its limit", fix("ws.smaller"), False),
    1010: ("it requires an extension that was not agreed on", fix("ws.their-extension"), False),
    1011: ("its program failed", fix("ws.their-log"), True),
    1012: ("it restarts", fix("ws.reconnect"), True),
    1013: ("it is overloaded", fix("ws.reconnect"), True),
    1014: ("its own backend failed", fix("ws.gateway-log"), True),
    1005: ("it gave no code", fix("ws.own-code"), False),
}
# websockets, aiohttp, Tornado and Node's ws say so in their own words.
_NO_PONG = re.compile(r"(?=.*\btime(?:d[ -]|-)?out\b)(?=.*\b(?:keepalive|ping|pong|heartbeat)\b)", re.IGNORECASE)
_OWN = ("a code of the application's own", fix("ws.own-code"), False)


@cause("ws.close-code", Fault.PEER, shows=("ws.close",))
def match(evidence: Evidence) -> Match | None:
    """Match a received Close with a code that states a failure."""
    closes = [close for close in evidence.all(CloseSeen) if close.direction == "received"]
    if not closes or ViolationSeen in evidence:
        return None
    code = closes[-1].code
    if code is None or code == 1000:
        return None
    reason = text_of(closes[-1].reason)
    quotation = f", saying: {reason}" if reason else ""
    meaning, todo, transient = _MEANING.get(code, _OWN)
    first = evidence.all(CloseSeen)[0]
    how = f"answered our Close ({first.code})" if first.direction == "sent" else "closed"
    if _NO_PONG.search(reason):
        return Match(
            f"the peer {how} with {code} because it received no pong from this side{quotation}",
            fix("ws.answer-pings"),
            LIKELY,
            (
                alternative("ws.loop-blocked", "a blocked event loop answers no ping"),
                alternative(
                    "ws.messages-unread", "a full queue of messages that the program does not take delays the answer"
                ),
            ),
            Fault.UNKNOWN,
            transient=True,
        )
    return Match(f"the peer {how} with {code} ({meaning}){quotation}", todo, transient=transient)
