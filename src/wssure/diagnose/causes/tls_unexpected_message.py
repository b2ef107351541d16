"""A TLS message came at a place where it is not allowed, or not supported.

What happened:
    Alert 10 (unexpected_message) was sent or received: one side got a message that it does not accept at this point.

Why:
    * Mbed TLS supports no KeyUpdate: a peer that renews its keys in TLS 1.3 ends the connection. OpenSSL, Go and Java send
      one only if the program asks for it, or after very much data.
    * A defect in one of the two TLS implementations, or a device between that changes messages.
    * The two sides are in different states: a connection taken over by another process, a replayed message.

Fix:
    * KeyUpdate to Mbed TLS: use another backend here, or TLS 1.2, which has none; on the other side, renew no keys.
    * Else capture the handshake (`wssure hello`, tcpdump) and repeat with TLS 1.2 only: `wssure check URL --tls-max 1.2`.

References:
    * RFC 8446 sections 4.6.3 (KeyUpdate) and 6.2 (unexpected_message)
"""

from wssure.diagnose.cause import LIKELY, POSSIBLE, Evidence, Fault, Match, cause, probe
from wssure.facts import TlsDone
from wssure.fixes import fix


@probe("repeat with TLS 1.2 only, and with another backend")
@cause("tls.unexpected-message", Fault.PEER, shows=("tls.done", "tls.server_hello", "tls.alert", "tls.library"))
def match(evidence: Evidence) -> Match | None:
    """Match alert 10 in either direction, or the error of our own library."""
    if 10 in evidence.refusals:
        who = "the client" if evidence.is_server else evidence.peer
        return Match(f"{who} did not expect a message of ours: alert 10 (unexpected_message)", None, POSSIBLE)
    if 10 not in evidence.sent_alerts and evidence.own_error != "unexpected-message":
        return None
    done = evidence.last(TlsDone)
    who = "the client" if evidence.is_server else evidence.peer
    if done is not None and done.version == "TLSv1.3" and evidence.own_error:
        summary = (
            f"{who} sent a message that this TLS library does not support on an open connection, such as KeyUpdate"
        )
        return Match(summary, fix("tls.key-update"), LIKELY, stage=evidence.stage)
    return Match(f"{who} sent a TLS message that is not allowed at this point", None, LIKELY)
