"""The handshake was ended by an alert that names no other cause.

What happened:
    One side ended the handshake with a TLS alert, and nothing else that was seen leads to a more exact cause. The
    number gives the reason of the sender: a peer's alert refuses something of ours, our own alert refuses something of
    the peer.

Why:
    * access_denied (49): the peer's access policy refuses this client, by its address or certificate.
    * illegal_parameter (47), decode_error (50), decrypt_error (51), missing_extension (109),
      unsupported_extension (110): a message breaks TLS in the eyes of its receiver. One of the two libraries has a
      bug, or a device on the path changes or repeats bytes.
    * internal_error (80): the peer failed by itself; its log has the reason.
    * inappropriate_fallback (86): the client was told to use an older version than both sides support.
    * user_canceled (90): the peer gave up for a reason outside of TLS.
    * unknown_psk_identity (115): the peer does not know the pre-shared key.

Fix:
    * Read the peer's log for the same second: it has the reason behind the number.
    * Repeat with another TLS library (`wssure check URL --backend all`) and from another network. A change that
      succeeds shows the side to repair.

References:
    * RFC 8446 section 6, RFC 5246 section 7.2, RFC 7507 (86), RFC 4279 (115)
"""

from wssure.diagnose.alerts import BROKEN, CLOSURES, MEANINGS
from wssure.diagnose.cause import LIKELY, POSSIBLE, Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import text_of
from wssure.evidence import Stage
from wssure.facts import AlertSeen, LibraryWords
from wssure.fixes import fix


@probe("repeat with another TLS library, with TLS 1.2 only, and from another network")
@cause("tls.alert", Fault.UNKNOWN, shows=("tls.client_hello", "tls.server_hello", "tls.alert", "tls.library"))
def match(evidence: Evidence) -> Match | None:
    """Match any alert but close_notify that ended the handshake, the peer's before our own."""
    if evidence.stage is not Stage.TLS:
        return None
    peer = "the client" if evidence.is_server else evidence.peer
    received = [one for one in evidence.all(AlertSeen) if one.direction == "received"]
    # To a client user_canceled is the end that tls.eof-in-handshake explains: a listener for ClientHellos sends it.
    cancelled = [one for one in received if one.number == 90 and evidence.is_server]
    refusals = [one for one in received if one.number in evidence.refusals] or cancelled
    if refusals:
        alert = refusals[0]
        meaning, todo = MEANINGS.get(alert.number or 0, ("", "tls.alert"))
        shown = f"alert {alert.number} ({text_of(alert.name)})"
        confidence = LIKELY if alert.number in MEANINGS else POSSIBLE
        return Match(f"{peer} refused the handshake with {shown}{meaning and f': {meaning}'}", fix(todo), confidence)
    sent = [alert for alert in evidence.all(AlertSeen) if alert.direction == "sent" and alert.number not in CLOSURES]
    if not sent or evidence.flags or evidence.done:
        return None
    number = sent[0].number
    shown = "an encrypted alert" if number is None else f"alert {number} ({text_of(sent[0].name)})"
    words = evidence.last(LibraryWords)
    reason = f": {text_of(words.text)}" if words is not None and words.text else ""
    broken = number in BROKEN
    what = "a message that breaks TLS" if broken else "an answer that this side does not accept"
    return Match(
        f"{peer} sent {what}, and our library ended the handshake with {shown}{reason}",
        fix("alert.broken"),
        POSSIBLE,
        fault=Fault.PEER if broken else None,
    )
