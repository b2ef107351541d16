"""A ClientHello larger than one packet is lost on the path.

What happened:
    The hello did not fit into one TCP segment (usually because of a post-quantum key share, X25519MLKEM768, about 1200
    bytes). It was dropped or reset; a smaller one is answered.

Why:
    A firewall, load balancer or server reads only the first segment and expects the whole hello in it. OpenSSL 3.5, Go
    1.24 and current browsers send such hellos by default, so the failure begins when a client is updated.

Fix:
    * Update or reconfigure the device on the path, or the server. Its owner can test with `wssure check --deep URL`.
    * Until then remove the group from the client: OpenSSL `Groups = X25519:P-256` in openssl.cnf.

References:
    * RFC 8446 section 5.1 (a message may span records), draft-ietf-tls-ecdhe-mlkem
    * tldr.fail
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import flipped_result


@probe(
    "repeat without X25519MLKEM768, and with a small hello padded to the same size (openssl s_client -connect ADDRESS:PORT -servername NAME -groups X25519)"
)
@cause("tls.large-hello-dropped", Fault.PATH, shows=("tls.client_hello", "timeout", "os.error"))
def match(evidence: Evidence) -> Match | None:
    """Match an experiment that got further with another size alone; one connection alone never shows this."""
    if not flipped_result(evidence, match.id):
        return None
    shown = f" of {evidence.hello.bytes} bytes" if evidence.hello.bytes else ""
    return Match(f"our hello{shown} is lost on the way; a smaller one is answered", None, LIKELY)
