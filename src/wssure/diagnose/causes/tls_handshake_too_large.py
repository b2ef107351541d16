"""The peer sent more than a TLS handshake needs.

What happened:
    A ClientHello, or all bytes of a handshake together, exceeded the limit of this side, which answered with alert 80
    (internal_error). Nothing more was read.

Why:
    A chain with many large certificates, a session ticket or extension of unusual size; or a client that tests the
    server's limits. A usual ClientHello has 200 to 2000 bytes, a usual chain 2 to 8 KiB.

Fix:
    * Find the large part in the peer's messages: `openssl s_client -showcerts` shows a server's chain, `wssure hello
      --listen` a client's hello.
    * Remove roots and certificates of other chains from the file of the peer.

References:
    * RFC 8446 sections 4.1.2, 4.4.2 and 6.2 (internal_error)
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import text_of
from wssure.facts import LibraryWords


@probe("repeat with a shorter chain or a smaller hello")
@cause("tls.handshake-too-large", Fault.PEER, shows=("tls.client_hello", "tls.alert", "tls.library"))
def match(evidence: Evidence) -> Match | None:
    """Match the limits of the TLS layer."""
    if evidence.own_error != "handshake-too-large":
        return None
    words = evidence.last(LibraryWords)
    detail = text_of(words.text) if words else "the handshake is too long"
    return Match(f"{'the client' if evidence.is_server else evidence.peer} sent too much: {detail}")
