"""The TLS backend did not prove that it verified the peer.

What happened:
    The backend reported a completed handshake without the proof that this connection's peer was verified, or with a
    proof that contradicts the handshake messages. The connection was refused; no request was sent.

Why:
    * The TLS library skipped its verify callback, as Mbed TLS 3.6.0 does in TLS 1.3.
    * A third-party backend does not set `EngineInfo.verified`.
    * The server sent a ServerHello with a false version, which Mbed TLS before 3.6.8 mistakes for TLS 1.3.

Fix:
    * Use another backend: `connect(..., backend="stdlib")`, and please report this with the facts shown.
    * Update the TLS library, or the backend without the proof.

References:
    * docs/backends.md, "Proof of verification"; RFC 8446 section 4.1.3
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause
from wssure.diagnose.view import text_of
from wssure.facts import PeerNotProven


@cause("stack.unproven-peer", Fault.BUG, shows=("tls.proof", "settings.tls", "tls.server_hello", "tls.certificate"))
def match(evidence: Evidence) -> Match | None:
    """Match the fact of a missing proof."""
    proof = evidence.last(PeerNotProven)
    if proof is None:
        return None
    return Match(f"backend {proof.backend} did not prove that it verified the peer: {text_of(proof.problem)}")
